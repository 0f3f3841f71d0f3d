//! Who may ask: keys, and the hosts and origins that a browser names.
//!
//! A page of any site may send requests to this machine, and a name of its own that leads here makes it
//! read the answers too (DNS rebinding). So a request must name a host that is this server, and a page
//! that asks must be the server's own.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::state::App;

/// What answers without a key: whether the server is alive, and the page, which asks for the key itself.
const OPEN: [&str; 4] = ["/health", "/health/live", "/health/ready", "/"];
/// The files of the page.
const PAGE: &str = "/page/";

/// Who may ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    /// The hash of the key, if one is wanted: hashes compare in constant time.
    key: Option<blake3::Hash>,
    /// Names of this server beside its addresses.
    hosts: Vec<String>,
    /// Pages of others that may ask.
    origins: Vec<String>,
    /// The address that is listened at.
    bound: Option<SocketAddr>,
}

impl Guard {
    pub(crate) fn new(
        bound: SocketAddr,
        key: Option<&str>,
        hosts: Vec<String>,
        origins: Vec<String>,
    ) -> Self {
        let hosts = hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        let key = key.map(|key| blake3::hash(key.as_bytes()));
        Self { key, hosts, origins, bound: Some(bound) }
    }

    /// Says what is wrong with who asks; nothing if it may.
    fn refusal(
        &self,
        path: &str,
        headers: &HeaderMap,
        authority: Option<&str>,
    ) -> Option<ApiError> {
        let host = authority.or_else(|| text(headers, header::HOST));
        if !host.is_some_and(|host| self.is_ours(host)) {
            let message = format!("{:?} is not a name of this server", host.unwrap_or_default());
            return Some(
                ApiError::new(StatusCode::FORBIDDEN, "wrong_host", message)
                    .hint("start it with --host NAME"),
            );
        }
        if let Some(origin) = text(headers, header::ORIGIN)
            && !self.is_own_page(origin, host.unwrap_or_default())
        {
            let message = format!("pages of {origin:?} may not ask");
            return Some(
                ApiError::new(StatusCode::FORBIDDEN, "wrong_origin", message)
                    .hint("start it with --origin URL"),
            );
        }
        let is_open = OPEN.contains(&path) || path.starts_with(PAGE);
        let key = self.key.as_ref().filter(|_| !is_open)?;
        let given = text(headers, header::AUTHORIZATION);
        let given = given.and_then(|given| {
            let (scheme, key) = given.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
        });
        match given {
            Some(given) if blake3::hash(given.as_bytes()) == *key => None,
            Some(_) => Some(unauthorised("the key is another one")),
            None => Some(unauthorised("expected Authorization: Bearer KEY")),
        }
    }

    /// Says whether a host is a name of this server: an address of the loopback or the one that is listened
    /// at, or a name that the operator gave.
    fn is_ours(&self, host: &str) -> bool {
        let (name, port) = split(host);
        let Some(bound) = self.bound else { return false };
        let is_port = port.is_none_or(|port| port == bound.port().to_string());
        let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_address = match address {
            Ok(address) => address.is_loopback() || address == bound.ip(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        };
        let named = |known: &String| {
            known == &host.to_ascii_lowercase() || known == &name.to_ascii_lowercase()
        };
        (is_address && is_port) || self.hosts.iter().any(named)
    }

    fn is_own_page(&self, origin: &str, host: &str) -> bool {
        let of_host = |scheme: &str| origin.strip_prefix(scheme) == Some(host);
        of_host("http://")
            || of_host("https://")
            || self.origins.iter().any(|known| known == origin)
    }
}

fn unauthorised(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Parts a host from its port.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        // The colons of an address of version 6 stand in brackets.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// Refuses who may not ask, before anything else is looked at.
pub(crate) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let refusal = app.guard.refusal(request.uri().path(), request.headers(), authority.as_deref());
    match refusal {
        Some(error) => {
            // The clients of others' APIs read errors in their own shape.
            match crate::routes::compat::refused(&request, &error) {
                Some(response) => response,
                None => error.into_response(),
            }
        }
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(key: Option<&str>, hosts: &[&str], origins: &[&str]) -> Guard {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Guard::new("127.0.0.1:7700".parse().unwrap(), key, owned(hosts), owned(origins))
    }

    fn code(guard: &Guard, path: &str, given: &[(&str, &str)]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            let name: header::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        guard.refusal(path, &headers, None).map(|error| error.code)
    }

    #[test]
    fn only_names_of_this_server_are_answered() {
        let guard = guard(None, &["search.example.org"], &[]);
        for host in [
            "127.0.0.1:7700",
            "localhost:7700",
            "[::1]:7700",
            "127.0.0.1",
            "Search.Example.org:443",
        ] {
            assert_eq!(code(&guard, "/v1/status", &[("host", host)]), None, "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example:7700", "localhost:80", "10.0.0.7:7700", ""]
        {
            let refused = code(&guard, "/v1/status", &[("host", host)]);
            assert_eq!(refused, Some("wrong_host"), "{host}");
        }
        assert_eq!(code(&guard, "/health", &[]), Some("wrong_host"));
    }

    #[test]
    fn only_the_servers_own_page_may_ask_from_a_browser() {
        let guard = guard(None, &[], &["https://notes.example"]);
        let with =
            |origin| code(&guard, "/v1/search", &[("host", "localhost:7700"), ("origin", origin)]);
        assert_eq!(with("http://localhost:7700"), None);
        assert_eq!(with("https://notes.example"), None);
        for origin in
            ["http://evil.example", "null", "http://localhost:7701", "http://127.0.0.1:7700"]
        {
            assert_eq!(with(origin), Some("wrong_origin"), "{origin}");
        }
    }

    #[test]
    fn a_key_is_wanted_everywhere_but_for_health_and_the_page() {
        let guard = guard(Some("s3cret"), &[], &[]);
        let host = ("host", "127.0.0.1:7700");
        let with = |value| code(&guard, "/v1/status", &[host, ("authorization", value)]);
        assert_eq!(code(&guard, "/v1/status", &[host]), Some("unauthorized"));
        assert_eq!(with("Bearer s3cret"), None);
        assert_eq!(with("bearer s3cret"), None);
        for wrong in ["Bearer s3cre", "Bearer s3crett", "Bearer", "Basic s3cret", "s3cret"] {
            assert_eq!(with(wrong), Some("unauthorized"), "{wrong}");
        }
        for open in ["/health", "/", "/page/page.js"] {
            assert_eq!(code(&guard, open, &[host]), None, "{open}");
        }
        assert_eq!(code(&guard, "/metrics", &[host]), Some("unauthorized"));
    }
}
