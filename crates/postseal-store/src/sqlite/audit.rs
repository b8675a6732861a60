use super::{Connection, Sqlite, from_sql, to_sql};
use crate::{Act, AuditRow, AuditVerdict, KeyVault, StoreError};

/// What happened, to what.
pub(super) struct Entry<'a> {
    pub(super) organisation: &'a str,
    pub(super) action: &'a str,
    pub(super) subject: &'a str,
    pub(super) detail: String,
}

type Row = (i64, i64, String, String, String, String, String, Vec<u8>);

/// Appends a row, chained to the one before.
pub(super) async fn append(
    connection: &mut Connection,
    vault: &KeyVault,
    act: Act<'_>,
    entry: Entry<'_>,
) -> Result<(), StoreError> {
    let last: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await?;
    let (last, previous) = last.unwrap_or_default();
    let row: Row = (
        last + 1,
        to_sql(act.now),
        entry.organisation.to_owned(),
        act.actor.to_owned(),
        entry.action.to_owned(),
        entry.subject.to_owned(),
        entry.detail,
        Vec::new(),
    );
    let mac = link(vault, &previous, &row);
    sqlx::query(
        "INSERT INTO audit (seq, at, organisation, actor, action, subject, detail, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(row.0)
    .bind(row.1)
    .bind(row.2)
    .bind(row.3)
    .bind(row.4)
    .bind(row.5)
    .bind(row.6)
    .bind(mac)
    .execute(connection)
    .await?;
    Ok(())
}

fn link(vault: &KeyVault, previous: &[u8], row: &Row) -> Vec<u8> {
    let (seq, at) = (row.0.to_be_bytes(), row.1.to_be_bytes());
    let texts = [&row.2, &row.3, &row.4, &row.5, &row.6].map(|text| text.as_bytes());
    vault.link(previous, &[&seq, &at, texts[0], texts[1], texts[2], texts[3], texts[4]])
}

async fn page(connection: &mut Connection, after: i64, limit: i64) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT seq, at, organisation, actor, action, subject, detail, mac FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

impl Sqlite {
    pub(crate) async fn audit_rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let mut transaction = self.read().await?;
        let rows = page(&mut transaction, after, i64::from(limit)).await?;
        Ok(rows.into_iter().map(AuditRow::from).collect())
    }

    pub(crate) async fn newest_audit_rows(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT seq, at, organisation, actor, action, subject, detail, mac FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(AuditRow::from).collect())
    }

    pub(crate) async fn domain_audit_rows(
        &self,
        organisation: &str,
        domain: &str,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT seq, at, organisation, actor, action, subject, detail, mac FROM audit
             WHERE subject = ? AND organisation = ? ORDER BY seq DESC LIMIT ?",
        )
        .bind(domain)
        .bind(organisation)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(AuditRow::from).collect())
    }

    /// Walks the whole chain, a thousand rows at a time. `head` is a link that was
    /// written down elsewhere: without it, rows cut off at the end are not missed.
    pub(crate) async fn audit_verify(&self, head: Option<(i64, &[u8])>) -> Result<AuditVerdict, StoreError> {
        let mut transaction = self.read().await?;
        let (mut seq, mut previous) = (0, Vec::new());
        loop {
            let rows = page(&mut transaction, seq, 1_000).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let expected = link(&self.vault, &previous, &row);
                let known = head.is_none_or(|(at, mac)| at != row.0 || mac == row.7);
                if row.0 != seq + 1 || row.7 != expected || !known {
                    return Ok(AuditVerdict::Broken { first_bad: seq + 1 });
                }
                (seq, previous) = (row.0, row.7);
            }
        }
        match head {
            Some((at, _)) if at > seq => Ok(AuditVerdict::Broken { first_bad: seq + 1 }),
            _ => Ok(AuditVerdict::Intact { rows: seq, head: previous }),
        }
    }
}

impl From<Row> for AuditRow {
    fn from(row: Row) -> AuditRow {
        let (seq, at, organisation, actor, action, subject, detail, _) = row;
        AuditRow { seq, at: from_sql(at), organisation, actor, action, subject, detail }
    }
}
