use postseal_store::{AuditRow, AuditVerdict};
use serde::{Deserialize, Serialize};

use super::moment;

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditEntry {
    /// Counted from 1, without gaps.
    pub(crate) seq: i64,
    pub(crate) at: String,
    /// Whose; empty where it is nobody's in particular.
    pub(crate) organisation: String,
    /// Who did it: `uid:1000`, `worker`.
    pub(crate) actor: String,
    /// What, as `dkim.rotate`.
    pub(crate) action: String,
    /// To what.
    pub(crate) subject: String,
    pub(crate) detail: String,
}

/// Whether the audit log is as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditVerification {
    pub(crate) intact: bool,
    /// How many rows there are, where it is.
    pub(crate) rows: Option<i64>,
    /// Its last link, 64 hex digits: written down elsewhere it shows later that no row was cut off.
    pub(crate) head: Option<String>,
    /// The first row that is not as it was written.
    pub(crate) first_bad: Option<i64>,
}

impl AuditEntry {
    pub(crate) fn of(row: AuditRow) -> AuditEntry {
        let AuditRow { seq, at, organisation, actor, action, subject, detail } = row;
        AuditEntry { seq, at: moment(at), organisation, actor, action, subject, detail }
    }
}

impl AuditVerification {
    pub(crate) fn of(verdict: &AuditVerdict) -> AuditVerification {
        match verdict {
            AuditVerdict::Intact { rows, head } => AuditVerification {
                intact: true,
                rows: Some(*rows),
                head: Some(head.iter().map(|octet| format!("{octet:02x}")).collect()),
                first_bad: None,
            },
            AuditVerdict::Broken { first_bad } => {
                AuditVerification { intact: false, rows: None, head: None, first_bad: Some(*first_bad) }
            }
        }
    }
}
