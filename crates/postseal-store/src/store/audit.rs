use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::{Backend, Store};
use crate::{AuditRow, AuditVerdict, StoreError};

/// The audit log.
impl Store {
    /// A page of the audit log, after row `after`.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn audit_rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.audit_rows(after, limit).await,
        }
    }

    /// A page of the audit log, the newest rows first, before row `before`.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn newest_audit_rows(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.newest_audit_rows(before, limit).await,
        }
    }

    /// What the audit log tells of a domain under this organisation, the newest rows first.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn domain_audit_rows(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => {
                store.domain_audit_rows(organisation.as_str(), domain.as_str(), limit).await
            }
        }
    }

    /// Walks the audit log. `head` is a row's number and link that were written down elsewhere; without
    /// one, rows that were cut off at the end are not missed.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn audit_verify(&self, head: Option<(i64, &[u8])>) -> Result<AuditVerdict, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.audit_verify(head).await,
        }
    }
}
