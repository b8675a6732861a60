use std::collections::BTreeSet;
use std::time::Duration;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use postseal_store::AuditRow;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::overview::dkim_mark;
use super::tabs::{Tab, TabName, tabs};
use super::{At, see};
use crate::api::resource::{
    DkimOutcome, DkimSigningConfiguration, NewDkimSigningConfiguration, RotateDkimSigningConfiguration,
    ServerFinding, SetDkimSigningConfiguration, moment,
};
use crate::api::{ClientError, Problem, ProblemKind};
use crate::portal::asked::Asked;
use crate::portal::failure::{Failure, error_words};
use crate::portal::moments::{in_words, instant, when};
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::parts::{RecordBlock, ServerLine};
use crate::portal::words::{DKIM, DkimWords, action_words, detail_words};
use crate::words::{Lang, conclusion, event, flyout, publish, say};

#[derive(Template)]
#[template(path = "pages/dkim.html")]
struct DkimPage {
    page: Page,
    words: &'static DkimWords,
    path: String,
    tabs: Vec<Tab>,
    live: String,
    seen: String,
    history: Vec<Happened>,
}

/// A row of the domain's history.
struct Happened {
    at: String,
    what: String,
    who: String,
    detail: String,
}

/// What follows the DNS by itself.
#[derive(Template)]
#[template(path = "pages/dkim_live.html")]
struct DkimLive {
    words: &'static DkimWords,
    csrf: String,
    path: String,
    domain: String,
    has_keys: bool,
    enabled: bool,
    initial: bool,
    rotating: bool,
    mark: Mark,
    flyout: &'static str,
    status: String,
    /// At how many name servers both records are right.
    seen_at: Option<String>,
    checked: String,
    publish: &'static str,
    sides: Vec<Side>,
    lanes: Option<Lanes>,
    proposal: Option<[String; 2]>,
    key_made: String,
}

/// One of the two selectors.
struct Side {
    selector: String,
    record: Option<String>,
    bits: String,
    state: String,
    conclusion: Option<&'static str>,
}

/// The rotation, drawn: a lane for each selector.
struct Lanes {
    bars: Vec<Bar>,
    names: [String; 2],
    now: u64,
    summary: String,
}

struct Bar {
    x: u64,
    y: u64,
    width: u64,
    class: &'static str,
    text: &'static str,
}

/// A small page in the flyout of the list.
#[derive(Template)]
#[template(path = "pages/dkim_flyout.html")]
struct DkimFlyout {
    words: &'static DkimWords,
    path: String,
    domain: String,
    live: String,
    seen: String,
}

/// `GET …/dkim`
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    match asked.client().dkim(&at.organisation, &at.domain).await {
        Ok(found) => shown(&asked, &at, &found).await,
        // It is not shown to be theirs yet: the domain's own page says how.
        Err(ClientError::Problem(problem)) if problem.status == 409 => Ok(see(&at.path())),
        Err(error) => Err(asked.failed(error)),
    }
}

async fn shown(asked: &Asked, at: &At, found: &DkimSigningConfiguration) -> Result<Response, Failure> {
    let (live, seen) = live_part(asked, at, found);
    let (path, domain, words) = (at.path(), at.domain.to_string(), DKIM.of(asked.lang));
    if asked.fragment {
        return Ok(render(&DkimFlyout { words, path, domain, live, seen }));
    }
    let history = history(asked, at).await?;
    let page = asked.page(Some(at.organisation.as_str()), Place::Domains, domain).await;
    let tabs = tabs(at, TabName::Dkim, asked.lang);
    Ok(render(&DkimPage { page, words, tabs, path, live, seen, history }))
}

/// The last things that happened to the domain and its keys. The API has let this visitor see the domain.
async fn history(asked: &Asked, at: &At) -> Result<Vec<Happened>, Failure> {
    let rows = asked.service()?.domain_audit_rows(&at.organisation, &at.domain, HISTORY).await;
    let rows = rows.map_err(|error| asked.faulty(error))?;
    let happened = |row: AuditRow| Happened {
        at: when(&moment(row.at), asked.now(), asked.lang),
        detail: detail_words(&row.action, &row.detail, asked.lang),
        what: action_words(&row.action, asked.lang).map_or(row.action, str::to_owned),
        who: row.actor,
    };
    Ok(rows.into_iter().map(happened).collect())
}

#[derive(Deserialize)]
pub(in crate::portal) struct LiveQuery {
    #[serde(default)]
    seen: String,
}

