use std::fmt;
use std::str::FromStr;

use super::DomainName;

/// One DNS question of class IN.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// The name asked for.
    pub name: DomainName,
    /// The record type asked for.
    pub record_type: RecordType,
}

impl Question {
    /// A question for `name` and `record_type`.
    pub fn new(name: DomainName, record_type: RecordType) -> Question {
        Question { name, record_type }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.record_type)
    }
}

/// The record types that Postseal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordType {
    /// IPv4 address (RFC 1035).
    A,
    /// IPv6 address (RFC 3596).
    Aaaa,
    /// Canonical name (RFC 1035), asked for by name only when a record is examined.
    Cname,
    /// Mail exchange (RFC 1035).
    Mx,
    /// Name server (RFC 1035).
    Ns,
    /// Pointer (RFC 1035).
    Ptr,
    /// Start of authority (RFC 1035).
    Soa,
    /// The SPF type of RFC 4408, abandoned by RFC 7208 §3.1: only `check` looks for leftovers.
    Spf,
    /// TLSA (RFC 6698).
    Tlsa,
    /// Text (RFC 1035).
    Txt,
}

impl RecordType {
    /// Every type, in alphabetical order.
    pub const ALL: [RecordType; 10] = [
        RecordType::A,
        RecordType::Aaaa,
        RecordType::Cname,
        RecordType::Mx,
        RecordType::Ns,
        RecordType::Ptr,
        RecordType::Soa,
        RecordType::Spf,
        RecordType::Tlsa,
        RecordType::Txt,
    ];

    /// The mnemonic of the IANA registry, in capitals.
    pub fn as_str(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Cname => "CNAME",
            RecordType::Mx => "MX",
            RecordType::Ns => "NS",
            RecordType::Ptr => "PTR",
            RecordType::Soa => "SOA",
            RecordType::Spf => "SPF",
            RecordType::Tlsa => "TLSA",
            RecordType::Txt => "TXT",
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RecordType {
    type Err = UnknownRecordType;

    fn from_str(text: &str) -> Result<RecordType, UnknownRecordType> {
        RecordType::ALL
            .into_iter()
            .find(|t| t.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownRecordType(text.to_owned()))
    }
}

/// A record type that Postseal does not ask for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a record type that Postseal asks for")]
pub struct UnknownRecordType(pub String);
