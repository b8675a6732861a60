use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::locale::Locale;
use super::page::{Page, Place};
use super::words::CHROME;
use crate::api::{ClientError, Problem, ProblemKind};
use crate::words::{ProblemWords, api_problem};

/// Why there is no page, which is a page too.
pub(super) struct Failure {
    pub(super) locale: Locale,
    pub(super) error: ClientError,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    what: String,
    next: Option<String>,
}

impl Failure {
    pub(super) fn of(locale: Locale, problem: Problem) -> Failure {
        Failure { locale, error: ClientError::Problem(Box::new(problem)) }
    }

    /// A request that cannot be read.
    pub(super) fn bad_request(locale: Locale, detail: String) -> Failure {
        Failure::of(locale, Problem::new(ProblemKind::BadRequest, detail))
    }
}

/// What is said of an error.
pub(super) fn error_words(error: &ClientError, locale: Locale) -> (u16, ProblemWords) {
    match error {
        ClientError::Problem(problem) => (problem.status, api_problem(problem, locale.lang)),
        other => (500, ProblemWords { what: other.to_string(), next: None }),
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, ProblemWords { what, next }) = error_words(&self.error, self.locale);
        let title = CHROME.of(self.locale.lang).failed.to_owned();
        let page = Page::outside(self.locale, Place::None, title);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match (ErrorPage { page, what, next }).render() {
            Ok(text) => (status, Html(text)).into_response(),
            Err(_) => status.into_response(),
        }
    }
}
