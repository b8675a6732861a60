use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::{Backend, Store};
use crate::{DomainCounts, DomainPage, DomainQuestion, FoundDomain, StoreError};

/// Domains and organisations as people look for them.
impl Store {
    /// A page of an organisation's domains.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`].
    pub async fn domains(
        &self,
        organisation: &OrganisationName,
        question: &DomainQuestion,
        limit: u32,
    ) -> Result<DomainPage, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.domains(organisation, question, limit).await,
        }
    }

    /// How many of its domains stand how. Nothing is counted for it: counts are kept.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`].
    pub async fn domain_counts(&self, organisation: &OrganisationName) -> Result<DomainCounts, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.domain_counts(organisation).await,
        }
    }

    /// Domains of one organisation or of all, whose names have these letters (in lower case): first those that
    /// begin with them, each kind by name. Behind the first 50 000 names, only those that begin with them are found.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`].
    pub async fn find_domains(
        &self,
        only: Option<&OrganisationName>,
        letters: &str,
        limit: u32,
    ) -> Result<Vec<FoundDomain>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.find_domains(only, letters, limit).await,
        }
    }

    /// Which of these domains are held, and whether each is enabled. Up to a thousand are asked for at once.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn enabled_of(&self, names: &[DomainName]) -> Result<Vec<(DomainName, bool)>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.enabled_of(names).await,
        }
    }

    /// Organisations whose names have these letters, by name; of the first 50 000.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn find_organisations(
        &self,
        letters: &str,
        limit: u32,
    ) -> Result<Vec<OrganisationName>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.find_organisations(letters, limit).await,
        }
    }
}
