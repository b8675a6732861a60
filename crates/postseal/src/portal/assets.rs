//! Stylesheet and scripts, compressed once.

use std::io::Write as _;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A file of the front end.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    gzip: Bytes,
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |name, content_type, plain: &'static [u8]| Asset {
        name,
        content_type,
        plain,
        gzip: compressed(plain),
    };
    vec![
        asset("portal.css", "text/css; charset=utf-8", include_bytes!("../../assets/portal.css")),
        asset("portal.js", JAVASCRIPT, include_bytes!("../../assets/portal.js")),
        asset("htmx.js", JAVASCRIPT, include_bytes!("../../assets/htmx.min.js")),
        asset("uplot.js", JAVASCRIPT, include_bytes!("../../assets/uplot.min.js")),
        asset("uplot.css", "text/css; charset=utf-8", include_bytes!("../../assets/uplot.min.css")),
        asset("chart.js", JAVASCRIPT, include_bytes!("../../assets/chart.js")),
        asset("seal.svg", "image/svg+xml", include_bytes!("../../assets/seal.svg")),
    ]
});

/// Changes with any of the files: pages name them with it, so that browsers may keep them for ever.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<u8> = ASSETS.iter().flat_map(|asset| asset.plain.iter().copied()).collect();
    digest(&SHA256, &all).as_ref().iter().take(8).map(|octet| format!("{octet:02x}")).collect()
});

fn compressed(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Memory takes everything.
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    written.map(Bytes::from).unwrap_or_default()
}

/// `GET /assets/{name}`
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = (CACHE_CONTROL, "public, max-age=31536000, immutable");
    let fields = [(CONTENT_TYPE, asset.content_type), kept, (VARY, "Accept-Encoding")];
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|field| field.to_str().ok()).unwrap_or_default();
    if accepted.split(',').any(|coding| coding.trim() == "gzip") && !asset.gzip.is_empty() {
        return (fields, [(CONTENT_ENCODING, "gzip")], asset.gzip.clone()).into_response();
    }
    (fields, Bytes::from_static(asset.plain)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_end_is_small() {
        let total: usize = ASSETS.iter().map(|asset| asset.gzip.len()).sum();
        assert!(total < 100_000, "{total} octets compressed");
    }
}
