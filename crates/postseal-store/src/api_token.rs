use std::fmt;

use postseal_core::hosting::OrganisationName;

use crate::ActorName;

/// SHA-256 of a secret of 32 random octets: of a session, an API token or a set-up link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// This hash.
    pub fn new(octets: [u8; 32]) -> SecretHash {
        SecretHash(octets)
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

/// What a token may do, each with what stands above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenScope {
    /// See what organisations have.
    ReadOrganisation,
    /// Change it.
    ChangeOrganisation,
    /// Run the node; only without an organisation.
    Operate,
}

impl TokenScope {
    /// Every scope.
    pub const ALL: [TokenScope; 3] =
        [TokenScope::ReadOrganisation, TokenScope::ChangeOrganisation, TokenScope::Operate];

    /// Its word in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenScope::ReadOrganisation => "read-organisation",
            TokenScope::ChangeOrganisation => "change-organisation",
            TokenScope::Operate => "operate",
        }
    }

    /// The scope of this word.
    pub fn parse(word: &str) -> Option<TokenScope> {
        TokenScope::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A program that is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// By which the audit log has what it does.
    pub name: ActorName,
    /// What it may do.
    pub scope: TokenScope,
    /// Whose data it may reach; `None`: everybody's.
    pub organisation: Option<OrganisationName>,
    /// Who made it, as the audit log has it.
    pub made_by: String,
    /// UNIX seconds.
    pub made_at: u64,
    /// UNIX seconds.
    pub expires_at: u64,
    /// When it was last used, UNIX seconds; written down about once a minute.
    pub used_at: Option<u64>,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewApiToken {
    /// Not the name of another, nor of one that was removed.
    pub name: ActorName,
    /// Of its secret.
    pub hash: SecretHash,
    /// What it may do.
    pub scope: TokenScope,
    /// Whose data it may reach; `None`: everybody's.
    pub organisation: Option<OrganisationName>,
    /// UNIX seconds.
    pub expires_at: u64,
}
