use postseal_core::hosting::{HostedLabelError, Refusal};

use crate::VaultError;

/// Why an operation was not done. Then nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed or could not be reached.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database was written by a newer program.
    #[error("the database has schema {found}, and this program knows {known}: use the newer program")]
    NewerSchema {
        /// Its version.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// The database belongs to another key-encryption key.
    #[error("this is not the key-encryption key that the database was made with")]
    WrongKey,
    /// A private key does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No such organisation.
    #[error("no organisation {0}")]
    NoOrganisation(String),
    /// An organisation has or had this name.
    #[error("the name {0} is taken, or was once: names are for ever")]
    OrganisationTaken(String),
    /// The organisation has no such domain.
    #[error("no domain {0}")]
    NoDomain(String),
    /// The organisation claims the domain and does not hold it.
    #[error("{0} is not verified")]
    NotHeld(String),
    /// Another organisation holds the domain.
    #[error("another organisation holds {0}")]
    HeldByAnother(String),
    /// The domain has no signing configuration.
    #[error("no DKIM keys for {0}")]
    NoConfiguration(String),
    /// The domain has a signing configuration already.
    #[error("{0} has DKIM keys already")]
    AlreadyConfigured(String),
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No hosted name can be made.
    #[error(transparent)]
    Label(#[from] HostedLabelError),
    /// The hosted name that the selector makes is another domain's.
    #[error("the hosted name {0} is another domain's")]
    HostedNameTaken(String),
    /// A row cannot be read: the database was changed by other hands.
    #[error("the row of {what} cannot be read")]
    BadRow {
        /// Which.
        what: &'static str,
    },
    /// The private key was destroyed when it was revoked, or never was.
    #[error("there is no private key {0}")]
    NoKey(i64),
    /// A file of the store could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What is to be restored is another store's, and this one is not empty.
    #[error("the backup is another store's, and this store is not empty")]
    ForeignBackup,
    /// What is to be restored is damaged.
    #[error("the backup is damaged: {0}")]
    DamagedBackup(String),
    /// No such account, or its password is another by now.
    #[error("the account is not as it was a moment ago")]
    NoAccount,
    /// The set-up link was used, or its hour is over, or there is a newer one.
    #[error("the set-up link was used already, is over, or there is a newer one")]
    NoSetupLink,
    /// No such API token.
    #[error("no API token {0}")]
    NoToken(String),
    /// A token has or had this name.
    #[error("the name {0} is taken by a token, or was once: names are for ever")]
    TokenTaken(String),
    /// There are a thousand API tokens.
    #[error("at most 1000 API tokens: remove some")]
    TooManyTokens,
    /// There is no allowed pair of this number.
    #[error("there is no allowed pair {0}")]
    NoPair(i64),
    /// There is one for the same domain from the same place.
    #[error("{0} is allowed from there already")]
    PairTaken(String),
    /// There are a thousand.
    #[error("at most 1000 allowed pairs: remove some")]
    TooManyPairs,
    /// The list of trusted sealers is longer than 1000.
    #[error("at most 1000 trusted sealers")]
    TooManySealers,
}
