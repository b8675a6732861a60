use std::net::IpAddr;

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use postseal_core::dns::DomainName;
use serde::Deserialize;

use crate::api::percent_encoded;
use crate::api::resource::{VerdictDayResource, VerdictResource};
use crate::portal::asked::Asked;
use crate::portal::csv;
use crate::portal::download::{Unfinished, download};
use crate::portal::failure::Failure;
use crate::portal::moments::when;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::words::{ACTIONS, MESSAGES, MessagesWords, RESULTS, word_text};
use crate::words::Lang;

#[derive(Template)]
#[template(path = "pages/messages.html")]
struct MessagesPage {
    page: Page,
    words: &'static MessagesWords,
    filter: MessagesQuery,
    results: Vec<Choice>,
    actions: Vec<Choice>,
    rows: Vec<Row>,
    days: Vec<VerdictDayResource>,
    /// The days for the chart, as JSON.
    chart: String,
    /// Where older messages are.
    next: Option<String>,
    /// The filter as a query.
    query: String,
}

#[derive(Template)]
#[template(path = "pages/messages_table.html")]
struct MessagesTable<'a> {
    words: &'static MessagesWords,
    rows: &'a [Row],
    next: &'a Option<String>,
    is_filtered: bool,
}

/// An entry of a list to choose from.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) word: &'static str,
    pub(super) chosen: bool,
}

/// A message of the list.
struct Row {
    path: String,
    at: String,
    from: Option<String>,
    client: Option<String>,
    queue_id: String,
    mark: Mark,
    result: String,
    action: String,
}

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct MessagesQuery {
    /// A domain, an address or a queue id.
    q: String,
    dmarc: String,
    action: String,
    before: String,
}

impl MessagesQuery {
    /// For the API.
    fn of_api(&self) -> String {
        let q = self.q.trim();
        let mut pairs = Vec::new();
        let domain = q.rsplit_once('@').map_or(q, |(_, domain)| domain).trim_end_matches('.');
        if let Ok(address) = q.parse::<IpAddr>() {
            pairs.push(format!("client={address}"));
        } else if let (true, Ok(domain)) = (domain.contains('.'), DomainName::parse(domain)) {
            pairs.push(format!("author_domain={domain}"));
        } else if !q.is_empty() {
            pairs.push(format!("queue_id={}", percent_encoded(q)));
        }
        for (name, value, known) in [("dmarc", &self.dmarc, &RESULTS), ("action", &self.action, &ACTIONS)] {
            if known.iter().any(|(word, ..)| word == value) {
                pairs.push(format!("{name}={value}"));
            }
        }
        if let Ok(before) = self.before.parse::<u64>() {
            pairs.push(format!("before={before}"));
        }
        pairs.join("&")
    }

    /// For a link to this page, without the place where it begins.
    fn of_page(&self) -> String {
        let pairs = [("q", &self.q), ("dmarc", &self.dmarc), ("action", &self.action)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect::<Vec<_>>().join("&")
    }
}

impl Row {
    fn of(verdict: VerdictResource, now: u64, lang: Lang) -> Row {
        Row {
            path: format!("/messages/{}", verdict.id),
            at: when(&verdict.at, now, lang),
            mark: result_mark(&verdict.dmarc),
            result: word_text(&RESULTS, &verdict.dmarc, lang),
            action: word_text(&ACTIONS, &verdict.action, lang),
            from: verdict.author_domain,
            client: verdict.client,
            queue_id: verdict.queue_id,
        }
    }
}

pub(super) fn result_mark(result: &str) -> Mark {
    match result {
        "pass" => Mark::Good,
        "fail" => Mark::Bad,
        "none" => Mark::Off,
        _ => Mark::Attention,
    }
}

/// `GET /messages`
pub(in crate::portal) async fn list(
    asked: Asked,
    Query(filter): Query<MessagesQuery>,
) -> Result<Response, Failure> {
    let (lang, words, client) = (asked.lang, MESSAGES.of(asked.lang), asked.client());
    let of_api = format!("{}&limit={ROWS}", filter.of_api());
    let found = client.verdicts(&of_api, None).await.map_err(|error| asked.failed(error))?;
    let query = filter.of_page();
    let before = found.next.as_deref().and_then(|next| next.rsplit_once("before=")).map(|(_, id)| id);
    let next = before.map(|id| format!("/messages?{query}&before={id}"));
    let now = asked.now();
    let rows: Vec<Row> = found.items.into_iter().map(|verdict| Row::of(verdict, now, lang)).collect();
    if asked.fragment {
        let is_filtered = !query.is_empty();
        return Ok(render(&MessagesTable { words, rows: &rows, next: &next, is_filtered }));
    }
    let days = client.verdict_days(None, DAYS).await.map_err(|error| asked.failed(error))?;
    let page =
        asked.page(None, Place::Messages, crate::portal::words::CHROME.of(lang).messages.to_owned()).await;
    Ok(render(&MessagesPage {
        page,
        words,
        results: choices(&RESULTS, &filter.dmarc, lang),
        actions: choices(&ACTIONS, &filter.action, lang),
        rows,
        chart: chart(&days, lang),
        days,
        next,
        query,
        filter,
    }))
}

fn choices(
    words: &'static [(&'static str, &'static str, &'static str)],
    chosen: &str,
    lang: Lang,
) -> Vec<Choice> {
    let choice = |(value, en, ja): &(&'static str, &'static str, &'static str)| Choice {
        value,
        word: lang.pick(en, ja),
        chosen: *value == chosen,
    };
    words.iter().map(choice).collect()
}

