use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

use super::site::Site;

/// Whether a request that changes something comes from a page of this node, by what the browser says
/// (RFC 6454 §7). Whoever says nothing is no browser of today, and shows a token.
pub(super) fn is_own(headers: &HeaderMap, site: &Site, host: &str) -> bool {
    let mut fields = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (fields.next(), fields.next()) else { return false };
    // A page in a frame of another, or a form elsewhere that was opened here.
    let from = headers.get("sec-fetch-site").map(|from| from.as_bytes());
    origin.to_str().is_ok_and(|origin| origin.eq_ignore_ascii_case(&site.origin(host)))
        && from.is_none_or(|from| from == b"same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_node_and_no_others() {
        let site = |over_tls| Site::new("127.0.0.1:8480".parse().expect("an address"), over_tls, &[]);
        let check = |over_tls: bool, host: &str, origins: &[&str], from: Option<&str>, expected: bool| {
            let mut headers: HeaderMap =
                origins.iter().map(|origin| (ORIGIN, origin.parse().expect("a value"))).collect();
            if let Some(from) = from {
                headers.insert("sec-fetch-site", from.parse().expect("a value"));
            }
            assert_eq!(is_own(&headers, &site(over_tls), host), expected, "{host} {origins:?} {from:?}");
        };
        check(false, "localhost:8480", &["http://localhost:8480"], None, true);
        check(false, "localhost:8480", &["http://localhost:8480"], Some("same-origin"), true);
        check(false, "localhost:80", &["http://localhost"], None, true);
        check(true, "localhost", &["https://localhost"], None, true);
        check(false, "localhost:8480", &["http://localhost:8480"], Some("cross-site"), false);
        check(false, "localhost:8480", &["http://localhost:8480"], Some("same-site"), false);
        check(false, "localhost:8480", &["http://localhost:9000"], None, false);
        check(false, "localhost:8480", &["http://127.0.0.1:8480"], None, false);
        check(true, "localhost:8480", &["http://localhost:8480"], None, false);
        check(false, "localhost:8480", &["https://localhost:8480"], None, false);
        check(false, "localhost:8480", &["null"], None, false);
        check(false, "localhost:8480", &[""], None, false);
        check(false, "localhost:8480", &[], None, false);
        check(false, "localhost:8480", &["http://localhost:8480", "http://localhost:8480"], None, false);
    }
}
