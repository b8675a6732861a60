//! The mechanisms that ask the DNS about addresses (RFC 7208 §5.3, §5.4, §5.5,
//! §5.7), and the validated names of the client.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use super::check_host::{Session, Stop, dns_failure};
use super::{Cause, DomainSpec, MAX_NAMES, PrefixLengths};
use crate::dns::{Answer, DomainName, Failure, Mx, Outcome, QueryClass, RecordType, Records};

impl Session<'_, '_, '_> {
    /// "a": one of the target's addresses.
    pub(super) fn a(
        &mut self,
        spec: Option<&DomainSpec>,
        prefixes: PrefixLengths,
        domain: &DomainName,
    ) -> Result<bool, Stop> {
        self.limits.count_lookup()?;
        // RFC 7208 §4.8: "Some implementations choose to treat such errors as
        // not-match and therefore ignore such names". So here, for "a", "mx",
        // "ptr" and "exists".
        let Some(target) = self.target(spec, domain)? else { return Ok(false) };
        self.has_client_address(&target, prefixes)
    }

    /// "mx": one of the addresses of the target's mail exchanges.
    pub(super) fn mx(
        &mut self,
        spec: Option<&DomainSpec>,
        prefixes: PrefixLengths,
        domain: &DomainName,
    ) -> Result<bool, Stop> {
        self.limits.count_lookup()?;
        let Some(target) = self.target(spec, domain)? else { return Ok(false) };
        // RFC 7208 §5.4: "check_host() MUST NOT apply the implicit MX rules".
        let answer = self.query(&target, RecordType::Mx)?;
        let Outcome::Records(Records::Mx(records)) = &answer.outcome else { return Ok(false) };
        let hosts = exchanges(records);
        let within_limit = &hosts[..hosts.len().min(MAX_NAMES)];
        for (index, host) in within_limit.iter().enumerate() {
            match self.has_client_address(host, prefixes) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(Stop::Missing) => {
                    // RFC 7208 §5.4: "Then it performs an address lookup on each
                    // MX name returned": all together.
                    self.ask_addresses(&within_limit[index + 1..]);
                    return Err(Stop::Missing);
                }
                Err(stop) => return Err(stop),
            }
        }
        // RFC 7208 §4.6.4: "the evaluation of each "MX" record MUST NOT result in
        // querying more than 10 address records … If this limit is exceeded, the
        // "mx" mechanism MUST produce a "permerror" result."
        if hosts.len() > MAX_NAMES {
            return Err(Cause::MxLimit { domain: target.into_owned() }.into());
        }
        Ok(false)
    }

    /// "ptr": a validated name of the client at or below the target.
    pub(super) fn ptr(&mut self, spec: Option<&DomainSpec>, domain: &DomainName) -> Result<bool, Stop> {
        self.limits.count_lookup()?;
        let Some(target) = self.target(spec, domain)? else { return Ok(false) };
        // RFC 7208 §5.5: "Check all validated domain names to see if they either
        // match the <target-name> domain or are a subdomain of the <target-name>
        // domain." The sentence further down that says the reverse is errata 4751
        // and 8596. A name elsewhere need not be validated.
        let names = self.pointer_names()?;
        let within: Vec<&DomainName> = names.iter().filter(|name| name.is_at_or_below(&target)).collect();
        Ok(self.first_validated(&within)?.is_some())
    }

    /// "exists": the target has an IPv4 address, whatever it is.
    pub(super) fn exists(&mut self, spec: &DomainSpec, domain: &DomainName) -> Result<bool, Stop> {
        self.limits.count_lookup()?;
        let Some(target) = self.target(Some(spec), domain)? else { return Ok(false) };
        // RFC 7208 §5.7: "The resulting domain name is used for a DNS A RR lookup
        // (even when the connection type is IPv6)."
        let answer = self.query(&target, RecordType::A)?;
        Ok(matches!(answer.outcome, Outcome::Records(_)))
    }

    /// The value of the macro `p` (RFC 7208 §7.3); `None` where it is "unknown".
    pub(super) fn validated_name(&mut self, domain: &DomainName) -> Result<Option<DomainName>, Stop> {
        // RFC 7208 §4.6.4: "When evaluating the "ptr" mechanism or the %{p} macro,
        // the number of "PTR" resource records queried is included in the overall
        // limit". One query serves all of a term's macros.
        self.limits.count_lookup()?;
        let names = self.pointer_names()?;
        // RFC 7208 §7.3: "If the <domain> is present in the list of validated
        // domains, it SHOULD be used. Otherwise, if a subdomain of the <domain> is
        // present, it SHOULD be used. Otherwise, any name from the list can be used."
        let mut names: Vec<&DomainName> = names.iter().collect();
        names.sort_by_key(|name| (*name != domain, !name.is_at_or_below(domain)));
        self.first_validated(&names)
    }

    /// The names of the client's reverse mapping, at most ten, not validated yet.
    fn pointer_names(&mut self) -> Result<Vec<DomainName>, Stop> {
        let Some(reverse) = reverse_name(self.client) else { return Ok(Vec::new()) };
        // RFC 7208 §5.5: "If a DNS error occurs while doing the PTR RR lookup,
        // then this mechanism fails to match."
        let Some(answer) = self.try_query(&reverse, RecordType::Ptr)? else { return Ok(Vec::new()) };
        let Outcome::Records(Records::Ptr(names)) = &answer.outcome else { return Ok(Vec::new()) };
        // RFC 7208 §4.6.4: "If this limit is exceeded, all records other than the
        // first 10 MUST be ignored."
        Ok(names[..names.len().min(MAX_NAMES)].to_vec())
    }

    /// The first of these names that has the client's address.
    fn first_validated(&mut self, names: &[&DomainName]) -> Result<Option<DomainName>, Stop> {
        for (index, name) in names.iter().enumerate() {
            // RFC 7208 §5.5: "If a DNS error occurs while doing an A RR lookup,
            // then that domain name is skipped and the search continues."
            match self.try_query(name, self.address_type()) {
                Ok(Some(answer)) if has_address(&answer, self.client, PrefixLengths::DEFAULT) => {
                    return Ok(Some((*name).clone()));
                }
                Ok(_) => {}
                Err(Stop::Missing) => {
                    self.ask_addresses(&names[index + 1..]);
                    return Err(Stop::Missing);
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(None)
    }

    fn has_client_address(&mut self, name: &DomainName, prefixes: PrefixLengths) -> Result<bool, Stop> {
        let answer = self.query(name, self.address_type())?;
        Ok(has_address(&answer, self.client, prefixes))
    }

    /// RFC 7208 §5: "when <ip> is an IPv4, "A" records are fetched; when <ip> is
    /// an IPv6 address, "AAAA" records are fetched."
    fn address_type(&self) -> RecordType {
        match self.client {
            IpAddr::V4(_) => RecordType::A,
            IpAddr::V6(_) => RecordType::Aaaa,
        }
    }

    fn ask_addresses(&mut self, names: &[&DomainName]) {
        let record_type = self.address_type();
        for name in names {
            self.answers.prefetch(QueryClass::Spf, name, record_type);
        }
    }

    /// An answer that is not a failure.
    fn query(&mut self, name: &DomainName, record_type: RecordType) -> Result<Arc<Answer>, Stop> {
        let answer = self.answers.get(QueryClass::Spf, name, record_type)?;
        // RFC 7208 §5: "if the DNS server returns an error (RCODE other than 0 or
        // 3) or the query times out, the mechanism stops and the topmost
        // check_host() returns "temperror"."
        if let Outcome::Failure(failure) = answer.outcome {
            return Err(dns_failure(&answer, failure).into());
        }
        if answer.is_void() {
            self.limits.count_void_lookup()?;
        }
        Ok(answer)
    }

    /// An answer, or `None` for a failure of the DNS that the RFC passes over.
    fn try_query(&mut self, name: &DomainName, record_type: RecordType) -> Result<Option<Arc<Answer>>, Stop> {
        match self.query(name, record_type) {
            Ok(answer) => Ok(Some(answer)),
            // Not asked by our own decision: nothing is known, so nothing is said.
            Err(Stop::Error(cause)) => match *cause {
                Cause::Dns { failure, .. } if !is_our_own(failure) => Ok(None),
                _ => Err(Stop::Error(cause)),
            },
            Err(Stop::Missing) => Err(Stop::Missing),
        }
    }
}

/// The mail exchanges that are hosts. Where there are too many, which of them
/// are asked must not depend on the order of the answer.
fn exchanges(records: &[Mx]) -> Vec<&DomainName> {
    if records.len() <= MAX_NAMES {
        return records.iter().filter_map(|mx| mx.exchange.as_ref()).collect();
    }
    let mut sorted: Vec<&Mx> = records.iter().collect();
    sorted.sort_by_key(|mx| (mx.preference, mx.exchange.as_ref()));
    sorted.into_iter().filter_map(|mx| mx.exchange.as_ref()).collect()
}

fn has_address(answer: &Answer, client: IpAddr, prefixes: PrefixLengths) -> bool {
    match (&answer.outcome, client) {
        (Outcome::Records(Records::A(addresses)), IpAddr::V4(ip)) => {
            addresses.iter().any(|&address| prefixes.agree4(ip, address))
        }
        (Outcome::Records(Records::Aaaa(addresses)), IpAddr::V6(ip)) => {
            addresses.iter().any(|&address| prefixes.agree6(ip, address))
        }
        _ => false,
    }
}

/// The name of the reverse mapping, in `in-addr.arpa` or `ip6.arpa`.
fn reverse_name(client: IpAddr) -> Option<DomainName> {
    let mut text = String::with_capacity(72);
    match client {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            write!(text, "{d}.{c}.{b}.{a}.in-addr.arpa").ok()?;
        }
        IpAddr::V6(ip) => {
            for octet in ip.octets().iter().rev() {
                write!(text, "{:x}.{:x}.", octet & 0xf, octet >> 4).ok()?;
            }
            text.push_str("ip6.arpa");
        }
    }
    DomainName::parse(&text).ok()
}

fn is_our_own(failure: Failure) -> bool {
    match failure {
        Failure::QueryLimit | Failure::RoundLimit | Failure::TimeLimit | Failure::NotRecorded => true,
        Failure::ServFail
        | Failure::Refused
        | Failure::Timeout
        | Failure::Unreachable
        | Failure::Malformed
        | Failure::TooManyAliases => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverse_names() {
        let check = |client: &str, expected: &str| {
            let name = reverse_name(client.parse().expect("an address"));
            assert_eq!(name.expect("a name").as_str(), expected);
        };
        check("192.0.2.1", "1.2.0.192.in-addr.arpa");
        check("2001:db8::cb01", "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }
}
