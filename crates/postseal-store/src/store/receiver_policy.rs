use std::collections::BTreeMap;

use super::{Backend, Store};
use crate::{Act, NewPair, ReceiverPolicy, StoreError, StoredPair};

/// What the receiver has changed of its settings, and whom it accepts although DMARC fails.
impl Store {
    /// The revision at which the policy, a pair or a trusted sealer changed last.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn receiver_revision(&self) -> Result<i64, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.receiver_revision().await,
        }
    }

    /// All of it: a node's mail path works by a copy of this.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn receiver_policy(&self) -> Result<ReceiverPolicy, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.receiver_policy().await,
        }
    }

    /// Changes settings by their keys; `None`: it is as in the file again.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn set_receiver_settings(
        &self,
        changes: &BTreeMap<String, Option<String>>,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.set_receiver_settings(changes, act).await,
        }
    }

    /// Adds an allowed pair.
    ///
    /// # Errors
    /// [`StoreError::PairTaken`] for the same domain and origin, [`StoreError::TooManyPairs`].
    pub async fn add_allowed_pair(&self, new: &NewPair, act: Act<'_>) -> Result<StoredPair, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.add_allowed_pair(new, act).await,
        }
    }

    /// Removes an allowed pair.
    ///
    /// # Errors
    /// [`StoreError::NoPair`].
    pub async fn remove_allowed_pair(&self, id: i64, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.remove_allowed_pair(id, act).await,
        }
    }
}
