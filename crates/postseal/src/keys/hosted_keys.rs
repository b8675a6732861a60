use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use postseal_core::dkim::{Selector, SigningKey, SigningKeyError};
use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostingZone, KeyId, OrganisationName};
use postseal_store::{Binding, SealedKey, StoreError, VaultError};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tokio::task::spawn_blocking;

use super::snapshot::{HostedSnapshot, Loaded, NodeCopy, Origin, ShardFileError};
use super::store_access::{ExpectedStore, StoreAccess};
use crate::config::StoreSettings;

/// The hosted keys of a node: the snapshot in force, its copy on the disk, and the private keys.
#[derive(Debug)]
pub(crate) struct HostedKeys {
    /// Replaced as a whole; read once for each message, for as long as a pointer takes to copy.
    current: RwLock<Arc<HostedSnapshot>>,
    pub(super) copy: NodeCopy,
    pub(super) store: Arc<StoreAccess>,
}

/// One hosted private key: which it is, and the record that is published for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostedKeyName {
    pub(crate) id: KeyId,
    pub(crate) organisation: OrganisationName,
    pub(crate) domain: DomainName,
    pub(crate) selector: Selector,
    pub(crate) record: String,
}

/// What was found when the hosted keys were loaded.
#[derive(Debug)]
pub(crate) struct FoundCopy {
    /// What the copy was made of. `None`: there is none.
    pub(super) origin: Option<Origin>,
    /// Files that could not be used, and why.
    pub(crate) damaged: Vec<(PathBuf, ShardFileError)>,
    /// The store that must be opened, where the copy has domains of one.
    pub(crate) expected: Option<ExpectedStore>,
}

/// Why a hosted private key cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostedKeyTrouble {
    #[error("the key-encryption key was not read yet")]
    NoVault,
    #[error("it is neither in this node's copy nor in an open store")]
    NotHere,
    #[error("this node's copy: {0}")]
    Copy(#[from] ShardFileError),
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Unusable(#[from] SigningKeyError),
    /// Signed with it, no receiver could verify the message.
    #[error("it is not the key of the record that is published")]
    OtherKey,
    #[error("reading it was interrupted")]
    Interrupted,
}

impl HostedKeys {
    /// Reads the copy of a node with these settings. It blocks.
    pub(crate) fn load(
        settings: &StoreSettings,
        zone: Option<HostingZone>,
        store: Arc<StoreAccess>,
    ) -> (HostedKeys, FoundCopy) {
        let copy = NodeCopy::beside(&settings.path);
        let Loaded { snapshot, origin, damaged } = copy.load(zone, now());
        // A copy with a damaged file may have had more.
        let has_domains = snapshot.len() > 0 || !damaged.is_empty();
        let expected = origin
            .as_ref()
            .filter(|_| has_domains)
            .map(|origin| ExpectedStore { id: origin.store_id.clone(), copy: copy.directory().to_owned() });
        store.put_in_force(snapshot.revision());
        let keys = HostedKeys { current: RwLock::new(Arc::new(snapshot)), copy, store };
        (keys, FoundCopy { origin, damaged, expected })
    }

    /// What is in force now.
    pub(crate) fn current(&self) -> Arc<HostedSnapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there is more than this node's copy.
    pub(crate) fn store_is_open(&self) -> bool {
        self.store.get().is_some()
    }

    pub(super) fn put_in_force(&self, snapshot: Arc<HostedSnapshot>) {
        let revision = snapshot.revision();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        self.store.put_in_force(revision);
    }

    /// Reads a private key: from the copy, and where that does not have it yet, from the store.
    ///
    /// # Errors
    /// [`HostedKeyTrouble`].
    pub(crate) async fn private_key(&self, name: &HostedKeyName) -> Result<SigningKey, HostedKeyTrouble> {
        let copied = self.copied_key(name).await;
        let Some(store) = self.store.get().filter(|_| copied.is_err()) else { return copied };
        let sealed = store.sealed_keys(&[name.id]).await?.pop();
        let (_, sealed) = sealed.ok_or(HostedKeyTrouble::NotHere)?;
        let (vault, name) = (self.store.vault().ok_or(HostedKeyTrouble::NoVault)?, name.clone());
        let opening = spawn_blocking(move || open(&vault, &name, &sealed));
        opening.await.map_err(|_| HostedKeyTrouble::Interrupted)?
    }

    async fn copied_key(&self, name: &HostedKeyName) -> Result<SigningKey, HostedKeyTrouble> {
        let vault = self.store.vault().ok_or(HostedKeyTrouble::NoVault)?;
        let (copy, name) = (self.copy.clone(), name.clone());
        let reading = spawn_blocking(move || {
            let mut found = copy.keys(NodeCopy::place_of(name.domain.as_str()), &[name.id])?;
            let (_, sealed) = found.pop().ok_or(HostedKeyTrouble::NotHere)?;
            open(&vault, &name, &sealed)
        });
        reading.await.map_err(|_| HostedKeyTrouble::Interrupted)?
    }
}

/// Opens a key, and sees that it is the one whose record is published.
fn open(
    vault: &postseal_store::KeyVault,
    name: &HostedKeyName,
    sealed: &SealedKey,
) -> Result<SigningKey, HostedKeyTrouble> {
    let binding = Binding {
        organisation: name.organisation.as_str(),
        domain: name.domain.as_str(),
        selector: name.selector.as_str(),
        key_id: name.id.0,
    };
    let document = vault.open_key(binding, sealed)?;
    let key = SigningKey::from_pkcs8(&PrivatePkcs8KeyDer::from(document.as_slice()))?;
    if key.record() != name.record {
        return Err(HostedKeyTrouble::OtherKey);
    }
    Ok(key)
}

pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
