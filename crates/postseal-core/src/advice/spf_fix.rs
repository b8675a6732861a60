use std::net::IpAddr;
use std::ops::Range;

use super::mx_advice::MailExchange;
use crate::dns::{DomainName, TxtRecord};
use crate::spf::{self, FindingKind, Qualifier, Record};

/// A change of a record's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// The octets that go.
    span: Range<usize>,
    /// What comes in their place.
    text: String,
}

impl Edit {
    /// These octets go.
    pub(super) fn remove(span: &Range<usize>) -> Edit {
        Edit::replace(span, "")
    }

    /// These octets become that text.
    pub(super) fn replace(span: &Range<usize>, text: impl Into<String>) -> Edit {
        Edit { span: span.clone(), text: text.into() }
    }

    /// A text comes in front of this octet.
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Edit {
        Edit { span: at..at, text: text.into() }
    }

    /// A term comes at the end of the record.
    pub(super) fn append(record: &TxtRecord, term: &str) -> Edit {
        Edit::insert(record.octets.len(), format!(" {term}"))
    }

    /// A term comes in front of all others.
    pub(super) fn prepend(term: &str) -> Edit {
        Edit::insert(6, format!(" {term}"))
    }

    /// The term goes, unless no mechanism would be left beside `all`.
    pub(super) fn remove_if_others_stay(record: &Record, span: &Range<usize>) -> Vec<Edit> {
        let other = |d: &spf::Directive| d.mechanism != spf::Mechanism::All && d.span.range() != *span;
        let stays = record.redirect().is_some() || record.directives().iter().any(other);
        if stays { vec![Edit::remove(span)] } else { Vec::new() }
    }

    /// The terms after `all` go in front of it.
    pub(super) fn move_before(record: &TxtRecord, all: usize, span: &Range<usize>) -> Vec<Edit> {
        let terms = record.octets.get(span.clone()).and_then(|terms| std::str::from_utf8(terms).ok());
        let insert = terms.map(|terms| Edit::insert(all, format!("{terms} ")));
        insert.into_iter().chain([Edit::remove(span)]).collect()
    }

    /// Quotation marks go.
    pub(super) fn unquote(record: &TxtRecord) -> Vec<Edit> {
        spf::quotation_marks(&record.octets).map(|mark| Edit::remove(&mark.range())).collect()
    }

    /// Blanks come where the joining of strings glued two terms.
    pub(super) fn part(record: &TxtRecord, glued: &Range<usize>) -> Vec<Edit> {
        let joints = record.joints.iter().map(|&joint| usize::from(joint));
        let inside = joints.filter(|joint| glued.start < *joint && *joint < glued.end);
        inside.map(|joint| Edit::insert(joint, " ")).collect()
    }

    /// A usual slip in one term is put right.
    pub(super) fn put_right(record: &TxtRecord, span: &Range<usize>) -> Vec<Edit> {
        let term = record.octets.get(span.clone()).and_then(|term| std::str::from_utf8(term).ok());
        let right = term
            .and_then(put_right)
            .filter(|right| Record::parse(format!("v=spf1 {right}").as_bytes()).error().is_none());
        right.map(|right| Edit::replace(span, right)).into_iter().collect()
    }
}

/// The record with all changes made, one blank between terms. Of two changes of
/// the same octets the first is made. Nothing where the text is no printable ASCII.
pub(super) fn apply(record: &TxtRecord, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    sorted.dedup();
    let mut octets = Vec::with_capacity(record.octets.len() + 64);
    let mut at = 0;
    for edit in sorted {
        if edit.span.start >= at {
            octets.extend_from_slice(record.octets.get(at..edit.span.start)?);
            octets.extend_from_slice(edit.text.as_bytes());
            at = edit.span.end;
        }
    }
    octets.extend_from_slice(record.octets.get(at..)?);
    one_blank_each(&octets)
}

/// As [`apply`], where the outcome is an SPF record without a syntax error.
pub(super) fn apply_to_valid(record: &TxtRecord, edits: &[Edit]) -> Option<String> {
    if edits.is_empty() { None } else { apply(record, edits).and_then(valid) }
}