/// Answers when there is something that has not been seen, or with 204 after a while.
pub(in crate::portal) async fn live(
    asked: Asked,
    Path(names): Path<(String, String)>,
    Query(query): Query<LiveQuery>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = asked.client().watch_dkim(&at.organisation, &at.domain).await;
        let found = found.map_err(|error| asked.failed(error))?;
        let (live, seen) = live_part(&asked, &at, &found);
        if seen != query.seen {
            return Ok(([("Postseal-Seen", seen)], Html(live)).into_response());
        }
        if Instant::now() >= deadline {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// The part that follows the DNS, and what stands for it. Times that pass are no news.
fn live_part(asked: &Asked, at: &At, found: &DkimSigningConfiguration) -> (String, String) {
    let text = DkimLive::of(asked, at, found).render().unwrap_or_default();
    let mut state = serde_json::to_value(found).unwrap_or_default();
    if let Some(fields) = state.as_object_mut() {
        for passing in ["LastChecked", "Selector1Found", "Selector2Found"] {
            fields.remove(passing);
        }
    }
    let findings = found.selector1_found.iter().chain(&found.selector2_found);
    let findings: String = findings.map(|f| format!("{} {} {:?};", f.address, f.finding, f.detail)).collect();
    let hash = digest(&SHA256, format!("{state} {findings} {:?}", asked.lang).as_bytes());
    (text, hash.as_ref().iter().take(8).map(|octet| format!("{octet:02x}")).collect())
}

impl DkimLive {
    fn of(asked: &Asked, at: &At, found: &DkimSigningConfiguration) -> DkimLive {
        let (lang, now) = (asked.lang, asked.now());
        let has_keys = found.flyout != "NoKeys";
        DkimLive {
            words: DKIM.of(lang),
            csrf: asked.visitor.csrf.clone(),
            path: at.path(),
            domain: at.domain.to_string(),
            has_keys,
            enabled: found.enabled,
            initial: found.is_default,
            rotating: found.flyout == "Rotating",
            mark: dkim_mark(&found.flyout),
            flyout: flyout(&found.flyout, lang),
            status: found.status.clone(),
            seen_at: seen_at(found, lang).filter(|_| has_keys && !found.is_default),
            checked: found.last_checked.as_deref().map(|at| when(at, now, lang)).unwrap_or_default(),
            publish: if is_in_place(found) { DKIM.of(lang).in_place } else { publish(found, lang) },
            sides: [false, true].map(|second| Side::of(found, second, lang)).into(),
            lanes: found.enabled.then(|| Lanes::of(found, now, lang)).flatten(),
            proposal: found.proposed_selectors.clone(),
            key_made: found.key_creation_time.as_deref().map(|at| when(at, now, lang)).unwrap_or_default(),
        }
    }
}

/// Whether both CNAMEs are right wherever they were looked for: nothing is left to publish.
fn is_in_place(found: &DkimSigningConfiguration) -> bool {
    let [one, two] = [&found.selector1_found, &found.selector2_found];
    let all_right = |seen: &[ServerFinding]| !seen.is_empty() && seen.iter().all(|s| s.finding == "right");
    found.publish_mode == "CNAME" && all_right(one) && all_right(two)
}

/// At how many name servers both records are right.
fn seen_at(found: &DkimSigningConfiguration, lang: Lang) -> Option<String> {
    let right = |findings: &[ServerFinding], address: &str| {
        findings.iter().any(|one| one.address == address && one.finding == "right")
    };
    let both = found.selector1_found.iter().chain(&found.selector2_found);
    let addresses: BTreeSet<&str> = both.map(|one| one.address.as_str()).collect();
    let good = addresses
        .iter()
        .filter(|address| right(&found.selector1_found, address) && right(&found.selector2_found, address))
        .count();
    let all = addresses.len();
    (all > 0).then(|| {
        say!(
            lang,
            "both records seen at {good} of {all} name servers",
            "{all} 台の DNS サーバーのうち {good} 台で両方のレコードを確認"
        )
    })
}

impl Side {
    fn of(found: &DkimSigningConfiguration, second: bool, lang: Lang) -> Side {
        let (selector, servers) = found.found(second);
        let one = |first: &Option<String>, other: &Option<String>| {
            if second { other.clone() } else { first.clone() }
        };
        let state = one(&found.selector1_state, &found.selector2_state).unwrap_or_default();
        let bits = if second { found.selector2_key_size } else { found.selector1_key_size };
        let word = one(&found.selector1_conclusion, &found.selector2_conclusion);
        let record = found.records.iter().find(|record| record.name.starts_with(&format!("{selector}.")));
        let record = record.map(|record| {
            let block = RecordBlock { title: selector.to_owned(), ..RecordBlock::of(record, servers, lang) };
            block.render().unwrap_or_default()
        });
        Side {
            selector: selector.to_owned(),
            record,
            bits: bits.map(|bits| bits.to_string()).unwrap_or_default(),
            state: if state == "signing" && !found.enabled {
                lang.pick("chosen to sign first", "最初に署名に使う鍵").to_owned()
            } else {
                life(&state, lang).to_owned()
            },
            conclusion: word.as_deref().and_then(|word| conclusion(word, lang)),
        }
    }
}

/// A selector's life in a word.
fn life(state: &str, lang: Lang) -> &'static str {
    match state {
        "standby" => lang.pick("published, waiting", "公開済み、待機中"),
        "signing" => lang.pick("signing", "署名中"),
        "retiring" => lang.pick("kept for mail under way", "配送中のメールのために保持"),
        "revoked" => lang.pick("revoked", "失効"),
        _ => "",
    }
}

fn life_class(state: &str) -> &'static str {
    match state {
        "signing" => "signing",
        "retiring" => "retiring",
        "revoked" => "revoked",
        _ => "standby",
    }
}

