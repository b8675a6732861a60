/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Counted from 1, without gaps.
    pub seq: i64,
    /// UNIX seconds.
    pub at: u64,
    /// Whose; empty where it is nobody's in particular.
    pub organisation: String,
    /// Who did it.
    pub actor: String,
    /// What, as `dkim.rotate`.
    pub action: String,
    /// To what: a domain, an organisation.
    pub subject: String,
    /// The particulars, as `key=value` with spaces between them.
    pub detail: String,
}

/// Whether the audit log is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Each row is chained to the one before.
    Intact {
        /// How many rows there are.
        rows: i64,
        /// The last link: written down elsewhere, it shows later that no row was cut off.
        head: Vec<u8>,
    },
    /// A row was changed, inserted or removed.
    Broken {
        /// The first place where the chain does not hold.
        first_bad: i64,
    },
}

/// What has changed since a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The newest revision: ask with it next time.
    pub revision: i64,
    /// The domains that have changed; `None` where everything must be read.
    pub domains: Option<Vec<postseal_core::dns::DomainName>>,
}
