use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// `GET /assets/{name}`: the portal's own stylesheet and script, and what the sandbox has besides.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let (kind, octets): (&str, &'static [u8]) = match name.as_str() {
        "portal.css" => (CSS, include_bytes!("../../../assets/portal.css")),
        "sandbox.css" => (CSS, include_bytes!("../../../assets/sandbox.css")),
        "portal.js" => ("text/javascript; charset=utf-8", include_bytes!("../../../assets/portal.js")),
        "seal.svg" => ("image/svg+xml", include_bytes!("../../../assets/seal.svg")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=600")], octets).into_response()
}

const CSS: &str = "text/css; charset=utf-8";
