use std::ops::Range;

use super::spf_advice::whole;
use super::{Cause, Finding, Fix, dmarc_fix, lossy};
use crate::dmarc::{Policy, PolicyFinding, PolicyFindingKind, PolicyRecord, Tag, TestMode};
use crate::dns::{DomainName, TxtRecord};
use crate::spf::quotation_marks;

/// Which rule a text breaks that is no DMARC Policy Record, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// Not `tag=value`.
    TagList,
    /// The version is there, but not first.
    VersionNotFirst,
    /// There is no version.
    VersionMissing,
}

/// What a wrong value in a DMARC record leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadValue {
    /// The record counts as `p=none`, because it has a valid `rua`.
    CountsAsNone,
    /// The record counts as no record.
    NoRecord,
    /// The tag counts as absent.
    Discarded,
}

/// What becomes of `pct`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PctReading {
    /// `pct=0`: as `t=y`.
    TestMode,
    /// `pct=100`: as nothing.
    Nothing,
    /// Any other number: the policy applies to everything.
    FullEnforcement,
    /// Not a number from 0 to 100.
    Unreadable,
}

/// A text at a `_dmarc` name.
#[derive(Clone, Copy)]
pub(super) struct PolicyPlace<'a> {
    pub(super) name: &'a DomainName,
    pub(super) text: &'a TxtRecord,
    /// The record, where the text is one.
    pub(super) record: Option<&'a PolicyRecord>,
}

/// What the text says; nothing where it has nothing to do with DMARC.
pub(super) fn judge(place: PolicyPlace<'_>) -> Vec<Finding> {
    let octets = &place.text.octets;
    let fix = dmarc_fix::corrected(octets, place.name);
    let read = PolicyRecord::read(octets);
    let mut findings = Vec::new();
    let is_quoted = read.findings.iter().any(|finding| finding.kind == PolicyFindingKind::Quotes);
    if is_quoted {
        findings.push(in_place(place, Cause::DmarcQuotes, quoted(octets), fix.clone()));
    }
    for finding in &read.findings {
        if is_quoted && holds_quotes(octets, &finding.span) {
            continue;
        }
        let (cause, span) = cause(finding, place);
        findings.push(in_place(place, cause, span, fix.clone()));
    }
    if let Some(record) = place.record {
        findings.extend(meaning(record, place));
    }
    findings
}

fn in_place(place: PolicyPlace<'_>, cause: Cause, span: Range<usize>, fix: Option<Fix>) -> Finding {
    // Where only the value is wrong, what it should be is not known.
    let fix = fix.filter(|_| !matches!(cause, Cause::DmarcBadValue { .. }));
    Finding::in_record(cause, place.name, place.text, span).with_fix(fix)
}

/// From the first quotation mark to the last.
fn quoted(octets: &[u8]) -> Range<usize> {
    let mut marks = quotation_marks(octets).map(|mark| mark.range());
    let Some(first) = marks.next() else { return 0..octets.len() };
    first.start..marks.last().unwrap_or(first).end
}

/// True where the tag around this place has quotation marks, which say enough.
fn holds_quotes(octets: &[u8], span: &Range<usize>) -> bool {
    let start = octets[..span.start].iter().rposition(|&b| b == b';').map_or(0, |at| at + 1);
    let end = octets[span.end..].iter().position(|&b| b == b';').map_or(octets.len(), |at| span.end + at);
    quotation_marks(&octets[start..end]).next().is_some()
}

