use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::{Service, ServiceError};

/// What is done with a list of trusted sealers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealerChange {
    /// It becomes the list, as Exchange's `set` does.
    Set,
    Add,
    Remove,
}

impl Service {
    /// The ARC sealers that an organisation trusts.
    pub(crate) async fn trusted_sealers(
        &self,
        organisation: &OrganisationName,
    ) -> Result<Vec<DomainName>, ServiceError> {
        Ok(self.store.trusted_sealers(organisation).await?)
    }

    /// Changes them; returns the list as it is then.
    pub(crate) async fn change_trusted_sealers(
        &self,
        organisation: &OrganisationName,
        change: SealerChange,
        sealers: &[DomainName],
        actor: &str,
    ) -> Result<Vec<DomainName>, ServiceError> {
        let act = self.act(actor);
        let now = match change {
            SealerChange::Set => self.store.set_trusted_sealers(organisation, sealers, act).await?,
            SealerChange::Add => self.store.add_trusted_sealers(organisation, sealers, act).await?,
            SealerChange::Remove => self.store.remove_trusted_sealers(organisation, sealers, act).await?,
        };
        self.ring();
        Ok(now)
    }
}
