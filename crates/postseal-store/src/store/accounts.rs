use super::{Backend, Store};
use crate::{Account, Act, ActorName, PasswordHash, SecretHash, Session, SessionTimes, StoreError};

/// People who are let in, and their sessions.
impl Store {
    /// Every account, by name.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.accounts().await,
        }
    }

    /// An account by its name.
    ///
    /// # Errors
    /// As [`Store::accounts`].
    pub async fn account(&self, name: &ActorName) -> Result<Option<Account>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.account(name).await,
        }
    }

    /// Makes a set-up link, which ends the one before.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn new_setup_link(
        &self,
        hash: SecretHash,
        expires_at: u64,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.new_setup_link(hash, expires_at, act).await,
        }
    }

    /// Whether this is the set-up link, and can be used still.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn setup_link_lives(&self, hash: SecretHash, now: u64) -> Result<bool, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.setup_link_lives(hash, now).await,
        }
    }

    /// Uses up the set-up link: makes the administrator account, or gives the one there is this
    /// password and ends its sessions; its name stays then. Returns the name.
    ///
    /// # Errors
    /// [`StoreError::NoSetupLink`].
    pub async fn use_setup_link(
        &self,
        hash: SecretHash,
        name: &ActorName,
        password: &PasswordHash,
        act: Act<'_>,
    ) -> Result<ActorName, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.use_setup_link(hash, name, password, act).await,
        }
    }

    /// Gives an account another password in place of `old`, and ends all its sessions.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`], also where its password is not `old` any more.
    pub async fn set_password(
        &self,
        name: &ActorName,
        old: &PasswordHash,
        new: &PasswordHash,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.set_password(name, old, new, act).await,
        }
    }

    /// Begins a session of an account whose password was right a moment ago. Sessions that are over are
    /// forgotten, and the oldest beyond a hundred. `detail` is for the audit log.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`], also where its password is another by now.
    pub async fn begin_session(
        &self,
        account: &Account,
        hash: SecretHash,
        times: SessionTimes,
        detail: String,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.begin_session(account, hash, times, detail, act).await,
        }
    }

    /// The session of this secret, where it goes on at `now`.
    ///
    /// # Errors
    /// Only where the database fails, or was changed by other hands.
    pub async fn session(
        &self,
        hash: SecretHash,
        times: SessionTimes,
        now: u64,
    ) -> Result<Option<Session>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.session(hash, times, now).await,
        }
    }

    /// Somebody was seen in a session.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn session_seen(&self, hash: SecretHash, now: u64) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.session_seen(hash, now).await,
        }
    }

    /// Ends a session, where there is one.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn end_session(&self, hash: SecretHash, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.end_session(hash, act).await,
        }
    }
}