fn cause(finding: &PolicyFinding, place: PolicyPlace<'_>) -> (Cause, Range<usize>) {
    let octets = &place.text.octets;
    let text = lossy(octets.get(finding.span.clone()).unwrap_or_default());
    let syntax = |fault: PolicyFault| Cause::DmarcSyntax { text: text.clone(), fault };
    let of_tag = |name: &str| tag(octets, name).unwrap_or_else(|| finding.span.clone());
    let cause = match finding.kind {
        PolicyFindingKind::Syntax => syntax(PolicyFault::TagList),
        PolicyFindingKind::VersionNotFirst => syntax(PolicyFault::VersionNotFirst),
        PolicyFindingKind::VersionMissing => syntax(PolicyFault::VersionMissing),
        PolicyFindingKind::VersionCase => Cause::DmarcCase { text, expected: "DMARC1" },
        PolicyFindingKind::Quotes => Cause::DmarcQuotes,
        PolicyFindingKind::DuplicateTag(tag) => Cause::DmarcDuplicateTag { tag: tag.as_str().to_owned() },
        PolicyFindingKind::UnknownTag => Cause::DmarcUnknownTag { tag: text },
        PolicyFindingKind::RemovedTag(tag) => {
            let name = tag.as_str();
            return (Cause::DmarcRemovedTag { tag: name.to_owned() }, of_tag(name));
        }
        PolicyFindingKind::Pct(pct) => {
            let reading = match pct {
                Some(0) => PctReading::TestMode,
                Some(100) => PctReading::Nothing,
                Some(_) => PctReading::FullEnforcement,
                None => PctReading::Unreadable,
            };
            return (Cause::DmarcPct { value: text, reading }, of_tag("pct"));
        }
        PolicyFindingKind::BadValue(tag) => Cause::DmarcBadValue {
            tag: tag.as_str().to_owned(),
            value: text,
            consequence: consequence(tag, place),
        },
        PolicyFindingKind::TagOrder => Cause::DmarcTagOrder { second: second_tag(octets) },
        PolicyFindingKind::PolicyMissing => Cause::DmarcPolicyMissing,
        PolicyFindingKind::ReportUriSyntax(_) => {
            let bare_address = text.contains('@') && !text.contains(':');
            Cause::DmarcRuaSyntax { address: text, bare_address }
        }
        PolicyFindingKind::ReportUriSize(_) => {
            let limit = text.rsplit_once('!').map_or("", |(_, limit)| limit);
            let span = finding.span.end - limit.len() - 1..finding.span.end;
            return (Cause::DmarcRuaSize { limit: format!("!{limit}") }, span);
        }
    };
    (cause, finding.span.clone())
}

fn consequence(tag: Tag, place: PolicyPlace<'_>) -> BadValue {
    // RFC 9989 §4.10.1: a record without a valid policy counts as "p=none" where
    // it has a valid "rua", and as no record where it has none.
    match tag {
        Tag::P | Tag::Sp | Tag::Np => match place.record {
            Some(record) if !record.rua.is_empty() => BadValue::CountsAsNone,
            _ => BadValue::NoRecord,
        },
        _ => BadValue::Discarded,
    }
}

fn second_tag(octets: &[u8]) -> String {
    let second = octets.split(|&b| b == b';').nth(1).unwrap_or_default();
    lossy(second.split(|&b| b == b'=').next().unwrap_or_default().trim_ascii())
}

/// What a record in order asks for, and perhaps should not.
fn meaning(record: &PolicyRecord, place: PolicyPlace<'_>) -> Vec<Finding> {
    let octets = &place.text.octets;
    let at = |name: &str| tag(octets, name).unwrap_or_else(|| whole(place.text));
    let mut findings = Vec::new();
    if record.t == Some(TestMode::Yes) {
        findings.push(Finding::in_record(Cause::DmarcTestMode, place.name, place.text, at("t")));
    }
    let Some(p) = record.p else { return findings };
    for (tag, value) in [("sp", record.sp), ("np", record.np)] {
        if let Some(value) = value.filter(|value| strength(*value) < strength(p)) {
            let cause = Cause::DmarcWeakerSubdomain { tag, value: value.as_str(), policy: p.as_str() };
            findings.push(Finding::in_record(cause, place.name, place.text, at(tag)));
        }
    }
    findings
}

fn strength(policy: Policy) -> u8 {
    match policy {
        Policy::None => 0,
        Policy::Quarantine => 1,
        Policy::Reject => 2,
    }
}

/// Where the first tag of this name stands, name and value, without blanks around it.
pub(super) fn tag(octets: &[u8], name: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for part in octets.split(|&b| b == b';') {
        let named = part.split(|&b| b == b'=').next().unwrap_or_default();
        if named.len() < part.len() && named.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) {
            let from = start + (part.len() - part.trim_ascii_start().len());
            return Some(from..from + part.trim_ascii().len());
        }
        start += part.len() + 1;
    }
    None
}
