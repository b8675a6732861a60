use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use postseal_store::{AuditRow, AuditVerdict};
use serde::Deserialize;

use super::{SettingsName, SettingsTab, tabs};
use crate::api::percent_encoded;
use crate::api::resource::moment;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::moments::when;
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::words::{SETTINGS, SettingsWords, action_words, detail_words};
use crate::words::{Lang, say};

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct AuditTable {
    page: Page,
    words: &'static SettingsWords,
    tabs: Vec<SettingsTab>,
    rows: Vec<Row>,
    next: Option<i64>,
}

struct Row {
    at: String,
    words: Option<&'static str>,
    /// Where what was changed is shown now.
    href: Option<String>,
    detail: String,
    row: AuditRow,
}

impl Row {
    fn of(row: AuditRow, now: u64, lang: Lang) -> Row {
        Row {
            at: when(&moment(row.at), now, lang),
            words: action_words(&row.action, lang),
            href: place_of(&row),
            detail: detail_words(&row.action, &row.detail, lang),
            row,
        }
    }
}

/// The page of a row's subject. A domain that is not the organisation's any more has none.
fn place_of(row: &AuditRow) -> Option<String> {
    let (group, deed) = row.action.split_once('.')?;
    let settings = |page: &str| Some(format!("/settings/{page}"));
    match (group, deed) {
        ("domain", "remove" | "lost") => None,
        ("domain" | "dkim", _) if !row.organisation.is_empty() => {
            let [organisation, domain] = [&row.organisation, &row.subject].map(|part| percent_encoded(part));
            Some(format!("/o/{organisation}/domains/{domain}"))
        }
        ("org", _) => Some(format!("/o/{}", percent_encoded(&row.subject))),
        ("arc", _) => settings(&format!("sealers?organisation={}", percent_encoded(&row.subject))),
        ("account" | "session", _) => settings("account"),
        ("token", _) => settings("tokens"),
        ("receiver", _) => settings("receiver"),
        ("exception", _) => settings("allowed"),
        ("node", "set") => settings("messages"),
        _ => None,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct AuditQuery {
    before: Option<i64>,
    /// Whether to walk the whole log first.
    verify: Option<String>,
}

/// `GET /settings/audit`: the newest rows first.
pub(in crate::portal) async fn list(
    asked: Asked,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Failure> {
    let (lang, words, service) = (asked.lang, SETTINGS.of(asked.lang), asked.service()?);
    let found = service.newest_audit_rows(query.before, ROWS).await.map_err(|error| asked.faulty(error))?;
    let mut page = asked.page(None, Place::Settings, words.audit.to_owned()).await;
    if query.verify.is_some() {
        let verdict = service.audit_verify(None).await.map_err(|error| asked.faulty(error))?;
        page.notice = Some(verified(&asked, &verdict));
    }
    let rows = found.rows.into_iter().map(|row| Row::of(row, asked.now(), lang)).collect();
    Ok(render(&AuditTable { page, words, tabs: tabs(SettingsName::Audit, lang), rows, next: found.next }))
}

fn verified(asked: &Asked, verdict: &AuditVerdict) -> Notice {
    let lang = asked.lang;
    let (mark, text, next) = match verdict {
        AuditVerdict::Intact { rows, head } => {
            let link: String = head.iter().map(|octet| format!("{octet:02x}")).collect();
            let text = say!(
                lang,
                "All {rows} rows are as they were written.",
                "{rows} 行すべてが、書き込まれたときのままです。"
            );
            let next = say!(
                lang,
                "To see later that none was cut off, write this down elsewhere: {rows}:{link}",
                "後で行の欠落も確かめられるように、次の値を別の場所に控えてください: {rows}:{link}"
            );
            (Mark::Good, text, Some(next))
        }
        AuditVerdict::Broken { first_bad } => {
            let text = say!(
                lang,
                "Row {first_bad} is not as it was written: somebody has changed the log.",
                "{first_bad} 行目が、書き込まれたときと異なります。ログが書き換えられています。"
            );
            (Mark::Bad, text, None)
        }
    };
    Notice { mark, text, next }
}

/// Rows on one page.
const ROWS: u32 = 50;
