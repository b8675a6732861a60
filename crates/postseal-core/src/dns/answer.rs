use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use super::{DomainName, Question};
use crate::dkim::{KeyRecord, KeyRecordError};
use crate::{dmarc, spf};

/// What the DNS said to one [`Question`].
///
/// Shared (`Arc`) between the cache and the messages that use it. A TXT answer
/// carries its parsed views, so that text is parsed once per time to live and
/// not once per message.
#[derive(Debug)]
pub struct Answer {
    /// The question that this answers.
    pub question: Question,
    /// Records, or why there are none.
    pub outcome: Outcome,
    /// Time to live of the answer in seconds; 0 where unknown or not to be kept.
    pub ttl: u32,
    /// View: the SPF record among the TXT records.
    spf: OnceLock<spf::Selection>,
    /// View: the TXT records read as DKIM key records.
    key_records: OnceLock<Box<[Result<KeyRecord, KeyRecordError>]>>,
    /// View: the DMARC Policy Record among the TXT records.
    dmarc: OnceLock<dmarc::Published>,
}

impl Answer {
    /// An answer with no parsed views yet.
    pub fn new(question: Question, outcome: Outcome, ttl: u32) -> Answer {
        Answer {
            question,
            outcome,
            ttl,
            spf: OnceLock::new(),
            key_records: OnceLock::new(),
            dmarc: OnceLock::new(),
        }
    }

    /// The TXT records, or an empty slice where there are none.
    pub fn txt(&self) -> &[TxtRecord] {
        match &self.outcome {
            Outcome::Records(Records::Txt(records)) => records,
            _ => &[],
        }
    }

    /// The SPF record among the TXT records (RFC 7208 §4.5), parsed at the first call.
    pub fn spf(&self) -> &spf::Selection {
        self.spf.get_or_init(|| spf::Selection::of(self.txt()))
    }

    /// The TXT records read as DKIM key records, the first eight of them.
    pub fn key_records(&self) -> &[Result<KeyRecord, KeyRecordError>] {
        self.key_records.get_or_init(|| KeyRecord::read_all(self.txt()))
    }

    /// The DMARC Policy Record among the TXT records (RFC 9989 §4.10), parsed at the first call.
    pub fn dmarc(&self) -> &dmarc::Published {
        self.dmarc.get_or_init(|| dmarc::Published::of(self.txt()))
    }

    /// True where no record came and nothing failed: NXDOMAIN, or no data of this type.
    pub fn is_void(&self) -> bool {
        matches!(self.outcome, Outcome::NoData | Outcome::NxDomain)
    }
}

/// Records, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At least one record of the type asked for, CNAMEs followed.
    Records(Records),
    /// The name exists but has no record of this type.
    NoData,
    /// The name does not exist (RCODE 3).
    NxDomain,
    /// Nothing is known: the DNS gave no usable answer.
    Failure(Failure),
}

impl Outcome {
    /// Why there is no usable answer, where there is none.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Outcome::Failure(failure) => Some(*failure),
            Outcome::Records(_) | Outcome::NoData | Outcome::NxDomain => None,
        }
    }
}

/// Why the DNS gave no usable answer. All of these are "temperror" to the protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// RCODE 2.
    ServFail,
    /// RCODE 5, or another RCODE that is neither 0 nor 3.
    Refused,
    /// No answer within the time allowed.
    Timeout,
    /// No name server could be reached.
    Unreachable,
    /// The answer could not be read, or does not fit the question.
    Malformed,
    /// More than eight CNAMEs in a row, or a loop of them.
    TooManyAliases,
    /// Not asked: the message has used up its queries ([`super::MAX_QUERIES`]).
    QueryLimit,
    /// Not asked: the message has used up its rounds of asking ([`super::MAX_ROUNDS`]).
    RoundLimit,
    /// Not asked: the time allowed for the message is over.
    TimeLimit,
    /// Not recorded: a replay asked for what its file does not hold.
    NotRecorded,
}

impl Failure {
    /// Every failure, in the order of declaration.
    pub const ALL: [Failure; 10] = [
        Failure::ServFail,
        Failure::Refused,
        Failure::Timeout,
        Failure::Unreachable,
        Failure::Malformed,
        Failure::TooManyAliases,
        Failure::QueryLimit,
        Failure::RoundLimit,
        Failure::TimeLimit,
        Failure::NotRecorded,
    ];

    /// The name used in traces.
    pub fn as_str(self) -> &'static str {
        match self {
            Failure::ServFail => "SERVFAIL",
            Failure::Refused => "REFUSED",
            Failure::Timeout => "timeout",
            Failure::Unreachable => "unreachable",
            Failure::Malformed => "malformed answer",
            Failure::TooManyAliases => "too many aliases",
            Failure::QueryLimit => "query limit",
            Failure::RoundLimit => "round limit",
            Failure::TimeLimit => "time limit",
            Failure::NotRecorded => "not recorded",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The records of one answer, all of the type asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// IPv4 addresses.
    A(Vec<Ipv4Addr>),
    /// IPv6 addresses.
    Aaaa(Vec<Ipv6Addr>),
    /// The alias target (only where CNAME itself was asked for).
    Cname(DomainName),
    /// Mail exchanges, in the order of the answer.
    Mx(Vec<Mx>),
    /// Name servers.
    Ns(Vec<DomainName>),
    /// Pointers. Names that are not acceptable domain names are left out.
    Ptr(Vec<DomainName>),
    /// The primary name server and the negative time to live in seconds (RFC 2308 §4).
    Soa {
        /// The primary name server (MNAME).
        primary: DomainName,
        /// The zone's serial number.
        serial: u32,
        /// Seconds that a negative answer may be kept.
        minimum: u32,
    },
    /// Text of type 99 (RFC 4408).
    Spf(Vec<TxtRecord>),
    /// TLSA: certificate usage, selector, matching type, association data.
    Tlsa(Vec<(u8, u8, u8, Vec<u8>)>),
    /// Text.
    Txt(Vec<TxtRecord>),
}

/// One mail exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mx {
    /// Lower is tried first.
    pub preference: u16,
    /// The host; `None` is the root, a null MX (RFC 7505).
    pub exchange: Option<DomainName>,
}

/// One TXT record: its character-strings joined without a separator
/// (RFC 7208 §3.3, RFC 6376 §3.6.2.2), with the places where they were joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxtRecord {
    /// The octets, joined.
    pub octets: Vec<u8>,
    /// Where the second and later strings begin, in octets of `octets`.
    pub joints: Vec<u16>,
}

impl TxtRecord {
    /// A record made of these character-strings.
    pub fn from_strings<S: AsRef<[u8]>>(strings: &[S]) -> TxtRecord {
        let mut octets = Vec::with_capacity(strings.iter().map(|s| s.as_ref().len()).sum());
        let mut joints = Vec::new();
        for (i, string) in strings.iter().enumerate() {
            if i > 0 {
                joints.push(u16::try_from(octets.len()).unwrap_or(u16::MAX));
            }
            octets.extend_from_slice(string.as_ref());
        }
        TxtRecord { octets, joints }
    }

    /// The character-strings as they were published.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        let ends = self.joints.iter().map(|&j| usize::from(j)).chain([self.octets.len()]);
        ends.map(move |end| {
            let string = &self.octets[start.min(end)..end];
            start = end;
            string
        })
    }
}
