use super::accounts::{entry, name_of, role_of};
use super::{Sqlite, audit, from_sql, to_sql};
use crate::{Account, Act, SecretHash, Session, SessionTimes, StoreError};

/// Sessions of one account at once; beyond that the oldest ends.
const MOST: i64 = 100;

impl Sqlite {
    pub(crate) async fn begin_session(
        &self,
        account: &Account,
        hash: SecretHash,
        times: SessionTimes,
        detail: String,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        // Of several that change a password and log in at once, none comes in by the old one.
        let id: Option<i64> = sqlx::query_scalar("SELECT id FROM account WHERE name = ? AND password = ?")
            .bind(account.name.as_str())
            .bind(account.password.phc())
            .fetch_optional(&mut *transaction)
            .await?;
        let id = id.ok_or(StoreError::NoAccount)?;
        sqlx::query("DELETE FROM session WHERE seen_at <= ? OR made_at <= ?")
            .bind(to_sql(act.now.saturating_sub(times.idle)))
            .bind(to_sql(act.now.saturating_sub(times.absolute)))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM session WHERE hash IN
             (SELECT hash FROM session WHERE account_id = ? ORDER BY made_at DESC LIMIT -1 OFFSET ?)",
        )
        .bind(id)
        .bind(MOST - 1)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("INSERT INTO session (hash, account_id, made_at, seen_at) VALUES (?, ?, ?, ?)")
            .bind(hash.octets())
            .bind(id)
            .bind(to_sql(act.now))
            .bind(to_sql(act.now))
            .execute(&mut *transaction)
            .await?;
        let began = entry("session.begin", account.name.as_str(), detail);
        audit::append(&mut transaction, &self.vault, act, began).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn session(
        &self,
        hash: SecretHash,
        times: SessionTimes,
        now: u64,
    ) -> Result<Option<Session>, StoreError> {
        let row: Option<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT name, role, session.made_at, seen_at FROM session JOIN account ON account.id = account_id
             WHERE hash = ? AND seen_at > ? AND session.made_at > ?",
        )
        .bind(hash.octets())
        .bind(to_sql(now.saturating_sub(times.idle)))
        .bind(to_sql(now.saturating_sub(times.absolute)))
        .fetch_optional(&self.readers)
        .await?;
        let read = |(name, role, made_at, seen_at): (String, String, i64, i64)| {
            Ok(Session {
                account: name_of(&name)?,
                role: role_of(&role)?,
                made_at: from_sql(made_at),
                seen_at: from_sql(seen_at),
            })
        };
        row.map(read).transpose()
    }

    pub(crate) async fn session_seen(&self, hash: SecretHash, now: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE session SET seen_at = ? WHERE hash = ? AND seen_at < ?")
            .bind(to_sql(now))
            .bind(hash.octets())
            .bind(to_sql(now))
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(crate) async fn end_session(&self, hash: SecretHash, act: Act<'_>) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let account: Option<String> = sqlx::query_scalar(
            "DELETE FROM session WHERE hash = ?
             RETURNING (SELECT name FROM account WHERE account.id = account_id)",
        )
        .bind(hash.octets())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(account) = account else { return Ok(()) };
        let ended = entry("session.end", &account, String::new());
        audit::append(&mut transaction, &self.vault, act, ended).await?;
        transaction.commit().await?;
        Ok(())
    }
}
