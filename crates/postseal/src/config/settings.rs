//! What `postseal.toml` says, checked: every name parsed, every default filled in.
//! The node works on this and never on text.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;
use postseal_core::verdict::{AuthservId, Options};

use super::fault::Place;
use super::{HostingSettings, KeysSettings, Network, PortalSettings, StoreSettings, VerdictSettings};
use crate::signing::{HostedManner, SigningDomains, SigningSources};

/// One checked configuration. Immutable; a reload makes a new one.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Owns the Authentication-Results fields that this node writes, and those
    /// that it removes from incoming mail.
    pub(crate) authserv_id: AuthservId,
    /// How SPF, DKIM, ARC and DMARC are evaluated. Its receiver name is the authserv-id.
    pub(crate) authentication: Arc<Options>,
    pub(crate) resolver: ResolverSettings,
    pub(crate) milter: MilterSettings,
    pub(crate) receive: ReceiveSettings,
    pub(crate) sign: SignSettings,
    /// `None`: nothing is sealed.
    pub(crate) seal: Option<SealSettings>,
    /// `None`: no organisations, no hosted keys; what the file names is all that signs.
    pub(crate) store: Option<StoreSettings>,
    /// `None`: the owners of domains publish their key records (TXT mode).
    pub(crate) hosting: Option<HostingSettings>,
    pub(crate) keys: KeysSettings,
    pub(crate) verdicts: VerdictSettings,
    pub(crate) log: LogSettings,
    /// Metrics, `/healthz`, `/readyz`. `None`: off.
    pub(crate) http: Option<SocketAddr>,
    /// `None`: nobody is let in over the network.
    pub(crate) portal: Option<PortalSettings>,
    pub(crate) control: ControlSettings,
}

/// Where `postseal reload` finds the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ControlSettings {
    pub(crate) socket: PathBuf,
    /// Whether the file names it: the node does not start without it. Else it goes
    /// without, and reloads by SIGHUP only.
    pub(crate) required: bool,
}

/// Whom the node asks, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResolverSettings {
    /// Empty: those of the system.
    pub(crate) servers: Vec<SocketAddr>,
    /// One query; there is one retry. Default 2 s.
    pub(crate) query_time: Duration,
    /// Both SPF identities of a message. Default 20 s (RFC 7208 §4.6.4: "at least 20 seconds").
    pub(crate) spf_time: Duration,
    /// A message in all, from the end of its body. Default 60 s.
    pub(crate) message_time: Duration,
    /// Octets of answers that are kept. Default 64 MB.
    pub(crate) cache_octets: u64,
}

/// Where MTAs connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MilterSettings {
    pub(crate) listen: Vec<MilterAddress>,
    /// Mode of unix sockets, as in chmod. Default 0660.
    pub(crate) socket_mode: u32,
    /// Group of unix sockets, by number. `None`: the process's.
    pub(crate) socket_group: Option<u32>,
    /// Connections served at once on each socket. Default 5 000.
    pub(crate) max_connections: usize,
}

/// One socket of the milter. Its `Display` is its name in `[[sign.source]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MilterAddress {
    /// `unix:PATH`
    Unix(PathBuf),
    /// `inet:ADDRESS:PORT`
    Tcp(SocketAddr),
    /// `systemd:NAME`: passed by systemd, by its FileDescriptorName.
    Systemd(String),
}

impl std::fmt::Display for MilterAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MilterAddress::Unix(path) => write!(f, "unix:{}", path.display()),
            MilterAddress::Tcp(address) => write!(f, "inet:{address}"),
            MilterAddress::Systemd(name) => write!(f, "systemd:{name}"),
        }
    }
}