/// One record with the terms of all, in order, each once, and the mildest `all`.
pub(super) fn merged(texts: &[&TxtRecord]) -> Option<String> {
    // Whoever has more than this has to merge by hand.
    if texts.iter().map(|text| text.octets.len()).sum::<usize>() > 4096 {
        return None;
    }
    let mut terms: Vec<&str> = Vec::new();
    let mut all: Option<(&str, u8)> = None;
    for text in texts {
        let text = std::str::from_utf8(text.octets.get(6..)?).ok()?;
        for term in text.split(' ').filter(|term| !term.is_empty()) {
            match strictness(term) {
                Some(strictness) if all.is_none_or(|(_, known)| strictness < known) => {
                    all = Some((term, strictness));
                }
                Some(_) => {}
                None if terms.contains(&term) => {}
                None => terms.push(term),
            }
        }
    }
    terms.extend(all.map(|(term, _)| term));
    valid(format!("v=spf1 {}", terms.join(" ")))
}

/// How strict an `all` is; `None` for another term.
fn strictness(term: &str) -> Option<u8> {
    let record = Record::parse(format!("v=spf1 {term}").as_bytes());
    let [directive] = record.directives() else { return None };
    (directive.mechanism == spf::Mechanism::All).then_some(match directive.qualifier {
        Qualifier::Softfail => 0,
        Qualifier::Fail => 1,
        Qualifier::Neutral => 2,
        Qualifier::Pass => 3,
    })
}

fn put_right(term: &str) -> Option<String> {
    let term = term.trim_matches([',', ';']);
    // A word processor's dash.
    if let Some(rest) = term.strip_prefix(['–', '—', '−']) {
        return Some(format!("-{rest}"));
    }
    if let Some(address) = as_network(term) {
        return Some(address);
    }
    let Some((name, value)) = term.split_once([':', '=']) else {
        return matches!(term.trim_end_matches('.'), "-all" | "~all" | "?all" | "a" | "mx")
            .then(|| term.trim_end_matches('.').to_owned());
    };
    let (qualifier, name) = match name.strip_prefix(['+', '-', '~', '?']) {
        Some(bare) => (&name[..1], bare),
        None => ("", name),
    };
    let right = match name.to_ascii_lowercase().as_str() {
        "ip4" | "ip6" | "ip" | "ipv4" | "ipv6" => as_network(value)?,
        "includes" | "inlcude" | "inculde" | "incude" | "include" if !value.is_empty() => {
            format!("include:{value}")
        }
        known @ ("a" | "mx") if value.is_empty() => known.to_owned(),
        known @ ("a" | "mx") => format!("{known}:{value}"),
        _ => return None,
    };
    Some(format!("{qualifier}{right}"))
}

/// `ip4:` or `ip6:` in front of an address, with or without a prefix length.
fn as_network(value: &str) -> Option<String> {
    let (address, prefix) = value.split_once('/').map_or((value, None), |(a, p)| (a, Some(p)));
    let (name, longest) = match address.parse().ok()? {
        IpAddr::V4(_) => ("ip4", 32),
        IpAddr::V6(_) => ("ip6", 128),
    };
    match prefix {
        None => Some(format!("{name}:{address}")),
        Some(prefix) => {
            let length: u8 = prefix.parse().ok()?;
            (length <= longest).then(|| format!("{name}:{address}/{length}"))
        }
    }
}

/// A first record for a domain that has none.
pub(super) fn first_record(mx: &MailExchange, from_ip: Option<IpAddr>) -> String {
    let own = from_ip.map(|ip| as_term(ip.to_canonical()));
    // RFC 7208 §10.1.2: a domain that sends no mail says so with "v=spf1 -all".
    let silent = mx.null || (mx.exchanges.is_empty() && !mx.address);
    let usual = match provider_include(&mx.exchanges) {
        Some(include) => Some(format!("include:{include}")),
        None if silent => None,
        None if mx.exchanges.is_empty() => Some("a".to_owned()),
        None => Some("mx".to_owned()),
    };
    let terms: Vec<String> = [own, usual].into_iter().flatten().collect();
    if terms.is_empty() { "v=spf1 -all".to_owned() } else { format!("v=spf1 {} ~all", terms.join(" ")) }
}

/// `ip4:` or `ip6:` and the address.
pub(super) fn as_term(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("ip4:{ip}"),
        IpAddr::V6(ip) => format!("ip6:{ip}"),
    }
}

