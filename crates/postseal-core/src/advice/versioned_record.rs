use std::ops::Range;

use crate::dns::TxtRecord;

/// Which rule a TLSRPT, MTA-STS or BIMI record breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// The text does not begin with the version and a semicolon, so it counts as no record.
    Version {
        /// What it should begin with: `v=TLSRPTv1`.
        expected: &'static str,
    },
    /// There are so many records, and one may be there.
    Several {
        /// How many.
        count: usize,
    },
    /// A part is not `name=value`.
    Field,
    /// A tag that must be there is not.
    Missing {
        /// The tag.
        tag: &'static str,
    },
    /// A tag that may stand once stands again.
    Duplicate {
        /// The tag.
        tag: &'static str,
    },
    /// A tag has a value that it may not have.
    Value {
        /// The tag.
        tag: &'static str,
    },
}

/// A fault and the octets that it is about.
pub(super) type PlacedFault = (RecordFault, Range<usize>);

/// One part of a record: `name=value`, blanks around them left out.
pub(super) struct RecordField<'r> {
    pub(super) name: &'r [u8],
    pub(super) value: &'r [u8],
    /// Where the whole part stands.
    pub(super) span: Range<usize>,
    /// Where the value stands.
    pub(super) value_span: Range<usize>,
}

/// The parts after the version, and those that are none.
pub(super) struct RecordFields<'r> {
    pub(super) fields: Vec<RecordField<'r>>,
    pub(super) faults: Vec<PlacedFault>,
}

/// What the TXT records at a name are to one protocol.
pub(super) enum Selected<'r> {
    /// Nothing of it.
    None,
    /// A text that was meant as a record, and counts as none.
    Meant(&'r TxtRecord),
    /// The one record.
    One(&'r TxtRecord),
    /// So many records, so that none counts; the second one.
    Several(usize, &'r TxtRecord),
}

/// Parts of one record that are read; what follows is left alone.
const MAX_FIELDS: usize = 64;

/// Chooses the record of this version: RFC 8460 §3 and RFC 8461 §3.1 discard what does
/// not begin with it and a semicolon, "If the number of resulting records is not one" there is none.
pub(super) fn select<'r>(texts: &'r [TxtRecord], version: &str) -> Selected<'r> {
    let mut records = texts.iter().filter(|text| is_record(&text.octets, version));
    match (records.next(), records.next()) {
        (Some(_), Some(second)) => Selected::Several(records.count() + 2, second),
        (Some(one), None) => Selected::One(one),
        (None, _) => match texts.iter().find(|text| is_meant(&text.octets, version)) {
            Some(text) => Selected::Meant(text),
            None => Selected::None,
        },
    }
}

fn is_record(octets: &[u8], version: &str) -> bool {
    octets.strip_prefix(version.as_bytes()).is_some_and(|rest| rest.trim_ascii_start().starts_with(b";"))
}

/// The version in another case, with blanks, quotation marks or another number, or without the semicolon.
fn is_meant(octets: &[u8], version: &str) -> bool {
    let front = octets.iter().take(40).filter(|octet| octet.is_ascii_alphanumeric() || **octet == b'=');
    let front: Vec<u8> = front.map(u8::to_ascii_lowercase).collect();
    let stem = version.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    let stem = stem.strip_suffix('v').unwrap_or(&stem);
    front.starts_with(stem.as_bytes())
}

/// Where the text has what should be the version.
pub(super) fn version_span(octets: &[u8]) -> Range<usize> {
    let end = octets.iter().position(|octet| *octet == b';').unwrap_or(octets.len());
    0..octets[..end].trim_ascii_end().len()
}

/// Reads the parts after the version. A semicolon at the end is allowed; the faults say what is no part.
pub(super) fn fields(octets: &[u8]) -> RecordFields<'_> {
    let mut read = RecordFields { fields: Vec::new(), faults: Vec::new() };
    let mut start = 0;
    for (nth, part) in octets.split(|octet| *octet == b';').enumerate().take(MAX_FIELDS) {
        let from = start + (part.len() - part.trim_ascii_start().len());
        let text = part.trim_ascii();
        let span = from..from + text.len();
        start += part.len() + 1;
        let is_last = start > octets.len();
        match text.iter().position(|octet| *octet == b'=') {
            _ if nth == 0 || (text.is_empty() && is_last) => {}
            Some(equals) if is_name(text[..equals].trim_ascii_end()) => {
                let after = &text[equals + 1..];
                let value = after.trim_ascii_start();
                let name = text[..equals].trim_ascii_end();
                let value_span = span.end - value.len()..span.end;
                read.fields.push(RecordField { name, value, span, value_span });
            }
            _ => read.faults.push((RecordFault::Field, span)),
        }
    }
    read
}

