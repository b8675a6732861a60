use std::net::{IpAddr, Ipv6Addr};

use super::{Cause, Finding};
use crate::dns::{Answers, DomainName, Missing, Outcome, QueryClass, RecordType, Records};

/// Names of an address that are confirmed at most (RFC 7208 §4.6.4 has the same number).
const MAX_NAMES: usize = 10;

/// Looks whether the address has a name that leads back to it (FCrDNS).
pub(super) fn examine(ip: IpAddr, answers: &mut Answers<'_>) -> Result<Option<Finding>, Missing> {
    let ip = ip.to_canonical();
    let Some(reverse) = reverse_name(ip) else { return Ok(None) };
    let answer = answers.get(QueryClass::Other, &reverse, RecordType::Ptr)?;
    match &answer.outcome {
        Outcome::Failure(failure) => {
            let cause = Cause::DnsError { record_type: RecordType::Ptr, failure: *failure };
            Ok(Some(Finding::at(cause, &reverse)))
        }
        Outcome::Records(Records::Ptr(names)) if !names.is_empty() => confirm(ip, names, &reverse, answers),
        _ => Ok(Some(Finding::at(Cause::PtrMissing { ip }, &reverse))),
    }
}

/// Asks for the addresses of the names (RFC 8601 §2.7.3: "iprev").
fn confirm(
    ip: IpAddr,
    names: &[DomainName],
    reverse: &DomainName,
    answers: &mut Answers<'_>,
) -> Result<Option<Finding>, Missing> {
    let record_type = if ip.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
    let mut missing = None;
    let mut failed = None;
    for name in names.iter().take(MAX_NAMES) {
        match answers.get(QueryClass::Other, name, record_type).map(|answer| answer.outcome.clone()) {
            Ok(Outcome::Records(Records::A(set))) if set.iter().any(|a| IpAddr::V4(*a) == ip) => {
                return Ok(None);
            }
            Ok(Outcome::Records(Records::Aaaa(set))) if set.iter().any(|a| IpAddr::V6(*a) == ip) => {
                return Ok(None);
            }
            Ok(Outcome::Failure(failure)) => failed = Some(Cause::DnsError { record_type, failure }),
            Ok(_) => {}
            Err(Missing) => missing = Some(Missing),
        }
    }
    if let Some(missing) = missing {
        return Err(missing);
    }
    let mismatch = || Cause::PtrMismatch { ip, host: names[0].clone() };
    Ok(Some(Finding::at(failed.unwrap_or_else(mismatch), reverse)))
}

/// The name under which the address's PTR record stands.
fn reverse_name(ip: IpAddr) -> Option<DomainName> {
    let text = match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => nibbles(ip),
    };
    DomainName::parse(&text).ok()
}

fn nibbles(ip: Ipv6Addr) -> String {
    let mut name = String::with_capacity(72);
    for octet in ip.octets().iter().rev() {
        name.push_str(&format!("{:x}.{:x}.", octet & 15, octet >> 4));
    }
    name + "ip6.arpa"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverse_names() {
        let check = |ip: &str, expected: &str| {
            let name = reverse_name(ip.parse().expect("an address")).expect("a name");
            assert_eq!(name.as_str(), expected);
        };
        check("192.0.2.1", "1.2.0.192.in-addr.arpa");
        let zeros = "0.".repeat(20);
        check("2001:db8::567:89ab", &format!("b.a.9.8.7.6.5.0.{}8.b.d.0.1.0.0.2.ip6.arpa", &zeros[..32]));
    }
}
