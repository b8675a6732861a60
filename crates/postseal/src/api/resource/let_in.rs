use std::fmt;

use postseal_store::{Account, ApiToken};
use serde::{Deserialize, Serialize};

use super::moment;

/// An account of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountResource {
    pub(crate) name: String,
    /// `administrator`
    pub(crate) role: String,
    pub(crate) made_at: String,
    pub(crate) password_at: String,
}

/// Another password for the account that asks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPassword {
    pub(crate) current: String,
    pub(crate) new: String,
}

/// A link by which the administrator account is made, or gets another password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetupLink {
    pub(crate) url: String,
    pub(crate) expires_at: String,
}

/// An API token; what it is shown by is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) name: String,
    /// `read-organisation`, `change-organisation`, `operate`: each with what comes before it.
    pub(crate) scope: String,
    /// Null: every organisation.
    pub(crate) organisation: Option<String>,
    /// Who made it: `account:admin`, `uid:0`.
    pub(crate) made_by: String,
    pub(crate) made_at: String,
    pub(crate) expires_at: String,
    /// About when it was last used; null: never.
    pub(crate) used_at: Option<String>,
}

/// A token to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    pub(crate) name: String,
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) organisation: Option<String>,
    /// Until it expires, 1 to 366; 90 where nothing is said.
    #[serde(default)]
    pub(crate) days: Option<u64>,
}

/// A token that was made.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TokenMade {
    pub(crate) token: Token,
    /// Shown here and never again.
    pub(crate) secret: String,
}

impl AccountResource {
    pub(crate) fn of(account: &Account) -> AccountResource {
        AccountResource {
            name: account.name.to_string(),
            role: account.role.as_str().to_owned(),
            made_at: moment(account.made_at),
            password_at: moment(account.password_at),
        }
    }
}

impl Token {
    pub(crate) fn of(token: ApiToken) -> Token {
        Token {
            name: token.name.to_string(),
            scope: token.scope.as_str().to_owned(),
            organisation: token.organisation.map(|name| name.to_string()),
            made_by: token.made_by,
            made_at: moment(token.made_at),
            expires_at: moment(token.expires_at),
            used_at: token.used_at.map(moment),
        }
    }
}

/// Without the passwords.
impl fmt::Debug for SetPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetPassword")
    }
}

/// Without the secret.
impl fmt::Debug for TokenMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenMade({:?})", self.token)
    }
}
