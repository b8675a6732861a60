use postseal_core::hosting::OrganisationName;
use postseal_store::{ActorName, ApiToken, NewApiToken, TokenScope};

use super::sessions::NOTED;
use super::{Secret, Service, ServiceError};

/// A token as it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct TokenOrder {
    pub(crate) name: ActorName,
    pub(crate) scope: TokenScope,
    /// `None`: everybody's data.
    pub(crate) organisation: Option<OrganisationName>,
    /// Seconds until it expires.
    pub(crate) lifetime: u64,
}

impl Service {
    /// Makes a token. What it is shown by is returned, and never again.
    pub(crate) async fn add_token(
        &self,
        order: TokenOrder,
        actor: &str,
    ) -> Result<(ApiToken, String), ServiceError> {
        if order.scope == TokenScope::Operate && order.organisation.is_some() {
            return Err(ServiceError::OperateWithOrganisation);
        }
        let secret = Secret::new()?;
        let new = NewApiToken {
            name: order.name,
            hash: secret.hash(),
            scope: order.scope,
            organisation: order.organisation,
            expires_at: self.now() + order.lifetime,
        };
        let made = self.store.add_token(&new, self.act(actor)).await?;
        Ok((made, format!("{FRONT}{}", secret.text())))
    }

    /// A page of tokens by name, after `after`.
    pub(crate) async fn tokens(&self, after: &str, limit: u32) -> Result<Vec<ApiToken>, ServiceError> {
        Ok(self.store.tokens(after, limit).await?)
    }

    /// The token that is shown so, where it is good.
    pub(crate) async fn token(&self, shown: &str) -> Result<Option<ApiToken>, ServiceError> {
        let Some(secret) = shown.strip_prefix(FRONT).and_then(Secret::parse) else { return Ok(None) };
        let (hash, now) = (secret.hash(), self.now());
        let token = self.store.token(hash, now).await?;
        if token.as_ref().is_some_and(|token| token.used_at.is_none_or(|used| used + NOTED <= now)) {
            let store = self.store.clone();
            // Nobody waits for that; where it fails, the next use notes it.
            tokio::spawn(async move { store.token_used(hash, now).await });
        }
        Ok(token)
    }

    /// Removes a token.
    pub(crate) async fn remove_token(&self, name: &ActorName, actor: &str) -> Result<(), ServiceError> {
        Ok(self.store.remove_token(name, self.act(actor)).await?)
    }
}

/// How tokens begin, so that whoever finds one knows what it is.
const FRONT: &str = "postseal_";
