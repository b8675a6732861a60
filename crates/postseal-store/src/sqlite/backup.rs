use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sqlx::{Connection as _, SqliteConnection};

use super::audit::{self, Entry};
use super::{Connection, Sqlite, feed, migrations, options, to_sql};
use crate::{Act, KeySource, StoreError};

/// Tables whose rows a restore takes from the backup in place of ours, parents first.
const REPLACED: [&str; 10] = [
    "INSERT INTO main.domain SELECT * FROM backup.domain",
    "INSERT INTO main.signing_key SELECT * FROM backup.signing_key",
    "INSERT INTO main.signing_configuration SELECT * FROM backup.signing_configuration",
    "INSERT INTO main.selector SELECT * FROM backup.selector",
    "INSERT INTO main.former_name SELECT * FROM backup.former_name",
    "INSERT INTO main.sighting SELECT * FROM backup.sighting",
    "INSERT INTO main.trusted_sealer SELECT * FROM backup.trusted_sealer",
    "INSERT INTO main.receiver_setting SELECT * FROM backup.receiver_setting",
    "INSERT INTO main.allowed_pair SELECT * FROM backup.allowed_pair",
    "INSERT INTO main.node_setting SELECT * FROM backup.node_setting",
];

/// Children first.
const EMPTIED: [&str; 10] = [
    "DELETE FROM main.node_setting",
    "DELETE FROM main.allowed_pair",
    "DELETE FROM main.receiver_setting",
    "DELETE FROM main.trusted_sealer",
    "DELETE FROM main.sighting",
    "DELETE FROM main.former_name",
    "DELETE FROM main.selector",
    "DELETE FROM main.signing_configuration",
    "DELETE FROM main.signing_key",
    "DELETE FROM main.domain",
];

/// Names are for ever: those of the backup come beside ours.
const JOINED: [&str; 3] = [
    "INSERT OR IGNORE INTO main.organisation SELECT * FROM backup.organisation",
    "INSERT OR IGNORE INTO main.label SELECT * FROM backup.label",
    "INSERT OR IGNORE INTO main.hosted_name SELECT * FROM backup.hosted_name",
];

impl Sqlite {
    /// Writes the whole store, as it is at one moment, to a new file beside a running
    /// node. Its private keys are encrypted there as here.
    pub(crate) async fn backup(&self, path: &Path, key: &KeySource, act: Act<'_>) -> Result<(), StoreError> {
        let (store, path, key) = (self.clone(), path.to_owned(), key.clone());
        let (actor, now) = (act.actor.to_owned(), act.now);
        to_its_end(async move { store.make_backup(&path, &key, Act { actor: &actor, now }).await }).await
    }

    async fn make_backup(&self, path: &Path, key: &KeySource, act: Act<'_>) -> Result<(), StoreError> {
        let failed = |source| StoreError::File { path: path.to_owned(), source };
        // Made by us for its mode: SQLite writes into an empty file.
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(failed)?;
        let written = self.write_backup(path, key, act).await;
        if written.is_err() {
            // Half a backup is none; the failure that is told is the first.
            let _ = std::fs::remove_file(path);
        }
        written
    }

