use postseal_core::hosting::OrganisationName;

use super::accounts::entry;
use super::{Sqlite, audit, from_sql, organisations, to_sql};
use crate::{Act, ActorName, ApiToken, NewApiToken, SecretHash, StoreError, TokenScope};

/// Tokens that are not removed.
const MOST: i64 = 1_000;

type Row = (String, String, Option<String>, String, i64, i64, Option<i64>);

fn read(row: Row) -> Result<ApiToken, StoreError> {
    let bad = || StoreError::BadRow { what: "API token" };
    let (name, scope, organisation, made_by, made_at, expires_at, used_at) = row;
    let organisation = organisation.map(|name| OrganisationName::parse(&name).map_err(|_| bad()));
    Ok(ApiToken {
        name: ActorName::parse(&name).map_err(|_| bad())?,
        scope: TokenScope::parse(&scope).ok_or_else(bad)?,
        organisation: organisation.transpose()?,
        made_by,
        made_at: from_sql(made_at),
        expires_at: from_sql(expires_at),
        used_at: used_at.map(from_sql),
    })
}

impl Sqlite {
    pub(crate) async fn add_token(&self, new: &NewApiToken, act: Act<'_>) -> Result<ApiToken, StoreError> {
        let mut transaction = self.write().await?;
        let organisation = match &new.organisation {
            Some(name) => Some(organisations::id_of(&mut transaction, name).await?),
            None => None,
        };
        let others: i64 = sqlx::query_scalar("SELECT count(*) FROM api_token WHERE removed_at IS NULL")
            .fetch_one(&mut *transaction)
            .await?;
        if others >= MOST {
            return Err(StoreError::TooManyTokens);
        }
        let made = sqlx::query(
            "INSERT INTO api_token (name, hash, scope, organisation_id, made_by, made_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        )
        .bind(new.name.as_str())
        .bind(new.hash.octets())
        .bind(new.scope.as_str())
        .bind(organisation)
        .bind(act.actor)
        .bind(to_sql(act.now))
        .bind(to_sql(new.expires_at))
        .execute(&mut *transaction)
        .await?;
        if made.rows_affected() == 0 {
            return Err(StoreError::TokenTaken(new.name.to_string()));
        }
        let detail = format!("scope={} expires={}", new.scope.as_str(), new.expires_at);
        let mut added = entry("token.add", new.name.as_str(), detail);
        added.organisation = new.organisation.as_ref().map_or("", OrganisationName::as_str);
        audit::append(&mut transaction, &self.vault, act, added).await?;
        transaction.commit().await?;
        Ok(ApiToken {
            name: new.name.clone(),
            scope: new.scope,
            organisation: new.organisation.clone(),
            made_by: act.actor.to_owned(),
            made_at: act.now,
            expires_at: new.expires_at,
            used_at: None,
        })
    }

    pub(crate) async fn tokens(&self, after: &str, limit: u32) -> Result<Vec<ApiToken>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT t.name, scope, o.name, made_by, t.made_at, expires_at, used_at
             FROM api_token t LEFT JOIN organisation o ON o.id = organisation_id
             WHERE t.removed_at IS NULL AND t.name > ? ORDER BY t.name LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn token(&self, hash: SecretHash, now: u64) -> Result<Option<ApiToken>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT t.name, scope, o.name, made_by, t.made_at, expires_at, used_at
             FROM api_token t LEFT JOIN organisation o ON o.id = organisation_id
             WHERE hash = ? AND expires_at > ?",
        )
        .bind(hash.octets())
        .bind(to_sql(now))
        .fetch_optional(&self.readers)
        .await?;
        row.map(read).transpose()
    }

    pub(crate) async fn token_used(&self, hash: SecretHash, now: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE api_token SET used_at = ? WHERE hash = ?")
            .bind(to_sql(now))
            .bind(hash.octets())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(crate) async fn remove_token(&self, name: &ActorName, act: Act<'_>) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let removed = sqlx::query(
            "UPDATE api_token SET removed_at = ?, hash = NULL WHERE name = ? AND removed_at IS NULL",
        )
        .bind(to_sql(act.now))
        .bind(name.as_str())
        .execute(&mut *transaction)
        .await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::NoToken(name.to_string()));
        }
        let entry = entry("token.remove", name.as_str(), String::new());
        audit::append(&mut transaction, &self.vault, act, entry).await?;
        transaction.commit().await?;
        Ok(())
    }
}
