use std::net::IpAddr;

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use postseal_core::advice::{CheckReport, CheckRequest, Severity};
use postseal_core::dkim::Selector;
use serde::Deserialize;

use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::parts::finding_blocks;
use crate::portal::words::{CHECK, CheckWords, receiver_name};
use crate::predictions::{ReceiverText, outcome_word, receivers};
use crate::words::{Lang, mta_sts_state};

#[derive(Template)]
#[template(path = "pages/check.html")]
struct CheckPage {
    page: Page,
    words: &'static CheckWords,
    form: CheckForm,
    result: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/check_result.html")]
struct CheckResult {
    words: &'static CheckWords,
    domain: String,
    mark: Mark,
    summary: &'static str,
    receivers: Vec<ReceiverRow>,
    findings: Vec<String>,
    /// What is known of the MTA-STS Policy, where that is no finding.
    mta_sts: Option<String>,
}

struct ReceiverRow {
    name: String,
    mark: Mark,
    outcome: &'static str,
    text: ReceiverText,
    bulk: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct CheckForm {
    domain: String,
    selector: String,
    from_ip: String,
    volume: String,
}

/// `GET /check`: should this domain register something, and what becomes of its mail today?
pub(in crate::portal) async fn show(
    asked: Asked,
    Query(form): Query<CheckForm>,
) -> Result<Response, Failure> {
    let words = CHECK.of(asked.lang);
    let result = match form.domain.trim() {
        "" => None,
        _ => Some(look(&asked, &form).await?),
    };
    if let (true, Some(result)) = (asked.fragment, &result) {
        return Ok(render(result));
    }
    let page = asked.page(None, Place::Check, words.title.to_owned()).await;
    let result = result.and_then(|result| result.render().ok());
    Ok(render(&CheckPage { page, words, form, result }))
}

async fn look(asked: &Asked, form: &CheckForm) -> Result<CheckResult, Failure> {
    let bad = |what: &str, error: String| Failure::bad_request(asked.locale, format!("{what}: {error}"));
    let mut request = CheckRequest::new(asked.domain_name(&form.domain)?);
    for word in form.selector.split([',', ' ']).filter(|word| !word.is_empty()).take(MAX_GIVEN) {
        request.selectors.push(Selector::parse(word).map_err(|error| bad(word, error.to_string()))?);
    }
    for word in form.from_ip.split([',', ' ']).filter(|word| !word.is_empty()).take(MAX_GIVEN) {
        request.from_ips.push(word.parse::<IpAddr>().map_err(|error| bad(word, error.to_string()))?);
    }
    let volume = match form.volume.trim() {
        "" => None,
        word => Some(word.parse::<u64>().map_err(|error| bad(word, error.to_string()))?),
    };
    let report = asked.service()?.check_at_source(request).await.map_err(|error| asked.faulty(error))?;
    let texts = receivers(&report, volume, &asked.portal.rules, asked.now(), asked.lang);
    Ok(CheckResult::of(&report, texts, asked.lang))
}

impl CheckResult {
    fn of(report: &CheckReport, texts: Vec<ReceiverText>, lang: Lang) -> CheckResult {
        let words = CHECK.of(lang);
        let (mark, summary) = match report.worst() {
            Some(Severity::Error) => (Mark::Bad, words.bad),
            Some(Severity::Warning) => (Mark::Attention, words.attention),
            Some(Severity::Info) | None => (Mark::Good, words.good),
        };
        CheckResult {
            words,
            domain: report.domain.to_string(),
            mark,
            summary,
            receivers: texts.into_iter().map(|text| ReceiverRow::of(text, lang)).collect(),
            findings: finding_blocks(report.findings.iter(), lang),
            mta_sts: mta_sts_state(&report.mta_sts, lang),
        }
    }
}

impl ReceiverRow {
    fn of(text: ReceiverText, lang: Lang) -> ReceiverRow {
        let mark = match text.outcome {
            "accept" => Mark::Good,
            "reject" => Mark::Bad,
            "defer" | "junk" | "warn" => Mark::Attention,
            _ => Mark::Off,
        };
        let bulk = text.bulk.as_ref().map(|bulk| {
            format!("{}: {} {}", CHECK.of(lang).in_bulk, outcome_word(bulk.outcome, lang), bulk.message)
        });
        ReceiverRow {
            name: receiver_name(&text.receiver, lang).to_owned(),
            mark,
            outcome: outcome_word(text.outcome, lang),
            bulk: bulk.unwrap_or_default(),
            text,
        }
    }
}

/// Selectors, and addresses, of one check.
const MAX_GIVEN: usize = 20;
