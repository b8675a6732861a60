use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{
    Answer, AnswerSource, DomainName, Failure, Mx, Outcome, Question, RecordType, Records, TxtRecord,
};

/// CNAMEs followed for one question.
pub const MAX_ALIASES: usize = 8;

/// Records in memory that answer every question: what is not there does not
/// exist. For zone files, replays, sandboxes and tests. CNAMEs are followed and
/// wildcards expanded (RFC 4592).
#[derive(Clone, Debug, Default)]
pub struct Zone {
    records: BTreeMap<(DomainName, RecordType), (Records, u32)>,
    failures: BTreeMap<(DomainName, Option<RecordType>), Outcome>,
    /// Every name that exists, empty non-terminals included.
    names: BTreeSet<DomainName>,
}

/// The data of one record, as added to a [`Zone`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordData {
    /// IPv4 address.
    A(Ipv4Addr),
    /// IPv6 address.
    Aaaa(Ipv6Addr),
    /// Alias target.
    Cname(DomainName),
    /// Mail exchange.
    Mx(Mx),
    /// Name server.
    Ns(DomainName),
    /// Pointer.
    Ptr(DomainName),
    /// Start of authority.
    Soa {
        /// MNAME.
        primary: DomainName,
        /// Serial number.
        serial: u32,
        /// Seconds that a negative answer may be kept.
        minimum: u32,
    },
    /// Text of type 99.
    Spf(TxtRecord),
    /// Certificate usage, selector, matching type, association data.
    Tlsa(u8, u8, u8, Vec<u8>),
    /// Text.
    Txt(TxtRecord),
}

impl Zone {
    /// No records: nothing exists.
    pub fn new() -> Zone {
        Zone::default()
    }

    /// Adds a record, `ttl` in seconds. A second CNAME or SOA at a name replaces the first.
    pub fn add(&mut self, name: &DomainName, ttl: u32, data: RecordData) {
        self.exists(name);
        let record_type = data.record_type();
        let entry = self.records.entry((name.clone(), record_type));
        let (records, least) = entry.or_insert_with(|| (data.empty_set(), ttl));
        *least = ttl.min(*least);
        data.add_to(records);
    }

    /// Answers `outcome` for this name, for one type or for all.
    pub fn fail(&mut self, name: &DomainName, record_type: Option<RecordType>, outcome: Outcome) {
        self.exists(name);
        self.failures.insert((name.clone(), record_type), outcome);
    }

    /// True where the name or one below it has a record.
    pub fn contains(&self, name: &DomainName) -> bool {
        self.names.contains(name)
    }

    /// The answer to this question.
    pub fn answer(&self, name: &DomainName, record_type: RecordType) -> Answer {
        let question = Question::new(name.clone(), record_type);
        let (outcome, ttl) = self.look_up(name.clone(), record_type);
        Answer::new(question, outcome, ttl)
    }

    fn look_up(&self, mut name: DomainName, record_type: RecordType) -> (Outcome, u32) {
        let mut ttl = u32::MAX;
        for _ in 0..=MAX_ALIASES {
            let failure = |t| self.failures.get(&(name.clone(), t));
            if let Some(outcome) = failure(Some(record_type)).or_else(|| failure(None)) {
                return (outcome.clone(), 0);
            }
            let Some(owner) = self.owner_of(&name) else {
                return (Outcome::NxDomain, 0);
            };
            if let Some((records, record_ttl)) = self.records.get(&(owner.clone(), record_type)) {
                return (Outcome::Records(records.clone()), ttl.min(*record_ttl));
            }
            match self.records.get(&(owner, RecordType::Cname)) {
                Some((Records::Cname(target), alias_ttl)) => {
                    ttl = ttl.min(*alias_ttl);
                    name = target.clone();
                }
                _ => return (Outcome::NoData, 0),
            }
        }
        (Outcome::Failure(Failure::TooManyAliases), 0)
    }

    /// The name itself, or the wildcard that stands for it; `None` where it does not exist.
    fn owner_of(&self, name: &DomainName) -> Option<DomainName> {
        if self.names.contains(name) {
            return Some(name.clone());
        }
        // The closest encloser is the longest ancestor that exists.
        let mut encloser = name.parent()?;
        while !self.names.contains(&encloser) {
            encloser = encloser.parent()?;
        }
        let wildcard = encloser.with_prefix("*").ok()?;
        self.names.contains(&wildcard).then_some(wildcard)
    }

