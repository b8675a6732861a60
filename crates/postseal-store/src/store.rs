// Operations on what is not organisations, domains and keys.
mod accounts;
mod api_tokens;
mod receiver_policy;
mod trusted_sealers;
mod verdicts;

use std::path::Path;
use std::sync::Arc;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{
    Advance, Changes, Conclusion, Event, HostingZone, KeyId, OrganisationName, OwnershipToken, Refusal,
    SelectorSlot, SigningConfiguration, Slot, TokenReading, Waits,
};
use zeroize::Zeroizing;

use crate::sqlite::Sqlite;
use crate::{
    Act, AuditRow, AuditVerdict, Domain, Feed, FormerName, HeldDomain, HostedKey, KeyEncryptionKey,
    KeySource, KeyVault, PublishedKey, SealedKey, Sighting, StoreError, Verification,
};

/// What survives a restart. Each method is one operation of the service layer and
/// one transaction: done whole, or not at all.
///
/// The backends are an enum and not a trait: they are known, each has these
/// operations in its own dialect, and a caller holds a plain `Store` whichever it
/// is. PostgreSQL joins as a second variant, and each `match` here then asks for it.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
}

#[derive(Clone, Debug)]
enum Backend {
    Sqlite(Sqlite),
}

impl Store {
    /// Opens the store in an SQLite file, made where it is absent (mode 0600), and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::NewerSchema`], or what the system says.
    pub async fn open_sqlite(path: &Path, key: &KeyEncryptionKey, now: u64) -> Result<Store, StoreError> {
        let vault = Arc::new(KeyVault::new(key)?);
        Ok(Store { backend: Backend::Sqlite(Sqlite::open(path, vault, now).await?) })
    }

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

    /// Closes all connections; what is under way is finished first.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(store) => store.close().await,
        }
    }

    /// The name that this database gave itself when it was made; a backup of it has the same.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn id(&self) -> Result<String, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.id().await,
        }
    }

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

    /// A page of an organisation's domains by name, after `after`.
    ///
    /// # Errors
    /// [`StoreError::NoOrganisation`].
    pub async fn domains(
        &self,
        organisation: &OrganisationName,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Domain>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.domains(organisation, after, limit).await,
        }
    }

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

    /// Who holds a domain, if anybody does.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn holder_of(&self, name: &DomainName) -> Result<Option<OrganisationName>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.holder_of(name).await,
        }
    }

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

    /// The newest revision of the change feed; it never goes back.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.revision().await,
        }
    }

    /// What has changed since a revision.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn changes_since(&self, revision: i64) -> Result<Feed, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.changes_since(revision).await,
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

    /// A page of the audit log, after row `after`.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn audit_rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.audit_rows(after, limit).await,
        }
    }

    /// A page of the audit log, the newest rows first, before row `before`.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn newest_audit_rows(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.newest_audit_rows(before, limit).await,
        }
    }

    /// What the audit log tells of a domain under this organisation, the newest rows first.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn domain_audit_rows(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => {
                store.domain_audit_rows(organisation.as_str(), domain.as_str(), limit).await
            }
        }
    }

    /// Walks the audit log. `head` is a row's number and link that were written down elsewhere; without
    /// one, rows that were cut off at the end are not missed.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn audit_verify(&self, head: Option<(i64, &[u8])>) -> Result<AuditVerdict, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.audit_verify(head).await,
        }
    }

    /// Writes the store to a new file, beside a running node, and a note that says where the
    /// key-encryption key is kept: it is not in the backup.
    ///
    /// # Errors
    /// [`StoreError::File`] where the file is there already or cannot be written.
    pub async fn backup(&self, path: &Path, key: &KeySource, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.backup(path, key, act).await,
        }
    }

    /// Takes domains, keys and settings from a backup, on a running node. Names that were made since
    /// stay reserved, the audit log goes on, the serial rises.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::ForeignBackup`], [`StoreError::DamagedBackup`].
    pub async fn restore(&self, path: &Path, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.restore(path, act).await,
        }
    }
}
