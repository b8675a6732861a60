use std::net::IpAddr;

use postseal_core::arc::ArcResult;
use postseal_core::dmarc::{Alignment, Disposition, DmarcResult, Policy};
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
    /// What is aligned; `None` where that was not written down.
    pub aligned: Option<Alignment>,
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

/// Which verdicts are wanted: those that fulfil all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerdictFilter {
    /// Those of an Author Domain.
    pub author_domain: Option<DomainName>,
    /// Those of a client.
    pub client: Option<IpAddr>,
    /// Those with this queue id.
    pub queue_id: Option<String>,
    /// Those with this result of DMARC.
    pub dmarc: Option<DmarcResult>,
    /// Those with which this was done: `deliver`, `tag`, `quarantine`, `defer`, `reject`.
    pub action: Option<String>,
}

/// A page of verdicts, the newest first. It may be short where few fulfil all of a filter: then
/// `next` goes on where the look ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictPage {
    /// The verdicts.
    pub verdicts: Vec<StoredVerdict>,
    /// What is before this row is on the next page; `None`: there is no more.
    pub next: Option<i64>,
}

/// The verdicts of a day, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerdictDay {
    /// Counted from 1970, in UTC.
    pub day: u64,
    /// DMARC passes.
    pub passed: u64,
    /// DMARC fails.
    pub failed: u64,
    /// No policy applies.
    pub without_policy: u64,
    /// The DNS left it open.
    pub undecided: u64,
    /// Without one usable Author Domain.
    pub unreadable: u64,
    /// What was done: delivered as it came,
    pub delivered: u64,
    /// delivered with a field that speaks against it,
    pub tagged: u64,
    /// set aside,
    pub quarantined: u64,
    /// deferred,
    pub deferred: u64,
    /// refused.
    pub rejected: u64,
}

/// What policies would do to the verdicts of an Author Domain that are held, before the receiver's own
/// settings: `none` delivers them all, `quarantine` sets aside and `reject` refuses those that are not authentic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyEffect {
    /// Messages that no policy touches: aligned SPF or DKIM passes.
    pub authentic: u64,
    /// Messages that a policy touches.
    pub not_authentic: u64,
    /// Of how many it is not known.
    pub unknown: u64,
    /// The first day that is held, counted from 1970 in UTC; `None` where no verdict is held.
    pub since_day: Option<u64>,
    /// Where they come from: first where most would be touched.
    pub sources: Vec<EffectSource>,
    /// There are more sources.
    pub more_sources: bool,
}

/// Messages of an Author Domain from one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectSource {
    /// `None`: of those whose client is not known.
    pub client: Option<IpAddr>,
    /// Messages that no policy touches.
    pub authentic: u64,
    /// Messages that a policy touches.
    pub not_authentic: u64,
    /// Of how many it is not known.
    pub unknown: u64,
    /// With aligned SPF.
    pub spf_aligned: u64,
    /// With aligned DKIM.
    pub dkim_aligned: u64,
    /// When the newest was judged, UNIX seconds.
    pub newest: u64,
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