/// The include of a provider that is known by its mail exchanges.
fn provider_include(exchanges: &[DomainName]) -> Option<&'static str> {
    const PROVIDERS: [(&str, &str); 7] = [
        ("mail.protection.outlook.com", "spf.protection.outlook.com"),
        ("mx.microsoft", "spf.protection.outlook.com"),
        ("aspmx.l.google.com", "_spf.google.com"),
        ("smtp.google.com", "_spf.google.com"),
        ("messagingengine.com", "spf.messagingengine.com"),
        ("protonmail.ch", "_spf.protonmail.ch"),
        ("mail.icloud.com", "icloud.com"),
    ];
    let ends_with = |name: &DomainName, suffix: &str| {
        name.as_str().strip_suffix(suffix).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    let known = |name: &DomainName| PROVIDERS.iter().find(|(suffix, _)| ends_with(name, suffix));
    exchanges.iter().find_map(|name| known(name).map(|(_, include)| *include))
}

/// The text where it is an SPF record without a syntax error.
fn valid(text: String) -> Option<String> {
    let has_error =
        |record: &Record| record.findings().iter().any(|f| matches!(f.kind, FindingKind::Syntax(_)));
    (Record::has_version(text.as_bytes()) && !has_error(&Record::parse(text.as_bytes()))).then_some(text)
}

/// The text with one blank between terms; nothing where it is not printable ASCII.
fn one_blank_each(octets: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(octets).ok()?;
    if !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return None;
    }
    Some(text.split(' ').filter(|term| !term.is_empty()).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn txt(text: &str) -> TxtRecord {
        TxtRecord::from_strings(&[text])
    }

    #[test]
    fn edits() {
        let record = txt("v=spf1  mx -all a:x.example");
        let check = |edits: &[Edit], expected: &str| {
            assert_eq!(apply(&record, edits).as_deref(), Some(expected), "{edits:?}");
        };
        let (mx, all, after) = (8..10, 11..15, 16..27);
        check(&[Edit::remove(&mx)], "v=spf1 -all a:x.example");
        check(&[Edit::replace(&all, "~all")], "v=spf1 mx ~all a:x.example");
        check(&Edit::move_before(&record, all.start, &after), "v=spf1 mx a:x.example -all");
        check(&[Edit::prepend("ip4:192.0.2.1")], "v=spf1 ip4:192.0.2.1 mx -all a:x.example");
        check(&[Edit::append(&record, "b")], "v=spf1 mx -all a:x.example b");
        let mut all_of_them = Edit::move_before(&record, all.start, &after);
        all_of_them.extend([Edit::remove(&mx), Edit::remove(&mx), Edit::replace(&all, "~all")]);
        check(&all_of_them, "v=spf1 a:x.example ~all");
        assert_eq!(Edit::remove_if_others_stay(&Record::parse(b"v=spf1 ptr -all"), &(7..10)), []);
        let quoted = txt("“v=spf1 mx -all”");
        assert_eq!(apply(&quoted, &Edit::unquote(&quoted)).as_deref(), Some("v=spf1 mx -all"));
    }

    #[test]
    fn merges() {
        let check = |texts: &[&str], expected: Option<&str>| {
            let records: Vec<TxtRecord> = texts.iter().map(|text| txt(text)).collect();
            assert_eq!(merged(&records.iter().collect::<Vec<_>>()).as_deref(), expected, "{texts:?}");
        };
        check(&["v=spf1 mx -all", "v=spf1 include:a.example ~all"], Some("v=spf1 mx include:a.example ~all"));
        check(&["v=spf1 mx -all", "v=spf1 mx -all"], Some("v=spf1 mx -all"));
        check(&["v=spf1 moo", "v=spf1 -all"], None);
    }

    #[test]
    fn usual_slips() {
        let check = |term: &str, expected: Option<&str>| {
            let record = txt(&format!("v=spf1 {term} -all"));
            let span = 7..7 + term.len();
            let expected = expected.map(|term| format!("v=spf1 {term} -all"));
            assert_eq!(apply_to_valid(&record, &Edit::put_right(&record, &span)), expected, "{term}");
        };
        check("ipv4:192.0.2.1", Some("ip4:192.0.2.1"));
        check("ip4:2001:db8::1", Some("ip6:2001:db8::1"));
        check("192.0.2.0/24", Some("ip4:192.0.2.0/24"));
        check("mx,", Some("mx"));
        check("-all.", Some("-all"));
        check("–all", Some("-all"));
        check("a:", Some("a"));
        check("ip4:192.0.2.0/33", None);
        check("moo", None);
    }
}
