use std::ops::Range;

use super::{Cause, Finding, Fix, lossy};
use crate::dkim::{
    KeyRecord, KeyRecordError, KeyType, MAX_KEY_RECORD, PublicKey, PublicKeyError, Selector, TagListError,
};
use crate::dns::{DomainName, TxtRecord};
use crate::spf::quotation_marks;

/// Bits that an RSA key should have (RFC 8301 §3.2).
const ADVISED_BITS: u32 = 2048;

/// Why a DKIM key record cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// Not a list of `tag=value` separated by `;`.
    TagList,
    /// `v=` is there, but is not `DKIM1` or not first.
    Version,
    /// No `p=`.
    KeyMissing,
    /// `p=` is not base64, or not a public key.
    KeyData,
    /// `k=` names an algorithm that nobody knows.
    Algorithm,
    /// Another tag has a value that RFC 6376 does not allow.
    Value,
}

/// One key record, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct KeyPlace<'a> {
    pub(super) selector: &'a Selector,
    pub(super) name: &'a DomainName,
    pub(super) text: &'a TxtRecord,
}

impl KeyPlace<'_> {
    fn finding(&self, cause: Cause, span: Range<usize>) -> Finding {
        Finding::in_record(cause, self.name, self.text, span)
    }

    /// Where a tag stands, name and value.
    fn tag(&self, name: &str) -> Range<usize> {
        find_tag(&self.text.octets, name).unwrap_or(0..self.text.octets.len())
    }
}

/// What the text of a key record says.
pub(super) fn judge(
    read: &Result<KeyRecord, KeyRecordError>,
    place: KeyPlace<'_>,
    findings: &mut Vec<Finding>,
) {
    if quotes(place, findings) {
        return;
    }
    match read {
        Err(error) => findings.push(unreadable(error, place)),
        Ok(record) => {
            findings.extend(key(&record.key, place));
            tags(record, place, findings);
        }
    }
}

/// True for a text that was meant as a key record, readable or not.
pub(super) fn is_meant_as_key(octets: &[u8]) -> bool {
    let text = lossy(octets).to_ascii_lowercase();
    let front = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    front.starts_with("v=dkim") || find_tag(octets, "p").is_some() || find_tag(octets, "k").is_some()
}

fn key(key: &Result<PublicKey, PublicKeyError>, place: KeyPlace<'_>) -> Option<Finding> {
    let selector = place.selector.clone();
    let cause = match key {
        Ok(key) if key.key_type() == KeyType::Rsa && key.bits() < ADVISED_BITS => {
            // RFC 8301 §3.2: "Signers SHOULD use RSA keys of at least 2048 bits."
            Cause::DkimKey1024 { selector, bits: key.bits() }
        }
        Ok(_) => return None,
        Err(PublicKeyError::Revoked) => Cause::DkimKeyRevoked { selector },
        Err(PublicKeyError::TooShort { bits }) => Cause::DkimKeyTooShort { selector, bits: *bits },
        Err(
            PublicKeyError::Base64
            | PublicKeyError::Malformed
            | PublicKeyError::Ed25519Length { .. }
            | PublicKeyError::TooLong { .. }
            | PublicKeyError::Exponent { .. },
        ) => Cause::DkimKeySyntax { selector, fault: KeyFault::KeyData },
    };
    Some(place.finding(cause, place.tag("p")))
}

fn tags(record: &KeyRecord, place: KeyPlace<'_>, findings: &mut Vec<Finding>) {
    let selector = || place.selector.clone();
    if record.testing {
        let span = place.tag("t");
        let fix = without_tag(place, "t");
        let finding = place.finding(Cause::DkimKeyTestMode { selector: selector() }, span);
        findings.push(finding.with_fix(fix));
    }
    if !record.hashes.sha256 {
        let cause = if record.hashes.sha1 {
            Cause::DkimHashSha1 { selector: selector() }
        } else {
            Cause::DkimKeySyntax { selector: selector(), fault: KeyFault::Value }
        };
        findings.push(place.finding(cause, place.tag("h")).with_fix(without_tag(place, "h")));
    }
    if !record.is_for_email {
        let span = place.tag("s");
        let tag = lossy(&place.text.octets[span.clone()]);
        let value = tag.split_once('=').map_or("", |(_, value)| value.trim()).to_owned();
        let finding = place.finding(Cause::DkimService { selector: selector(), value }, span);
        findings.push(finding.with_fix(without_tag(place, "s")));
    }
}

