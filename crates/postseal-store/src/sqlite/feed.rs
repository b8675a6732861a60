use postseal_core::dns::DomainName;

use super::{Connection, Sqlite, from_sql, to_sql};
use crate::{Feed, StoreError};

/// Rows of the feed that are kept; who is further behind reads everything.
const KEPT: i64 = 100_000;

/// In the place of a domain where no domain has changed: a node has nothing to read again.
pub(super) const NO_DOMAIN: &str = "";

/// Notes that a domain, or with `None` everything, has changed.
pub(super) async fn note(
    connection: &mut Connection,
    domain: Option<&str>,
    now: u64,
) -> Result<(), StoreError> {
    let revision = sqlx::query("INSERT INTO revision (at, domain) VALUES (?, ?)")
        .bind(to_sql(now))
        .bind(domain)
        .execute(&mut *connection)
        .await?
        .last_insert_rowid();
    sqlx::query("DELETE FROM revision WHERE revision <= ?").bind(revision - KEPT).execute(connection).await?;
    Ok(())
}

/// Notes a change of what the hosting zone answers as well: its serial rises. The
/// serial is at least the time, so that it rises over one that a lost database once had.
pub(super) async fn note_zone(
    connection: &mut Connection,
    domain: Option<&str>,
    now: u64,
) -> Result<(), StoreError> {
    raise_serial(connection, now, 0).await?;
    note(connection, domain, now).await
}

pub(super) async fn raise_serial(
    connection: &mut Connection,
    now: u64,
    above: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE zone_serial SET serial = max(serial + 1, ?, ?)")
        .bind(to_sql(now))
        .bind(above + 1)
        .execute(connection)
        .await?;
    Ok(())
}

impl Sqlite {
    pub(crate) async fn revision(&self) -> Result<i64, StoreError> {
        let newest = sqlx::query_scalar("SELECT coalesce(max(revision), 0) FROM revision");
        Ok(newest.fetch_one(&self.readers).await?)
    }

    pub(crate) async fn zone_serial(&self) -> Result<u32, StoreError> {
        let serial: i64 =
            sqlx::query_scalar("SELECT serial FROM zone_serial").fetch_one(&self.readers).await?;
        // RFC 1982: serials wrap.
        Ok(u32::try_from(from_sql(serial) & u64::from(u32::MAX)).unwrap_or(0))
    }

    pub(crate) async fn changes_since(&self, revision: i64) -> Result<Feed, StoreError> {
        let mut transaction = self.read().await?;
        let (oldest, newest): (i64, i64) =
            sqlx::query_as("SELECT coalesce(min(revision), 1), coalesce(max(revision), 0) FROM revision")
                .fetch_one(&mut *transaction)
                .await?;
        if revision + 1 < oldest || revision > newest {
            return Ok(Feed { revision: newest, domains: None });
        }
        let names: Vec<Option<String>> =
            sqlx::query_scalar("SELECT DISTINCT domain FROM revision WHERE revision > ?")
                .bind(revision)
                .fetch_all(&mut *transaction)
                .await?;
        let names = names.into_iter().filter(|name| name.as_deref() != Some(NO_DOMAIN));
        let domains = names.map(|name| name.and_then(|n| DomainName::parse(&n).ok())).collect();
        Ok(Feed { revision: newest, domains })
    }
}
