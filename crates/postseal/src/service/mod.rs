//! The service layer: what may be done with organisations, domains and their keys, who is let
//! in, and by which rules. The HTTP API, the command line behind it and the workers call it, and
//! nothing else does.
//!
//! The rules are `postseal_core::hosting`; `postseal_store` applies them, each operation in
//! one transaction. What is here makes keys and random tokens, knows the time, and looks at
//! the DNS before anything is decided by what is seen there.

// What can be done, by what it is done to.
mod arc_config;
mod audit;
mod backup;
mod check;
mod dkim;
mod dkim_view;
mod domains;
mod exceptions;
mod messages;
mod organisations;
mod receiver_policy;
mod records;
mod reloads;
mod retention;

// Who is let in over a network.
mod accounts;
mod api_tokens;
mod log_in_delays;
mod passwords;
mod secret;
mod sessions;

// What that needs.
mod clock;
mod look;
mod new_keys;
mod service_error;
mod watched;

// What goes on by itself.
mod workers;

#[cfg(test)]
pub(crate) mod test_world;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostingZone, PublishMode, Waits};
use postseal_dns::ask::Resolver;
use postseal_dns::ask::authoritative::{Authoritative, AuthoritativeSettings};
use postseal_store::{KeySource, Store};

pub(crate) use accounts::of_account;
pub(crate) use api_tokens::TokenOrder;
pub(crate) use arc_config::SealerChange;
pub(crate) use check::PlannedRecord;
pub(crate) use clock::Clock;
pub(crate) use dkim::{DkimDone, NewConfiguration, RotationOrder};
pub(crate) use dkim_view::{Configured, DkimView, SigningState, finding_of};
pub(crate) use domains::VerifiedDomain;
pub(crate) use passwords::PasswordFault;
pub(crate) use receiver_policy::ReceiverChoice;
pub(crate) use records::{Purpose, RecordToPublish, key_record, ownership_record};
pub(crate) use retention::Retention;
pub(crate) use secret::Secret;
pub(crate) use service_error::ServiceError;
pub(crate) use workers::{WorkerCounts, WorkerEvent, Workers};

use crate::config::ReceiveSettings;
use log_in_delays::LogInDelays;
use look::Looker;
use passwords::Passwords;
use watched::Watched;

/// Everything that is done with organisations, their domains and their keys.
pub(crate) struct Service {
    store: Store,
    zone: Option<HostingZone>,
    /// SPF mechanisms of those who send for everybody: `spf.<zone>` has them, and tenants include it.
    has_senders: bool,
    waits: Waits,
    key_source: KeySource,
    looker: Looker,
    /// Finds what anybody may look at.
    resolver: Arc<Resolver>,
    /// Called after each change, so that the node's copy follows at once.
    changed: Changed,
    watched: Watched,
    clock: Clock,
    /// Whether a domain has its keys in the configuration file.
    in_file: InFile,
    receive: FileReceive,
    keep: FileKeep,
    passwords: Passwords,
    delays: LogInDelays,
}

/// Whether a domain has its keys in the configuration file that is in force.
pub(crate) type InFile = Box<dyn Fn(&DomainName) -> bool + Send + Sync>;

/// `[receive]` of the configuration file that is in force.
pub(crate) type FileReceive = Box<dyn Fn() -> ReceiveSettings + Send + Sync>;

/// `[verdicts] keep` of the configuration file that is in force.
pub(crate) type FileKeep = Box<dyn Fn() -> Duration + Send + Sync>;

/// Tells those who wait that something has changed.
pub(crate) type Changed = Box<dyn Fn() + Send + Sync>;

/// What a [`Service`] is made of.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) hosting: Option<HostingParts>,
    pub(crate) waits: Waits,
    /// Where the key-encryption key is: a backup says so.
    pub(crate) key_source: KeySource,
    pub(crate) authoritative: AuthoritativeSettings,
    /// Finds the servers of a name.
    pub(crate) resolver: Arc<Resolver>,
    /// Whom a signature is verified through; its answers are not kept.
    pub(crate) outside: Arc<Resolver>,
    pub(crate) changed: Changed,
    pub(crate) clock: Clock,
    pub(crate) in_file: InFile,
    pub(crate) receive: FileReceive,
    pub(crate) keep: FileKeep,
}

/// The hosting zone, and where this node serves it.
pub(crate) struct HostingParts {
    pub(crate) zone: HostingZone,
    /// Empty: by others.
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) has_senders: bool,
}

impl Service {
    pub(crate) fn new(parts: Parts) -> Service {
        let authoritative = Authoritative::new(Arc::clone(&parts.resolver), parts.authoritative);
        let own = parts.hosting.as_ref().filter(|hosting| !hosting.listen.is_empty()).map(|hosting| {
            let addresses = hosting.listen.iter().map(|address| reachable(*address)).collect();
            let configured = vec![(hosting.zone.name().clone(), addresses)];
            let settings = AuthoritativeSettings { configured, ..AuthoritativeSettings::default() };
            Authoritative::new(Arc::clone(&parts.resolver), settings)
        });
        Service {
            store: parts.store,
            has_senders: parts.hosting.as_ref().is_some_and(|hosting| hosting.has_senders),
            zone: parts.hosting.map(|hosting| hosting.zone),
            waits: parts.waits,
            key_source: parts.key_source,
            looker: Looker { authoritative, own, outside: parts.outside },
            resolver: parts.resolver,
            changed: parts.changed,
            watched: Watched::default(),
            clock: parts.clock,
            in_file: parts.in_file,
            receive: parts.receive,
            keep: parts.keep,
            passwords: Passwords::new(),
            delays: LogInDelays::default(),
        }
    }

    /// UNIX seconds, by this node's clock.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// The newest revision of the store.
    pub(crate) async fn revision(&self) -> Result<i64, ServiceError> {
        Ok(self.store.revision().await?)
    }

    /// What the owner of a domain publishes. An initial domain lies in our own zone, as TXT.
    fn mode(&self) -> PublishMode {
        if self.zone.is_some() { PublishMode::Cname } else { PublishMode::Txt }
    }

    /// Tells those who wait that something has changed.
    fn ring(&self) {
        (self.changed)();
    }
}

/// Where a socket that listens on every address is reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
