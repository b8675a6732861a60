use std::fmt::Write as _;
use std::ops::Range;

use super::at_source::ExchangeTlsa;
use super::{Cause, Finding};

/// Why senders make no use of a TLSA record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsaFault {
    /// DNSSEC does not prove it.
    NotAuthentic,
    /// A certificate usage other than DANE-TA(2) and DANE-EE(3).
    Usage(u8),
    /// A selector other than 0 and 1.
    Selector(u8),
    /// A matching type other than 0, 1 and 2.
    Matching(u8),
    /// Association data whose length does not fit the matching type.
    Length {
        /// Its octets.
        octets: usize,
        /// Those of the digest; `None` where anything but nothing would do.
        expected: Option<usize>,
    },
}

/// TLSA records of one exchange that are looked at.
const MAX_RECORDS: usize = 8;

/// Judges the TLSA records of one mail exchange.
pub(super) fn judge(exchange: &ExchangeTlsa) -> Vec<Finding> {
    if exchange.records.is_empty() {
        return Vec::new();
    }
    // RFC 7672 §2.2: TLSA records that are not "secure" are not used.
    if !exchange.authentic {
        let cause = Cause::DaneTlsaUnusable { fault: TlsaFault::NotAuthentic };
        return vec![Finding::at(cause, &exchange.name)];
    }
    let records = exchange.records.iter().take(MAX_RECORDS);
    let finding = |record: &(u8, u8, u8, Vec<u8>)| {
        let (fault, field) = fault(record)?;
        let text = text(record);
        let span = field_span(&text, field);
        Some(Finding {
            record: Some(text.into_bytes()),
            span: Some(span),
            ..Finding::at(Cause::DaneTlsaUnusable { fault }, &exchange.name)
        })
    };
    records.filter_map(finding).collect()
}

/// What is wrong with a record, and with which of its four fields.
fn fault((usage, selector, matching, data): &(u8, u8, u8, Vec<u8>)) -> Option<(TlsaFault, usize)> {
    // RFC 7672 §3.1.3: for PKIX-TA(0) and PKIX-EE(1) "SMTP client treatment … is undefined".
    if !(2..=3).contains(usage) {
        return Some((TlsaFault::Usage(*usage), 0));
    }
    if *selector > 1 {
        return Some((TlsaFault::Selector(*selector), 1));
    }
    let expected = match matching {
        0 => None,
        1 => Some(32),
        2 => Some(64),
        other => return Some((TlsaFault::Matching(*other), 2)),
    };
    let octets = data.len();
    let fits = expected.map_or(octets > 0, |expected| octets == expected);
    (!fits).then_some((TlsaFault::Length { octets, expected }, 3))
}

/// The record as a zone file has it, the data in small letters.
pub(super) fn text((usage, selector, matching, data): &(u8, u8, u8, Vec<u8>)) -> String {
    let mut text = format!("{usage} {selector} {matching} ");
    for octet in data {
        // Writing to a text does not fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

fn field_span(text: &str, field: usize) -> Range<usize> {
    let start: usize = text.split(' ').take(field).map(|part| part.len() + 1).sum();
    let length = text.split(' ').nth(field).map_or(0, str::len);
    start..start + length
}
