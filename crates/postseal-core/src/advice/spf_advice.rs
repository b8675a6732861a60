use std::net::IpAddr;
use std::ops::Range;

use super::mx_advice::MailExchange;
use super::registrable::{registrable, same_owner};
use super::spf_drafts::Drafts;
use super::spf_fix::{self, Edit};
use super::spf_record_advice::{self, Place};
use super::spf_tree::{self, SpfNode, SpfState, SpfTerm, TermOutcome};
use super::{Cause, CheckRequest, Finding, Fix, lossy, ttl_advice};
use crate::dns::{Answers, DomainName, Missing, Outcome, QueryClass, RecordType, Records, TxtRecord};
use crate::message::{Envelope, HeloIdentity, MailFrom};
use crate::spf::{self, Identity, Mechanism, Qualifier, SpfResult};

/// What SPF says for a domain.
pub(super) struct Spf {
    pub(super) findings: Vec<Finding>,
    pub(super) tree: SpfNode,
}

impl Spf {
    /// True where the record authorises nobody: `v=spf1 -all`.
    pub(super) fn is_closed(&self) -> bool {
        let only_all = |record: &spf::Record| match record.directives() {
            [only] => only.mechanism == Mechanism::All && only.qualifier == Qualifier::Fail,
            _ => false,
        };
        self.tree.record().is_some_and(only_all)
    }

    /// True where some server of the domain can pass.
    pub(super) fn can_pass(&self) -> bool {
        let usable = self.tree.record().is_some_and(|record| record.error().is_none());
        let passes = |term: &SpfTerm| term.qualifier == Qualifier::Pass;
        usable && self.tree.terms.iter().any(passes)
    }
}

/// Looks at the domain's SPF record and at everything it leads to. `mx` is
/// absent while its answers are missing.
pub(super) fn examine(
    request: &CheckRequest,
    mx: Option<&MailExchange>,
    answers: &mut Answers<'_>,
) -> Result<Spf, Missing> {
    let domain = &request.domain;
    let tree = spf_tree::build(domain, answers);
    let type99 = answers.get(QueryClass::Other, domain, RecordType::Spf);
    let senders: Vec<_> = request.from_ips.iter().map(|ip| evaluate(*ip, domain, answers)).collect();
    let tree = tree?;
    let unregistered = unregistered(&tree, domain, answers)?;
    let (type99, mx) = (type99?, mx.ok_or(Missing)?);
    let mut drafts = Drafts::default();
    root(&tree, request, mx, &mut drafts);
    let mut walk = Walk { root: domain, drafts: &mut drafts, unregistered: &unregistered, voids: None };
    walk.node(&tree, Path { own: true, effective: true, passes: true, included: false });
    if let Some(first) = walk.voids {
        void_lookups(first, tree.void_lookups(), &mut drafts);
    }
    limits(&tree, &mut drafts);
    spf_record_advice::whole_record(&tree, &mut drafts);
    if let Outcome::Records(Records::Spf(records)) = &type99.outcome
        && let Some(old) = records.first()
    {
        let same = tree.text().is_some_and(|text| text.octets == old.octets);
        drafts.push(Finding::in_record(Cause::SpfType99 { same }, domain, old, whole(old)));
    }
    for (ip, result) in request.from_ips.iter().zip(senders) {
        sender(*ip, result?, &tree, mx, &mut drafts);
    }
    let findings = drafts.finish();
    Ok(Spf { findings, tree })
}

/// The whole of a record.
pub(super) fn whole(text: &TxtRecord) -> Range<usize> {
    0..text.octets.len()
}

/// What is said once, about the domain's own name.
fn root(tree: &SpfNode, request: &CheckRequest, mx: &MailExchange, drafts: &mut Drafts<'_>) {
    let domain = &tree.domain;
    match &tree.state {
        SpfState::Failed(failure) => {
            let cause = Cause::DnsError { record_type: RecordType::Txt, failure: *failure };
            drafts.push(Finding::at(cause, domain));
        }
        SpfState::None { exists: true, .. } => {
            let texts = tree.answer.as_ref().map_or(&[][..], |answer| answer.txt());
            let broken = spf_record_advice::meant_as_record(texts, domain);
            let first = || Fix::txt(domain, spf_fix::first_record(mx, request.from_ips.first().copied()));
            let fix = broken.is_empty().then(first);
            drafts.push(Finding::at(Cause::SpfMissing { broken: !broken.is_empty() }, domain).with_fix(fix));
            broken.into_iter().for_each(|finding| drafts.push(finding));
        }
        _ => {}
    }
    if let (Some(answer), SpfState::Found | SpfState::Several(_)) = (&tree.answer, &tree.state) {
        ttl_advice::judge(answer, domain).into_iter().for_each(|finding| drafts.push(finding));
    }
}

