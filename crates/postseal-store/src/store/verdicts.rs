use std::ops::Range;

use postseal_core::dns::DomainName;

use super::{Backend, Store};
use crate::{
    CountedRow, PolicyEffect, StoreError, StoredVerdict, VerdictBatch, VerdictDay, VerdictExpiry,
    VerdictFilter, VerdictPage, VerdictRows,
};

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

    /// How many judged messages are older than that. Whole days are counted already.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn verdicts_before(&self, before: u64) -> Result<u64, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.verdicts_before(before).await,
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
    ) -> Result<VerdictPage, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.verdicts(filter, before, limit).await,
        }
    }

    /// One judged message; `None` where it is not kept, or not any more.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn verdict(&self, id: i64) -> Result<Option<StoredVerdict>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.verdict(id).await,
        }
    }

    /// What was counted of an Author Domain, or with `None` of all messages, on the days from `since` on
    /// (from 1970, in UTC). Days without a message are left out.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn verdict_days(
        &self,
        author_domain: Option<&DomainName>,
        since: u64,
        limit: u32,
    ) -> Result<Vec<VerdictDay>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.verdict_days(author_domain, since, limit).await,
        }
    }

    /// What each policy would do to the verdicts of an Author Domain that are held, with some of its sources.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn policy_effect(
        &self,
        author_domain: &DomainName,
        sources: u32,
    ) -> Result<PolicyEffect, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.policy_effect(author_domain, sources).await,
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
