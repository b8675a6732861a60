use super::audit::{self, Entry};
use super::{Connection, Sqlite, from_sql, to_sql};
use crate::{Account, Act, ActorName, PasswordHash, Role, SecretHash, StoreError};

type Row = (String, String, String, i64, i64);

fn read((name, role, password, made_at, password_at): Row) -> Result<Account, StoreError> {
    Ok(Account {
        name: name_of(&name)?,
        role: role_of(&role)?,
        password: PasswordHash::new(password),
        made_at: from_sql(made_at),
        password_at: from_sql(password_at),
    })
}

pub(super) fn name_of(text: &str) -> Result<ActorName, StoreError> {
    ActorName::parse(text).map_err(|_| StoreError::BadRow { what: "account" })
}

pub(super) fn role_of(word: &str) -> Result<Role, StoreError> {
    let found = Role::ALL.into_iter().find(|role| role.as_str() == word);
    found.ok_or(StoreError::BadRow { what: "account" })
}

/// An entry of the audit log about somebody who is let in.
pub(super) fn entry<'a>(action: &'a str, subject: &'a str, detail: String) -> Entry<'a> {
    Entry { organisation: "", action, subject, detail }
}

/// Ends all sessions of an account.
async fn end_sessions(connection: &mut Connection, name: &ActorName) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE account_id = (SELECT id FROM account WHERE name = ?)")
        .bind(name.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

impl Sqlite {
    pub(crate) async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT name, role, password, made_at, password_at FROM account ORDER BY name")
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn account(&self, name: &ActorName) -> Result<Option<Account>, StoreError> {
        let row: Option<Row> =
            sqlx::query_as("SELECT name, role, password, made_at, password_at FROM account WHERE name = ?")
                .bind(name.as_str())
                .fetch_optional(&self.readers)
                .await?;
        row.map(read).transpose()
    }

    pub(crate) async fn new_setup_link(
        &self,
        hash: SecretHash,
        expires_at: u64,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("INSERT OR REPLACE INTO setup_link (id, hash, expires_at) VALUES (1, ?, ?)")
            .bind(hash.octets())
            .bind(to_sql(expires_at))
            .execute(&mut *transaction)
            .await?;
        let made = entry("setup-link.add", "administrator", String::new());
        audit::append(&mut transaction, &self.vault, act, made).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn setup_link_lives(&self, hash: SecretHash, now: u64) -> Result<bool, StoreError> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT id FROM setup_link WHERE hash = ? AND expires_at > ?")
                .bind(hash.octets())
                .bind(to_sql(now))
                .fetch_optional(&self.readers)
                .await?;
        Ok(found.is_some())
    }

    pub(crate) async fn use_setup_link(
        &self,
        hash: SecretHash,
        name: &ActorName,
        password: &PasswordHash,
        act: Act<'_>,
    ) -> Result<ActorName, StoreError> {
        let mut transaction = self.write().await?;
        let used = sqlx::query("DELETE FROM setup_link WHERE hash = ? AND expires_at > ?")
            .bind(hash.octets())
            .bind(to_sql(act.now))
            .execute(&mut *transaction)
            .await?;
        if used.rows_affected() == 0 {
            return Err(StoreError::NoSetupLink);
        }
        let there: Option<String> = sqlx::query_scalar("SELECT name FROM account ORDER BY id LIMIT 1")
            .fetch_optional(&mut *transaction)
            .await?;
        let (name, action) = match there {
            Some(there) => (name_of(&there)?, "account.reset"),
            None => (name.clone(), "account.add"),
        };
        sqlx::query(
            "INSERT INTO account (name, role, password, made_at, password_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET password = excluded.password, password_at = excluded.password_at",
        )
        .bind(name.as_str())
        .bind(Role::Administrator.as_str())
        .bind(password.phc())
        .bind(to_sql(act.now))
        .bind(to_sql(act.now))
        .execute(&mut *transaction)
        .await?;
        end_sessions(&mut transaction, &name).await?;
        let done = entry(action, name.as_str(), format!("role={}", Role::Administrator.as_str()));
        audit::append(&mut transaction, &self.vault, act, done).await?;
        transaction.commit().await?;
        Ok(name)
    }

    pub(crate) async fn set_password(
        &self,
        name: &ActorName,
        old: &PasswordHash,
        new: &PasswordHash,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let set =
            sqlx::query("UPDATE account SET password = ?, password_at = ? WHERE name = ? AND password = ?")
                .bind(new.phc())
                .bind(to_sql(act.now))
                .bind(name.as_str())
                .bind(old.phc())
                .execute(&mut *transaction)
                .await?;
        if set.rows_affected() == 0 {
            return Err(StoreError::NoAccount);
        }
        end_sessions(&mut transaction, name).await?;
        let done = entry("account.password", name.as_str(), String::new());
        audit::append(&mut transaction, &self.vault, act, done).await?;
        transaction.commit().await?;
        Ok(())
    }
}
