use std::collections::BTreeMap;
use std::ops::Range;

use aws_lc_rs::digest;
use postseal_core::dmarc::{Alignment, AlignmentMode, DiscoveryMethod, FailureOptions};
use postseal_core::dns::DomainName;
use postseal_core::verdict::{PolicyEvaluated, PolicyPublished, ReportRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _};

use super::verdict_columns as columns;
use super::verdicts::DAY;
use super::{Connection, Dialect, Sqlite, from_sql, to_sql};
use crate::spool::of_report_row;
use crate::{CountedRow, StoreError, VerdictRecord};

const BAD: StoreError = StoreError::BadRow { what: "report" };

/// A row that has been counted: its day and what tells it from others.
type Key = (u64, [u8; 16]);

/// Counts the rows that these messages make.
pub(super) async fn add(connection: &mut Connection, records: &[&VerdictRecord]) -> Result<(), StoreError> {
    let mut counted: BTreeMap<Key, (ReportRow, i64)> = BTreeMap::new();
    for record in records {
        let day = record.at / DAY;
        if let Some(row) = record.report_row() {
            counted.entry((day, digest_of(&row))).or_insert_with(|| (row, 0)).1 += 1;
        }
    }
    let counted: Vec<_> = counted.iter().collect();
    for some in counted.chunks(ROWS_IN_ONE) {
        insert(connection, some).await?;
    }
    Ok(())
}

async fn insert(
    connection: &mut Connection,
    counted: &[(&Key, &(ReportRow, i64))],
) -> Result<(), StoreError> {
    let mut query = QueryBuilder::<Dialect>::new(
        "INSERT INTO report_counter (policy_domain, day, digest, source_ip, discovery_method, p, sp, np, fo, adkim,
         aspf, testing, disposition, dkim_aligned, spf_aligned, reasons, header_from, envelope_from, dkim, spf_domain,
         spf, messages) ",
    );
    query.push_values(counted, |mut values, ((day, digest), (row, messages))| {
        let evaluated = &row.evaluated;
        let published = &evaluated.published;
        values
            .push_bind(published.domain.as_str())
            .push_bind(to_sql(*day))
            .push_bind(digest.as_slice())
            .push_bind(row.source_ip.to_string())
            .push_bind(published.discovery_method.as_str())
            .push_bind(published.p.as_str())
            .push_bind(published.sp.map(|policy| policy.as_str()))
            .push_bind(published.np.map(|policy| policy.as_str()))
            .push_bind(published.fo.to_string())
            .push_bind(published.adkim.as_str())
            .push_bind(published.aspf.as_str())
            .push_bind(published.testing)
            .push_bind(evaluated.disposition.as_str())
            .push_bind(evaluated.aligned.dkim)
            .push_bind(evaluated.aligned.spf)
            .push_bind(columns::reasons(&evaluated.reasons))
            .push_bind(row.header_from.as_str())
            .push_bind(row.envelope_from.as_ref().map(DomainName::as_str))
            .push_bind(columns::dkim(&row.auth_results))
            .push_bind(row.auth_results.spf.domain.as_ref().map(DomainName::as_str))
            .push_bind(row.auth_results.spf.result.as_str())
            .push_bind(*messages);
    });
    query.push(
        " ON CONFLICT (policy_domain, day, digest) DO UPDATE SET messages = messages + excluded.messages",
    );
    query.build().execute(connection).await?;
    Ok(())
}

impl Sqlite {
    pub(crate) async fn report_rows(
        &self,
        policy_domain: &DomainName,
        days: Range<u64>,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> Result<Vec<CountedRow>, StoreError> {
        // Of equal rows of several days, the columns are those of any of them.
        let rows = sqlx::query(
            "SELECT *, sum(messages) AS sum FROM report_counter
             WHERE policy_domain = ? AND day >= ? AND day < ? AND digest > ? GROUP BY digest ORDER BY digest LIMIT ?",
        )
        .bind(policy_domain.as_str())
        .bind(to_sql(days.start))
        .bind(to_sql(days.end))
        .bind(after.as_ref().map_or(&[][..], |digest| digest))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<CountedRow, StoreError> {
    let published = PolicyPublished {
        domain: columns::read_name(row, "policy_domain")?.ok_or(BAD)?,
        discovery_method: DiscoveryMethod::from_word(row.try_get("discovery_method")?).ok_or(BAD)?,
        p: columns::read_word(row, "p")?,
        sp: columns::read_optional_word(row, "sp")?,
        np: columns::read_optional_word(row, "np")?,
        fo: FailureOptions::from_tag(row.try_get("fo")?).ok_or(BAD)?,
        adkim: alignment_mode(row.try_get("adkim")?)?,
        aspf: alignment_mode(row.try_get("aspf")?)?,
        testing: row.try_get("testing")?,
    };
    let evaluated = PolicyEvaluated {
        published,
        disposition: columns::read_word(row, "disposition")?,
        aligned: Alignment { dkim: row.try_get("dkim_aligned")?, spf: row.try_get("spf_aligned")? },
        reasons: columns::read_reasons(row)?,
    };
    Ok(CountedRow {
        key: row.try_get::<&[u8], _>("digest")?.try_into().map_err(|_| BAD)?,
        row: ReportRow {
            source_ip: columns::read_address(row, "source_ip")?.ok_or(BAD)?,
            evaluated,
            header_from: columns::read_name(row, "header_from")?.ok_or(BAD)?,
            envelope_from: columns::read_name(row, "envelope_from")?,
            auth_results: columns::read_auth_results(row)?,
        },
        messages: from_sql(row.try_get("sum")?),
    })
}

fn alignment_mode(word: &str) -> Result<AlignmentMode, StoreError> {
    match word {
        "r" => Ok(AlignmentMode::Relaxed),
        "s" => Ok(AlignmentMode::Strict),
        _ => Err(BAD),
    }
}

fn digest_of(row: &ReportRow) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&digest::digest(&digest::SHA256, &of_report_row(row)).as_ref()[..16]);
    first
}

/// Twenty-two values each, and SQLite takes 32 766 in a statement.
const ROWS_IN_ONE: usize = 100;