/// Series for the chart: names of ours and numbers, and nothing from mail.
fn chart(days: &[VerdictDayResource], lang: Lang) -> String {
    let names: Vec<&str> = RESULTS.iter().take(3).map(|(_, en, ja)| lang.pick(en, ja)).collect();
    let of = |count: fn(&VerdictDayResource) -> u64| days.iter().map(count).collect::<Vec<_>>();
    let days: Vec<&str> = days.iter().map(|day| day.day.as_str()).collect();
    let series = [of(|day| day.dmarc_pass), of(|day| day.dmarc_fail), of(|day| day.dmarc_none)];
    let day = MESSAGES.of(lang).day;
    serde_json::json!({ "days": days, "day": day, "names": names, "series": series }).to_string()
}

/// `GET /messages/export/{format}`: what a filter finds, up to a hundred thousand.
pub(in crate::portal) async fn export(
    asked: Asked,
    Path(format): Path<String>,
    Query(filter): Query<MessagesQuery>,
) -> Result<Response, Failure> {
    let (kind, frame): (_, Frame) = match format.as_str() {
        "csv" => ("text/csv; charset=utf-8", Frame { before: COLUMNS, of: csv_lines, behind: "" }),
        "json" => ("application/json", Frame { before: "[\n", of: json, behind: "\n]\n" }),
        _ => {
            let text = format!("{format}: csv, json");
            return Err(Failure::bad_request(asked.locale, text));
        }
    };
    let client = asked.client();
    let of_api = format!("{}&limit=250", filter.of_api());
    let mut page = client.verdicts(&of_api, None).await.map_err(|error| asked.failed(error))?;
    Ok(download(&format!("messages.{format}"), kind, move |file| async move {
        file.write(frame.before.to_owned()).await;
        let mut is_first = true;
        for _ in 0..EXPORT_PAGES {
            let text = (frame.of)(&page.items, is_first);
            is_first &= page.items.is_empty();
            if !file.write(text).await {
                return Ok(());
            }
            let Some(next) = page.next else { break };
            page = client.verdicts(&of_api, Some(&next)).await.map_err(|_| Unfinished)?;
        }
        file.write(frame.behind.to_owned()).await;
        Ok(())
    }))
}

/// What an export is made of.
struct Frame {
    before: &'static str,
    /// Some messages; whether they are the first.
    of: fn(&[VerdictResource], bool) -> String,
    behind: &'static str,
}

fn json(verdicts: &[VerdictResource], are_first: bool) -> String {
    let items: Vec<String> =
        verdicts.iter().filter_map(|verdict| serde_json::to_string(verdict).ok()).collect();
    let join = if are_first || items.is_empty() { "" } else { ",\n" };
    format!("{join}{}", items.join(",\n"))
}

const COLUMNS: &str = "id,at,queue_id,client,mail_from,author_domain,spf,spf_domain,dkim,arc,dmarc,policy,policy_domain,disposition,action,reasons\r\n";

fn csv_lines(verdicts: &[VerdictResource], _: bool) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let dkim: Vec<String> = (verdict.dkim.iter())
            .map(|signature| format!("{} {} {}", signature.result, signature.domain, signature.selector))
            .collect();
        let reasons: Vec<String> =
            verdict.reasons.iter().map(|reason| format!("{} {}", reason.kind, reason.comment)).collect();
        let optional = |value: &Option<String>| value.clone().unwrap_or_default();
        let cells = [
            verdict.id.to_string(),
            verdict.at.clone(),
            verdict.queue_id.clone(),
            optional(&verdict.client),
            optional(&verdict.mail_from),
            optional(&verdict.author_domain),
            verdict.spf.result.clone(),
            optional(&verdict.spf.domain),
            dkim.join("; "),
            verdict.arc.clone(),
            verdict.dmarc.clone(),
            optional(&verdict.policy),
            optional(&verdict.policy_domain),
            optional(&verdict.disposition),
            verdict.action.clone(),
            reasons.join("; "),
        ];
        text.push_str(&csv::line(&cells));
    }
    text
}

/// Messages on one page.
const ROWS: u32 = 50;
/// Days of the chart.
const DAYS: u32 = 30;
/// Pages of 250 that an export has at most: small ones, as nothing is sent before the first is read.
const EXPORT_PAGES: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_field_finds_three_things() {
        let check = |q: &str, expected: &str| {
            let query = MessagesQuery { q: q.to_owned(), ..MessagesQuery::default() };
            assert_eq!(query.of_api(), expected);
        };
        check("", "");
        check(" 192.0.2.1 ", "client=192.0.2.1");
        check("2001:db8::1", "client=2001:db8::1");
        check("Contoso.example.", "author_domain=contoso.example");
        check("jo@contoso.example", "author_domain=contoso.example");
        check("4XyZ", "queue_id=4XyZ");
        check("<script>&before=1", "queue_id=%3Cscript%3E%26before%3D1");
        let bad = MessagesQuery {
            dmarc: "x&y".to_owned(),
            action: "reject".to_owned(),
            before: "1;2".to_owned(),
            ..MessagesQuery::default()
        };
        assert_eq!(bad.of_api(), "action=reject");
    }
}
