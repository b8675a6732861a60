use super::super::Problem;
use super::super::exchange::Answer;
use super::super::resource::{AuditEntry, AuditVerification, Page};
use super::super::router::Call;

pub(in super::super) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let limit = call.limit()?;
    let after = match call.request.parameter("after")? {
        None => 0,
        Some(text) => number(&text)?,
    };
    let page = call.service.audit_rows(after, limit).await?;
    let next = page.next.map(|last| call.next(&last.to_string(), limit));
    let items: Vec<AuditEntry> = page.rows.into_iter().map(AuditEntry::of).collect();
    Ok(Answer::json(200, &Page { items, next }))
}

pub(in super::super) async fn verify(call: &Call<'_>) -> Result<Answer, Problem> {
    let head = match (call.request.parameter("row")?, call.request.parameter("link")?) {
        (Some(row), Some(link)) => Some((number(&row)?, octets(&link)?)),
        (None, None) => None,
        _ => return Err(Problem::bad_request("row and link go together".to_owned())),
    };
    let head = head.as_ref().map(|(row, link)| (*row, link.as_slice()));
    let verdict = call.service.audit_verify(head).await?;
    Ok(Answer::json(200, &AuditVerification::of(&verdict)))
}

fn number(text: &str) -> Result<i64, Problem> {
    let number = text.parse().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| Problem::bad_request(format!("{text:?} is no number of a row")))
}

fn octets(text: &str) -> Result<Vec<u8>, Problem> {
    let bad = || Problem::bad_request("link is hex digits".to_owned());
    if !text.len().is_multiple_of(2) || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return Err(bad());
    }
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| bad()))
        .collect()
}
