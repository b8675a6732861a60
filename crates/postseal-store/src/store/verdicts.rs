use std::ops::Range;

use postseal_core::dns::DomainName;

use super::{Backend, Store};
use crate::{CountedRow, StoreError, StoredVerdict, VerdictBatch, VerdictExpiry, VerdictFilter, VerdictRows};

/// Judged messages, and what they add to aggregate reports.
impl Store {
    /// Stores a batch of a spool: rows, the counters of reports, and how far its segment has come, at
    /// once. What was stored before is left out, however often it comes. Returns how many were stored.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn record_verdicts(
        &self,
        batch: &VerdictBatch,
        rows: VerdictRows,
        now: u64,
    ) -> Result<u64, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.record_verdicts(batch, rows, now).await,
        }
    }

    /// Removes some of the verdicts that are too old, little at once. Says whether more are left.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn expire_verdicts(&self, expiry: VerdictExpiry) -> Result<bool, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.expire_verdicts(expiry).await,
        }
    }

    /// A page of judged messages, the newest first, before row `before`.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn verdicts(
        &self,
        filter: &VerdictFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredVerdict>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.verdicts(filter, before, limit).await,
        }
    }

    /// A page of the rows of an aggregate report for a Policy Domain, after row `after`. `days` are counted
    /// from 1970, in UTC; rows that are equal on several of them are one.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn report_rows(
        &self,
        policy_domain: &DomainName,
        days: Range<u64>,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> Result<Vec<CountedRow>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.report_rows(policy_domain, days, after, limit).await,
        }
    }
}
