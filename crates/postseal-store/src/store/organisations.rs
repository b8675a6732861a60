use postseal_core::hosting::{HostingZone, OrganisationName, OwnershipToken, SigningConfiguration};

use super::{Backend, Store};
use crate::{Act, HostedKey, StoreError};

/// Organisations.
impl Store {
    /// Makes an organisation.
    ///
    /// # Errors
    /// [`StoreError::OrganisationTaken`] for a name that is or was in use.
    pub async fn add_organisation(&self, name: &OrganisationName, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.add_organisation(name, act).await,
        }
    }

    /// Makes an organisation with its initial domain, which it holds, and the two keys of that:
    /// not enabled yet, as nobody has looked.
    ///
    /// # Errors
    /// [`StoreError::OrganisationTaken`] for a name that is or was in use.
    pub async fn add_organisation_with_initial_domain(
        &self,
        name: &OrganisationName,
        zone: &HostingZone,
        token: OwnershipToken,
        keys: [&HostedKey; 2],
        act: Act<'_>,
    ) -> Result<SigningConfiguration, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => {
                store.add_organisation_with_initial_domain(name, zone, token, keys, act).await
            }
        }
    }

    /// A page of organisations by name, after `after`.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn organisations(&self, after: &str, limit: u32) -> Result<Vec<OrganisationName>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.organisations(after, limit).await,
        }
    }
}
