use std::net::IpAddr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, Record, RecordType as WireType};
use postseal_core::dns::{DomainName, Failure, RecordType, Records};
use postseal_core::hosting::Said;

pub use postseal_core::hosting::Negative;

use super::super::reply::{records, sane_ttl, wire_type};
use super::super::wire_name::{from_wire, to_wire};

/// What one authoritative server says about one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerOutcome {
    /// Records of the type, and the seconds they may be kept.
    Records(Records, u32),
    /// The name is an alias; it is not followed. With the seconds it may be kept.
    Alias(DomainName, u32),
    /// The name exists without records of the type.
    NoData(Negative),
    /// The name does not exist.
    NxDomain(Negative),
    /// The name lies in a zone further down, with these name servers.
    Referral {
        /// The zone.
        zone: DomainName,
        /// Its servers.
        hosts: Vec<DomainName>,
    },
    /// It answers, and not as an authority: it does not serve the zone, whatever NS records
    /// say, or cannot.
    Lame(Failure),
    /// No answer, which says nothing about the name.
    Silent(Failure),
}

impl ServerOutcome {
    /// Reads a reply to the question of this name and type, asked of a server of `zone`.
    pub(super) fn read(
        reply: &Message,
        zone: &DomainName,
        name: &DomainName,
        record_type: RecordType,
    ) -> ServerOutcome {
        match reply.metadata.response_code {
            ResponseCode::NoError | ResponseCode::NXDomain => {}
            ResponseCode::ServFail => return ServerOutcome::Lame(Failure::ServFail),
            _ => return ServerOutcome::Lame(Failure::Refused),
        }
        if !reply.metadata.authoritative {
            return referral(reply, zone, name).unwrap_or(ServerOutcome::Lame(Failure::Refused));
        }
        let Some(owner) = to_wire(name) else { return ServerOutcome::Silent(Failure::Malformed) };
        let at_name = || reply.answers.iter().filter(|record| record.name == owner);
        let wanted = || at_name().filter(|record| record.record_type() == wire_type(record_type));
        if let Some(ttl) = wanted().map(|record| sane_ttl(record.ttl)).min() {
            return match records(record_type, wanted().map(|record| &record.data)) {
                Some(records) => ServerOutcome::Records(records, ttl),
                None => ServerOutcome::Silent(Failure::Malformed),
            };
        }
        for record in at_name() {
            if let RData::CNAME(target) = &record.data {
                return match from_wire(&target.0) {
                    Some(target) => ServerOutcome::Alias(target, sane_ttl(record.ttl)),
                    None => ServerOutcome::Silent(Failure::Malformed),
                };
            }
        }
        let negative = negative(&reply.authorities);
        match reply.metadata.response_code {
            ResponseCode::NXDomain => ServerOutcome::NxDomain(negative),
            _ => ServerOutcome::NoData(negative),
        }
    }

    /// True where the server answers for the name itself, "no" included.
    pub fn is_authoritative(&self) -> bool {
        match self {
            ServerOutcome::Records(..)
            | ServerOutcome::Alias(..)
            | ServerOutcome::NoData(_)
            | ServerOutcome::NxDomain(_) => true,
            ServerOutcome::Referral { .. } | ServerOutcome::Lame(_) | ServerOutcome::Silent(_) => false,
        }
    }

    /// The addresses among the records.
    pub(super) fn addresses(self) -> Vec<IpAddr> {
        match self {
            ServerOutcome::Records(Records::A(all), _) => all.into_iter().map(IpAddr::from).collect(),
            ServerOutcome::Records(Records::Aaaa(all), _) => all.into_iter().map(IpAddr::from).collect(),
            _ => Vec::new(),
        }
    }

    /// What an answer to a TXT question shows, with the addresses where it has no data.
    pub(super) fn into_said(self, addresses: Vec<IpAddr>) -> Said {
        match self {
            ServerOutcome::Records(Records::Txt(texts), _) => Said::Txt(texts),
            ServerOutcome::Alias(target, _) => Said::Cname(target),
            ServerOutcome::NoData(_) if !addresses.is_empty() => Said::Addresses(addresses),
            ServerOutcome::NoData(negative) => Said::NoData(negative),
            ServerOutcome::NxDomain(negative) => Said::NxDomain(negative),
            ServerOutcome::Lame(failure) | ServerOutcome::Silent(failure) => Said::Silent(failure),
            ServerOutcome::Records(..) => Said::Silent(Failure::Malformed),
            ServerOutcome::Referral { .. } => Said::Silent(Failure::Refused),
        }
    }
}

/// RFC 1034 §4.3.2 step 3b: name servers of a zone below, and nothing else.
fn referral(reply: &Message, zone: &DomainName, name: &DomainName) -> Option<ServerOutcome> {
    let servers = || reply.authorities.iter().filter(|record| record.record_type() == WireType::NS);
    let cut = servers().find_map(|record| from_wire(&record.name))?;
    let is_below = cut.is_at_or_below(zone) && cut != *zone && name.is_at_or_below(&cut);
    if !is_below || !reply.answers.is_empty() {
        return None;
    }
    let host = |record: &Record| match &record.data {
        RData::NS(host) => from_wire(&host.0),
        _ => None,
    };
    Some(ServerOutcome::Referral { zone: cut, hosts: servers().filter_map(host).collect() })
}

/// RFC 2308 §5; without SOA a negative answer must not be kept.
fn negative(authorities: &[Record]) -> Negative {
    let soa = authorities.iter().find_map(|record| match &record.data {
        RData::SOA(soa) => {
            Some(Negative { soa_ttl: sane_ttl(record.ttl), soa_minimum: sane_ttl(soa.minimum) })
        }
        _ => None,
    });
    soa.unwrap_or(Negative { soa_ttl: 0, soa_minimum: 0 })
}