/// How incoming mail is judged, and what follows. The receiver decides finally.
#[derive(Clone, Debug)]
pub(crate) struct ReceiveSettings {
    /// Only adds fields: refuses, defers and sets aside nothing. Default false.
    pub(crate) observe: bool,
    /// Whether a DMARC policy has consequences. Default true.
    pub(crate) honour_policy: bool,
    /// What becomes of mail that fails where `p=reject`. Default: refuse it.
    pub(crate) on_reject: OnReject,
    /// What becomes of mail that fails where `p=quarantine`. Default: set it aside.
    pub(crate) on_quarantine: OnQuarantine,
    /// How mail is set aside. Default: held in the MTA's queue.
    pub(crate) quarantine_by: QuarantineBy,
    /// What becomes of mail whose result the DNS left open although a quarantine
    /// or reject policy is known. Default: defer it.
    pub(crate) on_dns_trouble: OnDnsTrouble,
    /// What becomes of mail without one readable Author Domain. Default: refuse it.
    pub(crate) on_unreadable_from: OnReject,
    /// Whom a refused sender can turn to: an address or a URL, named in refusals.
    pub(crate) contact: Option<String>,
    /// Clients whose mail is not judged, besides those that log in. Default: the
    /// loopback networks.
    pub(crate) not_judged: Vec<Network>,
    /// Hosts of our own that pass on mail from outside: it is judged for the client
    /// that their Received fields show.
    pub(crate) trusted_relays: Vec<Network>,
    /// Forwarders whose ARC seals are believed.
    pub(crate) trusted_sealers: Vec<DomainName>,
    /// Senders that are accepted although DMARC fails.
    pub(crate) allowed: Vec<AllowedPair>,
}

/// What is so where the file says nothing.
impl Default for ReceiveSettings {
    fn default() -> ReceiveSettings {
        ReceiveSettings {
            observe: false,
            honour_policy: true,
            on_reject: OnReject::Reject,
            on_quarantine: OnQuarantine::Quarantine,
            quarantine_by: QuarantineBy::Hold,
            on_dns_trouble: OnDnsTrouble::Defer,
            on_unreadable_from: OnReject::Reject,
            contact: None,
            not_judged: Vec::new(),
            trusted_relays: Vec::new(),
            trusted_sealers: Vec::new(),
            allowed: Vec::new(),
        }
    }
}

/// Mail of this Author Domain from this infrastructure is accepted although DMARC fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedPair {
    pub(crate) author_domain: DomainName,
    /// Author Domains below it as well.
    pub(crate) subdomains: bool,
    pub(crate) infrastructure: Infrastructure,
    /// The pair holds before this moment, in seconds since 1970. `None`: for ever.
    pub(crate) until: Option<u64>,
}

/// Where mail comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Infrastructure {
    /// The client's address.
    Network(Network),
    /// This domain, or one below it, is the MAIL FROM domain and SPF passes, or the SDID of
    /// a signature that passes.
    Authenticated(DomainName),
}

/// What is done with a message that should not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnReject {
    /// Refuse it: 550 5.7.1.
    Reject,
    /// Set it aside.
    Quarantine,
    /// Deliver it with a field that says so.
    Tag,
}

/// What is done with a suspicious message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnQuarantine {
    /// Set it aside.
    Quarantine,
    /// Deliver it with a field that says so.
    Tag,
}

/// How a message is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuarantineBy {
    /// The MTA holds it in its queue until somebody looks at it.
    Hold,
    /// It is delivered with a field that a Sieve rule files by.
    Header,
}

/// What is done where the DNS leaves the result open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDnsTrouble {
    /// 451: the sender tries again.
    Defer,
    /// Deliver it.
    Accept,
}

/// Who signs as whom.
#[derive(Debug)]
pub(crate) struct SignSettings {
    /// Each grants domains to those who fulfil all of its conditions; all that
    /// fit a message add up.
    pub(crate) sources: SigningSources,
    /// The domains that have keys, found by longest suffix.
    pub(crate) domains: SigningDomains,
    /// Where the domains with a table of their own are named.
    pub(crate) named: HashMap<DomainName, Place>,
    /// How hosted domains sign, beside what their organisations say.
    pub(crate) hosted: HostedManner,
}

/// What is done with mail that the source may not sign as its Author Domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnForeignAuthor {
    /// It goes on without a signature.
    Unsigned,
    /// 550 5.7.1
    Refuse,
}

/// ARC sealing of judged mail, for hosts that forward.
#[derive(Clone, Debug)]
pub(crate) struct SealSettings {
    /// `d=`
    pub(crate) domain: DomainName,
    /// `s=`
    pub(crate) selector: Selector,
    pub(crate) key_file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogSettings {
    pub(crate) format: LogFormat,
    pub(crate) level: LogLevel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What is logged, each with what comes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LogLevel {
    /// What somebody must look at.
    Error,
    /// What somebody should look at.
    Warn,
    /// One line for each message.
    Info,
}