/// Units of the drawing, of which a lane begins at `LEFT` and is `WIDTH` long.
const LEFT: u64 = 110;
const WIDTH: u64 = 600;
const DAY: u64 = 86_400;

impl Lanes {
    fn of(found: &DkimSigningConfiguration, now: u64, lang: Lang) -> Option<Lanes> {
        let made = instant(found.key_creation_time.as_deref()?)?;
        let switch = found.rotate_on_date.as_deref().and_then(instant).filter(|at| *at > now);
        let states = [&found.selector1_state, &found.selector2_state];
        let since = [&found.selector1_visible_since, &found.selector2_visible_since];
        let starts = since.map(|since| since.as_deref().and_then(instant).unwrap_or(made));
        let from = starts.iter().copied().min().unwrap_or(made).min(now).saturating_sub(DAY);
        let until = switch.unwrap_or(now).max(now) + 14 * DAY;
        let x = |at: u64| LEFT + at.clamp(from, until).saturating_sub(from) * WIDTH / (until - from).max(1);
        let mut bars = Vec::new();
        for (lane, (state, start)) in states.into_iter().zip(starts).enumerate() {
            let state = state.as_deref().unwrap_or_default();
            let name = if lane == 0 { &found.selector1 } else { &found.selector2 };
            let y = 24 + 44 * lane as u64;
            let after = switch.filter(|_| found.selector_after_rotate_on_date.as_ref() == Some(name));
            let ends = after.or_else(|| switch.filter(|_| state == "signing")).unwrap_or(until);
            let bar = |start: u64, end: u64, state: &str| Bar {
                x: x(start),
                y,
                width: x(end).saturating_sub(x(start)).max(2),
                class: life_class(state),
                text: life(state, lang),
            };
            bars.push(bar(start, ends, state));
            if let Some(at) = after {
                bars.push(bar(at, until, "signing"));
            } else if ends < until {
                bars.push(bar(ends, until, "retiring"));
            }
        }
        let words = DKIM.of(lang);
        let summary = match switch {
            Some(_) => {
                let next = found.selector_after_rotate_on_date.as_deref().unwrap_or_default();
                format!("{next}: {} {}", words.signs_from, when(found.rotate_on_date.as_deref()?, now, lang))
            }
            None => words.no_rotation.to_owned(),
        };
        let names = [found.selector1.clone(), found.selector2.clone()];
        Some(Lanes { bars, names, now: x(now), summary })
    }
}

#[derive(Deserialize)]
pub(in crate::portal) struct CreateForm {
    #[serde(default)]
    key_size: Option<u32>,
}

#[derive(Deserialize)]
pub(in crate::portal) struct SignForm {
    enabled: bool,
}

#[derive(Deserialize)]
pub(in crate::portal) struct RotateForm {
    #[serde(default)]
    key_size: Option<u32>,
    #[serde(default)]
    compromised: bool,
}

/// Makes the keys; enabling comes when they are visible.
pub(in crate::portal) async fn create(
    asked: Asked,
    Path(names): Path<(String, String)>,
    Form(form): Form<CreateForm>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let new =
        NewDkimSigningConfiguration { key_size: form.key_size, ..NewDkimSigningConfiguration::default() };
    let done = asked.client().new_dkim(&at.organisation, &at.domain, &new).await;
    came(&asked, &at, done, DKIM.of(asked.lang).created)
}

