use sqlx::QueryBuilder;

use super::verdict_columns as columns;
use super::{Connection, Dialect, Sqlite, from_sql, report_counters, to_sql};
use crate::{StoreError, VerdictBatch, VerdictExpiry, VerdictRecord, VerdictRows};

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
                "DELETE FROM verdict WHERE id IN (SELECT id FROM verdict WHERE at < ? ORDER BY at LIMIT 2000)",
                to_sql(expiry.rows_before),
            ),
            (
                "DELETE FROM report_counter WHERE (policy_domain, day, digest) IN
                 (SELECT policy_domain, day, digest FROM report_counter WHERE day < ? LIMIT 2000)",
                day,
            ),
            ("DELETE FROM verdict_segment WHERE at < ?", to_sql(expiry.counters_before)),
        ] {
            let removed = sqlx::query(statement).bind(bound).execute(&mut *transaction).await?;
            is_more_left |= removed.rows_affected() >= 2_000;
        }
        transaction.commit().await?;
        Ok(is_more_left)
    }
}

async fn insert(connection: &mut Connection, records: &[&VerdictRecord]) -> Result<(), StoreError> {
    let mut query = QueryBuilder::<Dialect>::new(
        "INSERT INTO verdict (at, queue_id, client, mail_from, author_domain, spf_domain, spf, dkim, arc, dmarc,
         policy, policy_domain, disposition, reasons, action, spf_aligned, dkim_aligned, authentic) ",
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
            .push_bind(record.action.as_ref())
            .push_bind(record.aligned.map(|aligned| aligned.spf))
            .push_bind(record.aligned.map(|aligned| aligned.dkim))
            .push_bind(record.authentic().as_str());
    });
    query.build().execute(connection).await?;
    Ok(())
}

/// Eighteen values each, and SQLite takes 32 766 in a statement. Few, since each number of rows is a
/// statement of its own to prepare.
const ROWS_IN_ONE: usize = 100;

/// Seconds.
pub(super) const DAY: u64 = 24 * 3_600;
