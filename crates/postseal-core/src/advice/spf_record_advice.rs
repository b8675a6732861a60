use std::collections::HashSet;
use std::ops::Range;

use super::registrable::same_owner;
use super::spf_advice::whole;
use super::spf_networks::{self, AddressRange};
use super::spf_tree::{MAX_RANGES, SpfNode, SpfTerm};
use super::{Cause, Finding, FindingId, Fix, lossy, spf_fix};
use crate::dns::{DomainName, TxtRecord};
use crate::spf::{self, DomainSpec, FindingKind, Mechanism, Qualifier, Record, TermError};

/// Addresses that a domain's own `ip4` terms may authorise before it is worth a word.
const BROAD: u128 = 1 << 17;

/// A record of the tree, where findings are about.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) domain: &'a DomainName,
    pub(super) text: &'a TxtRecord,
    /// The domain's owner publishes it: there is something to put instead.
    pub(super) own: bool,
}

impl Place<'_> {
    /// A finding at some octets of this record, with the record to put instead.
    pub(super) fn finding(&self, cause: Cause, span: Range<usize>, fixed: Option<String>) -> Finding {
        let fix = fixed.filter(|_| self.own).map(|value| Fix::txt(self.domain, value));
        Finding::in_record(cause, self.domain, self.text, span).with_fix(fix)
    }
}

/// What the text of one record says. A record of somebody else is judged for
/// errors only: its style is not this domain's business.
pub(super) fn judge(record: &Record, place: Place<'_>, effective: bool, findings: &mut Vec<Finding>) {
    let of_kind =
        |kind: FindingKind| record.findings().iter().filter(move |f| f.kind == kind).map(|f| f.span.range());
    let quotes: Vec<_> = of_kind(FindingKind::Quotes).collect();
    let glued: Vec<_> = of_kind(FindingKind::StringJoin).collect();
    if let (Some(first), Some(last)) = (quotes.first(), quotes.last()) {
        let span = first.start..last.end;
        findings.push(place.finding(Cause::SpfQuotes, span, spf_fix::unquoted(place.text)));
    }
    findings.extend(glued.iter().map(|span| {
        let fixed = spf_fix::with_blanks_at_joints(place.text, &glued);
        place.finding(string_join(place.text, span), span.clone(), fixed)
    }));
    for finding in record.findings() {
        if let FindingKind::Syntax(error) = finding.kind {
            let term = term_around(place.text, finding.span.range());
            let explained = |span: &Range<usize>| span.start < term.end && term.start < span.end;
            if !quotes.iter().chain(&glued).any(explained) {
                findings.push(syntax(error, finding.span.range(), term, place));
            }
        }
    }
    if place.own {
        style(record, place, findings);
        duplicates(record, place, findings);
        private_addresses(record, place, findings);
    }
    if effective {
        end(record, place, findings);
    }
}

fn syntax(error: TermError, span: Range<usize>, term: Range<usize>, place: Place<'_>) -> Finding {
    let text = lossy(place.text.octets.get(term.clone()).unwrap_or_default());
    match error {
        TermError::Macro(error) => place.finding(Cause::SpfMacro { term: text, error }, span, None),
        TermError::RepeatedModifier => {
            let fixed = spf_fix::without(place.text, std::slice::from_ref(&term));
            place.finding(Cause::SpfSyntax { term: text, error: Some(error) }, term, fixed)
        }
        _ => {
            let fixed = spf_fix::slip_put_right(place.text, &term);
            place.finding(Cause::SpfSyntax { term: text, error: Some(error) }, term, fixed)
        }
    }
}

/// The whole term that holds these octets.
fn term_around(text: &TxtRecord, span: Range<usize>) -> Range<usize> {
    let octets = &text.octets;
    let before = octets.get(..span.start).unwrap_or_default();
    let after = octets.get(span.end..).unwrap_or_default();
    let start = before.iter().rposition(|&b| b == b' ').map_or(0, |blank| blank + 1);
    let end = span.end + after.iter().position(|&b| b == b' ').unwrap_or(after.len());
    start..end
}

fn string_join(text: &TxtRecord, span: &Range<usize>) -> Cause {
    let joints = text.joints.iter().map(|&joint| usize::from(joint));
    let joint = joints.into_iter().find(|joint| span.contains(joint)).unwrap_or(span.end);
    let part = |range: Range<usize>| lossy(text.octets.get(range).unwrap_or_default());
    Cause::SpfStringJoin { left: part(span.start..joint), right: part(joint..span.end) }
}

