use std::net::IpAddr;

use postseal_core::arc::ArcResult;
use postseal_core::dmarc::{Disposition, DmarcResult, Policy};
use postseal_core::dns::DomainName;
use postseal_core::verdict::{AuthResults, OverrideReason, ReportRow};

/// A judged message, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVerdict {
    /// Later ones have higher numbers.
    pub id: i64,
    /// When it was judged, UNIX seconds.
    pub at: u64,
    /// The mail server's.
    pub queue_id: String,
    /// The client that it was judged for.
    pub client: Option<IpAddr>,
    /// The domain of the reverse-path.
    pub mail_from: Option<DomainName>,
    /// `None` where the message has no usable one.
    pub author_domain: Option<DomainName>,
    /// SPF and DKIM.
    pub auth_results: AuthResults,
    /// The chain of forwarders.
    pub arc: ArcResult,
    /// DMARC.
    pub dmarc: DmarcResult,
    /// The Domain Owner Assessment Policy that applies.
    pub policy: Option<Policy>,
    /// Where it was published. `None` for a message that was deferred too.
    pub policy_domain: Option<DomainName>,
    /// What a report tells of what was done; `None` where none tells of it.
    pub disposition: Option<Disposition>,
    /// Why something else was done than the policy asks for.
    pub reasons: Vec<OverrideReason>,
    /// What was done.
    pub action: String,
}

/// Which verdicts are wanted. Each choice has an index of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerdictFilter {
    /// All.
    All,
    /// Those of an Author Domain.
    AuthorDomain(DomainName),
    /// Those of a client.
    Client(IpAddr),
    /// Those with this queue id.
    QueueId(String),
    /// Those that fail DMARC.
    Failed,
}

/// Whether a row is kept for each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictRows {
    /// One for each.
    Kept,
    /// Only the counters of reports.
    Off,
}

/// What of the verdicts is too old. UNIX seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictExpiry {
    /// Rows of messages that were judged before.
    pub rows_before: u64,
    /// Counters of days (UTC) that ended before, and how far the spool's segments had come then.
    pub counters_before: u64,
}

/// A row of an aggregate report, and how many messages it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedRow {
    /// What tells the row from others, for the page after it.
    pub key: [u8; 16],
    /// The row.
    pub row: ReportRow,
    /// At least 1.
    pub messages: u64,
}
