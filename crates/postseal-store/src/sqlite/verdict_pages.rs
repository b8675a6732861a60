//! Verdicts as people look for them. Each question is bounded, however many there are.

use postseal_core::dmarc::{Alignment, DmarcResult};
use postseal_core::dns::DomainName;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::verdict_columns as columns;
use super::{Sqlite, from_sql, to_sql};
use crate::{EffectSource, PolicyEffect, StoreError, StoredVerdict, VerdictDay, VerdictFilter, VerdictPage};

impl VerdictFilter {
    /// The index that finds the fewest, and the condition that it answers.
    fn found_by(&self) -> (&'static str, &'static str) {
        let is_rare = self.dmarc.is_some_and(|result| result != DmarcResult::Pass);
        if self.queue_id.is_some() {
            ("INDEXED BY verdict_queue_id", "queue_id = ?4")
        } else if self.client.is_some() {
            ("INDEXED BY verdict_client", "client = ?3")
        } else if self.author_domain.is_some() && is_rare {
            ("INDEXED BY verdict_author_not_pass", "author_domain = ?2 AND dmarc = ?5 AND dmarc <> 'pass'")
        } else if self.author_domain.is_some() {
            ("INDEXED BY verdict_author_domain", "author_domain = ?2")
        } else if self.action.as_deref().is_some_and(|action| action != "deliver") {
            ("INDEXED BY verdict_not_delivered", "action = ?6 AND action <> 'deliver'")
        } else if is_rare {
            ("INDEXED BY verdict_not_pass", "dmarc = ?5 AND dmarc <> 'pass'")
        } else {
            ("NOT INDEXED", "true")
        }
    }

    /// The newest row of those that the index finds, `MOST_LOOKED_AT` of them at most; then what
    /// fulfils the rest. The texts are those above and below, and no others.
    fn page(&self) -> String {
        let (index, found) = self.found_by();
        format!(
            "SELECT * FROM (SELECT * FROM verdict {index} WHERE id < ?1 AND {found} ORDER BY id DESC LIMIT {MOST_LOOKED_AT})
             WHERE (?2 IS NULL OR author_domain = ?2) AND (?3 IS NULL OR client = ?3)
             AND (?4 IS NULL OR queue_id = ?4) AND (?5 IS NULL OR dmarc = ?5) AND (?6 IS NULL OR action = ?6)
             LIMIT ?7"
        )
    }

    /// How many rows a look was at, and the last of them.
    fn end_of_look(&self) -> String {
        let (index, found) = self.found_by();
        format!(
            "SELECT count(*), min(id) FROM (SELECT id FROM verdict {index}
             WHERE id < ?1 AND {found} ORDER BY id DESC LIMIT {MOST_LOOKED_AT})"
        )
    }
}

/// What stands in the places of a filter's questions.
macro_rules! bound {
    ($query:expr, $filter:expr, $before:expr) => {
        $query
            .bind($before.unwrap_or(i64::MAX))
            .bind($filter.author_domain.as_ref().map(|name| name.as_str().to_owned()))
            .bind($filter.client.map(|address| address.to_string()))
            .bind($filter.queue_id.clone())
            .bind($filter.dmarc.map(|result| result.as_str()))
            .bind($filter.action.clone())
    };
}

