use axum::http::HeaderMap;

use super::site::Site;
use crate::portal::locale::cookie;
use crate::service::Secret;

/// Cookies that prove something. Over TLS their names begin with `__Host-`, so that no other host sets
/// them. In clear, on the loopback interface, a browser sends the cookies of all ports to each: their
/// names have the port.
impl Site {
    /// The secret of a session, as a browser shows it.
    pub(super) fn session_cookie(&self, headers: &HeaderMap) -> Option<Secret> {
        cookie(headers, &self.cookie_name("")).and_then(Secret::parse)
    }

    /// What forms bear the token of before somebody is logged in.
    pub(super) fn form_cookie(&self, headers: &HeaderMap) -> Option<Secret> {
        cookie(headers, &self.cookie_name("-form")).and_then(Secret::parse)
    }

    pub(super) fn set_session(&self, secret: &Secret) -> String {
        self.cookie("", &secret.text(), "")
    }

    pub(super) fn set_form(&self, secret: &Secret) -> String {
        self.cookie("-form", &secret.text(), "")
    }

    /// Takes both back.
    pub(super) fn no_session(&self) -> String {
        self.cookie("", "", "; Max-Age=0")
    }

    pub(super) fn no_form(&self) -> String {
        self.cookie("-form", "", "; Max-Age=0")
    }

    fn cookie(&self, kind: &str, value: &str, rest: &str) -> String {
        let name = self.cookie_name(kind);
        // A link from elsewhere may lead in over TLS; what changes something has its own token.
        let manner = if self.is_secure() { "SameSite=Lax; Secure" } else { "SameSite=Strict" };
        format!("{name}={value}; Path=/; HttpOnly; {manner}{rest}")
    }

    fn cookie_name(&self, kind: &str) -> String {
        if self.is_secure() {
            format!("__Host-postseal{kind}")
        } else {
            format!("postseal{kind}-{}", self.port())
        }
    }
}
