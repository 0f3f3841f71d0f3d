//! The server over HTTP: a request and its answer, whatever carries them.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rmcp::ErrorData;
use rmcp::model::{ClientJsonRpcMessage, GetMeta, JsonRpcError, ProtocolVersion};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Serialize;

use super::server::{Server, VERSIONS};
use super::tools::Tools;
use super::{MAX_MESSAGE, message};

const VERSION: &str = "mcp-protocol-version";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// What a client must accept. The answer is JSON whatever it accepts.
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// The endpoint of the protocol over HTTP.
///
/// Who may call it (`Origin`, `Host`, keys) is for its caller to check. To drop an answer that is not
/// ready cancels the request.
#[derive(Clone)]
pub struct Http {
    service: StreamableHttpService<Server, NeverSessionManager>,
}

impl Http {
    /// Returns an endpoint for the tools.
    #[must_use]
    pub fn new(tools: Arc<dyn Tools>) -> Self {
        let server = Server::new(tools);
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(MAX_MESSAGE)
            .disable_allowed_hosts();
        let sessions = Arc::new(NeverSessionManager::default());
        Self { service: StreamableHttpService::new(move || Ok(server.clone()), sessions, config) }
    }

    /// Answers a request. It must run within a runtime of `tokio`.
    pub async fn respond(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response<Bytes> {
        if method == Method::POST
            && is_json(&headers)
            && body.len() <= MAX_MESSAGE
            && let Err(error) = check(&headers, &body)
        {
            return bad_request(&error);
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT, BOTH);
        // The service wants some host, even if it takes any.
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        let (parts, body) = self.service.handle(request).await.into_parts();
        let Ok(body) = body.collect().await;
        Response::from_parts(parts, body.to_bytes())
    }
}

/// Checks what `rmcp` would answer without a JSON-RPC error.
fn check(headers: &HeaderMap, body: &[u8]) -> Result<(), Box<JsonRpcError>> {
    let message = message::read(body)?;
    let Some(version) = headers.get(VERSION) else { return Ok(()) };
    let version = String::from_utf8_lossy(version.as_bytes());
    let is_known = VERSIONS.iter().any(|known| known.as_str() == version);
    let (id, of_body) = match &message {
        ClientJsonRpcMessage::Request(request) => {
            (Some(request.id.clone()), request.request.get_meta().protocol_version())
        }
        _ => (None, None),
    };
    // A version in the body is compared with the one in the header first.
    if is_known || of_body.is_some() {
        return Ok(());
    }
    let supported: Vec<&str> = VERSIONS.iter().map(ProtocolVersion::as_str).collect();
    let data = serde_json::json!({ "supported": supported, "requested": version });
    let code = rmcp::model::ErrorCode::UNSUPPORTED_PROTOCOL_VERSION;
    let error = ErrorData::new(code, "Unsupported protocol version", Some(data));
    Err(Box::new(JsonRpcError::new(id, error)))
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn bad_request(error: &impl Serialize) -> Response<Bytes> {
    let mut response = Response::new(serde_json::to_vec(error).unwrap_or_default().into());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
