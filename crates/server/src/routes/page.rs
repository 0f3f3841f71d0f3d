//! The page and its files, which are part of the program.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::page;

/// What the page may load: its own files, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Returns the page.
pub(crate) async fn index() -> Response {
    given("text/html; charset=utf-8", page::INDEX)
}

/// Returns a file of the page.
pub(crate) async fn file(Path(name): Path<String>) -> Result<Response, ApiError> {
    let found = page::FILES.iter().find(|(known, _)| *known == name);
    let (name, content) = found.ok_or_else(|| {
        ApiError::not_found("unknown_route", format!("the page has no file {name:?}"))
    })?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    Ok(given(kind, content))
}

fn given(kind: &'static str, content: &'static str) -> Response {
    let mut response = ([(header::CONTENT_TYPE, kind)], content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
