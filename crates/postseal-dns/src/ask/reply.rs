use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RData, Record, RecordType as WireType};
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::op::DnsResponse;
use postseal_core::dns::{Failure, MAX_ALIASES, Mx, Outcome, RecordType, Records, TxtRecord};

use super::wire_name::from_wire;

/// One question under way: CNAMEs followed so far, over one reply or several.
pub(super) struct Chase {
    /// The name whose records are wanted now.
    pub(super) name: Name,
    record_type: RecordType,
    aliases: usize,
    ttl: u32,
}

/// What a reply means for the question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The question is answered, for this many seconds.
    Done(Outcome, u32),
    /// The reply ends in an alias whose target must be asked for.
    AskAgain,
}

impl Chase {
    pub(super) fn new(name: Name, record_type: RecordType) -> Chase {
        Chase { name, record_type, aliases: 0, ttl: MAX_TTL }
    }

    /// Reads a reply that carries records, or an alias, or nothing.
    pub(super) fn read(&mut self, reply: &DnsResponse) -> Step {
        let wanted = wire_type(self.record_type);
        // Over TCP nobody has compared the question yet.
        if !reply.queries.iter().any(|q| q.query_type() == wanted && *q.name() == self.name) {
            return Step::Done(Outcome::Failure(Failure::Malformed), 0);
        }
        let before = self.aliases;
        if wanted != WireType::CNAME && !self.follow_aliases(&reply.answers) {
            return Step::Done(Outcome::Failure(Failure::TooManyAliases), 0);
        }
        let matching = || {
            let records = reply.answers.iter();
            records.filter(|r| r.record_type() == wanted && r.name == self.name)
        };
        if let Some(least) = matching().map(|r| r.ttl).min() {
            let ttl = self.ttl.min(sane_ttl(least));
            return match records(self.record_type, matching().map(|r| &r.data)) {
                Some(records) => Step::Done(Outcome::Records(records), ttl),
                None => Step::Done(Outcome::NoData, ttl),
            };
        }
        let followed = self.aliases > before;
        match reply.response_code {
            // RFC 6604 §3: the RCODE is about the last name of the chain.
            ResponseCode::NXDomain => self.negative(Outcome::NxDomain, reply.negative_ttl()),
            _ if followed && reply.soa().is_none() => Step::AskAgain,
            _ => self.negative(Outcome::NoData, reply.negative_ttl()),
        }
    }

    /// Reads what hickory counts as an error: no records, an RCODE, or trouble on the way.
    pub(super) fn read_error(&self, error: &NetError) -> Step {
        match error {
            NetError::Dns(DnsError::NoRecordsFound(none)) => self.read_no_records(none),
            error => Step::Done(Outcome::Failure(failure(error)), 0),
        }
    }

    fn read_no_records(&self, none: &NoRecords) -> Step {
        match none.response_code {
            ResponseCode::NXDomain => self.negative(Outcome::NxDomain, none.negative_ttl),
            // RFC 2308 §2.2: name servers without SOA are a referral, which says nothing
            // about the records.
            _ if none.soa.is_none() && none.ns.is_some() => {
                Step::Done(Outcome::Failure(Failure::Malformed), 0)
            }
            _ => self.negative(Outcome::NoData, none.negative_ttl),
        }
    }

    fn negative(&self, outcome: Outcome, soa_ttl: Option<u32>) -> Step {
        // RFC 2308 §5: without SOA a negative answer "SHOULD NOT be cached".
        Step::Done(outcome, self.ttl.min(soa_ttl.map_or(0, sane_ttl)))
    }

    /// Walks the chain in these records; false where it is too long or a loop.
    fn follow_aliases(&mut self, answers: &[Record]) -> bool {
        loop {
            let alias = answers.iter().find_map(|r| match &r.data {
                RData::CNAME(target) if r.name == self.name => Some((&target.0, r.ttl)),
                _ => None,
            });
            let Some((target, ttl)) = alias else { return true };
            self.aliases += 1;
            if self.aliases > MAX_ALIASES {
                return false;
            }
            self.ttl = self.ttl.min(sane_ttl(ttl));
            self.name = target.clone();
        }
    }
}

