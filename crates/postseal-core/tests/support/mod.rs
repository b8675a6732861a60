//! What the conformance suites share: where they are, and their zones.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]
#![allow(clippy::print_stderr, reason = "a suite that is not run must be seen")]

pub mod from_fields;
pub mod mail;
pub mod naive_dkim;
pub mod yaml;

use std::path::PathBuf;

use postseal_core::dns::{DomainName, Failure, Mx, Outcome, RecordData, RecordType, TxtRecord, Zone};
use serde_json::Value;

/// The folder of one suite, or `None` (said on standard error) where
/// `POSTSEAL_CONFORMANCE` is unset.
pub fn suite(name: &str) -> Option<PathBuf> {
    match std::env::var_os("POSTSEAL_CONFORMANCE") {
        Some(root) => {
            let folder = PathBuf::from(root).join(name);
            assert!(folder.is_dir(), "POSTSEAL_CONFORMANCE has no folder {name}");
            Some(folder)
        }
        None => {
            eprintln!("skipped: POSTSEAL_CONFORMANCE is not set, so the {name} suite is not run");
            None
        }
    }
}

/// A zone from the suites' notation (see the README beside them).
pub fn zone(dns: &Value) -> Zone {
    let mut zone = Zone::new();
    for (owner, records) in dns.as_object().into_iter().flatten() {
        let Ok(owner) = DomainName::from_expansion(owner) else { continue };
        let records = match records {
            Value::Array(records) => records.iter().collect(),
            one => vec![one],
        };
        for record in records {
            add(&mut zone, &owner, record);
        }
    }
    zone
}

fn add(zone: &mut Zone, owner: &DomainName, record: &Value) {
    match record {
        Value::String(text) if text == "TIMEOUT" => {
            zone.fail(owner, None, Outcome::Failure(Failure::Timeout));
        }
        Value::String(text) => zone.add(owner, 3600, txt(&[text])),
        Value::Object(fields) => {
            for (kind, value) in fields {
                add_typed(zone, owner, kind, value);
            }
        }
        other => panic!("unknown record {other} at {owner}"),
    }
}

fn add_typed(zone: &mut Zone, owner: &DomainName, kind: &str, value: &Value) {
    let text = || value.as_str().unwrap_or_else(|| panic!("text expected: {value}"));
    let name = |text: &str| DomainName::from_expansion(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    let data = match kind {
        "TXT" | "SPF" => {
            let strings: Vec<&str> = match value {
                Value::Array(strings) => strings.iter().filter_map(Value::as_str).collect(),
                _ => vec![text()],
            };
            match (kind, txt(&strings)) {
                ("SPF", RecordData::Txt(record)) => RecordData::Spf(record),
                (_, record) => record,
            }
        }
        "A" => RecordData::A(text().parse().expect("an IPv4 address")),
        "AAAA" => RecordData::Aaaa(text().parse().expect("an IPv6 address")),
        "CNAME" => RecordData::Cname(name(text())),
        "NS" => RecordData::Ns(name(text())),
        "PTR" => RecordData::Ptr(name(text())),
        "MX" => RecordData::Mx(mx(value)),
        "TIMEOUT" => {
            let record_type = value.as_str().and_then(|t| t.parse().ok());
            return zone.fail(owner, record_type, Outcome::Failure(Failure::Timeout));
        }
        "RCODE" => return fail(zone, owner, value),
        other => panic!("unknown record type {other} at {owner}"),
    };
    zone.add(owner, 3600, data);
}

fn txt(strings: &[&str]) -> RecordData {
    RecordData::Txt(TxtRecord::from_strings(strings))
}

fn mx(value: &Value) -> Mx {
    let (preference, exchange) = match value {
        Value::Array(pair) => (pair[0].as_u64(), pair[1].as_str()),
        Value::String(text) => match text.split_once(' ') {
            Some((preference, exchange)) => (preference.parse().ok(), Some(exchange)),
            None => (Some(10), Some(text.as_str())),
        },
        other => panic!("unknown MX {other}"),
    };
    let preference = u16::try_from(preference.expect("a preference")).expect("a small preference");
    Mx { preference, exchange: exchange.and_then(|e| DomainName::from_expansion(e).ok()) }
}

fn fail(zone: &mut Zone, owner: &DomainName, value: &Value) {
    let outcome = |rcode: &str| match rcode {
        "NXDOMAIN" => Outcome::NxDomain,
        "SERVFAIL" => Outcome::Failure(Failure::ServFail),
        _ => Outcome::Failure(Failure::Refused),
    };
    match value {
        Value::String(rcode) => zone.fail(owner, None, outcome(rcode)),
        Value::Object(types) => {
            for (record_type, rcode) in types {
                let record_type: RecordType = record_type.parse().expect("a record type");
                zone.fail(owner, Some(record_type), outcome(rcode.as_str().expect("an RCODE")));
            }
        }
        other => panic!("unknown RCODE {other}"),
    }
}
