use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Page, Place, render};
use crate::portal::words::CHROME;
use crate::words::say;

#[derive(Template)]
#[template(path = "pages/search.html")]
struct SearchPage {
    page: Page,
    found: Vec<Found>,
    none: String,
}

struct Found {
    href: String,
    text: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct SearchQuery {
    q: String,
}

/// `GET /search`: domains and pages whose name has these letters.
pub(in crate::portal) async fn show(
    asked: Asked,
    Query(query): Query<SearchQuery>,
) -> Result<Response, Failure> {
    let sought = query.q.trim().to_lowercase();
    let page = asked.page(None, Place::None, CHROME.of(asked.lang).search.to_owned()).await;
    let mut found: Vec<Found> = Vec::new();
    for place in page.places() {
        if !sought.is_empty() && place.word.to_lowercase().contains(&sought) {
            found.push(Found { href: place.href, text: place.word.to_owned() });
        }
    }
    for name in page.organisations.iter().take(MAX_ORGANISATIONS) {
        let organisation = asked.organisation_name(name)?;
        let mut after = None;
        loop {
            let domains = asked.domain_page(&organisation, after.as_ref(), 1_000).await?;
            let fitting = domains.items.iter().filter(|domain| domain.name.contains(&sought));
            found.extend(fitting.take(MAX_FOUND.saturating_sub(found.len())).map(|domain| Found {
                href: format!("/o/{organisation}/domains/{}", domain.name),
                text: domain.name.clone(),
            }));
            let Some(last) =
                domains.items.last().filter(|_| domains.next.is_some() && found.len() < MAX_FOUND)
            else {
                break;
            };
            after = Some(asked.domain_name(&last.name)?);
        }
    }
    let none = say!(asked.lang, "Nothing is called {}.", "「{}」は見つかりませんでした。", query.q);
    Ok(render(&SearchPage { page, found, none }))
}

const MAX_FOUND: usize = 50;

/// Organisations that are looked through.
const MAX_ORGANISATIONS: usize = 20;
