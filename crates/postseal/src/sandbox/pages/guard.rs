use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::portal::locale::{Locale, cookie};

/// Who is let in: whoever has opened the address that was printed, from a page of the sandbox itself.
pub(super) struct Guard {
    pub(super) port: u16,
    /// In the address that is printed.
    pub(super) token: String,
    /// In the cookie.
    pub(super) session: String,
    /// In each form.
    pub(super) csrf: String,
}

/// Stands before every page, the stylesheet included.
pub(super) async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.let_in(request).await {
        Entry::In(request) => {
            let request = *request;
            let cookies = Locale::cookies(request.uri().query().unwrap_or_default());
            let mut response = next.run(request).await;
            for cookie in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            response
        }
        Entry::First(cookie) => {
            let mut response = Redirect::to("/").into_response();
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            response
        }
        Entry::Refused(status, why) => (status, why).into_response(),
    };
    let fields = response.headers_mut();
    fields.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    fields.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // With "no-referrer" browsers would send "Origin: null" with forms.
    fields.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    fields.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    fields.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    fields.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

enum Entry {
    In(Box<Request>),
    /// With this cookie.
    First(String),
    Refused(StatusCode, &'static str),
}

impl Guard {
    async fn let_in(&self, request: Request) -> Entry {
        let headers = request.headers();
        if !self.is_ours(headers, HOST, "") {
            return Entry::Refused(StatusCode::MISDIRECTED_REQUEST, "This is not the sandbox's address.\n");
        }
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if (headers.contains_key(ORIGIN) || !is_read) && !self.is_ours(headers, ORIGIN, "http://") {
            return Entry::Refused(StatusCode::FORBIDDEN, "This comes from another site.\n");
        }
        if let Some(token) = request.uri().path().strip_prefix("/enter/") {
            return if is_read && is_same(token, &self.token) {
                Entry::First(format!(
                    "{}={}; Path=/; HttpOnly; SameSite=Strict",
                    self.cookie_name(),
                    self.session
                ))
            } else {
                Entry::Refused(StatusCode::FORBIDDEN, NOT_LET_IN)
            };
        }
        if !cookie(headers, &self.cookie_name()).is_some_and(|value| is_same(value, &self.session)) {
            return Entry::Refused(StatusCode::FORBIDDEN, NOT_LET_IN);
        }
        if is_read { Entry::In(Box::new(request)) } else { self.with_token(request).await }
    }

    /// A request that changes something, if its form has the token.
    async fn with_token(&self, request: Request) -> Entry {
        let is_form = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let (parts, body) = request.into_parts();
        let Ok(octets) = to_bytes(body, MAX_FORM).await else {
            return Entry::Refused(StatusCode::PAYLOAD_TOO_LARGE, "The form is too large.\n");
        };
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&octets).unwrap_or_default();
        let token = fields.iter().find(|(name, _)| name == "csrf").map(|(_, value)| value.as_str());
        if !is_form || !token.is_some_and(|token| is_same(token, &self.csrf)) {
            return Entry::Refused(
                StatusCode::FORBIDDEN,
                "The form is not of this run. Load the page again.\n",
            );
        }
        Entry::In(Box::new(Request::from_parts(parts, Body::from(octets))))
    }

    /// One field, with an address of ours.
    fn is_ours(&self, headers: &HeaderMap, name: HeaderName, scheme: &str) -> bool {
        let mut values = headers.get_all(name).into_iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        ["127.0.0.1", "localhost"]
            .iter()
            .any(|host| value.as_bytes() == format!("{scheme}{host}:{}", self.port).as_bytes())
    }

    /// Cookies do not know ports: another run of the sandbox has another name.
    fn cookie_name(&self) -> String {
        format!("postseal_sandbox_{}", self.port)
    }
}

fn is_same(given: &str, expected: &str) -> bool {
    verify_slices_are_equal(given.as_bytes(), expected.as_bytes()).is_ok()
}

const NOT_LET_IN: &str = "Open the address that `postseal sandbox` has printed.\n\
    `postseal sandbox` が表示したアドレスを開いてください。\n";

/// Nothing from elsewhere, and no script or style in the pages themselves.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Octets of a form.
const MAX_FORM: usize = 64 * 1024;
