use std::net::IpAddr;

use postseal_store::{Account, ActorName, StoreError};

use super::{Secret, Service, ServiceError, passwords};

impl Service {
    /// The administrator account; `None` before somebody has used a set-up link.
    pub(crate) async fn administrator(&self) -> Result<Option<Account>, ServiceError> {
        Ok(self.store.accounts().await?.into_iter().next())
    }

    /// Holds a password against an account's, where it is time for that. `address`: whence it comes,
    /// over a network. Whether there is such an account cannot be told from what follows.
    pub(super) async fn right_account(
        &self,
        name: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<Account, ServiceError> {
        let wait = self.delays.begin(name, address, self.now());
        wait.map_err(|seconds| ServiceError::Wait { seconds })?;
        let account = match ActorName::parse(name) {
            Ok(name) => self.store.account(&name).await?,
            Err(_) => None,
        };
        let kept = account.as_ref().map(|account| &account.password);
        let right = self.passwords.verify(password, kept).await?;
        let account = account.filter(|_| right).ok_or(ServiceError::WrongPassword)?;
        self.delays.succeeded(name, address);
        Ok(account)
    }

    /// Gives an account another password. All its sessions end.
    pub(crate) async fn change_password(
        &self,
        name: &ActorName,
        (current, new): (&str, &str),
        address: Option<IpAddr>,
    ) -> Result<(), ServiceError> {
        passwords::check(new, name.as_str())?;
        let account = self.right_account(name.as_str(), current, address).await?;
        let hash = self.passwords.hash(new).await?;
        let actor = of_account(name);
        self.store.set_password(name, &account.password, &hash, self.act(&actor)).await?;
        Ok(())
    }

    /// Makes a set-up link, good once and for an hour.
    pub(crate) async fn new_setup_link(&self, actor: &str) -> Result<(Secret, u64), ServiceError> {
        let secret = Secret::new()?;
        let expires_at = self.now() + SETUP_LINK;
        self.store.new_setup_link(secret.hash(), expires_at, self.act(actor)).await?;
        Ok((secret, expires_at))
    }

    /// Whether a set-up link is good still.
    pub(crate) async fn setup_link_lives(&self, link: &Secret) -> Result<bool, ServiceError> {
        Ok(self.store.setup_link_lives(link.hash(), self.now()).await?)
    }

    /// Uses up a set-up link: makes the administrator account, or gives the one there is another
    /// password, and begins a session of it. Nobody waits for tries that failed before.
    pub(crate) async fn enter_by_setup_link(
        &self,
        link: &Secret,
        name: &ActorName,
        password: &str,
        address: IpAddr,
    ) -> Result<Secret, ServiceError> {
        passwords::check(password, name.as_str())?;
        // Nobody has passwords hashed without one.
        if !self.setup_link_lives(link).await? {
            return Err(StoreError::NoSetupLink.into());
        }
        let hash = self.passwords.hash(password).await?;
        let act = self.act("setup-link");
        let name = self.store.use_setup_link(link.hash(), name, &hash, act).await?;
        self.delays.succeeded(name.as_str(), Some(address));
        let account = self.store.account(&name).await?.ok_or(StoreError::NoAccount)?;
        self.begin_session(&account, address).await
    }
}

/// As the audit log has it.
pub(crate) fn of_account(name: &ActorName) -> String {
    format!("account:{name}")
}

/// Seconds.
const SETUP_LINK: u64 = 3_600;