/// The toggle.
pub(in crate::portal) async fn sign(
    asked: Asked,
    Path(names): Path<(String, String)>,
    Form(form): Form<SignForm>,
) -> Result<Response, Failure> {
    let (at, words) = (asked.at(names)?, DKIM.of(asked.lang));
    let set =
        SetDkimSigningConfiguration { enabled: Some(form.enabled), ..SetDkimSigningConfiguration::default() };
    let done = asked.client().set_dkim(&at.organisation, &at.domain, &set).await;
    came(&asked, &at, done, if form.enabled { words.enabled } else { words.disabled })
}

pub(in crate::portal) async fn rotate(
    asked: Asked,
    Path(names): Path<(String, String)>,
    Form(form): Form<RotateForm>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let order = RotateDkimSigningConfiguration {
        key_size: form.key_size,
        compromised: form.compromised,
        dry_run: false,
    };
    let done = asked.client().rotate_dkim(&at.organisation, &at.domain, &order).await;
    came(&asked, &at, done, DKIM.of(asked.lang).rotated)
}

/// Looks at the name servers now.
pub(in crate::portal) async fn check(
    asked: Asked,
    Path(names): Path<(String, String)>,
) -> Result<Response, Failure> {
    let at = asked.at(names)?;
    let done = asked.client().check_dkim(&at.organisation, &at.domain).await;
    came(&asked, &at, done, DKIM.of(asked.lang).looked)
}

/// The page again, which says what came of an operation; its live part shows what was found.
fn came(
    asked: &Asked,
    at: &At,
    done: Result<DkimOutcome, ClientError>,
    good: &str,
) -> Result<Response, Failure> {
    let notice = match done {
        Ok(DkimOutcome { warning: Some(warning), configuration, .. }) => {
            too_early(asked, at, warning, &configuration)
        }
        Ok(DkimOutcome { mut configuration, events, .. }) => {
            let switch = configuration.rotate_on_date.as_deref().map(|at| in_words(at, asked.lang));
            configuration.rotate_on_date = switch;
            let events: Vec<String> =
                events.iter().map(|word| event(word, &configuration, asked.lang)).collect();
            let next = Some(events.join(asked.lang.pick("; ", "。"))).filter(|text| !text.is_empty());
            Notice { mark: Mark::Good, text: good.to_owned(), next }
        }
        Err(ClientError::Problem(mut problem)) if problem.configuration.is_some() => {
            match problem.configuration.take() {
                Some(configuration) => too_early(asked, at, *problem, &configuration),
                None => return Err(asked.failed(ClientError::Problem(problem))),
            }
        }
        Err(error) => return Err(asked.failed(error)),
    };
    Ok(asked.see_with(&format!("{}/dkim", at.path()), notice))
}

/// Signing stays off: what each name server showed instead, a line each, and what to do.
fn too_early(asked: &Asked, at: &At, problem: Problem, found: &DkimSigningConfiguration) -> Notice {
    let (lang, words, domain) = (asked.lang, DKIM.of(asked.lang), &at.domain);
    let is_unseen = problem.kind() == Some(ProblemKind::NotVisible);
    let text = if is_unseen {
        say!(
            lang,
            "{domain} is not enabled yet: its records were not found.",
            "{domain} はまだ有効にできません。必要なレコードが確認できません。"
        )
    } else {
        error_words(&ClientError::Problem(Box::new(problem)), asked.locale).1.what
    };
    let both = [(&found.selector1, &found.selector1_found), (&found.selector2, &found.selector2_found)];
    let wrong = both.iter().flat_map(|(selector, seen)| seen.iter().map(move |server| (selector, server)));
    let line = |(selector, server): (&&String, &ServerFinding)| {
        let ServerLine { name, text, .. } = ServerLine::of(server, "", lang);
        format!("{selector} · {name}: {text}")
    };
    let wrong = wrong.filter(|(_, server)| is_unseen && server.finding != "right");
    let lines: Vec<String> = wrong.take(MOST_SAID).map(line).chain([words.try_again.to_owned()]).collect();
    Notice { mark: Mark::Attention, text, next: Some(lines.join("\n")) }
}

/// Answers of name servers that a notice says; all of them stand beside the records.
const MOST_SAID: usize = 8;

/// Rows of the history on the page.
const HISTORY: u32 = 20;

/// How long one request waits for news.
const PATIENCE: Duration = Duration::from_secs(20);

const LOOK_AGAIN: Duration = Duration::from_secs(1);
