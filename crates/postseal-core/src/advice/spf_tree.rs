use std::ops::Range;
use std::sync::Arc;

use super::lossy;
use super::spf_networks::AddressRange;
use crate::dns::{
    Answer, Answers, DomainName, Failure, Missing, Mx, Outcome, QueryClass, RecordType, Records, TxtRecord,
};
use crate::spf::{Directive, DomainSpec, MAX_NAMES, Mechanism, PrefixLengths, Qualifier, Record, Selection};

/// Terms followed in one tree; a record in order has ten at most.
const MAX_FOLLOWED: u32 = 60;

/// Address ranges compared in one tree; the rest of a larger one is left alone.
pub(super) const MAX_RANGES: usize = 2_000;

/// Records below each other.
const MAX_DEPTH: usize = 20;

/// An SPF record with everything that its terms lead to, whoever the client
/// is: what a verifier would look at in the worst case.
#[derive(Clone, Debug)]
pub struct SpfNode {
    /// The domain whose record this is.
    pub domain: DomainName,
    /// What was found there.
    pub state: SpfState,
    /// The answer to the question for text records, where one was asked.
    pub answer: Option<Arc<Answer>>,
    /// The terms that are evaluated, in order, a counting redirect last.
    pub terms: Vec<SpfTerm>,
}

/// What was found at a domain that SPF leads to.
#[derive(Clone, Debug)]
pub enum SpfState {
    /// One SPF record: see [`SpfNode::text`] and [`SpfNode::record`].
    Found,
    /// No SPF record.
    None {
        /// False where the name does not exist.
        exists: bool,
        /// True where there is no text record at all.
        void: bool,
    },
    /// Several SPF records: their places among the text records.
    Several(Vec<usize>),
    /// The DNS gave no usable answer.
    Failed(Failure),
    /// The domain is being evaluated already.
    Loop,
    /// Not followed: a name made by macros, or too far down.
    NotFollowed,
}

/// One term of a record and what it leads to.
#[derive(Clone, Debug)]
pub struct SpfTerm {
    /// As published.
    pub text: String,
    /// Where it stands in the record, in octets.
    pub span: Range<usize>,
    /// Terms that cost a look-up, from the beginning of the tree to the end of what this one leads to.
    pub lookups: u32,
    /// Where it leads, for an include or a redirect.
    pub node: Option<SpfNode>,
    /// The name looked up, for `a`, `mx`, `exists`, includes and redirects without macros.
    pub target: Option<DomainName>,
    /// What the look-up of an `a`, `mx` or `exists` gave.
    pub outcome: TermOutcome,
    /// What a match of this term means.
    pub(super) qualifier: Qualifier,
    /// The addresses that it authorises, what it includes counted.
    pub(super) ranges: Vec<AddressRange>,
    /// True for a redirect.
    pub redirect: bool,
}

/// What the look-up of an `a`, `mx` or `exists` gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermOutcome {
    /// Something, or nothing was looked up.
    Fine,
    /// A void lookup.
    Void {
        /// False where the name does not exist.
        exists: bool,
    },
    /// More mail exchanges than an `mx` term may meet.
    TooManyExchanges(usize),
    /// The DNS gave no usable answer.
    Failed(Failure),
}

impl SpfTerm {
    /// The address ranges that it authorises, what it includes counted.
    pub fn network_count(&self) -> usize {
        self.ranges.len()
    }

    /// True where looking it up is a void lookup (RFC 7208 §4.6.4).
    pub fn is_void(&self) -> bool {
        matches!(self.outcome, TermOutcome::Void { .. })
            || self.node.as_ref().is_some_and(|node| matches!(node.state, SpfState::None { void: true, .. }))
    }
}

impl SpfNode {
    /// The record as published, where there is one.
    pub fn text(&self) -> Option<&TxtRecord> {
        self.found().map(|(text, _)| text)
    }

    /// The record as read, where there is one.
    pub fn record(&self) -> Option<&Record> {
        self.found().map(|(_, record)| record)
    }

    fn found(&self) -> Option<(&TxtRecord, &Record)> {
        let (SpfState::Found, Some(answer)) = (&self.state, &self.answer) else { return None };
        match answer.spf() {
            Selection::One { index, record } => answer.txt().get(*index).map(|text| (text, &**record)),
            _ => None,
        }
    }

    /// Terms that cost a look-up, in the whole tree.
    pub fn lookups(&self) -> u32 {
        self.terms.last().map_or(0, |term| term.lookups)
    }