    async fn write_backup(&self, path: &Path, key: &KeySource, act: Act<'_>) -> Result<(), StoreError> {
        let text = path.to_str().ok_or_else(|| StoreError::File {
            path: path.to_owned(),
            source: std::io::Error::from(std::io::ErrorKind::InvalidFilename),
        })?;
        let mut reader = self.readers.acquire().await?;
        sqlx::query("PRAGMA query_only = OFF").execute(&mut *reader).await?;
        let vacuumed = sqlx::query("VACUUM INTO ?").bind(text).execute(&mut *reader).await;
        sqlx::query("PRAGMA query_only = ON").execute(&mut *reader).await?;
        drop(reader);
        vacuumed?;
        let note = format!(
            "A backup of Postseal's store. The private keys in it are encrypted, and the key-encryption key is not \
             in it: it is kept in {key}. Without that key the private keys in this backup cannot be used. Keep a \
             copy of it elsewhere, apart from this file."
        );
        let failed = |source| StoreError::File { path: path.to_owned(), source };
        let mut copy = SqliteConnection::connect_with(
            &options(path).journal_mode(sqlx::sqlite::SqliteJournalMode::Delete),
        )
        .await?;
        // Nobody is logged in by a backup.
        sqlx::query("DELETE FROM session").execute(&mut copy).await?;
        sqlx::query("DELETE FROM setup_link").execute(&mut copy).await?;
        sqlx::query("DELETE FROM backup_note").execute(&mut copy).await?;
        sqlx::query("INSERT INTO backup_note (made_at, note) VALUES (?, ?)")
            .bind(to_sql(act.now))
            .bind(&note)
            .execute(&mut copy)
            .await?;
        copy.close().await?;
        File::open(path).and_then(|file| file.sync_all()).map_err(failed)?;
        write_note(path, &note)?;
        let mut transaction = self.write().await?;
        let detail = format!("file={}", path.display());
        let entry = Entry { organisation: "", action: "store.backup", subject: "store", detail };
        audit::append(&mut transaction, &self.vault, act, entry).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes domains, keys and settings from a backup, on a running node, in one
    /// transaction. Names that were made since stay reserved, the audit log goes on,
    /// the serial rises.
    pub(crate) async fn restore(&self, path: &Path, act: Act<'_>) -> Result<(), StoreError> {
        let (store, path) = (self.clone(), path.to_owned());
        let (actor, now) = (act.actor.to_owned(), act.now);
        to_its_end(async move { store.take_backup(&path, Act { actor: &actor, now }).await }).await
    }

    async fn take_backup(&self, path: &Path, act: Act<'_>) -> Result<(), StoreError> {
        let failed = |source| StoreError::File { path: path.to_owned(), source };
        File::open(path).map_err(failed)?;
        let text = path.to_str().ok_or_else(|| failed(std::io::ErrorKind::InvalidFilename.into()))?;
        let mut writer = self.writer.acquire().await?;
        sqlx::query("ATTACH DATABASE ? AS backup").bind(text).execute(&mut *writer).await?;
        let restored = self.restore_attached(&mut writer, path, act).await;
        sqlx::query("DETACH DATABASE backup").execute(&mut *writer).await?;
        restored
    }

    async fn restore_attached(
        &self,
        writer: &mut Connection,
        path: &Path,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
        self.check_backup(&mut transaction).await?;
        sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *transaction).await?;
        for statement in EMPTIED {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        for statement in JOINED {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        for statement in REPLACED {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        // A new machine takes the log of the old one; a log that has begun goes on.
        sqlx::query(
            "INSERT INTO main.audit SELECT * FROM backup.audit WHERE NOT EXISTS (SELECT 1 FROM main.audit)",
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE main.store SET store_id = (SELECT store_id FROM backup.store)")
            .execute(&mut *transaction)
            .await?;
        let (serial, revision): (i64, i64) = sqlx::query_as(
            "SELECT serial, (SELECT coalesce(max(revision), 0) FROM backup.revision) FROM backup.zone_serial",
        )
        .fetch_one(&mut *transaction)
        .await?;
        feed::raise_serial(&mut transaction, act.now, serial).await?;
        // Above any revision that a node may have read of either, so that it reads everything.
        sqlx::query(
            "INSERT INTO main.revision (revision, at, domain)
                     SELECT max(?, coalesce(max(revision), 0)) + 1000000, ?, NULL FROM main.revision",
        )
        .bind(revision)
        .bind(to_sql(act.now))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM main.revision WHERE revision < (SELECT max(revision) FROM main.revision)")
            .execute(&mut *transaction)
            .await?;
        let detail = format!("file={}", path.display());
        let entry = Entry { organisation: "", action: "store.restore", subject: "store", detail };
        audit::append(&mut transaction, &self.vault, act, entry).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// It is whole, of this schema, of this key, and of this store (or this one is empty).
    async fn check_backup(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let verdict: String =
            sqlx::query_scalar("PRAGMA backup.integrity_check(1)").fetch_one(&mut *connection).await?;
        if verdict != "ok" {
            return Err(StoreError::DamagedBackup(verdict));
        }
        let version: i64 = sqlx::query_scalar("SELECT max(version) FROM backup.migration")
            .fetch_one(&mut *connection)
            .await?;
        let known = migrations::MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
        if version != known {
            return Err(StoreError::NewerSchema { found: version, known });
        }
        let (theirs, check): (String, Vec<u8>) =
            sqlx::query_as("SELECT store_id, key_check FROM backup.store")
                .fetch_one(&mut *connection)
                .await?;
        if check != self.vault.check() {
            return Err(StoreError::WrongKey);
        }
        let (ours, organisations): (String, i64) =
            sqlx::query_as("SELECT store_id, (SELECT count(*) FROM main.organisation) FROM main.store")
                .fetch_one(connection)
                .await?;
        if ours != theirs && organisations > 0 {
            return Err(StoreError::ForeignBackup);
        }
        Ok(())
    }
}

/// Does work to its end, also where whoever asked for it goes meanwhile: what it attaches to or allows on a
/// connection that others use after it is taken back, and no half of a file stays.
async fn to_its_end(
    work: impl Future<Output = Result<(), StoreError>> + Send + 'static,
) -> Result<(), StoreError> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|_| Err(StoreError::Database(sqlx::Error::WorkerCrashed)))
}

/// The note also lies beside the backup, for whoever looks at files.
fn write_note(path: &Path, note: &str) -> Result<(), StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".txt");
    let beside = PathBuf::from(name);
    let failed = |source| StoreError::File { path: beside.clone(), source };
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&beside)
        .map_err(failed)?;
    file.write_all(format!("{note}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}
