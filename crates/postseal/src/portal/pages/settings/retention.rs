use askama::Template;
use axum::extract::{Form, Query};
use axum::response::Response;
use serde::Deserialize;

use super::{SettingsName, SettingsTab, tabs};
use crate::api::resource::SetMessageRetention;
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::numbers::grouped;
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::words::{RETENTION, RetentionWords, SETTINGS, SettingsWords};
use crate::words::{kept_for, removed};

#[derive(Template)]
#[template(path = "pages/retention.html")]
struct RetentionPage {
    page: Page,
    words: &'static SettingsWords,
    retention: &'static RetentionWords,
    tabs: Vec<SettingsTab>,
    now: String,
    changed: bool,
    choices: Vec<Choice>,
    /// What another choice would do.
    effect: Option<Effect>,
}

struct Choice {
    value: String,
    word: String,
    chosen: bool,
}

struct Effect {
    /// What is sent where it is wanted.
    keep: String,
    title: String,
    text: String,
    is_danger: bool,
    none_kept: bool,
}

/// What is chosen: seconds, or `file`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct RetentionForm {
    keep: String,
}

/// `GET /settings/messages`: how long messages are kept; with a choice, what it would do.
pub(in crate::portal) async fn show(
    asked: Asked,
    Query(form): Query<RetentionForm>,
) -> Result<Response, Failure> {
    let (lang, client) = (asked.lang, asked.client());
    let words = RETENTION.of(lang);
    let now = client.message_retention().await.map_err(|error| asked.failed(error))?;
    let chosen = if now.changed { now.keep_seconds.to_string() } else { FILE.to_owned() };
    let effect = match read(&form.keep) {
        None => None,
        Some(_) if form.keep == chosen => None,
        Some(keep_seconds) => {
            let set = SetMessageRetention { keep_seconds, dry_run: true };
            let then = client.set_message_retention(&set).await.map_err(|error| asked.failed(error))?;
            let (older, keep) = (then.older_messages, then.keep_seconds);
            let text = match older {
                0 => words.nothing.to_owned(),
                _ => removed(&grouped(older), keep, lang),
            };
            let title = format!("{}: {}", words.effect, kept_for(keep, lang));
            Some(Effect { keep: form.keep.clone(), title, text, is_danger: older > 0, none_kept: keep == 0 })
        }
    };
    let shown = effect.as_ref().map_or(&chosen, |effect| &effect.keep);
    let mut seconds: Vec<u64> = DAYS.iter().map(|days| days * 86_400).collect();
    seconds.extend(shown.parse::<u64>());
    seconds.sort_unstable();
    seconds.dedup();
    let file = format!("{}: {}", words.as_file, kept_for(now.file_keep_seconds, lang));
    let as_file = Choice { value: FILE.to_owned(), word: file, chosen: shown == FILE };
    let others = seconds.into_iter().map(|seconds| Choice {
        value: seconds.to_string(),
        word: kept_for(seconds, lang),
        chosen: *shown == seconds.to_string(),
    });
    let choices = [as_file].into_iter().chain(others).collect();
    let page = asked.page(None, Place::Settings, words.tab.to_owned()).await;
    Ok(render(&RetentionPage {
        page,
        words: SETTINGS.of(lang),
        retention: words,
        tabs: tabs(SettingsName::Messages, lang),
        now: kept_for(now.keep_seconds, lang),
        changed: now.changed,
        choices,
        effect,
    }))
}

/// `POST /settings/messages`
pub(in crate::portal) async fn set(
    asked: Asked,
    Form(form): Form<RetentionForm>,
) -> Result<Response, Failure> {
    let keep_seconds = read(&form.keep)
        .ok_or_else(|| Failure::bad_request(asked.locale, format!("keep: {:?}", form.keep)))?;
    let set = SetMessageRetention { keep_seconds, dry_run: false };
    asked.client().set_message_retention(&set).await.map_err(|error| asked.failed(error))?;
    let text = RETENTION.of(asked.lang).saved.to_owned();
    Ok(asked.see_with("/settings/messages", Notice { mark: Mark::Good, text, next: None }))
}

/// `Some(None)`: as the file has it.
fn read(keep: &str) -> Option<Option<u64>> {
    if keep == FILE { Some(None) } else { keep.parse().ok().map(Some) }
}

const FILE: &str = "file";

/// Days to choose from.
const DAYS: [u64; 7] = [0, 1, 7, 14, 30, 90, 365];
