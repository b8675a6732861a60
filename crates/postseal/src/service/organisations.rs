use std::collections::HashMap;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{Changes, OrganisationName};

use super::new_keys::{new_token, two_keys};
use super::{Service, ServiceError};

impl Service {
    /// Makes an organisation, and says whether its initial domain signs already. With a hosting zone it has its initial domain at once, which is signed
    /// from the first minute: as soon as our own zone answers with its key.
    pub(crate) async fn add_organisation(
        &self,
        name: &OrganisationName,
        actor: &str,
    ) -> Result<bool, ServiceError> {
        let Some(zone) = &self.zone else {
            self.store.add_organisation(name, self.act(actor)).await?;
            self.ring();
            return Ok(false);
        };
        let keys = two_keys(2_048).await?;
        let (token, act) = (new_token()?, self.act(actor));
        self.store.add_organisation_with_initial_domain(name, zone, token, [&keys[0], &keys[1]], act).await?;
        self.ring();
        self.enable_initial(name, &zone.initial_domain(name), actor).await
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

    /// The initial domain of each organisation, and whether its mail is signed; `None` without a hosting zone,
    /// and for an organisation that is older than it.
    pub(crate) async fn initial_domains(
        &self,
        organisations: &[OrganisationName],
    ) -> Result<Vec<Option<(DomainName, bool)>>, ServiceError> {
        let Some(zone) = &self.zone else { return Ok(vec![None; organisations.len()]) };
        let names: Vec<DomainName> = organisations.iter().map(|name| zone.initial_domain(name)).collect();
        let held: HashMap<DomainName, bool> = self.store.enabled_of(&names).await?.into_iter().collect();
        let with_state = |name: DomainName| held.get(&name).map(|enabled| (name.clone(), *enabled));
        Ok(names.into_iter().map(with_state).collect())
    }

    /// Organisations whose names have these letters.
    pub(crate) async fn find_organisations(
        &self,
        letters: &str,
        limit: u32,
    ) -> Result<Vec<OrganisationName>, ServiceError> {
        Ok(self.store.find_organisations(letters, limit).await?)
    }

    /// Nothing, where there is such an organisation.
    pub(crate) async fn organisation(&self, name: &OrganisationName) -> Result<(), ServiceError> {
        self.store.domain_counts(name).await?;
        Ok(())
    }
}
