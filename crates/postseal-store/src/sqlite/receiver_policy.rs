use std::collections::BTreeMap;

use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::audit::{self, Entry};
use super::{Connection, Sqlite, feed, from_sql, to_sql};
use crate::{Act, NewPair, PairOrigin, ReceiverPolicy, StoreError, StoredPair};

/// Pairs that there may be.
const MOST_PAIRS: i64 = 1_000;

const BAD: StoreError = StoreError::BadRow { what: "receiver's policy" };

/// Notes that what the receiver decides by has changed: nodes read it again.
pub(super) async fn note(connection: &mut Connection, now: u64) -> Result<(), StoreError> {
    feed::note(connection, Some(feed::NO_DOMAIN), now).await?;
    sqlx::query("UPDATE receiver_revision SET revision = (SELECT max(revision) FROM revision)")
        .execute(connection)
        .await?;
    Ok(())
}

async fn revision(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT revision FROM receiver_revision").fetch_one(connection).await?)
}

impl Sqlite {
    pub(crate) async fn receiver_revision(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT revision FROM receiver_revision").fetch_one(&self.readers).await?)
    }

    pub(crate) async fn receiver_policy(&self) -> Result<ReceiverPolicy, StoreError> {
        let mut transaction = self.read().await?;
        let revision = revision(&mut transaction).await?;
        let settings: Vec<(String, String)> =
            sqlx::query_as("SELECT key, value FROM receiver_setting").fetch_all(&mut *transaction).await?;
        let pairs =
            sqlx::query("SELECT * FROM allowed_pair ORDER BY id").fetch_all(&mut *transaction).await?;
        let sealers: Vec<(String, String)> = sqlx::query_as(
            "SELECT o.name, s.domain FROM trusted_sealer s JOIN organisation o ON o.id = s.organisation_id
             WHERE o.removed_at IS NULL ORDER BY o.name, s.domain",
        )
        .fetch_all(&mut *transaction)
        .await?;
        let sealer = |(organisation, domain): (String, String)| {
            let organisation = OrganisationName::parse(&organisation).map_err(|_| BAD)?;
            Ok((organisation, DomainName::parse(&domain).map_err(|_| BAD)?))
        };
        Ok(ReceiverPolicy {
            revision,
            settings: settings.into_iter().collect(),
            pairs: pairs.iter().map(read_pair).collect::<Result<_, StoreError>>()?,
            sealers: sealers.into_iter().map(sealer).collect::<Result<_, StoreError>>()?,
        })
    }

    pub(crate) async fn set_receiver_settings(
        &self,
        changes: &BTreeMap<String, Option<String>>,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for (key, value) in changes {
            let query = match value {
                Some(value) => sqlx::query(
                    "INSERT INTO receiver_setting (key, value) VALUES (?, ?)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )
                .bind(key)
                .bind(value),
                None => sqlx::query("DELETE FROM receiver_setting WHERE key = ?").bind(key),
            };
            query.execute(&mut *transaction).await?;
        }
        let detail = changes
            .iter()
            .map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or("file")))
            .collect::<Vec<_>>()
            .join(" ");
        note(&mut transaction, act.now).await?;
        let entry = Entry { organisation: "", action: "receiver.set", subject: "receiver-policy", detail };
        audit::append(&mut transaction, &self.vault, act, entry).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn add_allowed_pair(
        &self,
        new: &NewPair,
        act: Act<'_>,
    ) -> Result<StoredPair, StoreError> {
        let mut transaction = self.write().await?;
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM allowed_pair").fetch_one(&mut *transaction).await?;
        if count >= MOST_PAIRS {
            return Err(StoreError::TooManyPairs);
        }
        let (client, authenticated) = match &new.from {
            PairOrigin::Client(network) => (Some(network.as_str()), None),
            PairOrigin::Authenticated(domain) => (None, Some(domain.as_str())),
        };
        let made = sqlx::query(
            "INSERT INTO allowed_pair (author_domain, subdomains, client, authenticated, until, note, made_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(new.author_domain.as_str())
        .bind(new.subdomains)
        .bind(client)
        .bind(authenticated)
        .bind(new.until.map(to_sql))
        .bind(&new.note)
        .bind(to_sql(act.now))
        .execute(&mut *transaction)
        .await?;
        if made.rows_affected() == 0 {
            return Err(StoreError::PairTaken(new.author_domain.to_string()));
        }
        note(&mut transaction, act.now).await?;
        self.audit_pair(&mut transaction, "exception.add", new, act).await?;
        transaction.commit().await?;
        Ok(StoredPair { id: made.last_insert_rowid(), pair: new.clone(), made_at: act.now })
    }

    pub(crate) async fn remove_allowed_pair(&self, id: i64, act: Act<'_>) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let row = sqlx::query("DELETE FROM allowed_pair WHERE id = ? RETURNING *")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
        let removed = read_pair(&row.ok_or(StoreError::NoPair(id))?)?;
        note(&mut transaction, act.now).await?;
        self.audit_pair(&mut transaction, "exception.remove", &removed.pair, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn audit_pair(
        &self,
        connection: &mut Connection,
        action: &str,
        pair: &NewPair,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let from = match &pair.from {
            PairOrigin::Client(network) => format!("client={network}"),
            PairOrigin::Authenticated(domain) => format!("authenticated={domain}"),
        };
        let until = pair.until.map_or_else(|| "-".to_owned(), |until| until.to_string());
        let detail = format!("{from} subdomains={} until={until}", pair.subdomains);
        let entry = Entry { organisation: "", action, subject: pair.author_domain.as_str(), detail };
        audit::append(connection, &self.vault, act, entry).await
    }
}

fn read_pair(row: &SqliteRow) -> Result<StoredPair, StoreError> {
    let name = |text: &str| DomainName::parse(text).map_err(|_| BAD);
    let from = match (row.try_get("client")?, row.try_get::<Option<&str>, _>("authenticated")?) {
        (Some(network), _) => PairOrigin::Client(network),
        (None, Some(domain)) => PairOrigin::Authenticated(name(domain)?),
        (None, None) => return Err(BAD),
    };
    let until: Option<i64> = row.try_get("until")?;
    Ok(StoredPair {
        id: row.try_get("id")?,
        pair: NewPair {
            author_domain: name(row.try_get("author_domain")?)?,
            subdomains: row.try_get("subdomains")?,
            from,
            until: until.map(from_sql),
            note: row.try_get("note")?,
        },
        made_at: from_sql(row.try_get("made_at")?),
    })
}