impl Sqlite {
    /// A page of verdicts, the newest first, before row `before`.
    pub(crate) async fn verdicts(
        &self,
        filter: &VerdictFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<VerdictPage, StoreError> {
        let mut transaction = self.read().await?;
        let query = sqlx::query(AssertSqlSafe(filter.page()));
        let rows =
            bound!(query, filter, before).bind(i64::from(limit) + 1).fetch_all(&mut *transaction).await?;
        let mut verdicts = rows.iter().map(read).collect::<Result<Vec<StoredVerdict>, StoreError>>()?;
        if verdicts.len() > limit as usize {
            verdicts.truncate(limit as usize);
            let next = verdicts.last().map(|verdict| verdict.id);
            return Ok(VerdictPage { verdicts, next });
        }
        let query = sqlx::query_as(AssertSqlSafe(filter.end_of_look()));
        let (looked_at, last): (i64, Option<i64>) =
            bound!(query, filter, before).fetch_one(&mut *transaction).await?;
        Ok(VerdictPage { verdicts, next: last.filter(|_| looked_at >= MOST_LOOKED_AT) })
    }

    /// One verdict.
    pub(crate) async fn verdict(&self, id: i64) -> Result<Option<StoredVerdict>, StoreError> {
        let row = sqlx::query("SELECT * FROM verdict WHERE id = ?").bind(id);
        row.fetch_optional(&self.readers).await?.as_ref().map(read).transpose()
    }

    /// What was counted on the days from `since` on that have messages; with no name, of all messages.
    pub(crate) async fn verdict_days(
        &self,
        author_domain: Option<&DomainName>,
        since: u64,
        limit: u32,
    ) -> Result<Vec<VerdictDay>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM verdict_day WHERE author_domain = ? AND day >= ? ORDER BY day LIMIT ?",
        )
        .bind(author_domain.map_or("", DomainName::as_str))
        .bind(to_sql(since))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_day).collect()
    }

    /// Whole days by their counts, and the rows of the day that the moment is in.
    pub(crate) async fn verdicts_before(&self, before: u64) -> Result<u64, StoreError> {
        let older: i64 = sqlx::query_scalar(
            "SELECT (SELECT coalesce(sum(messages), 0) FROM verdict_day WHERE author_domain = '' AND day < ?1 / 86400)
             + (SELECT count(*) FROM verdict WHERE at >= ?1 / 86400 * 86400 AND at < ?1)",
        )
        .bind(to_sql(before))
        .fetch_one(&self.readers)
        .await?;
        Ok(from_sql(older))
    }

    pub(crate) async fn policy_effect(
        &self,
        author_domain: &DomainName,
        sources: u32,
    ) -> Result<PolicyEffect, StoreError> {
        let mut transaction = self.read().await?;
        let (authentic, not_authentic, messages, since): (i64, i64, i64, Option<i64>) = sqlx::query_as(
            "SELECT coalesce(sum(authentic), 0), coalesce(sum(not_authentic), 0), coalesce(sum(messages), 0), min(day)
             FROM verdict_day WHERE author_domain = ?",
        )
        .bind(author_domain.as_str())
        .fetch_one(&mut *transaction)
        .await?;
        let rows = sqlx::query(
            "SELECT * FROM verdict_source INDEXED BY verdict_source_order WHERE author_domain = ?
             ORDER BY not_authentic DESC, messages DESC LIMIT ?",
        )
        .bind(author_domain.as_str())
        .bind(i64::from(sources) + 1)
        .fetch_all(&mut *transaction)
        .await?;
        let more_sources = rows.len() > sources as usize;
        let shown = rows.iter().take(sources as usize);
        Ok(PolicyEffect {
            authentic: from_sql(authentic),
            not_authentic: from_sql(not_authentic),
            unknown: from_sql(messages - authentic - not_authentic),
            since_day: since.map(from_sql),
            sources: shown.map(read_source).collect::<Result<_, _>>()?,
            more_sources,
        })
    }
}

fn read(row: &SqliteRow) -> Result<StoredVerdict, StoreError> {
    Ok(StoredVerdict {
        id: row.try_get("id")?,
        at: from_sql(row.try_get("at")?),
        queue_id: row.try_get("queue_id")?,
        client: columns::read_address(row, "client")?,
        mail_from: columns::read_name(row, "mail_from")?,
        author_domain: columns::read_name(row, "author_domain")?,
        auth_results: columns::read_auth_results(row)?,
        arc: columns::read_word(row, "arc")?,
        dmarc: columns::read_word(row, "dmarc")?,
        aligned: match (row.try_get("spf_aligned")?, row.try_get("dkim_aligned")?) {
            (Some(spf), Some(dkim)) => Some(Alignment { spf, dkim }),
            _ => None,
        },
        policy: columns::read_optional_word(row, "policy")?,
        policy_domain: columns::read_name(row, "policy_domain")?,
        disposition: columns::read_optional_word(row, "disposition")?,
        reasons: columns::read_reasons(row)?,
        action: row.try_get("action")?,
    })
}

fn read_day(row: &SqliteRow) -> Result<VerdictDay, StoreError> {
    let count = |column: &str| -> Result<u64, StoreError> { Ok(from_sql(row.try_get(column)?)) };
    Ok(VerdictDay {
        day: count("day")?,
        passed: count("passed")?,
        failed: count("failed")?,
        without_policy: count("without_policy")?,
        undecided: count("undecided")?,
        unreadable: count("unreadable")?,
        delivered: count("delivered")?,
        tagged: count("tagged")?,
        quarantined: count("quarantined")?,
        deferred: count("deferred")?,
        rejected: count("rejected")?,
    })
}

fn read_source(row: &SqliteRow) -> Result<EffectSource, StoreError> {
    let count = |column: &str| -> Result<u64, StoreError> { Ok(from_sql(row.try_get(column)?)) };
    let (authentic, not_authentic) = (count("authentic")?, count("not_authentic")?);
    let client: &str = row.try_get("client")?;
    Ok(EffectSource {
        client: match client {
            "" => None,
            text => Some(text.parse().map_err(|_| StoreError::BadRow { what: "source" })?),
        },
        authentic,
        not_authentic,
        unknown: count("messages")?.saturating_sub(authentic + not_authentic),
        spf_aligned: count("spf_aligned")?,
        dkim_aligned: count("dkim_aligned")?,
        newest: count("newest")?,
    })
}

/// Rows that one question looks at, where an index alone does not say which are wanted.
const MOST_LOOKED_AT: i64 = 1_000;

#[cfg(test)]
mod tests;
