use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::{Backend, Store};
use crate::{Act, StoreError};

/// The ARC sealers that organisations trust.
impl Store {
    /// The ARC sealers that an organisation trusts.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`].
    pub async fn trusted_sealers(
        &self,
        organisation: &OrganisationName,
    ) -> Result<Vec<DomainName>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.trusted_sealers(organisation).await,
        }
    }

    /// Replaces the ARC sealers that an organisation trusts, as Exchange's `set` does.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`], [`StoreError::TooManySealers`].
    pub async fn set_trusted_sealers(
        &self,
        organisation: &OrganisationName,
        sealers: &[DomainName],
        act: Act<'_>,
    ) -> Result<Vec<DomainName>, StoreError> {
        let change = |now: &mut Vec<DomainName>| *now = sealers.to_vec();
        match &self.backend {
            Backend::Sqlite(store) => {
                store.change_trusted_sealers(organisation, "arc.set", act, change).await
            }
        }
    }

    /// Adds to the ARC sealers that an organisation trusts.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`], [`StoreError::TooManySealers`].
    pub async fn add_trusted_sealers(
        &self,
        organisation: &OrganisationName,
        sealers: &[DomainName],
        act: Act<'_>,
    ) -> Result<Vec<DomainName>, StoreError> {
        let change = |now: &mut Vec<DomainName>| now.extend_from_slice(sealers);
        match &self.backend {
            Backend::Sqlite(store) => {
                store.change_trusted_sealers(organisation, "arc.add", act, change).await
            }
        }
    }

    /// Takes some from the ARC sealers that an organisation trusts.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`], [`StoreError::TooManySealers`].
    pub async fn remove_trusted_sealers(
        &self,
        organisation: &OrganisationName,
        sealers: &[DomainName],
        act: Act<'_>,
    ) -> Result<Vec<DomainName>, StoreError> {
        let change = |now: &mut Vec<DomainName>| now.retain(|sealer| !sealers.contains(sealer));
        match &self.backend {
            Backend::Sqlite(store) => {
                store.change_trusted_sealers(organisation, "arc.remove", act, change).await
            }
        }
    }
}
