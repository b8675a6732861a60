use askama::Template;
use axum::extract::{Form, Query};
use axum::response::Response;
use serde::Deserialize;

use super::{SettingsName, SettingsTab, tabs};
use crate::api::resource::{AllowedPairResource, NewAllowedPair};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::moments::instant;
use crate::portal::page::{Mark, Notice, Page, Place, render};
use crate::portal::words::{RECEIVER, ReceiverWords, SETTINGS, SettingsWords};

#[derive(Template)]
#[template(path = "pages/allowed.html")]
struct AllowedPage {
    page: Page,
    words: &'static SettingsWords,
    receiver: &'static ReceiverWords,
    tabs: Vec<SettingsTab>,
    rows: Vec<Row>,
    form: AllowedForm,
}

struct Row {
    pair: AllowedPairResource,
    over: bool,
}

/// A pair as the form has it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct AllowedForm {
    author_domain: String,
    subdomains: Option<String>,
    client: String,
    authenticated: String,
    until: String,
    note: String,
}

#[derive(Deserialize)]
pub(in crate::portal) struct RemoveForm {
    id: i64,
}

/// `GET /settings/allowed`; a link may fill the form in.
pub(in crate::portal) async fn list(
    asked: Asked,
    Query(form): Query<AllowedForm>,
) -> Result<Response, Failure> {
    let lang = asked.lang;
    let pairs = asked.client().allowed_pairs().await.map_err(|error| asked.failed(error))?;
    let now = asked.now();
    let over = |pair: &AllowedPairResource| {
        pair.until.as_deref().and_then(instant).is_some_and(|until| until <= now)
    };
    let rows = pairs.into_iter().map(|pair| Row { over: over(&pair), pair }).collect();
    let page = asked.page(None, Place::Settings, RECEIVER.of(lang).pairs.to_owned()).await;
    Ok(render(&AllowedPage {
        page,
        words: SETTINGS.of(lang),
        receiver: RECEIVER.of(lang),
        tabs: tabs(SettingsName::Allowed, lang),
        rows,
        form,
    }))
}

/// `POST /settings/allowed/add`
pub(in crate::portal) async fn add(asked: Asked, Form(form): Form<AllowedForm>) -> Result<Response, Failure> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let new = NewAllowedPair {
        author_domain: form.author_domain.trim().trim_end_matches('.').to_owned(),
        subdomains: form.subdomains.is_some(),
        client: given(&form.client),
        authenticated: given(&form.authenticated),
        until: given(&form.until),
        note: form.note,
    };
    asked.client().add_allowed_pair(&new).await.map_err(|error| asked.failed(error))?;
    let text = RECEIVER.of(asked.lang).added.to_owned();
    Ok(asked.see_with("/settings/allowed", Notice { mark: Mark::Good, text, next: None }))
}

/// `POST /settings/allowed/remove`
pub(in crate::portal) async fn remove(
    asked: Asked,
    Form(form): Form<RemoveForm>,
) -> Result<Response, Failure> {
    asked.client().remove_allowed_pair(form.id).await.map_err(|error| asked.failed(error))?;
    let text = RECEIVER.of(asked.lang).removed.to_owned();
    Ok(asked.see_with("/settings/allowed", Notice { mark: Mark::Good, text, next: None }))
}
