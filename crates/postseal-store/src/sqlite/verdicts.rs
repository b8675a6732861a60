use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::verdict_columns as columns;
use super::{Connection, Dialect, Sqlite, from_sql, report_counters, to_sql};
use crate::{
    StoreError, StoredVerdict, VerdictBatch, VerdictExpiry, VerdictFilter, VerdictRecord, VerdictRows,
};

impl Sqlite {
    /// Rows, counters and how far the segment has come, in one transaction.
    pub(crate) async fn record_verdicts(
        &self,
        batch: &VerdictBatch,
        rows: VerdictRows,
        now: u64,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let next: Option<i64> = sqlx::query_scalar("SELECT next FROM verdict_segment WHERE id = ?")
            .bind(batch.segment.0.as_slice())
            .fetch_optional(&mut *transaction)
            .await?;
        let next = next.map_or(0, from_sql);
        let fresh = batch.records.iter().filter(|(place, _)| *place >= next).map(|(_, record)| record);
        let fresh: Vec<&VerdictRecord> = fresh.collect();
        if batch.until <= next {
            return Ok(0);
        }
        if rows == VerdictRows::Kept {
            for some in fresh.chunks(ROWS_IN_ONE) {
                insert(&mut transaction, some).await?;
            }
        }
        report_counters::add(&mut transaction, &fresh).await?;
        sqlx::query(
            "INSERT INTO verdict_segment (id, next, at) VALUES (?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET next = excluded.next, at = excluded.at",
        )
        .bind(batch.segment.0.as_slice())
        .bind(to_sql(batch.until))
        .bind(to_sql(now))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(fresh.len() as u64)
    }

    /// Removes some of what is too old: little at once, so that nobody waits long for the writer.
    pub(crate) async fn expire_verdicts(&self, expiry: VerdictExpiry) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let day = to_sql(expiry.counters_before / DAY);
        let mut is_more_left = false;
        for (statement, bound) in [
            (
                "DELETE FROM verdict WHERE id IN (SELECT id FROM verdict WHERE at < ? ORDER BY at LIMIT 5000)",
                to_sql(expiry.rows_before),
            ),
            (
                "DELETE FROM report_counter WHERE (policy_domain, day, digest) IN
                 (SELECT policy_domain, day, digest FROM report_counter WHERE day < ? LIMIT 5000)",
                day,
            ),
            ("DELETE FROM verdict_segment WHERE at < ?", to_sql(expiry.counters_before)),
        ] {
            let removed = sqlx::query(statement).bind(bound).execute(&mut *transaction).await?;
            is_more_left |= removed.rows_affected() >= 5_000;
        }
        transaction.commit().await?;
        Ok(is_more_left)
    }

    pub(crate) async fn verdicts(
        &self,
        filter: &VerdictFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredVerdict>, StoreError> {
        let (condition, value) = match filter {
            VerdictFilter::All => ("?2 IS NULL", None),
            VerdictFilter::AuthorDomain(name) => ("author_domain = ?2", Some(name.to_string())),
            VerdictFilter::Client(address) => ("client = ?2", Some(address.to_string())),
            VerdictFilter::QueueId(id) => ("queue_id = ?2", Some(id.clone())),
            VerdictFilter::Failed => ("dmarc = 'fail' AND ?2 IS NULL", None),
        };
        // The condition is one of those above.
        let query = format!("SELECT * FROM verdict WHERE id < ?1 AND {condition} ORDER BY id DESC LIMIT ?3");
        let rows = sqlx::query(AssertSqlSafe(query))
            .bind(before.unwrap_or(i64::MAX))
            .bind(value)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(read).collect()
    }
}

async fn insert(connection: &mut Connection, records: &[&VerdictRecord]) -> Result<(), StoreError> {
    let mut query = QueryBuilder::<Dialect>::new(
        "INSERT INTO verdict (at, queue_id, client, mail_from, author_domain, spf_domain, spf, dkim, arc, dmarc,
         policy, policy_domain, disposition, reasons, action) ",
    );
    query.push_values(records, |mut values, record| {
        let evaluated = record.evaluated.as_ref();
        values
            .push_bind(to_sql(record.at))
            .push_bind(&record.queue_id)
            .push_bind(record.client.map(|client| client.to_string()))
            .push_bind(record.mail_from.as_ref().map(AsRef::<str>::as_ref))
            .push_bind(record.author_domain.as_ref().map(AsRef::<str>::as_ref))
            .push_bind(record.auth_results.spf.domain.as_ref().map(AsRef::<str>::as_ref))
            .push_bind(record.auth_results.spf.result.as_str())
            .push_bind(columns::dkim(&record.auth_results))
            .push_bind(record.arc.as_str())
            .push_bind(record.dmarc.as_str())
            .push_bind(record.policy.map(|policy| policy.as_str()))
            .push_bind(evaluated.map(|evaluated| evaluated.published.domain.as_str()))
            .push_bind(evaluated.map(|evaluated| evaluated.disposition.as_str()))
            .push_bind(columns::reasons(evaluated.map_or(&[], |evaluated| &evaluated.reasons)))
            .push_bind(record.action.as_ref());
    });
    query.build().execute(connection).await?;
    Ok(())
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
        policy: columns::read_optional_word(row, "policy")?,
        policy_domain: columns::read_name(row, "policy_domain")?,
        disposition: columns::read_optional_word(row, "disposition")?,
        reasons: columns::read_reasons(row)?,
        action: row.try_get("action")?,
    })
}

/// Fifteen values each, and SQLite takes 32 766 in a statement. Few, since each number of rows is a
/// statement of its own to prepare.
const ROWS_IN_ONE: usize = 100;

/// Seconds.
pub(super) const DAY: u64 = 24 * 3_600;