    fn exists(&mut self, name: &DomainName) {
        let mut next = Some(name.clone());
        while let Some(name) = next {
            next = name.parent();
            if !self.names.insert(name) {
                break;
            }
        }
    }
}

impl AnswerSource for Zone {
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        Some(Arc::new(self.answer(name, record_type)))
    }
}

impl RecordData {
    /// The type of this record.
    pub fn record_type(&self) -> RecordType {
        match self {
            RecordData::A(_) => RecordType::A,
            RecordData::Aaaa(_) => RecordType::Aaaa,
            RecordData::Cname(_) => RecordType::Cname,
            RecordData::Mx(_) => RecordType::Mx,
            RecordData::Ns(_) => RecordType::Ns,
            RecordData::Ptr(_) => RecordType::Ptr,
            RecordData::Soa { .. } => RecordType::Soa,
            RecordData::Spf(_) => RecordType::Spf,
            RecordData::Tlsa(..) => RecordType::Tlsa,
            RecordData::Txt(_) => RecordType::Txt,
        }
    }

    fn empty_set(&self) -> Records {
        match self {
            RecordData::A(_) => Records::A(Vec::new()),
            RecordData::Aaaa(_) => Records::Aaaa(Vec::new()),
            RecordData::Cname(target) => Records::Cname(target.clone()),
            RecordData::Mx(_) => Records::Mx(Vec::new()),
            RecordData::Ns(_) => Records::Ns(Vec::new()),
            RecordData::Ptr(_) => Records::Ptr(Vec::new()),
            RecordData::Soa { primary, serial, minimum } => {
                Records::Soa { primary: primary.clone(), serial: *serial, minimum: *minimum }
            }
            RecordData::Spf(_) => Records::Spf(Vec::new()),
            RecordData::Tlsa(..) => Records::Tlsa(Vec::new()),
            RecordData::Txt(_) => Records::Txt(Vec::new()),
        }
    }

    fn add_to(self, records: &mut Records) {
        match (self, records) {
            (RecordData::A(address), Records::A(set)) => set.push(address),
            (RecordData::Aaaa(address), Records::Aaaa(set)) => set.push(address),
            (RecordData::Mx(mx), Records::Mx(set)) => set.push(mx),
            (RecordData::Ns(name), Records::Ns(set)) | (RecordData::Ptr(name), Records::Ptr(set)) => {
                set.push(name);
            }
            (RecordData::Tlsa(usage, selector, matching, data), Records::Tlsa(set)) => {
                set.push((usage, selector, matching, data));
            }
            (RecordData::Spf(text), Records::Spf(set)) | (RecordData::Txt(text), Records::Txt(set)) => {
                set.push(text);
            }
            (data @ (RecordData::Cname(_) | RecordData::Soa { .. }), set) => *set = data.empty_set(),
            // The set was made for this type.
            (_, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName {
        DomainName::from_expansion(text).expect("a valid test name")
    }

    #[test]
    fn answers_as_an_authoritative_server_would() {
        let mut zone = Zone::new();
        let host = Ipv4Addr::new(192, 0, 2, 1);
        zone.add(&name("mail.a.example"), 60, RecordData::A(host));
        zone.add(&name("alias.example"), 30, RecordData::Cname(name("mail.a.example")));
        zone.add(&name("loop.example"), 30, RecordData::Cname(name("loop.example")));
        zone.add(&name("*.w.example"), 30, RecordData::A(host));
        zone.fail(&name("bad.example"), None, Outcome::Failure(Failure::ServFail));
        let check = |asked: &str, expected: Outcome| {
            assert_eq!(zone.answer(&name(asked), RecordType::A).outcome, expected, "{asked}");
        };
        let found = Outcome::Records(Records::A(vec![host]));
        check("mail.a.example", found.clone());
        check("alias.example", found.clone());
        check("x.y.w.example", found);
        check("w.example", Outcome::NoData);
        check("a.example", Outcome::NoData);
        check("none.example", Outcome::NxDomain);
        check("loop.example", Outcome::Failure(Failure::TooManyAliases));
        check("bad.example", Outcome::Failure(Failure::ServFail));
        assert_eq!(zone.answer(&name("alias.example"), RecordType::A).ttl, 30);
    }
}
