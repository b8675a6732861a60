//! The store in one SQLite file. Every write is one `BEGIN IMMEDIATE` transaction.

mod accounts;
mod api_tokens;
mod audit;
mod backup;
mod configuration_rows;
mod domain_lists;
mod domains;
mod feed;
mod held_domains;
mod keys;
mod labels;
mod migrations;
mod node_settings;
mod organisations;
mod published;
mod receiver_policy;
mod report_counters;
mod sealers;
mod sessions;
mod sightings;
mod signing;
mod verdict_columns;
mod verdict_pages;
mod verdicts;
mod write_ahead_log;

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite as Dialect, SqliteConnection, SqlitePool, Transaction};

use crate::{KeyVault, SchemaChange, StoreError};

/// One writer, and readers that never wait for it (WAL).
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
    vault: Arc<KeyVault>,
}

impl Sqlite {
    /// Opens the file, made where it is absent (0600, its directory 0700), and brings its schema up to date.
    pub(crate) async fn open(
        path: &Path,
        vault: Arc<KeyVault>,
        now: u64,
        tell: impl Fn(SchemaChange),
    ) -> Result<Sqlite, StoreError> {
        make_file(path)?;
        let options = options(path);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.clone())
            .await?;
        let mut first = writer.acquire().await?;
        write_ahead_log::turn_on(&mut first).await?;
        if let Some(change) = migrations::pending(&mut first, migrations::MIGRATIONS).await? {
            tell(change);
        }
        migrations::migrate(&mut first, migrations::MIGRATIONS, to_sql(now)).await?;
        drop(first);
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        let store = Sqlite { writer, readers, vault };
        store.check_key().await?;
        Ok(store)
    }

    /// The first start writes down which key-encryption key belongs to the file; later ones compare.
    async fn check_key(&self) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let known: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT key_check FROM store").fetch_optional(&mut *transaction).await?;
        match known {
            Some(known) if known == self.vault.check() => {}
            Some(_) => return Err(StoreError::WrongKey),
            None => {
                sqlx::query(
                    "INSERT INTO store (id, store_id, key_check) VALUES (1, lower(hex(randomblob(16))), ?)",
                )
                .bind(self.vault.check().as_slice())
                .execute(&mut *transaction)
                .await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn id(&self) -> Result<String, StoreError> {
        Ok(sqlx::query_scalar("SELECT store_id FROM store").fetch_one(&self.readers).await?)
    }

    /// A transaction that holds the write lock from its beginning. Dropped, it is undone.
    async fn write(&self) -> Result<Transaction<'static, Dialect>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A transaction that sees one state of all tables.
    async fn read(&self) -> Result<Transaction<'static, Dialect>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // A change that was answered survives a power loss.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("secure_delete", "ON")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

fn make_file(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop).map_err(failed)
}

/// Seconds as SQLite keeps them.
fn to_sql(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn from_sql(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0)
}

/// Waiting for a connection: the writer does one short transaction after the other.
const ACQUIRE: Duration = Duration::from_secs(10);
/// Waiting for another process's write lock.
const BUSY: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

type Connection = SqliteConnection;
