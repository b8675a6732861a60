use axum::body::Body;
use axum::http::header::{HeaderName, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use crate::api::Problem;
use crate::portal::failure::Failure;
use crate::portal::locale::Locale;

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

/// A page that says what is wrong, and what to do.
pub(super) fn of_problem(problem: Problem, locale: Locale) -> Response {
    let busy = problem.status == 503;
    let mut response = Failure::of(locale, problem).into_response();
    if busy {
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
