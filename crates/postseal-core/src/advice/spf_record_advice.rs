use std::collections::HashSet;
use std::ops::Range;

use super::registrable::same_owner;
use super::spf_advice::whole;
use super::spf_drafts::Drafts;
use super::spf_fix::{self, Edit};
use super::spf_networks::{self, AddressRange};
use super::spf_tree::{MAX_RANGES, SpfNode, SpfTerm};
use super::{Cause, Finding, FindingId, Fix, lossy};
use crate::dns::{DomainName, TxtRecord};
use crate::spf::{self, DomainSpec, FindingKind, Mechanism, Qualifier, Record, TermError};

/// Addresses that a domain's own `ip4` terms may authorise before it is worth a word.
const BROAD: u128 = 1 << 17;

/// Oddities and terms of one record that are looked at; a record in order has a
/// dozen, one of 64 kB may have thousands.
const MAX_LOOKED_AT: usize = 500;

/// What the parser found odd, as far as it is looked at.
fn oddities(record: &Record) -> impl Iterator<Item = &spf::Finding> {
    record.findings().iter().take(MAX_LOOKED_AT)
}

/// A record of the tree, where findings are about.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) domain: &'a DomainName,
    pub(super) text: &'a TxtRecord,
    /// The domain's owner publishes it: there is something to put instead.
    pub(super) own: bool,
}

impl<'a> Place<'a> {
    /// A finding at some octets of this record, and what would change.
    pub(super) fn add(&self, drafts: &mut Drafts<'a>, cause: Cause, span: Range<usize>, edits: Vec<Edit>) {
        let finding = Finding::in_record(cause, self.domain, self.text, span);
        drafts.push_with(finding, self.text, if self.own { edits } else { Vec::new() });
    }
}

/// What the text of one record says. A record of somebody else is judged for
/// errors only: its style is not this domain's business.
pub(super) fn judge<'a>(record: &Record, place: Place<'a>, effective: bool, drafts: &mut Drafts<'a>) {
    let of_kind =
        |kind: FindingKind| oddities(record).filter(move |f| f.kind == kind).map(|f| f.span.range());
    let quotes: Vec<_> = of_kind(FindingKind::Quotes).collect();
    let glued: Vec<_> = of_kind(FindingKind::StringJoin).collect();
    if !quotes.is_empty() {
        place.add(drafts, Cause::SpfQuotes, quoted(&quotes), Edit::unquote(place.text));
    }
    for span in &glued {
        let edits = Edit::part(place.text, span);
        place.add(drafts, string_join(place.text, span), span.clone(), edits);
    }
    for finding in oddities(record) {
        if let FindingKind::Syntax(error) = finding.kind {
            let term = term_around(place.text, finding.span.range());
            let explained = |span: &Range<usize>| span.start < term.end && term.start < span.end;
            if !quotes.iter().chain(&glued).any(explained) {
                syntax(error, finding.span.range(), term, place, drafts);
            }
        }
    }
    if place.own {
        style(record, place, drafts);
        duplicates(record, place, drafts);
        private_addresses(record, place, drafts);
    }
    if effective {
        end(record, place, drafts);
    }
}

fn syntax<'a>(
    error: TermError,
    span: Range<usize>,
    term: Range<usize>,
    place: Place<'a>,
    drafts: &mut Drafts<'a>,
) {
    let text = lossy(place.text.octets.get(term.clone()).unwrap_or_default());
    let edits = match error {
        TermError::Macro(error) => {
            return place.add(drafts, Cause::SpfMacro { term: text, error }, span, Vec::new());
        }
        TermError::RepeatedModifier => vec![Edit::remove(&term)],
        _ => Edit::put_right(place.text, &term),
    };
    place.add(drafts, Cause::SpfSyntax { term: text, error: Some(error) }, term, edits);
}

