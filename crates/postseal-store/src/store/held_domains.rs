use postseal_core::dns::DomainName;
use postseal_core::hosting::KeyId;

use super::{Backend, Store};
use crate::{FormerName, HeldDomain, PublishedKey, SealedKey, StoreError};

/// What a node works with: domains that are held, and what the hosting zone answers.
impl Store {
    /// A page of the domains that are held, of all organisations, by name, after `after`: what
    /// a node's snapshot is made of. Two statements, however long the page is.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn held_domains(&self, after: &str, limit: u32) -> Result<Vec<HeldDomain>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.held_domains(after, limit).await,
        }
    }

    /// One domain that is held, as [`Store::held_domains`] has it.
    ///
    /// # Errors
    /// As [`Store::held_domains`].
    pub async fn held_domain(&self, name: &DomainName) -> Result<Option<HeldDomain>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.held_domain(name).await,
        }
    }

    /// A page of hosted names that are no selector's any more and still answer at `now`, by hosted
    /// selector, after `after`; those of one domain, where it is given.
    ///
    /// # Errors
    /// As [`Store::held_domains`].
    pub async fn former_names(
        &self,
        domain: Option<&DomainName>,
        after: &str,
        limit: u32,
        now: u64,
    ) -> Result<Vec<FormerName>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.former_names(domain, after, limit, now).await,
        }
    }

    /// Private keys as they rest, for a node's own copy. Those that were destroyed are left out.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn sealed_keys(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, SealedKey)>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.sealed_keys(keys).await,
        }
    }

    /// A page of what the hosting zone answers at `now`, by name, after `after`.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn published_keys(
        &self,
        after: &str,
        limit: u32,
        now: u64,
    ) -> Result<Vec<PublishedKey>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.published_keys(after, limit, now).await,
        }
    }

    /// The serial of the hosting zone: it rises with each change and never goes back.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn zone_serial(&self) -> Result<u32, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.zone_serial().await,
        }
    }
}
