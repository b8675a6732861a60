use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use postseal_store::{
    PolicyEffect, Standing, StoreError, StoredVerdict, VerdictDay, VerdictFilter, VerdictPage,
};

use super::{Service, ServiceError};

/// Judged messages, as this node has kept them.
impl Service {
    /// A page of verdicts, the newest first, before row `before`.
    pub(crate) async fn verdicts(
        &self,
        filter: &VerdictFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<VerdictPage, ServiceError> {
        Ok(self.store.verdicts(filter, before, limit).await?)
    }

    /// One verdict; `None` where it is not kept, or not any more.
    pub(crate) async fn verdict(&self, id: i64) -> Result<Option<StoredVerdict>, ServiceError> {
        Ok(self.store.verdict(id).await?)
    }

    /// What was counted on each of the last `days` days (UTC), today among them, of an Author Domain or of all
    /// messages. The oldest is first, and days without a message are there too.
    pub(crate) async fn verdict_days(
        &self,
        author_domain: Option<&DomainName>,
        days: u32,
    ) -> Result<Vec<VerdictDay>, ServiceError> {
        let today = self.now() / DAY;
        let first = (today + 1).saturating_sub(u64::from(days));
        let counted = self.store.verdict_days(author_domain, first, days).await?;
        let of = |day| counted.iter().find(|counted| counted.day == day).copied();
        Ok((first..=today)
            .map(|day| of(day).unwrap_or(VerdictDay { day, ..VerdictDay::default() }))
            .collect())
    }

    /// What each policy would have done to the verdicts of a domain that are held. Only the domain's holder is told.
    pub(crate) async fn policy_effect(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        sources: u32,
    ) -> Result<PolicyEffect, ServiceError> {
        match self.store.domain(organisation, name).await?.standing {
            Standing::Held(_) => Ok(self.store.policy_effect(name, sources).await?),
            Standing::Claimed(_) => Err(StoreError::NotHeld(name.to_string()).into()),
            Standing::Removed => Err(StoreError::NoDomain(name.to_string()).into()),
        }
    }
}

/// Seconds.
const DAY: u64 = 86_400;