/// How a record of the tree is reached.
#[derive(Clone, Copy)]
struct Path {
    /// The domain's owner publishes it.
    own: bool,
    /// Its end is the end of the evaluation: the domain's record, or what it redirects to.
    effective: bool,
    /// What passes in it passes in the whole.
    passes: bool,
    /// Not the domain's own record.
    included: bool,
}

/// A walk through the tree that collects findings.
struct Walk<'w, 't> {
    root: &'w DomainName,
    drafts: &'w mut Drafts<'t>,
    unregistered: &'w [(DomainName, DomainName)],
    /// The first term whose look-up is void, and what would change.
    voids: Option<FirstVoid<'t>>,
}

/// The first void lookup of the tree, which stands for all of them.
struct FirstVoid<'t> {
    target: &'t DomainName,
    place: Place<'t>,
    span: Range<usize>,
    /// All void terms of that record go.
    edits: Vec<Edit>,
}

impl<'t> Walk<'_, 't> {
    fn node(&mut self, node: &'t SpfNode, path: Path) {
        if let SpfState::Several(indexes) = &node.state {
            multiple(node, indexes, path.own).into_iter().for_each(|finding| self.drafts.push(finding));
        }
        let (Some(text), Some(record)) = (node.text(), node.record()) else { return };
        let place = Place { domain: &node.domain, text, own: path.own };
        spf_record_advice::judge(record, place, path.effective, self.drafts);
        for term in &node.terms {
            self.pass_all(term, place, path);
            // What a misread term leads to is no news.
            if !spf_record_advice::is_misread(record, &term.span) {
                self.term(term, place);
            }
            if let Some(inner) = &term.node {
                let path = Path {
                    own: path.own && same_owner(&inner.domain, self.root),
                    effective: path.effective && term.redirect,
                    passes: path.passes && term.qualifier == Qualifier::Pass,
                    included: true,
                };
                self.node(inner, path);
            }
        }
    }

    fn pass_all(&mut self, term: &SpfTerm, place: Place<'t>, path: Path) {
        let everybody = term.node.is_none() && term.ranges.iter().any(|range| range.is_everything());
        let all = term.text.trim_start_matches('+').eq_ignore_ascii_case("all");
        if !path.passes || !(all || everybody) {
            return;
        }
        let cause =
            Cause::SpfPassAll { term: term.text.clone(), at: place.domain.clone(), included: path.included };
        let edit = if all { Edit::replace(&term.span, "~all") } else { Edit::remove(&term.span) };
        place.add(self.drafts, cause, term.span.clone(), vec![edit]);
    }

    /// What the look-up of a term says.
    fn term(&mut self, term: &'t SpfTerm, place: Place<'t>) {
        let gone = || vec![Edit::remove(&term.span)];
        if let Some(node) = &term.node {
            self.followed(term, node, place);
        }
        let Some(target) = &term.target else { return };
        match term.outcome {
            TermOutcome::Failed(failure) => {
                let cause = Cause::DnsError { record_type: looked_up(term), failure };
                self.drafts.push(Finding::at(cause, target));
            }
            TermOutcome::TooManyExchanges(count) => {
                let cause = Cause::SpfMxLimit { target: target.clone(), count };
                place.add(self.drafts, cause, term.span.clone(), Vec::new());
            }
            TermOutcome::Fine | TermOutcome::Void { .. } => {}
        }
        if term.is_void() {
            let first = FirstVoid { target, place, span: term.span.clone(), edits: Vec::new() };
            let first = self.voids.get_or_insert(first);
            if first.place.domain == place.domain {
                first.edits.extend(gone());
            }
        }
        if let Some((_, registrable)) = self.unregistered.iter().find(|(free, _)| free == target) {
            let cause =
                Cause::SpfIncludeUnregistered { target: target.clone(), registrable: registrable.clone() };
            place.add(self.drafts, cause, term.span.clone(), gone());
        }
    }

    /// What an include or a redirect leads to.
    fn followed(&mut self, term: &SpfTerm, node: &SpfNode, place: Place<'t>) {
        let target = node.domain.clone();
        let cause = match &node.state {
            // RFC 7208 §5.2 and §6.1: "permerror" where the target has no record.
            SpfState::None { .. } | SpfState::Several(_) => {
                Cause::SpfIncludeMissing { target, redirect: term.redirect }
            }
            SpfState::Loop => Cause::SpfLoop { target },
            SpfState::Failed(failure) => {
                let cause = Cause::DnsError { record_type: RecordType::Txt, failure: *failure };
                return self.drafts.push(Finding::at(cause, &target));
            }
            SpfState::Found | SpfState::NotFollowed => return,
        };
        place.add(self.drafts, cause, term.span.clone(), vec![Edit::remove(&term.span)]);
    }
}

/// All void lookups of the tree, said once.
fn void_lookups<'t>(first: FirstVoid<'t>, voids: u32, drafts: &mut Drafts<'t>) {
    let target = first.target.clone();
    // RFC 7208 §4.6.4: "SPF implementations SHOULD limit "void lookups" to two."
    let cause = match voids {
        0..=2 => Cause::SpfVoidLookup { voids, target },
        _ => Cause::SpfVoidLimit { voids, target },
    };
    first.place.add(drafts, cause, first.span, first.edits);
}