    /// Void lookups in the whole tree.
    pub fn void_lookups(&self) -> u32 {
        let below = |term: &SpfTerm| term.node.as_ref().map_or(0, SpfNode::void_lookups);
        self.terms.iter().map(|term| u32::from(term.is_void()) + below(term)).sum()
    }
}

/// Builds the tree of a domain.
pub(super) fn build(domain: &DomainName, answers: &mut Answers<'_>) -> Result<SpfNode, Missing> {
    let mut walk = Walk { answers, lookups: 0, path: Vec::new(), missing: false };
    let node = walk.visit(domain);
    if walk.missing { Err(Missing) } else { Ok(node) }
}

/// A walk through the tree. What is missing is noted and gone past, so that all
/// questions of one level leave together.
struct Walk<'w, 's> {
    answers: &'w mut Answers<'s>,
    lookups: u32,
    path: Vec<DomainName>,
    missing: bool,
}

impl Walk<'_, '_> {
    fn visit(&mut self, domain: &DomainName) -> SpfNode {
        let (state, answer) = self.find(domain);
        let mut node = SpfNode { domain: domain.clone(), state, answer, terms: Vec::new() };
        if let Some((text, record)) = node.found() {
            self.path.push(domain.clone());
            let terms = self.terms(text, record, domain);
            self.path.pop();
            node.terms = terms;
        }
        node
    }

    fn terms(&mut self, text: &TxtRecord, record: &Record, domain: &DomainName) -> Vec<SpfTerm> {
        let mut terms = Vec::with_capacity(record.directives().len());
        for directive in record.directives() {
            terms.push(self.directive(directive, domain, text));
            // RFC 7208 §5.1: "Mechanisms listed after "all" MUST be ignored."
            if directive.mechanism == Mechanism::All {
                break;
            }
        }
        if let (Some(target), Some(span), false) =
            (record.redirect(), record.redirect_span(), record.has_all())
        {
            let mut term = self.term(lossy(span.of(&text.octets)), span.range(), Qualifier::Pass);
            term.redirect = true;
            self.follow(&mut term, target);
            terms.push(term);
        }
        terms
    }

    fn find(&mut self, domain: &DomainName) -> (SpfState, Option<Arc<Answer>>) {
        if self.path.contains(domain) {
            return (SpfState::Loop, None);
        }
        if self.lookups > MAX_FOLLOWED || self.path.len() >= MAX_DEPTH {
            return (SpfState::NotFollowed, None);
        }
        let Some(answer) = self.ask(domain, RecordType::Txt) else { return (SpfState::NotFollowed, None) };
        let state = match (&answer.outcome, answer.spf()) {
            (Outcome::Failure(failure), _) => SpfState::Failed(*failure),
            (outcome, Selection::None) => {
                SpfState::None { exists: *outcome != Outcome::NxDomain, void: answer.is_void() }
            }
            (_, Selection::One { .. }) => SpfState::Found,
            (_, Selection::Several { indexes }) => SpfState::Several(indexes.clone()),
        };
        (state, Some(answer))
    }

    fn directive(&mut self, directive: &Directive, domain: &DomainName, text: &TxtRecord) -> SpfTerm {
        let span = directive.span;
        let mut term = self.term(lossy(span.of(&text.octets)), span.range(), directive.qualifier);
        if directive.mechanism.causes_queries() {
            self.lookups += 1;
            term.lookups = self.lookups;
        }
        match &directive.mechanism {
            Mechanism::Include(target) => self.follow(&mut term, target),
            Mechanism::A(target, prefixes) => {
                if let Some(name) = self.target(&mut term, target.as_ref(), domain) {
                    term.outcome = self.addresses(&name, *prefixes, &mut term.ranges);
                }
            }
            Mechanism::Mx(target, prefixes) => {
                if let Some(name) = self.target(&mut term, target.as_ref(), domain) {
                    term.outcome = self.exchanges(&name, *prefixes, &mut term.ranges);
                }
            }
            Mechanism::Exists(target) => {
                if let Some(name) = self.target(&mut term, Some(target), domain) {
                    term.outcome = self.exists(&name);
                }
            }
            Mechanism::Ip4(network) => {
                term.ranges.push(AddressRange::ip4(network.address(), network.prefix()));
            }
            Mechanism::Ip6(network) => {
                term.ranges.push(AddressRange::ip6(network.address(), network.prefix()));
            }
            Mechanism::All | Mechanism::Ptr(_) => {}
        }
        if directive.qualifier != Qualifier::Pass {
            term.ranges.clear();
        }
        term
    }

