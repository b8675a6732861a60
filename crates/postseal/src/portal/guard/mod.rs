//! Who is let in. Everything that comes by the listener passes here first:
//!
//! ```text
//! Host ─► whose token or session ─► where something changes: Origin, form token ─► page or API
//!                                                            └► fields of every answer
//! ```
//!
//! A [`Visitor`] is made here and nowhere else.

mod answer;
mod api;
mod cookies;
mod fields;
mod log_in;
mod origin;
mod setup;
mod site;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get, post};
use postseal_store::Session;
use tokio::time::{Instant, sleep, timeout};

use super::Visitor;
use super::listener::Peer;
use super::locale::{Locale, parameter};
use crate::api::{Api, Caller, Problem, ProblemKind};
use crate::config::LogLevel;
use crate::service::{Secret, Service};
use answer::Refused;
pub(crate) use site::Site;

/// What stands in front of the pages.
pub(crate) struct Guard {
    api: Arc<Api>,
    site: Site,
    /// Into the node's log.
    say: Say,
}

/// Says something in the node's log.
pub(crate) type Say = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

/// A session, and what proves it.
#[derive(Clone)]
struct LoggedIn {
    secret: Secret,
    session: Session,
}

impl Guard {
    pub(crate) fn new(api: Arc<Api>, site: Site, say: Say) -> Guard {
        Guard { api, site, say }
    }

    /// What is done for callers. A node that has just started, or taken another's place, opens its
    /// store in a moment: whoever asks meanwhile waits that long.
    async fn service(&self) -> Result<Arc<Service>, Problem> {
        let end = Instant::now() + STORE_OPENS;
        loop {
            match self.api.service() {
                Err(problem) if problem.kind() == Some(ProblemKind::StoreNotOpen) && Instant::now() < end => {
                    sleep(LOOK_AGAIN).await;
                }
                found => return found,
            }
        }
    }
}

/// The pages behind the guard, with the ways in and the API beside them.
pub(crate) fn guarded(pages: Router, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/log-in", get(log_in::show).post(log_in::enter))
        .route("/log-out", post(log_in::leave))
        .route("/setup", get(setup::show).post(setup::enter))
        .route("/v1/{*rest}", any(api::answer))
        .with_state(Arc::clone(&guard))
        .merge(pages)
        .fallback(nothing_here)
        .layer(from_fn_with_state(guard, pass))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

async fn nothing_here(uri: Uri, headers: HeaderMap) -> Response {
    let locale = Locale::of(uri.query().unwrap_or_default(), &headers);
    answer::no_page(uri.path(), locale)
}

/// Lets a request pass, or says why not. Every answer gets its fields here.
async fn pass(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let locale = Locale::of(request.uri().query().unwrap_or_default(), request.headers());
    let place = Place::of(request.uri().path());
    let answered = match guard.let_in(request, place).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused.response(locale, place == Place::Api),
    };
    fields::complete(answered, guard.site.is_over_tls(), place == Place::Assets)
}

/// What a path is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Stylesheet and scripts: the same for everybody.
    Assets,
    /// How to come in.
    WayIn,
    Api,
    Page,
}

impl Place {
    fn of(path: &str) -> Place {
        match path {
            "/log-in" | "/setup" => Place::WayIn,
            _ if path.starts_with("/v1/") => Place::Api,
            _ if path.starts_with("/assets/") => Place::Assets,
            _ => Place::Page,
        }
    }
}

impl Guard {
    async fn let_in(&self, request: Request, place: Place) -> Result<Request, Refused> {
        let host = self.site.host(request.headers()).ok_or(Refused::Host)?;
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        if place == Place::Assets && !changes {
            return Ok(request);
        }
        // The listener puts it there; without one nothing is known of who asks.
        let peer = request.extensions().get::<Peer>().copied().ok_or(Refused::Host)?;
        if place == Place::Api
            && let Some(shown) = bearer(request.headers())
        {
            return self.with_token(request, &shown).await;
        }
        let logged_in = self.logged_in(request.headers()).await?;
        if place != Place::WayIn && logged_in.is_none() {
            let wanted = Wanted::of(&request, place);
            return Err(self.nobody(wanted).await);
        }
        let mut request = request;
        if changes {
            if !origin::is_own(request.headers(), &self.site, &host) {
                return Err(Refused::NotFromHere);
            }
            let secret = match (place, &logged_in) {
                // Its form was shown to somebody who was not logged in.
                (Place::WayIn, _) | (_, None) => self.site.form_cookie(request.headers()),
                (_, Some(found)) => Some(found.secret.clone()),
            };
            let most = if place == Place::WayIn { MAX_BODY_OF_STRANGERS } else { MAX_BODY };
            request = with_form_token(request, &secret.ok_or(Refused::NotFromHere)?, most).await?;
        }
        if let Some(found) = logged_in {
            request.extensions_mut().insert(visitor(&found));
            request.extensions_mut().insert(found);
        }
        request.extensions_mut().insert(peer);
        Ok(request)
    }