fn unreadable(error: &KeyRecordError, place: KeyPlace<'_>) -> Finding {
    let whole = 0..place.text.octets.len();
    let (fault, span) = match error {
        KeyRecordError::TooLong { .. } => (KeyFault::TagList, whole),
        KeyRecordError::TagList(error) => (KeyFault::TagList, part_at(&place.text.octets, error)),
        KeyRecordError::Version => (KeyFault::Version, place.tag("v")),
        KeyRecordError::UnknownKeyType => (KeyFault::Algorithm, place.tag("k")),
        KeyRecordError::MissingKey => (KeyFault::KeyMissing, whole),
    };
    place.finding(Cause::DkimKeySyntax { selector: place.selector.clone(), fault }, span)
}

/// The part of the tag list that an error is about.
fn part_at(octets: &[u8], error: &TagListError) -> Range<usize> {
    let start = match error {
        TagListError::NoEquals { at } | TagListError::BadName { at } | TagListError::Duplicate { at } => *at,
        TagListError::TooLong { .. } => return 0..octets.len(),
    };
    let rest = octets.get(start..).unwrap_or_default();
    let end = start + memchr::memchr(b';', rest).unwrap_or(rest.len());
    trimmed(octets, start..end)
}

/// Quotation marks: between the halves of a key, or elsewhere. True where there are any.
fn quotes(place: KeyPlace<'_>, findings: &mut Vec<Finding>) -> bool {
    let octets = &place.text.octets;
    if octets.len() > MAX_KEY_RECORD {
        return false;
    }
    let marks: Vec<Range<usize>> = quotation_marks(octets).map(|mark| mark.range()).collect();
    let (inside, outside): (Vec<_>, Vec<_>) =
        marks.into_iter().partition(|mark| is_between_halves(octets, mark));
    let selector = || place.selector.clone();
    let fix = unquoted(place);
    for (marks, cause) in [
        (&outside, Cause::DkimQuotes { selector: selector() }),
        (&inside, Cause::DkimKeySplit { selector: selector() }),
    ] {
        if let (Some(first), Some(last)) = (marks.first(), marks.last()) {
            findings.push(place.finding(cause, first.start..last.end).with_fix(fix.clone()));
        }
    }
    !(inside.is_empty() && outside.is_empty())
}

/// True where base64 of the key stands before and after the mark, with nothing
/// but blanks and other marks between.
fn is_between_halves(octets: &[u8], mark: &Range<usize>) -> bool {
    let Some(tag) = find_tag(octets, "p") else { return false };
    let value = tag.start + memchr::memchr(b'=', &octets[tag.clone()]).map_or(0, |equals| equals + 1);
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    tag.contains(&mark.start)
        && octets.get(value..mark.start).is_some_and(|before| before.iter().any(base64))
        && octets.get(mark.end..tag.end).is_some_and(|after| after.iter().any(base64))
}

/// The record without quotation marks, where it is a key record then.
fn unquoted(place: KeyPlace<'_>) -> Option<Fix> {
    let octets = &place.text.octets;
    let mut kept = octets.clone();
    for mark in quotation_marks(octets) {
        kept.get_mut(mark.range())?.fill(b' ');
    }
    let text = String::from_utf8(kept).ok()?;
    let tags = text.split(';').map(|tag| match tag.split_once('=') {
        Some((name, value)) if name.trim() == "p" => {
            format!("p={}", value.split_whitespace().collect::<String>())
        }
        Some((name, value)) => format!("{}={}", name.trim(), value.trim()),
        None => tag.trim().to_owned(),
    });
    fix(place, &tags.collect::<Vec<_>>().join("; "))
}

/// The record without one tag.
fn without_tag(place: KeyPlace<'_>, name: &str) -> Option<Fix> {
    let text = std::str::from_utf8(&place.text.octets).ok()?;
    let is_it = |tag: &str| tag.split_once('=').is_some_and(|(n, _)| n.trim() == name);
    let kept: Vec<&str> = text.split(';').map(str::trim).filter(|tag| !is_it(tag)).collect();
    fix(place, &kept.join("; "))
}

fn fix(place: KeyPlace<'_>, text: &str) -> Option<Fix> {
    let text = text.trim();
    KeyRecord::parse(text.as_bytes())
        .is_ok_and(|record| record.key.is_ok())
        .then(|| Fix::txt(place.name, text))
}

/// Where a tag stands, name and value, without blanks around it.
fn find_tag(octets: &[u8], name: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for part in octets.split(|&b| b == b';') {
        let named = part.split(|&b| b == b'=').next().unwrap_or_default();
        if part.len() > named.len() && named.trim_ascii() == name.as_bytes() {
            return Some(trimmed(octets, start..start + part.len()));
        }
        start += part.len() + 1;
    }
    None
}

/// The range without blanks at its ends.
fn trimmed(octets: &[u8], range: Range<usize>) -> Range<usize> {
    let part = octets.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_ascii_start().len());
    start..start + part.trim_ascii().len()
}