    fn term(&self, text: String, span: Range<usize>, qualifier: Qualifier) -> SpfTerm {
        let (lookups, outcome) = (self.lookups, TermOutcome::Fine);
        let ranges = Vec::new();
        SpfTerm { text, span, lookups, node: None, target: None, outcome, qualifier, ranges, redirect: false }
    }

    /// The plain name that a term leads to; a name with macros is another for each message.
    fn target(
        &self,
        term: &mut SpfTerm,
        target: Option<&DomainSpec>,
        domain: &DomainName,
    ) -> Option<DomainName> {
        term.target = match target {
            None => Some(domain.clone()),
            Some(DomainSpec::Name(name)) => Some(name.clone()),
            Some(DomainSpec::NoName(_) | DomainSpec::Macros(_)) => None,
        };
        if self.lookups > MAX_FOLLOWED { None } else { term.target.clone() }
    }

    /// Goes where an include or a redirect leads.
    fn follow(&mut self, term: &mut SpfTerm, target: &DomainSpec) {
        if term.redirect {
            self.lookups += 1;
        }
        if let DomainSpec::Name(name) = target {
            let node = self.visit(name);
            let below = node.terms.iter().flat_map(|inner| inner.ranges.iter().copied());
            term.ranges = below.take(MAX_RANGES).collect();
            term.target = Some(name.clone());
            term.node = Some(node);
        }
        term.lookups = self.lookups;
    }

    fn addresses(
        &mut self,
        name: &DomainName,
        prefixes: PrefixLengths,
        ranges: &mut Vec<AddressRange>,
    ) -> TermOutcome {
        let answers = [self.ask(name, RecordType::A), self.ask(name, RecordType::Aaaa)];
        let [Some(ip4), Some(ip6)] = answers else { return TermOutcome::Fine };
        for answer in [&ip4, &ip6] {
            match &answer.outcome {
                Outcome::Records(Records::A(set)) => {
                    ranges.extend(set.iter().map(|a| AddressRange::ip4(*a, prefixes.ip4)));
                }
                Outcome::Records(Records::Aaaa(set)) => {
                    ranges.extend(set.iter().map(|a| AddressRange::ip6(*a, prefixes.ip6)));
                }
                Outcome::Failure(failure) => return TermOutcome::Failed(*failure),
                _ => {}
            }
        }
        // One of the two is void for most hosts, and for their clients it is never asked.
        if ip4.is_void() && ip6.is_void() {
            return TermOutcome::Void { exists: ip4.outcome != Outcome::NxDomain };
        }
        TermOutcome::Fine
    }

    fn exchanges(
        &mut self,
        name: &DomainName,
        prefixes: PrefixLengths,
        ranges: &mut Vec<AddressRange>,
    ) -> TermOutcome {
        let Some(answer) = self.ask(name, RecordType::Mx) else { return TermOutcome::Fine };
        match &answer.outcome {
            Outcome::Failure(failure) => TermOutcome::Failed(*failure),
            Outcome::Records(Records::Mx(set)) if set.len() > MAX_NAMES => {
                TermOutcome::TooManyExchanges(set.len())
            }
            Outcome::Records(Records::Mx(set)) => {
                self.exchange_addresses(set, prefixes, ranges);
                TermOutcome::Fine
            }
            outcome => TermOutcome::Void { exists: *outcome != Outcome::NxDomain },
        }
    }

    /// The addresses of the exchanges, where they are the domain's own: only its terms are compared.
    fn exchange_addresses(&mut self, set: &[Mx], prefixes: PrefixLengths, ranges: &mut Vec<AddressRange>) {
        if self.path.len() == 1 {
            for exchange in set.iter().filter_map(|mx| mx.exchange.as_ref()) {
                self.addresses(exchange, prefixes, ranges);
            }
        }
    }

    fn exists(&mut self, name: &DomainName) -> TermOutcome {
        match self.ask(name, RecordType::A).map(|answer| answer.outcome.clone()) {
            Some(Outcome::Failure(failure)) => TermOutcome::Failed(failure),
            Some(Outcome::NxDomain) => TermOutcome::Void { exists: false },
            Some(Outcome::NoData) => TermOutcome::Void { exists: true },
            Some(Outcome::Records(_)) | None => TermOutcome::Fine,
        }
    }

    fn ask(&mut self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        let answer = self.answers.get(QueryClass::Spf, name, record_type);
        self.missing |= answer.is_err();
        answer.ok()
    }
}