    async fn with_token(&self, mut request: Request, shown: &str) -> Result<Request, Refused> {
        let token = self.service().await?.token(shown).await?.ok_or(Refused::Nobody { to: None })?;
        request.extensions_mut().insert(Caller::of_token(&token));
        Ok(request)
    }

    /// The session that a cookie proves.
    async fn logged_in(&self, headers: &HeaderMap) -> Result<Option<LoggedIn>, Refused> {
        let Some(secret) = self.site.session_cookie(headers) else { return Ok(None) };
        let session = self.service().await?.session(&secret).await?;
        Ok(session.map(|session| LoggedIn { secret, session }))
    }

    /// Where whoever is not logged in is led.
    async fn nobody(&self, wanted: Wanted) -> Refused {
        let Wanted::Page { path, fragment } = wanted else { return Refused::Nobody { to: None } };
        match self.service().await {
            Err(problem) => problem.into(),
            Ok(service) => match service.administrator().await {
                Ok(Some(_)) => Refused::Nobody { to: Some((log_in::path_to(&path), fragment)) },
                Ok(None) => Refused::NoAccount,
                Err(error) => error.into(),
            },
        }
    }

    fn say_refused_log_in(&self, address: IpAddr) {
        (self.say)(LogLevel::Warn, &format!("portal: a log-in from {address} failed"));
    }
}

/// What somebody asks for who is not logged in.
enum Wanted {
    Api,
    /// `fragment`: only a part of it, for htmx.
    Page {
        path: String,
        fragment: bool,
    },
}

impl Wanted {
    fn of(request: &Request, place: Place) -> Wanted {
        if place == Place::Api {
            return Wanted::Api;
        }
        // What would change something is not done after the log-in.
        let path = request.uri().path_and_query().filter(|_| request.method() == Method::GET);
        let path = path.map_or("/", |path| path.as_str()).to_owned();
        Wanted::Page { path, fragment: request.headers().contains_key("hx-request") }
    }
}

fn visitor(found: &LoggedIn) -> Visitor {
    let LoggedIn { secret, session } = found;
    Visitor {
        caller: Caller::of_account(&session.account, session.role),
        account: session.account.to_string(),
        csrf: secret.form_token(),
    }
}

/// What is shown as a token (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<String> {
    let field = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, shown) = field.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| shown.trim().to_owned())
}

/// The request, where it bears the token of this secret: in the field `X-CSRF-Token`, or in the field
/// `csrf` of a form.
async fn with_form_token(request: Request, secret: &Secret, most: usize) -> Result<Request, Refused> {
    let shown = request.headers().get("x-csrf-token").map(|shown| shown.to_str().unwrap_or_default());
    if let Some(shown) = shown {
        return if secret.is_form_token(shown) { Ok(request) } else { Err(Refused::NotFromHere) };
    }
    let is_form = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !is_form.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Err(Refused::NotFromHere);
    }
    let (head, body) = request.into_parts();
    if body.size_hint().lower() > most as u64 {
        return Err(Refused::TooLarge);
    }
    let body = match timeout(BODY_TIME, to_bytes(body, most)).await {
        Ok(body) => body.map_err(|_| Refused::TooLarge)?,
        Err(_) => return Err(Refused::TooSlow),
    };
    if !secret.is_form_token(form_token(&body).unwrap_or_default()) {
        return Err(Refused::NotFromHere);
    }
    Ok(Request::from_parts(head, Body::from(body)))
}

/// The field `csrf`: its characters need no encoding.
fn form_token(body: &Bytes) -> Option<&str> {
    std::str::from_utf8(body).ok().and_then(|text| parameter(text, "csrf"))
}

/// Octets of a body: a message to be explained, percent-encoded.
const MAX_BODY: usize = 4 << 20;

/// A name and a password.
const MAX_BODY_OF_STRANGERS: usize = 16 << 10;

const BODY_TIME: Duration = Duration::from_secs(30);

const STORE_OPENS: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::Problem(Box::new(problem))
    }
}

impl From<crate::service::ServiceError> for Refused {
    fn from(error: crate::service::ServiceError) -> Refused {
        Problem::from(error).into()
    }
}

impl Refused {
    fn problem(&self) -> Problem {
        use ProblemKind as K;
        let (kind, detail) = match self {
            Refused::Problem(problem) => return (**problem).clone(),
            Refused::Host => (K::WrongHost, "the name in Host is none of [portal] hosts"),
            Refused::NotFromHere => {
                (K::NotFromHere, "the Origin or the token of the form is not this node's")
            }
            Refused::TooLarge => (K::TooLarge, "the body is too large"),
            Refused::TooSlow => (K::TooSlow, "its body did not come"),
            Refused::Nobody { .. } => (K::NotLoggedIn, "neither a good token nor a session"),
            Refused::NoAccount => (K::NoAccount, "nobody has set up an account yet"),
        };
        Problem::new(kind, detail)
    }
}
