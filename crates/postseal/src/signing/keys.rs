use std::path::Path;
use std::sync::Arc;

use postseal_core::dkim::SigningKey;
use quick_cache::sync::Cache;
use tokio::task::JoinHandle;

use super::{KeyFileError, read_key_file};

/// Private keys, read when they are first needed and kept ready: as many as are in use,
/// within a bound. A reload begins anew, so that a changed file is seen.
#[derive(Debug)]
pub(crate) struct Keys(Cache<Arc<Path>, Arc<SigningKey>>);

/// A key that is ready, or is being read.
#[derive(Debug)]
pub(crate) enum KeyWanted {
    Ready(Arc<SigningKey>),
    Reading(JoinHandle<Result<Arc<SigningKey>, KeyUnusable>>),
}

/// Why a domain's key cannot be used now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyUnusable {
    /// The file is not usable.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The task that read it broke down.
    #[error("reading the key was interrupted")]
    Interrupted,
}

impl Keys {
    pub(crate) fn new() -> Keys {
        Keys(Cache::new(MAX_READY))
    }

    /// Begins to read a key, unless it is ready.
    ///
    /// # Panics
    /// Outside a tokio runtime, where it must be read.
    pub(crate) fn want(self: &Arc<Keys>, file: &Arc<Path>) -> KeyWanted {
        match self.0.get(file) {
            Some(key) => KeyWanted::Ready(key),
            None => {
                let (keys, file) = (Arc::clone(self), Arc::clone(file));
                KeyWanted::Reading(tokio::spawn(async move { keys.read(file).await }))
            }
        }
    }

    /// Reads a key; those who want the same meanwhile wait for it. A failure is not kept.
    async fn read(&self, file: Arc<Path>) -> Result<Arc<SigningKey>, KeyUnusable> {
        let path = Arc::clone(&file);
        let reading = async move {
            let read = tokio::task::spawn_blocking(move || read_key_file(&path)).await;
            let key = read.map_err(|_| KeyUnusable::Interrupted)??;
            Ok(Arc::new(key))
        };
        self.0.get_or_insert_async(&file, reading).await
    }
}

impl KeyWanted {
    /// The key, once it has been read.
    pub(crate) async fn ready(self) -> Result<Arc<SigningKey>, KeyUnusable> {
        match self {
            KeyWanted::Ready(key) => Ok(key),
            KeyWanted::Reading(task) => task.await.map_err(|_| KeyUnusable::Interrupted)?,
        }
    }
}

/// Keys kept ready. An RSA key of 2048 bits that has signed takes 6 kB, so that all of them are
/// about 50 MB; reading one again takes less than a millisecond.
const MAX_READY: usize = 8_192;
