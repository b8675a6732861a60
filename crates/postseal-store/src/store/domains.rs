use std::path::Path;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{OrganisationName, OwnershipToken, TokenReading};

use super::{Backend, Store};
use crate::sqlite::Sqlite;
use crate::{Act, Domain, StoreError, Verification};

/// Domains: claimed, proven, removed.
impl Store {
    /// Who holds these domains, by a store that is only looked at: for whoever has no key-encryption
    /// key, beside a running node or without one. Domains that nobody holds are left out.
    ///
    /// # Errors
    /// Where the file is no store, or may not be read.
    pub async fn holders_in_file(
        path: &Path,
        names: impl Iterator<Item = &DomainName>,
    ) -> Result<Vec<(DomainName, OrganisationName)>, StoreError> {
        Sqlite::holders_in_file(path, names).await
    }

    /// Adds a claim with this token, or returns the domain as it is: a claim that lives keeps
    /// its token. A claim holds nothing and blocks nobody.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`].
    pub async fn add_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        token: OwnershipToken,
        act: Act<'_>,
    ) -> Result<Domain, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.add_domain(organisation, name, token, act).await,
        }
    }

    /// Takes a reading of `_postseal.<domain>` at all authoritative servers into account: a claim
    /// is proven, a domain moves here, or a holding is looked at again.
    ///
    /// # Errors
    /// [`StoreError::NoDomain`].
    pub async fn verify_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        readings: &[TokenReading],
        act: Act<'_>,
    ) -> Result<Verification, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.verify_domain(organisation, name, readings, act).await,
        }
    }

    /// Holds a domain by the operator's word.
    ///
    /// # Errors
    /// [`StoreError::HeldByAnother`].
    pub async fn trust_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        token: OwnershipToken,
        act: Act<'_>,
    ) -> Result<Domain, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.trust_domain(organisation, name, token, act).await,
        }
    }

    /// Removes a domain: its keys are destroyed, its hosted names answer as revoked for thirty
    /// days, and stay its own for ever.
    ///
    /// # Errors
    /// [`StoreError::NoDomain`].
    pub async fn remove_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.remove_domain(organisation, name, act).await,
        }
    }

    /// One domain of an organisation.
    ///
    /// # Errors
    /// [`StoreError::NoDomain`]: never another domain in its place.
    pub async fn domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Domain, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.domain(organisation, name).await,
        }
    }

    /// Who holds a domain, if anybody does.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn holder_of(&self, name: &DomainName) -> Result<Option<OrganisationName>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.holder_of(name).await,
        }
    }
}
