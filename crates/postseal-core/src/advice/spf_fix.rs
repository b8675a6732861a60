use std::net::IpAddr;
use std::ops::Range;

use super::mx_advice::MailExchange;
use crate::dns::{DomainName, TxtRecord};
use crate::spf::{self, FindingKind, Qualifier, Record};

/// The record without these octets, and without the blanks that they leave.
pub(super) fn without(text: &TxtRecord, spans: &[Range<usize>]) -> Option<String> {
    let mut kept = text.octets.clone();
    for span in spans {
        kept.get_mut(span.clone())?.fill(b' ');
    }
    one_blank_each(&kept)
}

/// As [`without`], but nothing where no mechanism would be left beside `all`.
pub(super) fn without_mechanism(text: &TxtRecord, span: &Range<usize>) -> Option<String> {
    let rest = without(text, std::slice::from_ref(span))?;
    let record = Record::parse(rest.as_bytes());
    let authorises = record.directives().iter().any(|directive| directive.mechanism != spf::Mechanism::All);
    (authorises || record.redirect().is_some()).then_some(rest)
}

/// The record with other text in the place of these octets.
pub(super) fn replaced(text: &TxtRecord, span: &Range<usize>, new: &str) -> Option<String> {
    let mut octets = text.octets.get(..span.start)?.to_vec();
    octets.extend_from_slice(new.as_bytes());
    octets.extend_from_slice(text.octets.get(span.end..)?);
    one_blank_each(&octets)
}

/// The record with a term at its end.
pub(super) fn appended(text: &TxtRecord, term: &str) -> Option<String> {
    replaced(text, &(text.octets.len()..text.octets.len()), &format!(" {term}"))
}

/// The record with a term in front of all others.
pub(super) fn prepended(text: &TxtRecord, term: &str) -> Option<String> {
    replaced(text, &(6..6), &format!(" {term}"))
}

/// The record with the terms after `all` in front of it.
pub(super) fn all_last(text: &TxtRecord, all: &Range<usize>) -> Option<String> {
    let last = std::str::from_utf8(text.octets.get(all.clone())?).ok()?;
    without(text, std::slice::from_ref(all)).map(|rest| format!("{rest} {last}"))
}

/// The record without quotation marks.
pub(super) fn unquoted(text: &TxtRecord) -> Option<String> {
    let marks: Vec<_> = spf::quotation_marks(&text.octets).map(spf::Span::range).collect();
    let mut kept = Vec::with_capacity(text.octets.len());
    let mut at = 0;
    for mark in marks {
        kept.extend_from_slice(&text.octets[at..mark.start]);
        at = mark.end;
    }
    kept.extend_from_slice(&text.octets[at..]);
    valid(one_blank_each(&kept)?)
}

/// The record with blanks where the joining of strings glued two terms.
pub(super) fn with_blanks_at_joints(text: &TxtRecord, glued: &[Range<usize>]) -> Option<String> {
    let mut octets = Vec::with_capacity(text.octets.len() + text.joints.len());
    for (at, octet) in text.octets.iter().enumerate() {
        let joint = text.joints.iter().any(|&joint| usize::from(joint) == at);
        if joint && glued.iter().any(|span| span.start < at && at < span.end) {
            octets.push(b' ');
        }
        octets.push(*octet);
    }
    valid(one_blank_each(&octets)?)
}

/// One record with the terms of all, in order, each once, and the mildest `all`.
pub(super) fn merged(texts: &[&TxtRecord]) -> Option<String> {
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

/// The record with a usual slip put right in one term.
pub(super) fn slip_put_right(text: &TxtRecord, span: &Range<usize>) -> Option<String> {
    let term = std::str::from_utf8(text.octets.get(span.clone())?).ok()?;
    let right = put_right(term)?;
    let record = replaced(text, span, &right)?;
    let still_wrong =
        |finding: &spf::Finding| finding.error().is_some() && finding.span.start as usize == span.start;
    (!Record::parse(record.as_bytes()).findings().iter().any(still_wrong)).then_some(record)
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
        assert_eq!(
            without(&record, std::slice::from_ref(&(8..10))).as_deref(),
            Some("v=spf1 -all a:x.example")
        );
        assert_eq!(replaced(&record, &(11..15), "~all").as_deref(), Some("v=spf1 mx ~all a:x.example"));
        assert_eq!(all_last(&record, &(11..15)).as_deref(), Some("v=spf1 mx a:x.example -all"));
        assert_eq!(
            prepended(&record, "ip4:192.0.2.1").as_deref(),
            Some("v=spf1 ip4:192.0.2.1 mx -all a:x.example")
        );
        assert_eq!(appended(&txt("v=spf1 mx"), "~all").as_deref(), Some("v=spf1 mx ~all"));
        assert_eq!(without_mechanism(&txt("v=spf1 ptr -all"), &(7..10)), None);
        assert_eq!(unquoted(&txt("“v=spf1 mx -all”")).as_deref(), Some("v=spf1 mx -all"));
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
            assert_eq!(slip_put_right(&record, &span), expected, "{term}");
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
