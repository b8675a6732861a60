use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};

use super::locale::Locale;
use super::pages::{
    check, dkim, dmarc, domains, explain, message, messages, overview, records, search, settings, spf,
};
use super::{Portal, Visitor, assets};
use crate::api::Right;

/// All pages. What is in front of it puts a [`Visitor`] into each request; without one there is
/// nothing but stylesheet and scripts.
pub(crate) fn router(portal: Arc<Portal>) -> Router {
    use Right::{Any, ChangeOrganisation as Change, ReadOrganisation as Read};
    let pages = Router::new();
    let pages = page(pages, "/", Any, get(overview::home));
    let pages = page(pages, "/search", Any, get(search::show));
    let pages = page(pages, "/o/{organisation}", Read, get(overview::show));
    let pages = page(pages, "/organisations", Right::Operate, post(overview::add_organisation));
    let pages = page(pages, "/o/{organisation}/glance/{domain}", Read, get(overview::glance));
    let pages = page(pages, "/o/{organisation}/domains", Read, get(domains::list));
    let pages = page(pages, "/o/{organisation}/domains/export/csv", Read, get(domains::export));
    let pages = page(pages, "/o/{organisation}/domains/add", Change, post(domains::add));
    let pages = page(pages, "/o/{organisation}/domains/enable", Change, post(domains::enable));
    let domain = |rest: &str| format!("/o/{{organisation}}/domains/{{domain}}{rest}");
    let pages = page(pages, &domain(""), Read, get(domains::show));
    let pages = page(pages, &domain("/verify"), Change, post(domains::verify));
    let pages = page(pages, &domain("/remove"), Change, post(domains::remove));
    let pages = page(pages, &domain("/dkim"), Read, get(dkim::show));
    let pages = page(pages, &domain("/dkim/live"), Read, get(dkim::live));
    let pages = page(pages, &domain("/dkim/create"), Change, post(dkim::create));
    let pages = page(pages, &domain("/dkim/sign"), Change, post(dkim::sign));
    let pages = page(pages, &domain("/dkim/rotate"), Change, post(dkim::rotate));
    let pages = page(pages, &domain("/dkim/check"), Change, post(dkim::check));
    let pages = page(pages, &domain("/spf"), Read, get(spf::show));
    let pages = page(pages, &domain("/dmarc"), Read, get(dmarc::show));
    let pages = page(pages, &domain("/records"), Read, get(records::show));
    let pages = page(pages, &domain("/records/export/{format}"), Read, get(records::export));
    let pages = page(pages, "/check", Any, get(check::show));
    let pages = page(pages, "/explain", Any, get(explain::show).post(explain::explain));
    let pages = page(pages, "/settings", Any, get(settings::first));
    let pages = page(pages, "/settings/account", Right::LetIn, get(settings::account::show));
    let pages =
        page(pages, "/settings/account/password", Right::LetIn, post(settings::account::set_password));
    let pages = page(pages, "/settings/tokens", Right::LetIn, get(settings::tokens::list));
    let pages = page(pages, "/settings/tokens/add", Right::LetIn, post(settings::tokens::add));
    let pages = page(pages, "/settings/tokens/remove", Right::LetIn, post(settings::tokens::remove));
    let pages = page(pages, "/settings/audit", Right::Operate, get(settings::audit::list));
    let pages = page(pages, "/messages", Right::Operate, get(messages::list));
    let pages = page(pages, "/messages/export/{format}", Right::Operate, get(messages::export));
    let pages = page(pages, "/messages/{id}", Right::Operate, get(message::show));
    let receiver = get(settings::receiver::show).post(settings::receiver::set);
    let pages = page(pages, "/settings/receiver", Right::Operate, receiver);
    let retention = get(settings::retention::show).post(settings::retention::set);
    let pages = page(pages, "/settings/messages", Right::Operate, retention);
    let pages = page(pages, "/settings/allowed", Right::Operate, get(settings::allowed::list));
    let pages = page(pages, "/settings/allowed/add", Right::Operate, post(settings::allowed::add));
    let pages = page(pages, "/settings/allowed/remove", Right::Operate, post(settings::allowed::remove));
    let pages = page(pages, "/settings/sealers", Read, get(settings::sealers::list));
    let pages = page(pages, "/settings/sealers/add", Change, post(settings::sealers::add));
    let pages = page(pages, "/settings/sealers/remove", Change, post(settings::sealers::remove));
    pages.route("/assets/{name}", get(assets::serve)).layer(from_fn(keep_looks)).with_state(portal)
}

type Pages = Router<Arc<Portal>>;

/// One page, and the right that it needs. Whose organisation it is about is decided by the API.
fn page(pages: Pages, path: &str, right: Right, methods: MethodRouter<Arc<Portal>>) -> Pages {
    let guarded = move |Extension(visitor): Extension<Visitor>, request: Request, next: Next| async move {
        if visitor.caller.may(right) {
            next.run(request).await
        } else {
            StatusCode::FORBIDDEN.into_response()
        }
    };
    pages.route(path, methods.layer(from_fn(guarded)))
}

/// Language and colours that a link chooses stay chosen.
async fn keep_looks(request: Request, next: Next) -> Response {
    let cookies = Locale::cookies(request.uri().query().unwrap_or_default());
    let mut response = next.run(request).await;
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}