/// Why there is no reply, in the core's words.
pub(super) fn failure(error: &NetError) -> Failure {
    match error {
        NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail)) => Failure::ServFail,
        NetError::Dns(DnsError::ResponseCode(_)) => Failure::Refused,
        NetError::Timeout | NetError::Busy => Failure::Timeout,
        NetError::Io(_) | NetError::NoConnections => Failure::Unreachable,
        _ => Failure::Malformed,
    }
}

/// The type as the wire has it.
pub(super) fn wire_type(record_type: RecordType) -> WireType {
    match record_type {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Cname => WireType::CNAME,
        RecordType::Mx => WireType::MX,
        RecordType::Ns => WireType::NS,
        RecordType::Ptr => WireType::PTR,
        RecordType::Soa => WireType::SOA,
        RecordType::Spf => WireType::from(TYPE_SPF),
        RecordType::Tlsa => WireType::TLSA,
        RecordType::Txt => WireType::TXT,
    }
}

/// The records of one type; `None` where none of them can be used.
pub(super) fn records<'r>(record_type: RecordType, data: impl Iterator<Item = &'r RData>) -> Option<Records> {
    fn some<T>(items: Vec<T>, make: impl Fn(Vec<T>) -> Records) -> Option<Records> {
        if items.is_empty() { None } else { Some(make(items)) }
    }
    macro_rules! all {
        ($pattern:pat => $value:expr) => {
            data.filter_map(|d| match d {
                $pattern => $value,
                _ => None,
            })
        };
    }
    match record_type {
        RecordType::A => some(all!(RData::A(a) => Some(a.0)).collect(), Records::A),
        RecordType::Aaaa => some(all!(RData::AAAA(a) => Some(a.0)).collect(), Records::Aaaa),
        RecordType::Cname => all!(RData::CNAME(n) => from_wire(&n.0)).next().map(Records::Cname),
        RecordType::Mx => {
            let mx = |preference, exchange| Mx { preference, exchange };
            let hosts = all!(RData::MX(m) => match from_wire(&m.exchange) {
                None if !m.exchange.is_root() => None,
                exchange => Some(mx(m.preference, exchange)),
            });
            some(hosts.collect(), Records::Mx)
        }
        RecordType::Ns => some(all!(RData::NS(n) => from_wire(&n.0)).collect(), Records::Ns),
        RecordType::Ptr => some(all!(RData::PTR(n) => from_wire(&n.0)).collect(), Records::Ptr),
        RecordType::Soa => all!(RData::SOA(soa) => from_wire(&soa.mname).map(|primary| {
            Records::Soa { primary, serial: soa.serial, minimum: soa.minimum }
        }))
        .next(),
        RecordType::Spf => some(
            all!(RData::Unknown { rdata, .. } => character_strings(&rdata.anything)).collect(),
            Records::Spf,
        ),
        RecordType::Tlsa => some(
            all!(RData::TLSA(t) => Some((
                u8::from(t.cert_usage), u8::from(t.selector), u8::from(t.matching), t.cert_data.clone()
            )))
            .collect(),
            Records::Tlsa,
        ),
        RecordType::Txt => {
            some(all!(RData::TXT(t) => Some(TxtRecord::from_strings(&t.txt_data))).collect(), Records::Txt)
        }
    }
}

/// Character-strings of RDATA that hickory does not read itself (type 99 has the form of TXT).
fn character_strings(mut rdata: &[u8]) -> Option<TxtRecord> {
    let mut strings = Vec::new();
    while let Some((&length, rest)) = rdata.split_first() {
        let (string, rest) = rest.split_at_checked(usize::from(length))?;
        strings.push(string);
        rdata = rest;
    }
    Some(TxtRecord::from_strings(&strings))
}

/// RFC 2181 §8: "treat TTL values received with the most significant bit set as if the
/// entire value received was zero".
pub(super) fn sane_ttl(ttl: u32) -> u32 {
    if ttl > MAX_TTL { 0 } else { ttl }
}

const MAX_TTL: u32 = (1 << 31) - 1;

/// RFC 4408 §3.1.1, no longer used (RFC 7208 §3.1).
const TYPE_SPF: u16 = 99;