/// The type that a term asks for.
fn looked_up(term: &SpfTerm) -> RecordType {
    let is_mx = term.text.trim_start_matches(['+', '-', '~', '?']).get(..2) == Some("mx");
    if is_mx { RecordType::Mx } else { RecordType::A }
}

fn multiple(node: &SpfNode, indexes: &[usize], own: bool) -> Option<Finding> {
    let texts: Vec<&TxtRecord> = {
        let all = node.answer.as_ref()?.txt();
        indexes.iter().filter_map(|&index| all.get(index)).collect()
    };
    let second = texts.get(1)?;
    let merged = if own { spf_fix::merged(&texts) } else { None };
    let fix = merged.map(|text| Fix::txt(&node.domain, text));
    let cause = Cause::SpfMultiple { count: texts.len() };
    Some(Finding::in_record(cause, &node.domain, second, whole(second)).with_fix(fix))
}

/// The limits that count over the whole tree.
fn limits(tree: &SpfNode, drafts: &mut Drafts<'_>) {
    let Some(text) = tree.text() else { return };
    let lookups = tree.lookups();
    // RFC 7208 §4.6.4: "limit the total number of those terms to 10".
    let (cause, reached) = match lookups {
        0..=8 => return,
        9 | 10 => (Cause::SpfLookupNearLimit { lookups }, lookups),
        _ => (Cause::SpfLookupLimit { lookups }, 11),
    };
    let at = tree.terms.iter().find(|term| term.lookups >= reached);
    let span = at.map_or_else(|| whole(text), |term| term.span.clone());
    drafts.push(Finding::in_record(cause, &tree.domain, text, span));
}

/// The targets that anybody may register, with the domain that is free.
fn unregistered(
    tree: &SpfNode,
    root: &DomainName,
    answers: &mut Answers<'_>,
) -> Result<Vec<(DomainName, DomainName)>, Missing> {
    let mut found = Vec::new();
    let mut missing = None;
    let mut nodes = vec![tree];
    while let Some(node) = nodes.pop() {
        nodes.extend(node.terms.iter().filter_map(|term| term.node.as_ref()));
        for term in &node.terms {
            let (Some(target), false) = (&term.target, exists(term)) else { continue };
            let Some(domain) = registrable(target).filter(|domain| !root.is_at_or_below(domain)) else {
                continue;
            };
            match answers.get(QueryClass::Other, &domain, RecordType::Ns) {
                Ok(answer) if answer.outcome == Outcome::NxDomain => found.push((target.clone(), domain)),
                Ok(_) => {}
                Err(Missing) => missing = Some(Missing),
            }
        }
    }
    missing.map_or(Ok(found), Err)
}

/// False where the DNS says that the target does not exist.
fn exists(term: &SpfTerm) -> bool {
    let target = term.node.as_ref().map(|node| &node.state);
    !matches!(target, Some(SpfState::None { exists: false, .. }))
        && term.outcome != (TermOutcome::Void { exists: false })
}

/// What SPF says for a message from this address.
fn evaluate(
    ip: IpAddr,
    domain: &DomainName,
    answers: &mut Answers<'_>,
) -> Result<(SpfResult, Option<String>), Missing> {
    let envelope = Envelope {
        client: ip,
        helo: HeloIdentity::new(domain.as_str()),
        mail_from: MailFrom::new(domain.as_str()),
    };
    let evaluation = spf::check_host(&spf::Request::new(&envelope, Identity::MailFrom), answers)?;
    Ok((evaluation.result, evaluation.mechanism().map(str::to_owned)))
}

fn sender<'t>(
    ip: IpAddr,
    (result, matched): (SpfResult, Option<String>),
    tree: &'t SpfNode,
    mx: &MailExchange,
    drafts: &mut Drafts<'t>,
) {
    if result == SpfResult::Pass {
        return;
    }
    let cause = Cause::SpfSenderNotAuthorized { ip: ip.to_canonical(), result: result.as_str() };
    let (Some(text), Some(record)) = (tree.text(), tree.record()) else {
        let first = || Fix::txt(&tree.domain, spf_fix::first_record(mx, Some(ip)));
        let fix = matches!(tree.state, SpfState::None { .. }).then(first);
        return drafts.push(Finding::at(cause, &tree.domain).with_fix(fix));
    };
    let by = |span: &spf::Span| matched.as_deref() == Some(lossy(span.of(&text.octets)).as_str());
    let directive = record.directives().iter().map(|directive| directive.span).find(by);
    let span = directive.map_or_else(|| whole(text), spf::Span::range);
    let edit = Edit::prepend(&spf_fix::as_term(ip.to_canonical()));
    drafts.push_with(Finding::in_record(cause, &tree.domain, text, span), text, vec![edit]);
}