/// RFC 8460 §3: `(ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")`.
fn is_name(name: &[u8]) -> bool {
    let inner = |octet: &u8| octet.is_ascii_alphanumeric() || b"_-.".contains(octet);
    name.len() <= 32 && name.first().is_some_and(u8::is_ascii_alphanumeric) && name.iter().all(inner)
}

/// True for `https:` and a host, in characters that a URI may have.
pub(super) fn is_https(uri: &[u8]) -> bool {
    let Some((scheme, rest)) = uri.split_at_checked(8) else { return false };
    let host = rest.split(|octet| b"/?#".contains(octet)).next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"https://") && !host.is_empty() && is_uri_text(uri)
}

/// True for characters that a URI may have in such a record: commas, semicolons and `!` must be
/// percent-encoded (RFC 8460 §3).
pub(super) fn is_uri_text(uri: &[u8]) -> bool {
    uri.iter().all(|octet| octet.is_ascii_graphic() && !b",;!\"<>\\^`{|}".contains(octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_the_record() {
        let check = |texts: &[&str], expected: &str| {
            let texts: Vec<TxtRecord> = texts.iter().map(|text| TxtRecord::from_strings(&[text])).collect();
            let found = match select(&texts, "v=STSv1") {
                Selected::None => "none",
                Selected::Meant(_) => "meant",
                Selected::One(_) => "one",
                Selected::Several(..) => "several",
            };
            assert_eq!(found, expected, "{texts:?}");
        };
        check(&[], "none");
        check(&["hello", "v=spf1 -all", "v=STS"], "meant");
        check(&["hello", "v=spf1 -all"], "none");
        check(&["v=STSv1; id=1", "hello"], "one");
        check(&["v=STSv1 ; id=1"], "one");
        check(&["v=STSv1; id=1", "v=STSv1; id=2"], "several");
        check(&["v=STSv1"], "meant");
        check(&["v=stsv1; id=1"], "meant");
        check(&["\u{201c}v=STSv1; id=1\u{201d}"], "meant");
        check(&["v=STSv10; id=1"], "meant");
    }

    #[test]
    fn reads_fields_and_says_what_is_none() {
        let check = |text: &str, expected: &[(&str, &str)], faults: &[(usize, usize)]| {
            let read = fields(text.as_bytes());
            let found: Vec<_> = read.fields.iter().map(|field| (field.name, field.value)).collect();
            let expected: Vec<_> = expected.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
            assert_eq!(found, expected, "{text}");
            for field in &read.fields {
                assert_eq!(&text.as_bytes()[field.value_span.clone()], field.value);
            }
            let wrong: Vec<_> = read.faults.iter().map(|(_, span)| (span.start, span.end)).collect();
            assert_eq!(wrong, faults, "{text}");
        };
        check("v=x", &[], &[]);
        check("v=x;", &[], &[]);
        check("v=x; id=1; ", &[("id", "1")], &[]);
        check("v=x;a = b ;c=", &[("a", "b"), ("c", "")], &[]);
        check("v=x;;a=b", &[("a", "b")], &[(4, 4)]);
        check("v=x; ab ;c=d=e", &[("c", "d=e")], &[(5, 7)]);
        check("v=x; -a=b", &[], &[(5, 9)]);
    }

    #[test]
    fn https_locations() {
        let check = |uri: &str, expected: bool| assert_eq!(is_https(uri.as_bytes()), expected, "{uri}");
        check("https://a.example/x.svg", true);
        check("HTTPS://a.example", true);
        check("http://a.example/x.svg", false);
        check("https:///x.svg", false);
        check("https://a.example/a b", false);
        check("https://a.example/a,b", false);
        check("", false);
    }
}