/// True where quotation marks or a joint of strings make another term of it.
pub(super) fn is_misread(record: &Record, term: &Range<usize>) -> bool {
    oddities(record).any(|finding| {
        let span = finding.span.range();
        let overlaps = span.start < term.end && term.start < span.end;
        overlaps && matches!(finding.kind, FindingKind::Quotes | FindingKind::StringJoin)
    })
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
fn style<'a>(record: &Record, place: Place<'a>, drafts: &mut Drafts<'a>) {
    let of = |span: spf::Span| lossy(span.of(&place.text.octets));
    let mut after_all: Vec<Range<usize>> = Vec::new();
    for finding in oddities(record) {
        let span = finding.span.range();
        let gone = || vec![Edit::remove(&span)];
        let (cause, edits) = match finding.kind {
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
                let edits = Edit::put_right(place.text, &span);
                (Cause::SpfUnknownModifier { modifier, mechanism: true }, edits)
            }
            FindingKind::RedirectIgnored => (Cause::SpfRedirectIgnored { term: of(finding.span) }, gone()),
            FindingKind::Ptr => {
                let edits = Edit::remove_if_others_stay(record, &span);
                (Cause::SpfPtr { term: of(finding.span) }, edits)
            }
            FindingKind::Syntax(_) | FindingKind::Quotes | FindingKind::StringJoin | FindingKind::NoAll => {
                continue;
            }
        };
        place.add(drafts, cause, span, edits);
    }
    if let (Some(first), Some(last)) = (after_all.first(), after_all.last()) {
        let span = first.start..last.end;
        let terms = lossy(place.text.octets.get(span.clone()).unwrap_or_default());
        let looked_up = record.directives().iter().filter(|d| d.mechanism.causes_queries()).count();
        let all = record.directives().iter().find(|directive| directive.mechanism == Mechanism::All);
        let edits = match all {
            // In front of it they would be too many, and the record none at all.
            Some(_) if looked_up > usize::from(spf::MAX_LOOKUPS) => vec![Edit::remove(&span)],
            Some(all) => Edit::move_before(place.text, all.span.range().start, &span),
            None => Vec::new(),
        };
        place.add(drafts, Cause::SpfAfterAll { terms }, span, edits);
    }
}

fn name_of(modifier: &str) -> &str {
    modifier.split_once('=').map_or(modifier, |(name, _)| name)
}

/// Terms that say what an earlier one says.
fn duplicates<'a>(record: &Record, place: Place<'a>, drafts: &mut Drafts<'a>) {
    let mut known = HashSet::new();
    for directive in record.directives().iter().take(MAX_LOOKED_AT) {
        if directive.mechanism == Mechanism::All {
            return;
        }
        if !known.insert(meaning(&directive.mechanism, place.domain)) {
            let span = directive.span.range();
            let term = lossy(directive.span.of(&place.text.octets));
            let edits = vec![Edit::remove(&span)];
            place.add(drafts, Cause::SpfDuplicateTerm { term }, span, edits);
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

fn private_addresses<'a>(record: &Record, place: Place<'a>, drafts: &mut Drafts<'a>) {
    for directive in record.directives().iter().take(MAX_LOOKED_AT) {
        let range = match &directive.mechanism {
            Mechanism::Ip4(network) => AddressRange::ip4(network.address(), network.prefix()),
            Mechanism::Ip6(network) => AddressRange::ip6(network.address(), network.prefix()),
            _ => continue,
        };
        if let Some(range) = range.private() {
            let span = directive.span.range();
            let term = lossy(directive.span.of(&place.text.octets));
            let edits = Edit::remove_if_others_stay(record, &span);
            place.add(drafts, Cause::SpfPrivateAddress { term, range }, span, edits);
        }
    }
}

/// What the end of the record says about everybody else.
fn end<'a>(record: &Record, place: Place<'a>, drafts: &mut Drafts<'a>) {
    let all = record.directives().iter().find(|directive| directive.mechanism == Mechanism::All);
    match all {
        Some(all) if all.qualifier == Qualifier::Neutral => {
            let span = all.span.range();
            let edits = vec![Edit::replace(&span, "~all")];
            place.add(drafts, Cause::SpfNeutralAll, span, edits);
        }
        Some(_) => {}
        None => {
            let no_all = record.findings().iter().find(|f| f.kind == FindingKind::NoAll);
            if let Some(no_all) = no_all.filter(|_| !hides_all(record, place)) {
                let edits = vec![Edit::append(place.text, "~all")];
                place.add(drafts, Cause::SpfNoAll, no_all.span.range(), edits);
            }
        }
    }
}

