use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use super::messages::result_mark;
use crate::api::resource::{SearchResult, VerdictResource};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::moments::when;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::words::{CHROME, MESSAGES, RESULTS, SEARCH, SearchWords, word_text};
use crate::words::say;

#[derive(Template)]
#[template(path = "pages/search.html")]
struct SearchPage {
    page: Page,
    words: &'static SearchWords,
    q: String,
    pages: Vec<Found>,
    organisations: Vec<Found>,
    domains: Vec<Found>,
    messages: Vec<FoundMessage>,
    more: bool,
    none: Option<String>,
}

struct Found {
    href: String,
    text: String,
    /// Whose it is, where there are several.
    of: Option<String>,
}

struct FoundMessage {
    href: String,
    queue_id: String,
    from: String,
    at: String,
    mark: Mark,
    result: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct SearchQuery {
    q: String,
}

/// `GET /search`: pages, organisations and domains whose name has these letters, messages with this id.
pub(in crate::portal) async fn show(
    asked: Asked,
    Query(query): Query<SearchQuery>,
) -> Result<Response, Failure> {
    let sought = query.q.trim().to_owned();
    let found = if sought.is_empty() {
        SearchResult::default()
    } else {
        asked.client().search(&sought, MOST + 1).await.map_err(|error| asked.failed(error))?
    };
    let page = asked.page(None, Place::None, CHROME.of(asked.lang).search.to_owned()).await;
    let lower = sought.to_lowercase();
    let places = page.places().into_iter();
    let pages: Vec<Found> = places
        .filter(|place| !lower.is_empty() && place.word.to_lowercase().contains(&lower))
        .map(|place| Found { href: place.href, text: place.word.to_owned(), of: None })
        .collect();
    let most = MOST as usize;
    let more = found.organisations.len() > most || found.domains.len() > most || found.messages.len() > most;
    let several = page.organisations.len() > 1;
    let organisations: Vec<Found> = (found.organisations.into_iter().take(most))
        .map(|name| Found { href: format!("/o/{name}"), text: name, of: None })
        .collect();
    let domains: Vec<Found> = (found.domains.into_iter().take(most))
        .map(|found| Found {
            href: format!("/o/{}/domains/{}", found.organisation, found.name),
            text: found.name,
            of: several.then_some(found.organisation),
        })
        .collect();
    let messages: Vec<FoundMessage> =
        found.messages.into_iter().take(most).map(|verdict| FoundMessage::of(&asked, verdict)).collect();
    let nothing = pages.is_empty() && organisations.is_empty() && domains.is_empty() && messages.is_empty();
    let none = say!(asked.lang, "Nothing is called {}.", "「{}」は見つかりませんでした。", sought);
    let none = Some(none).filter(|_| nothing && !sought.is_empty());
    let words = SEARCH.of(asked.lang);
    Ok(render(&SearchPage { page, words, q: sought, pages, organisations, domains, messages, more, none }))
}

impl FoundMessage {
    fn of(asked: &Asked, verdict: VerdictResource) -> FoundMessage {
        FoundMessage {
            href: format!("/messages/{}", verdict.id),
            at: when(&verdict.at, asked.now(), asked.lang),
            mark: result_mark(&verdict.dmarc),
            result: word_text(&RESULTS, &verdict.dmarc, asked.lang),
            from: verdict.author_domain.unwrap_or_else(|| MESSAGES.of(asked.lang).unreadable.to_owned()),
            queue_id: verdict.queue_id,
        }
    }
}

/// Of each kind.
const MOST: u32 = 50;
