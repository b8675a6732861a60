use askama::Template;
use axum::body::Body;
use axum::http::header::{HeaderName, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::api::{ClientError, Problem};
use crate::portal::failure::error_words;
use crate::portal::locale::Locale;
use crate::portal::page::{Page, Place};
use crate::portal::words::{CHROME, LET_IN};
use crate::words::{ProblemWords, say};

/// Why a request does not pass.
#[derive(Debug)]
pub(super) enum Refused {
    /// Its name for this node is not one of ours: perhaps somebody's DNS leads here.
    Host,
    /// It would change something, and does not come from a page of ours.
    NotFromHere,
    TooLarge,
    TooSlow,
    /// Nobody is logged in; where to, and whether only a part of a page was asked for.
    Nobody {
        to: Option<(String, bool)>,
    },
    /// There is nobody who could log in.
    NoAccount,
    Problem(Box<Problem>),
}

impl Refused {
    /// For programs as a problem, for people as a page or the way to one.
    pub(super) fn response(&self, locale: Locale, for_program: bool) -> Response {
        if for_program {
            let mut response = self.problem().response().map(Body::new);
            if response.status() == StatusCode::UNAUTHORIZED {
                let scheme = HeaderValue::from_static("Bearer realm=\"postseal\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            }
            return response;
        }
        match self {
            Refused::Nobody { to: Some((path, true)) } => led(path),
            Refused::Nobody { to: Some((path, false)) } => Redirect::to(path).into_response(),
            _ => of_problem(self.problem(), locale),
        }
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    page: Page,
    what: String,
    next: Option<String>,
    back: &'static str,
}

/// A page that says what is wrong, and what to do. It shows nothing of what is behind.
pub(super) fn of_problem(problem: Problem, locale: Locale) -> Response {
    let error = ClientError::Problem(Box::new(problem));
    let (status, words) = error_words(&error, locale);
    said(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), words, locale)
}

/// That there is no page of this path.
pub(super) fn no_page(path: &str, locale: Locale) -> Response {
    let what = say!(locale.lang, "There is no page {path}.", "{path} というページはありません。");
    said(StatusCode::NOT_FOUND, ProblemWords { what, next: None }, locale)
}

fn said(status: StatusCode, ProblemWords { what, next }: ProblemWords, locale: Locale) -> Response {
    let page = Page::outside(locale, Place::None, CHROME.of(locale.lang).failed.to_owned());
    let back = LET_IN.of(locale.lang).back;
    let Ok(text) = (RefusedPage { page, what, next, back }).render() else {
        return status.into_response();
    };
    let mut response = (status, Html(text)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    }
    response
}

/// htmx puts parts into a page; it is to leave the page instead.
fn led(path: &str) -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(HeaderName::from_static("hx-redirect"), path.clone());
        response.headers_mut().insert(LOCATION, path);
    }
    response
}
