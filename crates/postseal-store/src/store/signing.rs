use postseal_core::dns::DomainName;
use postseal_core::hosting::{
    Advance, Changes, Conclusion, Event, KeyId, OrganisationName, Refusal, SelectorSlot,
    SigningConfiguration, Slot, Waits,
};
use zeroize::Zeroizing;

use super::{Backend, Store};
use crate::{Act, HostedKey, Sighting, StoreError};

/// How domains sign: their configurations, their keys, and what was seen of them.
impl Store {
    /// The signing configuration of a domain; `None` where no keys are saved for it.
    ///
    /// # Errors
    /// [`StoreError::NoDomain`], [`StoreError::NotHeld`].
    pub async fn dkim_get(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Option<SigningConfiguration>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.dkim_get(organisation, name).await,
        }
    }

    /// Makes the signing configuration with two keys. A refusal to enable it is returned beside it:
    /// then it is made and not enabled.
    ///
    /// # Errors
    /// [`StoreError::AlreadyConfigured`], and those of the domain.
    pub async fn dkim_new(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        keys: [&HostedKey; 2],
        changes: &Changes,
        act: Act<'_>,
    ) -> Result<(SigningConfiguration, Option<Refusal>), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.dkim_new(organisation, name, keys, changes, act).await,
        }
    }

    /// Changes the signing configuration: all that is asked, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Refused`], [`StoreError::NoConfiguration`], and those of the domain.
    pub async fn dkim_set(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        changes: &Changes,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<SigningConfiguration, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.dkim_set(organisation, name, changes, waits, act).await,
        }
    }

    /// Begins a rotation. Where [`SigningConfiguration::rotation_needs_key`] says so, `key` must be one
    /// of that size.
    ///
    /// # Errors
    /// [`StoreError::Refused`], [`StoreError::NoConfiguration`], and those of the domain.
    pub async fn dkim_rotate(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        key_size: Option<u32>,
        key: Option<&HostedKey>,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<Advance, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.dkim_rotate(organisation, name, key_size, key, waits, act).await,
        }
    }

    /// Revokes the key that signs, at once; the other one signs.
    ///
    /// # Errors
    /// [`StoreError::Refused`], [`StoreError::NoConfiguration`], and those of the domain.
    pub async fn dkim_revoke_current(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<Advance, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.dkim_revoke_current(organisation, name, waits, act).await,
        }
    }

    /// Does what the passing of time calls for. Where [`SigningConfiguration::key_due`] says so, bring a key.
    ///
    /// # Errors
    /// [`StoreError::NoConfiguration`], and those of the domain.
    pub async fn dkim_advance(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        key: Option<&HostedKey>,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<Advance, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.dkim_advance(organisation, name, key, waits, act).await,
        }
    }

    /// Removes the signing configuration; its keys are destroyed, its hosted names answer as revoked
    /// for thirty days.
    ///
    /// # Errors
    /// [`StoreError::NoConfiguration`], and those of the domain.
    pub async fn dkim_remove(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.dkim_remove(organisation, name, act).await,
        }
    }

    /// Keeps what each server showed of a selector, and lets the configuration know what all of
    /// them mean together. `looked_at` is what was looked for: where the selector has another key
    /// or name by now, nothing is kept.
    ///
    /// # Errors
    /// Those of the domain.
    pub async fn record_sighting(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        (slot, looked_at): (Slot, &SelectorSlot),
        seen: (Conclusion, &[Sighting]),
        act: Act<'_>,
    ) -> Result<Option<Event>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => {
                store.record_sighting(organisation, name, (slot, looked_at), seen, act).await
            }
        }
    }

    /// What each server showed of a selector at the last look, and when.
    ///
    /// # Errors
    /// Those of the domain.
    pub async fn sightings(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        slot: Slot,
    ) -> Result<Vec<(Sighting, u64)>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.sightings(organisation, name, slot).await,
        }
    }

    /// The text of a key's record, revoked or not.
    ///
    /// # Errors
    /// [`StoreError::NoKey`].
    pub async fn key_record(&self, key: KeyId) -> Result<String, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.key_record(key).await,
        }
    }

    /// A private key as a PKCS#8 document, which is wiped when dropped.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] where it was destroyed, [`StoreError::Vault`] where its row was changed.
    pub async fn private_key(&self, key: KeyId) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.private_key(key).await,
        }
    }
}
