use super::{Backend, Store};
use crate::{Act, ActorName, ApiToken, NewApiToken, SecretHash, StoreError};

/// Programs that are let in.
impl Store {
    /// Makes a token.
    ///
    /// # Errors
    /// [`StoreError::TokenTaken`] for a name that is or was in use, [`StoreError::TooManyTokens`],
    /// [`StoreError::NoOrganisation`].
    pub async fn add_token(&self, new: &NewApiToken, act: Act<'_>) -> Result<ApiToken, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.add_token(new, act).await,
        }
    }

    /// A page of tokens by name, after `after`; those that have expired are among them.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn tokens(&self, after: &str, limit: u32) -> Result<Vec<ApiToken>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.tokens(after, limit).await,
        }
    }

    /// The token of this secret, where it is good at `now`.
    ///
    /// # Errors
    /// As [`Store::tokens`].
    pub async fn token(&self, hash: SecretHash, now: u64) -> Result<Option<ApiToken>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.token(hash, now).await,
        }
    }

    /// A token was used.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn token_used(&self, hash: SecretHash, now: u64) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.token_used(hash, now).await,
        }
    }

    /// Removes a token; its name is never given to another.
    ///
    /// # Errors
    /// [`StoreError::NoToken`].
    pub async fn remove_token(&self, name: &ActorName, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.remove_token(name, act).await,
        }
    }
}
