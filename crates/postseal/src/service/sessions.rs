use std::net::IpAddr;

use postseal_store::{Account, Session, SessionTimes};

use super::accounts::of_account;
use super::{Secret, Service, ServiceError};

impl Service {
    /// Begins a session of whoever has this name and password.
    pub(crate) async fn log_in(
        &self,
        name: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<Secret, ServiceError> {
        let account = self.right_account(name, password, Some(address)).await?;
        self.begin_session(&account, address).await
    }

    pub(super) async fn begin_session(
        &self,
        account: &Account,
        address: IpAddr,
    ) -> Result<Secret, ServiceError> {
        let secret = Secret::new()?;
        let (actor, detail) = (of_account(&account.name), format!("address={}", address.to_canonical()));
        self.store.begin_session(account, secret.hash(), TIMES, detail, self.act(&actor)).await?;
        Ok(secret)
    }

    /// The session of a secret, where it goes on.
    pub(crate) async fn session(&self, secret: &Secret) -> Result<Option<Session>, ServiceError> {
        let (hash, now) = (secret.hash(), self.now());
        let session = self.store.session(hash, TIMES, now).await?;
        if session.as_ref().is_some_and(|session| session.seen_at + NOTED <= now) {
            let store = self.store.clone();
            // Nobody waits for that; where it fails, the session ends a little earlier.
            tokio::spawn(async move { store.session_seen(hash, now).await });
        }
        Ok(session)
    }

    /// Ends a session.
    pub(crate) async fn log_out(&self, secret: &Secret, session: &Session) -> Result<(), ServiceError> {
        let actor = of_account(&session.account);
        Ok(self.store.end_session(secret.hash(), self.act(&actor)).await?)
    }
}

/// Twelve hours without a request, seven days in all.
const TIMES: SessionTimes = SessionTimes { idle: 12 * 3_600, absolute: 7 * 86_400 };

/// Seconds between two notes of when somebody was seen.
pub(super) const NOTED: u64 = 60;
