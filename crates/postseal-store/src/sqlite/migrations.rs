use sqlx::SqliteConnection;

use crate::{SchemaChange, StoreError};

/// One step of the schema, forward only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// All steps, in order; a step that was released is never edited.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "control_plane", sql: include_str!("migrations/0001_control_plane.sql") },
    Migration { version: 2, name: "verdicts", sql: include_str!("migrations/0002_verdicts.sql") },
    Migration { version: 3, name: "accounts", sql: include_str!("migrations/0003_accounts.sql") },
    Migration { version: 4, name: "messages", sql: include_str!("migrations/0004_messages.sql") },
    Migration {
        version: 5,
        name: "audit_by_subject",
        sql: include_str!("migrations/0005_audit_by_subject.sql"),
    },
    Migration { version: 6, name: "domain_lists", sql: include_str!("migrations/0006_domain_lists.sql") },
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";

/// What [`migrate`] will have to do to a store that is there already.
pub(crate) async fn pending(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
) -> Result<Option<SchemaChange>, StoreError> {
    let is_there: bool =
        sqlx::query_scalar("SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'migration'")
            .fetch_one(&mut *connection)
            .await?;
    if !is_there {
        return Ok(None);
    }
    let from: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM migration")
        .fetch_one(&mut *connection)
        .await?;
    let to = migrations.iter().map(|m| m.version).max().unwrap_or(0);
    Ok((0 < from && from < to).then_some(SchemaChange { from, to }))
}

/// Brings the schema up to date. All of it is one transaction that holds the write
/// lock from its beginning, so that of two processes one migrates and the other finds it done.
pub(crate) async fn migrate(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
    now: i64,
) -> Result<(), StoreError> {
    let mut transaction = sqlx::Connection::begin_with(connection, "BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(TABLE).execute(&mut *transaction).await?;
    let newest: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM migration")
        .fetch_one(&mut *transaction)
        .await?;
    let known = migrations.iter().map(|m| m.version).max().unwrap_or(0);
    if newest > known {
        return Err(StoreError::NewerSchema { found: newest, known });
    }
    for migration in migrations.iter().filter(|m| m.version > newest) {
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO migration (version, name, applied_at) VALUES (?, ?, ?)")
            .bind(migration.version)
            .bind(migration.name)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
