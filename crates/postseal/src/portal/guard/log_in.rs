use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::answer::of_problem;
use super::{Guard, LoggedIn};
use crate::api::{Problem, ProblemKind};
use crate::portal::listener::Peer;
use crate::portal::locale::Locale;
use crate::portal::page::{Mark, Notice, Page, Place};
use crate::portal::words::{LET_IN, LetInWords};
use crate::service::{Secret, ServiceError};
use crate::words::say;

#[derive(Template)]
#[template(path = "pages/log_in.html")]
struct LogInPage {
    page: Page,
    words: &'static LetInWords,
    to: String,
    name: String,
    field: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LogInQuery {
    to: String,
    /// A password was changed a moment ago, and its sessions have ended.
    changed: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LogInForm {
    name: String,
    password: String,
    to: String,
}

/// The way to the log-in that leads to this page afterwards.
pub(super) fn path_to(path: &str) -> String {
    if path == "/" {
        return "/log-in".to_owned();
    }
    format!("/log-in?to={}", crate::api::percent_encoded(path))
}

/// `GET /log-in`
pub(super) async fn show(
    State(guard): State<Arc<Guard>>,
    logged_in: Option<Extension<LoggedIn>>,
    uri: Uri,
    headers: HeaderMap,
    Query(query): Query<LogInQuery>,
) -> Response {
    let locale = Locale::of(uri.query().unwrap_or_default(), &headers);
    if logged_in.is_some() {
        return Redirect::to(local(&query.to)).into_response();
    }
    match guard.service().await {
        Err(problem) => return of_problem(problem, locale),
        Ok(service) => match service.administrator().await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let problem = Problem::new(ProblemKind::NoAccount, "nobody has set up an account yet");
                return of_problem(problem, locale);
            }
            Err(error) => return of_problem(error.into(), locale),
        },
    }
    let words = LET_IN.of(locale.lang);
    let notice = query.changed.map(|_| (Mark::Good, words.changed.to_owned()));
    page(&guard, (locale, uri.query()), &headers, StatusCode::OK, (query.to, String::new()), notice)
}

/// Takes a name and a password, and begins a session of its own for them.
pub(super) async fn enter(
    State(guard): State<Arc<Guard>>,
    Extension(Peer(address)): Extension<Peer>,
    logged_in: Option<Extension<LoggedIn>>,
    headers: HeaderMap,
    Form(form): Form<LogInForm>,
) -> Response {
    let locale = Locale::of("", &headers);
    let words = LET_IN.of(locale.lang);
    let service = match guard.service().await {
        Ok(service) => service,
        Err(problem) => return of_problem(problem, locale),
    };
    let (status, text, wait) = match service.log_in(form.name.trim(), &form.password, address).await {
        Ok(secret) => {
            if let Some(Extension(LoggedIn { secret: before, session })) = logged_in {
                // Whoever logs in anew has one session. Where it cannot be ended it ends by its time.
                let _ = service.log_out(&before, &session).await;
            }
            return entered(&guard, &secret, local(&form.to));
        }
        Err(ServiceError::WrongPassword) => {
            guard.say_refused_log_in(address);
            (StatusCode::FORBIDDEN, words.wrong.to_owned(), None)
        }
        Err(ServiceError::Wait { seconds }) => {
            let text = say!(
                locale.lang,
                "Too many tries. Try again in {seconds} seconds, or make a set-up link: postseal setup-link",
                "試行の回数が多すぎます。{seconds} 秒後にやり直すか、設定用リンクを作ってください: postseal setup-link"
            );
            (StatusCode::TOO_MANY_REQUESTS, text, Some(seconds))
        }
        Err(error) => return of_problem(error.into(), locale),
    };
    let notice = Some((Mark::Bad, text));
    let mut response = page(&guard, (locale, None), &headers, status, (form.to, form.name), notice);
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `POST /log-out`
pub(super) async fn leave(
    State(guard): State<Arc<Guard>>,
    logged_in: Option<Extension<LoggedIn>>,
    headers: HeaderMap,
) -> Response {
    if let Some(Extension(LoggedIn { secret, session })) = logged_in {
        let ended = match guard.service().await {
            Ok(service) => service.log_out(&secret, &session).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        if let Err(problem) = ended {
            return of_problem(problem, Locale::of("", &headers));
        }
    }
    with_cookies(Redirect::to("/log-in").into_response(), &[guard.site.no_session()])
}

/// Leads to a page, with the cookie of a session that has begun.
pub(super) fn entered(guard: &Guard, secret: &Secret, to: &str) -> Response {
    let cookies = [guard.site.set_session(secret), guard.site.no_form()];
    with_cookies(Redirect::to(to).into_response(), &cookies)
}

fn page(
    guard: &Guard,
    (locale, query): (Locale, Option<&str>),
    headers: &HeaderMap,
    status: StatusCode,
    (to, name): (String, String),
    notice: Option<(Mark, String)>,
) -> Response {
    let words = LET_IN.of(locale.lang);
    let mut page = Page::outside(locale, Place::None, words.log_in.to_owned());
    page.query = query.unwrap_or_default().to_owned();
    page.notice = notice.map(|(mark, text)| Notice { mark, text, next: None });
    form_page(guard, headers, status, |field| {
        LogInPage { page, words, to: local(&to).to_owned(), name, field }.render()
    })
}

/// A page with a form for somebody who is not logged in, and the cookie that its token belongs to.
pub(super) fn form_page(
    guard: &Guard,
    headers: &HeaderMap,
    status: StatusCode,
    made: impl FnOnce(String) -> askama::Result<String>,
) -> Response {
    // Whoever has one keeps it: another page may be open.
    let secret = match guard.site.form_cookie(headers).map_or_else(Secret::new, Ok) {
        Ok(secret) => secret,
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    match made(secret.form_token()) {
        Ok(text) => with_cookies((status, Html(text)).into_response(), &[guard.site.set_form(&secret)]),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn with_cookies(mut response: Response, cookies: &[String]) -> Response {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

/// A page of this node; anything else is the first page.
fn local(path: &str) -> &str {
    let plain =
        path.len() <= MAX_PATH && path.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'\\');
    if plain && path.starts_with('/') && !path.starts_with("//") { path } else { "/" }
}

const MAX_PATH: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_in_leads_nowhere_else() {
        let check = |path: &str, expected: &str| assert_eq!(local(path), expected, "{path:?}");
        check("/o/contoso?lang=ja", "/o/contoso?lang=ja");
        for path in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "/ä", "o"] {
            check(path, "/");
        }
        check(&format!("/{}", "a".repeat(MAX_PATH)), "/");
        assert_eq!(path_to("/a?b=c&d"), "/log-in?to=%2Fa%3Fb%3Dc%26d");
    }
}
