use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use postseal_store::{KeyEncryptionKey, KeySource, KeySourceError, Store, StoreError};
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
}

/// Why the store is not open.
#[derive(Debug, thiserror::Error)]
enum StoreTrouble {
    #[error("the key-encryption key cannot be used: {0}")]
    Key(#[from] KeySourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading the key-encryption key was interrupted")]
    Interrupted,
}

impl StoreAccess {
    pub(crate) fn new() -> StoreAccess {
        let (is_open, _) = watch::channel(false);
        StoreAccess { store: OnceLock::new(), is_open, changed: Notify::new() }
    }

    /// The store, once it is open. It stays so.
    pub(crate) fn get(&self) -> Option<&Store> {
        self.store.get()
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

    /// Opens the store, and tries again every few seconds until it is open. `say` is called for
    /// each trouble that differs from the one before.
    pub(crate) async fn open(&self, settings: &StoreSettings, say: impl Fn(LogLevel, &str)) {
        let mut said = String::new();
        loop {
            match open_store(settings, &say).await {
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
}

/// Opens the store once. Where neither its file nor the file of its key is there, both are made.
///
/// # Errors
/// [`StoreTrouble`].
async fn open_store(settings: &StoreSettings, say: impl Fn(LogLevel, &str)) -> Result<Store, StoreTrouble> {
    let (path, source) = (settings.path.clone(), settings.key.clone());
    let read = spawn_blocking(move || read_or_make(&path, &source));
    let (key, made) = read.await.map_err(|_| StoreTrouble::Interrupted)??;
    if let (true, KeySource::File(file)) = (made, &settings.key) {
        let file = file.display();
        say(
            LogLevel::Warn,
            &format!(
                "{file}: a new key-encryption key; no backup of the store has it, so keep a copy elsewhere"
            ),
        );
    }
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    Ok(Store::open_sqlite(&settings.path, &key, now).await?)
}

/// The key, and whether it was made now. A store that is there already has its key.
fn read_or_make(store: &Path, source: &KeySource) -> Result<(KeyEncryptionKey, bool), KeySourceError> {
    match (source.read(), source) {
        (Err(KeySourceError::Read { source, .. }), KeySource::File(file))
            if source.kind() == std::io::ErrorKind::NotFound && !store.exists() =>
        {
            Ok((KeyEncryptionKey::make_file(file)?, true))
        }
        (read, _) => Ok((read?, false)),
    }
}

/// Between two tries to open the store.
const TRY_AGAIN: Duration = Duration::from_secs(3);
