// One operation a method, by what they are about.
mod accounts;
mod api_tokens;
mod audit;
mod domain_lists;
mod domains;
mod held_domains;
mod node_settings;
mod organisations;
mod receiver_policy;
mod signing;
mod trusted_sealers;
mod verdicts;

use std::path::Path;
use std::sync::Arc;

use crate::sqlite::Sqlite;
use crate::{Act, Feed, KeyEncryptionKey, KeySource, KeyVault, SchemaChange, StoreError};

/// What survives a restart. Each method is one operation of the service layer and
/// one transaction: done whole, or not at all.
///
/// The backends are an enum and not a trait: they are known, each has these
/// operations in its own dialect, and a caller holds a plain `Store` whichever it
/// is. PostgreSQL joins as a second variant, and each `match` here then asks for it.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
}

#[derive(Clone, Debug)]
enum Backend {
    Sqlite(Sqlite),
}

impl Store {
    /// Opens the store in an SQLite file, made where it is absent (mode 0600), and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::NewerSchema`], or what the system says.
    pub async fn open_sqlite(path: &Path, key: &KeyEncryptionKey, now: u64) -> Result<Store, StoreError> {
        Store::open_sqlite_and_tell(path, key, now, |_| {}).await
    }

    /// The same, and tells of a change of the schema before it begins: with millions of rows that takes a while.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::NewerSchema`], or what the system says.
    pub async fn open_sqlite_and_tell(
        path: &Path,
        key: &KeyEncryptionKey,
        now: u64,
        tell: impl Fn(SchemaChange),
    ) -> Result<Store, StoreError> {
        let vault = Arc::new(KeyVault::new(key)?);
        Ok(Store { backend: Backend::Sqlite(Sqlite::open(path, vault, now, tell).await?) })
    }

    /// Closes all connections; what is under way is finished first.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(store) => store.close().await,
        }
    }

    /// The name that this database gave itself when it was made; a backup of it has the same.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn id(&self) -> Result<String, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.id().await,
        }
    }

    /// The newest revision of the change feed; it never goes back.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.revision().await,
        }
    }

    /// What has changed since a revision.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn changes_since(&self, revision: i64) -> Result<Feed, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.changes_since(revision).await,
        }
    }

    /// Writes the store to a new file, beside a running node, and a note that says where the
    /// key-encryption key is kept: it is not in the backup.
    ///
    /// # Errors
    /// [`StoreError::File`] where the file is there already or cannot be written.
    pub async fn backup(&self, path: &Path, key: &KeySource, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.backup(path, key, act).await,
        }
    }

    /// Takes domains, keys and settings from a backup, on a running node. Names that were made since
    /// stay reserved, the audit log goes on, the serial rises.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::ForeignBackup`], [`StoreError::DamagedBackup`].
    pub async fn restore(&self, path: &Path, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.restore(path, act).await,
        }
    }
}
