use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use postseal_store::{Domain, DomainCounts, DomainPlace, DomainQuestion, FoundDomain, Verification};

use super::look::TokenSighting;
use super::new_keys::new_token;
use super::{Service, ServiceError, SigningState};

/// A domain whose token was looked for.
pub(crate) struct VerifiedDomain {
    pub(crate) domain: Domain,
    pub(crate) verification: Verification,
    /// What each server said.
    pub(crate) seen: TokenSighting,
}

impl Service {
    /// Adds a claim, which holds nothing, or holds the domain by the operator's word.
    pub(crate) async fn add_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        trust: bool,
        actor: &str,
    ) -> Result<Domain, ServiceError> {
        if (self.in_file)(name) {
            return Err(ServiceError::InFile(name.to_string()));
        }
        let in_zone = self.zone.as_ref().is_some_and(|zone| name.is_at_or_below(zone.name()));
        if in_zone && !self.is_initial(organisation, name) {
            return Err(ServiceError::InHostingZone(name.to_string()));
        }
        let (token, act) = (new_token()?, self.act(actor));
        let domain = if trust {
            self.store.trust_domain(organisation, name, token, act).await?
        } else {
            self.store.add_domain(organisation, name, token, act).await?
        };
        self.ring();
        Ok(domain)
    }

    /// Reads the token at every authoritative server, and decides by that.
    pub(crate) async fn verify_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        actor: &str,
    ) -> Result<VerifiedDomain, ServiceError> {
        // Not found comes before any question is asked.
        self.store.domain(organisation, name).await?;
        let seen = self.looker.read_token(name).await?;
        let verification =
            self.store.verify_domain(organisation, name, &seen.readings, self.act(actor)).await?;
        self.ring();
        let domain = self.store.domain(organisation, name).await?;
        Ok(VerifiedDomain { domain, verification, seen })
    }

    /// One domain of an organisation.
    pub(crate) async fn domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Domain, ServiceError> {
        Ok(self.store.domain(organisation, name).await?)
    }

    /// A page of an organisation's domains, with how those that are held sign, and where the list goes on.
    pub(crate) async fn domains(
        &self,
        organisation: &OrganisationName,
        question: &DomainQuestion,
        limit: u32,
    ) -> Result<(Vec<(Domain, Option<SigningState>)>, Option<DomainPlace>), ServiceError> {
        let page = self.store.domains(organisation, question, limit).await?;
        let with_state = page.domains.into_iter().map(|listed| {
            let state = self.state_of(&listed.domain, listed.configuration.as_ref());
            (listed.domain, state)
        });
        Ok((with_state.collect(), page.next))
    }

    /// How many of an organisation's domains stand how.
    pub(crate) async fn domain_counts(
        &self,
        organisation: &OrganisationName,
    ) -> Result<DomainCounts, ServiceError> {
        Ok(self.store.domain_counts(organisation).await?)
    }

    /// Domains of one organisation, or of all, whose names have these letters.
    pub(crate) async fn find_domains(
        &self,
        only: Option<&OrganisationName>,
        letters: &str,
        limit: u32,
    ) -> Result<Vec<FoundDomain>, ServiceError> {
        Ok(self.store.find_domains(only, letters, limit).await?)
    }

    /// Removes a domain: its keys are destroyed, its hosted names stay its own for ever.
    pub(crate) async fn remove_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        actor: &str,
    ) -> Result<(), ServiceError> {
        if self.is_initial(organisation, name) {
            return Err(ServiceError::InitialDomain(name.to_string()));
        }
        self.store.remove_domain(organisation, name, self.act(actor)).await?;
        self.ring();
        Ok(())
    }
}
