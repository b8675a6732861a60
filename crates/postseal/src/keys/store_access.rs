use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use postseal_store::{
    KeyEncryptionKey, KeySource, KeySourceError, KeyVault, PrivateFileError, SchemaChange, Store, StoreError,
    VaultError,
};
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::config::{LogLevel, StoreSettings};

/// The store of a node, which it may have to do without for a while, and the bell that is rung
/// when something in it has changed.
#[derive(Debug)]
pub(crate) struct StoreAccess {
    store: OnceLock<Store>,
    is_open: watch::Sender<bool>,
    /// Rung after each write, so that the change is in force at once.
    pub(crate) changed: Notify,
    /// The revision of the store that this node works by.
    in_force: watch::Sender<i64>,
    /// Opens the private keys, also those of the node's own copy; there as soon as its key was read.
    vault: RwLock<Option<Arc<KeyVault>>>,
}

/// Why the store is not open.
#[derive(Debug, thiserror::Error)]
enum StoreTrouble {
    #[error("the key-encryption key cannot be used: {0}")]
    Key(#[from] KeySourceError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A new one would take away all that the node's copy has.
    #[error(
        "the file is gone, and none is made, because this node signs by its copy of it in {}: put a backup in \
         its place, or remove the copy to begin anew",
        copy.display()
    )]
    Gone { copy: PathBuf },
    /// Somebody has put another database there.
    #[error(
        "this is not the store that the copy in {} was made of: put that one back, or remove the copy to \
         follow this one",
        copy.display()
    )]
    Another { copy: PathBuf },
    #[error("reading the key-encryption key was interrupted")]
    Interrupted,
}

/// The store that a node's copy was made of: no other may take its place.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedStore {
    pub(crate) id: String,
    /// The directory of the copy.
    pub(crate) copy: PathBuf,
}

impl StoreAccess {
    pub(crate) fn new() -> StoreAccess {
        let (is_open, _) = watch::channel(false);
        let (in_force, _) = watch::channel(0);
        StoreAccess {
            store: OnceLock::new(),
            is_open,
            changed: Notify::new(),
            in_force,
            vault: RwLock::default(),
        }
    }

    /// The store, once it is open. It stays so.
    pub(crate) fn get(&self) -> Option<&Store> {
        self.store.get()
    }

    /// What opens private keys; `None` until the key-encryption key was read.
    pub(crate) fn vault(&self) -> Option<Arc<KeyVault>> {
        self.vault.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the store is open; as long as it takes.
    pub(crate) async fn opened(&self) -> &Store {
        let mut is_open = self.is_open.subscribe();
        loop {
            if let Some(store) = self.get() {
                return store;
            }
            // The sender is here, so that this ends by a change only.
            let _ = is_open.changed().await;
        }
    }

    /// This node works by this revision from now on.
    pub(super) fn put_in_force(&self, revision: i64) {
        self.in_force.send_replace(revision);
    }

    /// Waits until this node works by this revision or a newer one; as long as it takes.
    pub(crate) async fn until_in_force(&self, revision: i64) {
        let mut in_force = self.in_force.subscribe();
        // The sender is here, so that this ends by a change only.
        let _ = in_force.wait_for(|followed| *followed >= revision).await;
    }

    /// Opens the store, and tries again every few seconds until it is open. `say` is called for
    /// each trouble that differs from the one before.
    pub(crate) async fn open(
        &self,
        settings: &StoreSettings,
        expected: Option<&ExpectedStore>,
        say: impl Fn(LogLevel, &str),
    ) {
        let mut said = String::new();
        loop {
            match self.open_once(settings, expected, &say).await {
                Ok(store) => {
                    let _ = self.store.set(store);
                    self.is_open.send_replace(true);
                    self.changed.notify_one();
                    return say(LogLevel::Info, &format!("the store {} is open", settings.path.display()));
                }
                Err(trouble) => {
                    let text = format!("the store {} is not open: {trouble}", settings.path.display());
                    if text != said {
                        say(LogLevel::Error, &text);
                        said = text;
                    }
                }
            }
            sleep(TRY_AGAIN).await;
        }
    }

    /// Where neither the store's file nor that of its key is there, both are made.
    async fn open_once(
        &self,
        settings: &StoreSettings,
        expected: Option<&ExpectedStore>,
        say: &impl Fn(LogLevel, &str),
    ) -> Result<Store, StoreTrouble> {
        let (path, source) = (settings.path.clone(), settings.key.clone());
        let may_make = expected.is_none();
        let read = spawn_blocking(move || read_or_make(&path, &source, may_make));
        let (key, made) = read.await.map_err(|_| StoreTrouble::Interrupted)??;
        if let (true, KeySource::File(file)) = (made, &settings.key) {
            let text = format!(
                "{}: a new key-encryption key; no backup of the store has it, so keep a copy elsewhere",
                file.display()
            );
            say(LogLevel::Warn, &text);
        }
        let vault = Arc::new(KeyVault::new(&key)?);
        *self.vault.write().unwrap_or_else(PoisonError::into_inner) = Some(vault);
        if let Some(expected) = expected.filter(|_| !settings.path.exists()) {
            return Err(StoreTrouble::Gone { copy: expected.copy.clone() });
        }
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        let tell = |change: SchemaChange| {
            let text = format!(
                "the store {} was made by an older version: its schema {} becomes {}. With many messages in it this \
                 takes a while, in which mail goes on; an older version cannot open it then",
                settings.path.display(),
                change.from,
                change.to
            );
            say(LogLevel::Warn, &text);
        };
        let store = Store::open_sqlite_and_tell(&settings.path, &key, now, tell).await?;
        let id = store.id().await?;
        if let Some(expected) = expected.filter(|expected| expected.id != id) {
            store.close().await;
            return Err(StoreTrouble::Another { copy: expected.copy.clone() });
        }
        Ok(store)
    }
}

/// The key, and whether it was made now. A store that is or was there already has its key.
fn read_or_make(
    store: &Path,
    source: &KeySource,
    may_make: bool,
) -> Result<(KeyEncryptionKey, bool), KeySourceError> {
    if may_make {
        make_directory_of(store);
        if let KeySource::File(file) = source {
            make_directory_of(file);
        }
    }
    match (source.read(), source) {
        (Err(KeySourceError::File(PrivateFileError::Read { source, .. })), KeySource::File(file))
            if may_make && source.kind() == std::io::ErrorKind::NotFound && !store.exists() =>
        {
            make_or_read(file)
        }
        (read, _) => Ok((read?, false)),
    }
}

/// Where another node makes it at the same moment, its key is this one's too.
fn make_or_read(file: &Path) -> Result<(KeyEncryptionKey, bool), KeySourceError> {
    match KeyEncryptionKey::make_file(file) {
        Err(KeySourceError::Make { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok((KeySource::File(file.to_owned()).read()?, false))
        }
        made => Ok((made?, true)),
    }
}

/// Where it cannot be made, whoever writes there says why.
fn make_directory_of(file: &Path) {
    if let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    }
}

/// Between two tries to open the store.
const TRY_AGAIN: Duration = Duration::from_secs(3);
