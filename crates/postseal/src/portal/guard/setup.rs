use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use postseal_store::{ActorName, StoreError};
use serde::Deserialize;

use super::Guard;
use super::answer::of_problem;
use super::log_in::{entered, form_page};
use crate::api::{Problem, ProblemKind};
use crate::portal::listener::Peer;
use crate::portal::locale::Locale;
use crate::portal::page::{Mark, Notice, Page, Place};
use crate::portal::words::{LET_IN, LetInWords, password_words};
use crate::service::{Secret, Service, ServiceError};

#[derive(Template)]
#[template(path = "pages/setup.html")]
struct SetupPage {
    page: Page,
    words: &'static LetInWords,
    link: String,
    /// The account that is there.
    there: Option<String>,
    name: String,
    field: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SetupQuery {
    link: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SetupForm {
    link: String,
    name: String,
    password: String,
    again: String,
}

/// `GET /setup?link=…`: it shows a form, and uses nothing up.
pub(super) async fn show(
    State(guard): State<Arc<Guard>>,
    uri: Uri,
    headers: HeaderMap,
    Query(query): Query<SetupQuery>,
) -> Response {
    let locale = Locale::of(uri.query().unwrap_or_default(), &headers);
    let form = SetupForm { link: query.link, ..SetupForm::default() };
    match good_link(&guard, &form.link).await {
        Ok((service, _)) => {
            page(&guard, &service, (locale, uri.query()), &headers, (StatusCode::OK, form), None).await
        }
        Err(problem) => of_problem(problem, locale),
    }
}

/// Makes the account, or gives it another password, and begins a session.
pub(super) async fn enter(
    State(guard): State<Arc<Guard>>,
    Extension(Peer(address)): Extension<Peer>,
    headers: HeaderMap,
    Form(form): Form<SetupForm>,
) -> Response {
    let locale = Locale::of("", &headers);
    let words = LET_IN.of(locale.lang);
    let (service, link) = match good_link(&guard, &form.link).await {
        Ok(found) => found,
        Err(problem) => return of_problem(problem, locale),
    };
    let wrong = match ActorName::parse(form.name.trim()) {
        Err(_) => words.name_rule.to_owned(),
        Ok(_) if form.password != form.again => words.differ.to_owned(),
        Ok(name) => match service.enter_by_setup_link(&link, &name, &form.password, address).await {
            Ok(secret) => return entered(&guard, &secret, "/"),
            Err(ServiceError::Password(fault)) => password_words(fault, locale.lang).to_owned(),
            Err(error) => return of_problem(error.into(), locale),
        },
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    page(&guard, &service, (locale, None), &headers, (status, form), Some(wrong)).await
}

async fn good_link(guard: &Guard, text: &str) -> Result<(Arc<Service>, Secret), Problem> {
    let service = guard.service().await?;
    if let Some(link) = Secret::parse(text)
        && service.setup_link_lives(&link).await?
    {
        return Ok((service, link));
    }
    Err(Problem::new(ProblemKind::NoSetupLink, StoreError::NoSetupLink.to_string()))
}

async fn page(
    guard: &Guard,
    service: &Service,
    (locale, query): (Locale, Option<&str>),
    headers: &HeaderMap,
    (status, form): (StatusCode, SetupForm),
    wrong: Option<String>,
) -> Response {
    let words = LET_IN.of(locale.lang);
    let there = match service.administrator().await {
        Ok(account) => account.map(|account| account.name.to_string()),
        Err(error) => return of_problem(error.into(), locale),
    };
    let mut page = Page::outside(locale, Place::None, words.set_up.to_owned());
    page.query = query.map_or_else(|| format!("link={}", form.link), str::to_owned);
    page.notice = wrong.map(|text| Notice { mark: Mark::Bad, text, next: None });
    form_page(guard, headers, status, |field| {
        SetupPage { page, words, link: form.link, there, name: form.name, field }.render()
    })
}
