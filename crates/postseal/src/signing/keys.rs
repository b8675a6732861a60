use std::fmt;
use std::path::Path;
use std::sync::Arc;

use postseal_core::dkim::SigningKey;
use quick_cache::sync::Cache;
use tokio::task::JoinHandle;

use super::{KeyFileError, read_key_file};
use crate::keys::{HostedKeyName, HostedKeyTrouble, HostedKeys};

/// Private keys, read when they are first needed and kept ready: as many as are in use,
/// within a bound. A reload begins anew, so that a changed file is seen.
#[derive(Debug)]
pub(crate) struct Keys {
    ready: Cache<KeyPlace, Arc<SigningKey>>,
    /// `None`: the settings name no store.
    hosted: Option<Arc<HostedKeys>>,
}

/// Where a private key is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyPlace {
    File(Arc<Path>),
    /// In this node's copy of the store.
    Hosted(Arc<HostedKeyName>),
}

impl KeyPlace {
    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            KeyPlace::File(path) => Some(path),
            KeyPlace::Hosted(_) => None,
        }
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyPlace::File(path) => write!(f, "{}", path.display()),
            KeyPlace::Hosted(name) => write!(f, "the hosted key of {}, {}", name.domain, name.selector),
        }
    }
}

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
    /// It is a hosted key.
    #[error(transparent)]
    Hosted(#[from] HostedKeyTrouble),
    /// The task that read it broke down.
    #[error("reading the key was interrupted")]
    Interrupted,
}

impl Keys {
    pub(crate) fn new(hosted: Option<Arc<HostedKeys>>) -> Keys {
        Keys { ready: Cache::new(MAX_READY), hosted }
    }

    /// Begins to read a key, unless it is ready.
    ///
    /// # Panics
    /// Outside a tokio runtime, where it must be read.
    pub(crate) fn want(self: &Arc<Keys>, place: &KeyPlace) -> KeyWanted {
        match self.ready.get(place) {
            Some(key) => KeyWanted::Ready(key),
            None => {
                let (keys, place) = (Arc::clone(self), place.clone());
                KeyWanted::Reading(tokio::spawn(async move { keys.read(place).await }))
            }
        }
    }

    /// Reads a key; those who want the same meanwhile wait for it. A failure is not kept.
    async fn read(&self, place: KeyPlace) -> Result<Arc<SigningKey>, KeyUnusable> {
        let reading = async {
            let key = match &place {
                KeyPlace::File(path) => {
                    let path = Arc::clone(path);
                    let read = tokio::task::spawn_blocking(move || read_key_file(&path)).await;
                    read.map_err(|_| KeyUnusable::Interrupted)??
                }
                KeyPlace::Hosted(name) => {
                    let hosted = self.hosted.as_ref().ok_or(HostedKeyTrouble::NotHere)?;
                    hosted.private_key(name).await?
                }
            };
            Ok(Arc::new(key))
        };
        self.ready.get_or_insert_async(&place, reading).await
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
