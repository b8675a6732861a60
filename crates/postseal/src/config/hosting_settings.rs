//! What the file says of organisations and their keys: `[store]`, `[hosting]`, `[keys]`, `[verdicts]`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostingZone, MailRoute, Waits};
use postseal_dns::ask::authoritative::AuthoritativeSettings;
use postseal_store::KeySource;

/// Where organisations, their domains and their keys are kept. Where there is none, a node
/// signs with key files only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreSettings {
    /// The SQLite file. The node's own copy of what it signs and serves is beside it.
    pub(crate) path: PathBuf,
    /// What the private keys are encrypted with.
    pub(crate) key: KeySource,
}

/// The zone in which keys are hosted. Where there is none, the owner of a domain publishes its
/// key records (TXT mode).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostingSettings {
    pub(crate) zone: HostingZone,
    /// Where the zone is served, UDP and TCP. Empty: by others.
    pub(crate) listen: Vec<SocketAddr>,
    /// The zone's NS records; the first is the primary of its SOA record.
    pub(crate) name_servers: Vec<DomainName>,
    /// Addresses of the name servers that lie in the zone.
    pub(crate) addresses: Vec<(DomainName, Vec<IpAddr>)>,
    /// The mailbox of the SOA record, its `@` a dot.
    pub(crate) mailbox: DomainName,
    /// SPF mechanisms of those who send for the initial domains; `spf.<zone>` has them too.
    pub(crate) senders: Vec<String>,
    /// Whether initial domains take mail.
    pub(crate) mail: MailRoute,
}

/// How hosted keys live, and how their records are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeysSettings {
    pub(crate) waits: Waits,
    pub(crate) authoritative: AuthoritativeSettings,
    /// Whom the node's own signature is verified through before a domain is enabled. Empty: the
    /// servers of `[resolver]`.
    pub(crate) outside_resolver: Vec<SocketAddr>,
}

/// What is kept of each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VerdictSettings {
    /// How long a row for each is kept. Zero: there are none, only counters. Default 30 days.
    pub(crate) keep: Duration,
    /// Octets on disk that wait for the store; beyond that the oldest are dropped. Default 64 MB.
    pub(crate) spool_octets: u64,
}