/// What works, but not as its author may think.
fn style(record: &Record, place: Place<'_>, findings: &mut Vec<Finding>) {
    let of = |span: spf::Span| lossy(span.of(&place.text.octets));
    let mut after_all: Vec<Range<usize>> = Vec::new();
    for finding in record.findings() {
        let span = finding.span.range();
        let gone = || spf_fix::without(place.text, std::slice::from_ref(&span));
        let (cause, fixed) = match finding.kind {
            FindingKind::AfterAll => {
                after_all.push(span);
                continue;
            }
            FindingKind::UnknownModifier => {
                let modifier = name_of(&of(finding.span)).to_owned();
                (Cause::SpfUnknownModifier { modifier, mechanism: false }, gone())
            }
            FindingKind::MechanismAsModifier => {
                let modifier = name_of(&of(finding.span)).to_owned();
                let fixed = spf_fix::slip_put_right(place.text, &span);
                (Cause::SpfUnknownModifier { modifier, mechanism: true }, fixed)
            }
            FindingKind::RedirectIgnored => (Cause::SpfRedirectIgnored { term: of(finding.span) }, gone()),
            FindingKind::Ptr => {
                let fixed = spf_fix::without_mechanism(place.text, &span);
                (Cause::SpfPtr { term: of(finding.span) }, fixed)
            }
            FindingKind::Syntax(_) | FindingKind::Quotes | FindingKind::StringJoin | FindingKind::NoAll => {
                continue;
            }
        };
        findings.push(place.finding(cause, span, fixed));
    }
    if let (Some(first), Some(last)) = (after_all.first(), after_all.last()) {
        let span = first.start..last.end;
        let terms = lossy(place.text.octets.get(span.clone()).unwrap_or_default());
        let all = record.directives().iter().find(|directive| directive.mechanism == Mechanism::All);
        let fixed = all.and_then(|all| spf_fix::all_last(place.text, &all.span.range()));
        findings.push(place.finding(Cause::SpfAfterAll { terms }, span, fixed));
    }
}

fn name_of(modifier: &str) -> &str {
    modifier.split_once('=').map_or(modifier, |(name, _)| name)
}

/// Terms that say what an earlier one says.
fn duplicates(record: &Record, place: Place<'_>, findings: &mut Vec<Finding>) {
    let mut known = HashSet::new();
    for directive in record.directives() {
        if directive.mechanism == Mechanism::All {
            return;
        }
        if !known.insert(meaning(&directive.mechanism, place.domain)) {
            let span = directive.span.range();
            let term = lossy(directive.span.of(&place.text.octets));
            let fixed = spf_fix::without(place.text, std::slice::from_ref(&span));
            findings.push(place.finding(Cause::SpfDuplicateTerm { term }, span, fixed));
        }
    }
}

/// A mechanism's text with the domain that stands for an omitted one.
fn meaning(mechanism: &Mechanism, domain: &DomainName) -> String {
    let named = |spec: &Option<DomainSpec>| spec.clone().or(Some(DomainSpec::Name(domain.clone())));
    match mechanism {
        Mechanism::A(spec, prefixes) => Mechanism::A(named(spec), *prefixes).to_string(),
        Mechanism::Mx(spec, prefixes) => Mechanism::Mx(named(spec), *prefixes).to_string(),
        Mechanism::Ptr(spec) => Mechanism::Ptr(named(spec)).to_string(),
        other => other.to_string(),
    }
}

fn private_addresses(record: &Record, place: Place<'_>, findings: &mut Vec<Finding>) {
    for directive in record.directives() {
        let range = match &directive.mechanism {
            Mechanism::Ip4(network) => AddressRange::ip4(network.address(), network.prefix()),
            Mechanism::Ip6(network) => AddressRange::ip6(network.address(), network.prefix()),
            _ => continue,
        };
        if let Some(range) = range.private() {
            let span = directive.span.range();
            let term = lossy(directive.span.of(&place.text.octets));
            let fixed = spf_fix::without_mechanism(place.text, &span);
            findings.push(place.finding(Cause::SpfPrivateAddress { term, range }, span, fixed));
        }
    }
}

/// What the end of the record says about everybody else.
fn end(record: &Record, place: Place<'_>, findings: &mut Vec<Finding>) {
    let all = record.directives().iter().find(|directive| directive.mechanism == Mechanism::All);
    match all {
        Some(all) if all.qualifier == Qualifier::Neutral => {
            let span = all.span.range();
            let fixed = spf_fix::replaced(place.text, &span, "~all");
            findings.push(place.finding(Cause::SpfNeutralAll, span, fixed));
        }
        Some(_) => {}
        None => {
            let no_all = record.findings().iter().find(|finding| finding.kind == FindingKind::NoAll);
            let fixed = || spf_fix::appended(place.text, "~all");
            findings.extend(no_all.map(|f| place.finding(Cause::SpfNoAll, f.span.range(), fixed())));
        }
    }
}