/// True where a term that cannot be read was meant as `all`.
fn hides_all(record: &Record, place: Place<'_>) -> bool {
    oddities(record).any(|finding| match finding.kind {
        FindingKind::Quotes | FindingKind::StringJoin => true,
        FindingKind::Syntax(_) => {
            let term = place.text.octets.get(term_around(place.text, finding.span.range()));
            lossy(term.unwrap_or_default()).to_ascii_lowercase().contains("all")
        }
        _ => false,
    })
}

/// What takes the domain's record as a whole.
pub(super) fn whole_record<'a>(tree: &'a SpfNode, drafts: &mut Drafts<'a>) {
    let Some(text) = tree.text() else { return };
    let place = Place { domain: &tree.domain, text, own: true };
    too_long(tree, place, drafts);
    too_broad(tree, place, drafts);
    overlaps(tree, place, drafts);
}

fn too_long<'a>(tree: &SpfNode, place: Place<'a>, drafts: &mut Drafts<'a>) {
    let Some(answer) = &tree.answer else { return };
    // RFC 1035 §4: a header of 12 octets, the question, and for each record a
    // name of two octets (compressed), ten octets and the strings.
    let question = tree.domain.as_str().len() + 2 + 4;
    let strings = |text: &TxtRecord| -> usize { text.strings().map(|string| string.len() + 1).sum() };
    let octets = 12 + question + answer.txt().iter().map(|text| 12 + strings(text)).sum::<usize>();
    if octets > 512 {
        place.add(drafts, Cause::SpfTooLong { octets }, whole(place.text), Vec::new());
    }
}

fn too_broad<'a>(tree: &SpfNode, place: Place<'a>, drafts: &mut Drafts<'a>) {
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
        place.add(drafts, Cause::SpfTooBroad { addresses }, span, Vec::new());
    }
}

/// The network of an `ip4` term that does not authorise everybody: that is another finding.
fn ip4_range(term: &SpfTerm) -> Option<AddressRange> {
    let [range] = term.ranges[..] else { return None };
    let is_ip4 = term.node.is_none() && term.target.is_none() && range.is_ip4();
    (is_ip4 && !range.is_everything()).then_some(range)
}

fn overlaps<'a>(tree: &SpfNode, place: Place<'a>, drafts: &mut Drafts<'a>) {
    // The same term twice is another finding.
    let is_duplicate = |term: &SpfTerm| {
        let about =
            |f: &Finding| f.name.as_ref() == Some(place.domain) && f.span.as_ref() == Some(&term.span);
        drafts.findings().any(|f| about(f) && f.id() == FindingId::SpfDuplicateTerm)
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
        place.add(drafts, cause, term.span.clone(), Vec::new());
    }
}

/// Texts that are no SPF record, but were meant as one.
pub(super) fn meant_as_record(texts: &[TxtRecord], domain: &DomainName) -> Vec<Finding> {
    texts.iter().filter_map(|text| meant(text, domain)).collect()
}

fn meant(text: &TxtRecord, domain: &DomainName) -> Option<Finding> {
    let found = |cause: Cause, span: Range<usize>, edits: &[Edit]| {
        let fixed = spf_fix::apply_to_valid(text, edits);
        let fix = fixed.map(|value| Fix::txt(domain, value));
        Finding::in_record(cause, domain, text, span).with_fix(fix)
    };
    let marks: Vec<_> = spf::quotation_marks(&text.octets).map(spf::Span::range).collect();
    let unquoted = found(Cause::SpfQuotes, quoted(&marks), &Edit::unquote(text));
    if unquoted.fix.is_some() {
        return Some(unquoted);
    }
    let first = term_around(text, 0..0);
    if spf::version_is_glued(text) {
        return Some(found(string_join(text, &first), first.clone(), &Edit::part(text, &first)));
    }
    let start = text.octets.iter().position(|&b| b != b' ')?;
    let looks_like = text.octets[start..].get(..5).is_some_and(|front| front.eq_ignore_ascii_case(b"v=spf"));
    looks_like.then(|| {
        let term = term_around(text, start..start);
        let version = lossy(text.octets.get(term.clone()).unwrap_or_default());
        found(Cause::SpfSyntax { term: version, error: None }, term, &[])
    })
}

/// From the first mark to the last.
fn quoted(marks: &[Range<usize>]) -> Range<usize> {
    let start = marks.first().map_or(0, |mark| mark.start);
    start..marks.last().map_or(start, |mark| mark.end)
}
