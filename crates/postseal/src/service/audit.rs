use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use postseal_store::{AuditRow, AuditVerdict};

use super::{Service, ServiceError};

/// A page of the audit log.
pub(crate) struct AuditPage {
    pub(crate) rows: Vec<AuditRow>,
    /// The number to ask on with; `None` at the end.
    pub(crate) next: Option<i64>,
}

impl Service {
    /// A page of the audit log, after a row.
    pub(crate) async fn audit_rows(&self, after: i64, limit: u32) -> Result<AuditPage, ServiceError> {
        let mut rows = self.store.audit_rows(after, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.seq);
        Ok(AuditPage { rows, next })
    }

    /// A page of the audit log, the newest rows first, before a row.
    pub(crate) async fn newest_audit_rows(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage, ServiceError> {
        let mut rows = self.store.newest_audit_rows(before, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.seq);
        Ok(AuditPage { rows, next })
    }

    /// What the audit log tells of a domain under this organisation, the newest rows first.
    pub(crate) async fn domain_audit_rows(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        limit: u32,
    ) -> Result<Vec<AuditRow>, ServiceError> {
        Ok(self.store.domain_audit_rows(organisation, domain, limit).await?)
    }

    /// Walks the audit log. `head`: a row's number and link that were written down elsewhere.
    pub(crate) async fn audit_verify(
        &self,
        head: Option<(i64, &[u8])>,
    ) -> Result<AuditVerdict, ServiceError> {
        Ok(self.store.audit_verify(head).await?)
    }
}