/// What takes the domain's record as a whole.
pub(super) fn whole_record(tree: &SpfNode, findings: &mut Vec<Finding>) {
    let Some(text) = tree.text() else { return };
    let place = Place { domain: &tree.domain, text, own: true };
    too_long(tree, place, findings);
    too_broad(tree, place, findings);
    overlaps(tree, place, findings);
}

fn too_long(tree: &SpfNode, place: Place<'_>, findings: &mut Vec<Finding>) {
    let Some(answer) = &tree.answer else { return };
    // RFC 1035 §4: a header of 12 octets, the question, and for each record a
    // name of two octets (compressed), ten octets and the strings.
    let question = tree.domain.as_str().len() + 2 + 4;
    let strings = |text: &TxtRecord| -> usize { text.strings().map(|string| string.len() + 1).sum() };
    let octets = 12 + question + answer.txt().iter().map(|text| 12 + strings(text)).sum::<usize>();
    if octets > 512 {
        findings.push(place.finding(Cause::SpfTooLong { octets }, whole(place.text), None));
    }
}

fn too_broad(tree: &SpfNode, place: Place<'_>, findings: &mut Vec<Finding>) {
    let mut ranges = Vec::new();
    let mut nodes = vec![tree];
    while let Some(node) = nodes.pop() {
        ranges.extend(node.terms.iter().filter_map(ip4_range));
        let inner = node.terms.iter().filter(|term| term.qualifier == Qualifier::Pass);
        let inner = inner.filter_map(|term| term.node.as_ref());
        nodes.extend(inner.filter(|node| same_owner(&node.domain, &tree.domain)));
    }
    let count = spf_networks::count(&ranges);
    if count > BROAD {
        let widest = tree.terms.iter().filter(|term| ip4_range(term).is_some());
        let widest = widest.max_by_key(|term| spf_networks::count(&term.ranges));
        let span = widest.map_or_else(|| whole(place.text), |term| term.span.clone());
        let addresses = u64::try_from(count).unwrap_or(u64::MAX);
        findings.push(place.finding(Cause::SpfTooBroad { addresses }, span, None));
    }
}

/// The network of an `ip4` term that does not authorise everybody: that is another finding.
fn ip4_range(term: &SpfTerm) -> Option<AddressRange> {
    let [range] = term.ranges[..] else { return None };
    let is_ip4 = term.node.is_none() && term.target.is_none() && range.is_ip4();
    (is_ip4 && !range.is_everything()).then_some(range)
}

fn overlaps(tree: &SpfNode, place: Place<'_>, findings: &mut Vec<Finding>) {
    // The same term twice is another finding.
    let is_duplicate = |term: &SpfTerm| {
        let about =
            |f: &Finding| f.name.as_ref() == Some(place.domain) && f.span.as_ref() == Some(&term.span);
        findings.iter().any(|f| about(f) && f.id() == FindingId::SpfDuplicateTerm)
    };
    let owners = tree.terms.iter().enumerate().filter(|(_, term)| !is_duplicate(term));
    let ranges: Vec<_> = owners
        .flat_map(|(owner, term)| term.ranges.iter().map(move |range| (*range, owner)))
        .filter(|(range, _)| !range.is_everything())
        .take(MAX_RANGES)
        .collect();
    for (earlier, later) in spf_networks::overlaps(&ranges) {
        let (term, other) = (&tree.terms[later], &tree.terms[earlier]);
        let cause = Cause::SpfOverlap { term: term.text.clone(), other: other.text.clone() };
        findings.push(place.finding(cause, term.span.clone(), None));
    }
}

/// Texts that are no SPF record, but were meant as one.
pub(super) fn meant_as_record(texts: &[TxtRecord], domain: &DomainName) -> Vec<Finding> {
    texts.iter().filter_map(|text| meant(text, Place { domain, text, own: true })).collect()
}

fn meant(text: &TxtRecord, place: Place<'_>) -> Option<Finding> {
    let marks: Vec<_> = spf::quotation_marks(&text.octets).map(spf::Span::range).collect();
    if let (Some(first), Some(last), Some(fixed)) = (marks.first(), marks.last(), spf_fix::unquoted(text)) {
        return Some(place.finding(Cause::SpfQuotes, first.start..last.end, Some(fixed)));
    }
    let first = term_around(text, 0..0);
    if spf::version_is_glued(text) {
        let fixed = spf_fix::with_blanks_at_joints(text, std::slice::from_ref(&first));
        return Some(place.finding(string_join(text, &first), first, fixed));
    }
    let start = text.octets.iter().position(|&b| b != b' ')?;
    let looks_like = text.octets[start..].get(..5).is_some_and(|front| front.eq_ignore_ascii_case(b"v=spf"));
    looks_like.then(|| {
        let term = term_around(text, start..start);
        let version = lossy(text.octets.get(term.clone()).unwrap_or_default());
        let cause = Cause::SpfSyntax { term: version, error: None };
        place.finding(cause, term, None)
    })
}
