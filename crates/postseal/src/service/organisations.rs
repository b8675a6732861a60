use postseal_core::dns::DomainName;
use postseal_core::hosting::{Changes, OrganisationName};

use super::new_keys::{new_token, two_keys};
use super::{Service, ServiceError};

/// An organisation that was made.
#[derive(Debug)]
pub(crate) struct AddedOrganisation {
    pub(crate) name: OrganisationName,
    /// Its initial domain; `None` where no hosting zone is configured.
    pub(crate) initial_domain: Option<DomainName>,
    /// Whether mail of the initial domain is signed already.
    pub(crate) initial_signs: bool,
}

impl Service {
    /// Makes an organisation. With a hosting zone it has its initial domain at once, which is signed
    /// from the first minute: as soon as our own zone answers with its key.
    pub(crate) async fn add_organisation(
        &self,
        name: &OrganisationName,
        actor: &str,
    ) -> Result<AddedOrganisation, ServiceError> {
        let Some(zone) = &self.zone else {
            self.store.add_organisation(name, self.act(actor)).await?;
            self.ring();
            return Ok(AddedOrganisation { name: name.clone(), initial_domain: None, initial_signs: false });
        };
        let keys = two_keys(2_048).await?;
        let (token, act) = (new_token()?, self.act(actor));
        self.store.add_organisation_with_initial_domain(name, zone, token, [&keys[0], &keys[1]], act).await?;
        self.ring();
        let initial = zone.initial_domain(name);
        let initial_signs = self.enable_initial(name, &initial, actor).await?;
        Ok(AddedOrganisation { name: name.clone(), initial_domain: Some(initial), initial_signs })
    }

    /// Enables an initial domain. Where our zone does not answer yet, the workers go on.
    async fn enable_initial(
        &self,
        organisation: &OrganisationName,
        initial: &DomainName,
        actor: &str,
    ) -> Result<bool, ServiceError> {
        let enable = Changes { enabled: Some(true), ..Changes::default() };
        match self.dkim_set(organisation, initial, &enable, false, actor).await {
            Ok(_) => Ok(true),
            Err(ServiceError::NotVisible { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A page of organisations by name, after `after`; one more than `limit` where there are more.
    pub(crate) async fn organisations(
        &self,
        after: &str,
        limit: u32,
    ) -> Result<Vec<OrganisationName>, ServiceError> {
        Ok(self.store.organisations(after, limit).await?)
    }

    /// The initial domain of an organisation, with a hosting zone.
    pub(crate) fn initial_domain(&self, organisation: &OrganisationName) -> Option<DomainName> {
        self.zone.as_ref().map(|zone| zone.initial_domain(organisation))
    }

    /// Nothing, where there is such an organisation.
    pub(crate) async fn organisation(&self, name: &OrganisationName) -> Result<(), ServiceError> {
        self.store.domains(name, "", 1).await?;
        Ok(())
    }
}
