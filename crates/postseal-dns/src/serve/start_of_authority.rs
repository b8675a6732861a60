use postseal_core::dns::DomainName;
use postseal_core::hosting::KEY_TTL;

use super::lookup_name::push_name;

/// Seconds that a resolver may keep a negative answer (RFC 2308 §4): so soon is a record seen
/// by those who asked before it was there.
pub const NEGATIVE_TTL: u32 = 300;

/// The data of a zone's SOA record (RFC 1035 §3.3.13). Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartOfAuthority {
    /// The primary name server (MNAME).
    pub primary: DomainName,
    /// The mailbox of the one responsible, its `@` a dot (RNAME).
    pub mailbox: DomainName,
    /// Rises with each change of the zone (RFC 1982 arithmetic).
    pub serial: u32,
    /// How often a secondary looks for a new serial.
    pub refresh: u32,
    /// How soon it looks again after a failure.
    pub retry: u32,
    /// How long it serves without hearing from the primary.
    pub expire: u32,
    /// How long negative answers may be kept.
    pub minimum: u32,
    /// Time to live of the record itself.
    pub ttl: u32,
}

impl StartOfAuthority {
    /// The usual times: [`NEGATIVE_TTL`] for negative answers, that of hosted records for the record, for
    /// secondaries an hour, ten minutes and two weeks (RFC 1912 §2.2).
    pub fn new(primary: DomainName, mailbox: DomainName, serial: u32) -> StartOfAuthority {
        StartOfAuthority {
            primary,
            mailbox,
            serial,
            refresh: 3600,
            retry: 600,
            expire: 1_209_600,
            minimum: NEGATIVE_TTL,
            ttl: KEY_TTL,
        }
    }

    /// RFC 2308 §3: the SOA of a negative answer has the lesser of its TTL and its MINIMUM.
    pub(super) fn negative_ttl(&self) -> u32 {
        self.ttl.min(self.minimum)
    }

    pub(super) fn data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(128);
        push_name(&self.primary, &mut data);
        push_name(&self.mailbox, &mut data);
        for number in [self.serial, self.refresh, self.retry, self.expire, self.minimum] {
            data.extend_from_slice(&number.to_be_bytes());
        }
        data
    }
}
