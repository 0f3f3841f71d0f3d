//! What can go wrong between here and a server.

use std::time::Duration;

use thiserror::Error;
use trommel_core::escape;

use super::ApiKey;

/// How many characters of what a server said stand in an error.
const QUOTED: usize = 200;

/// Says why a server gave no answer that can be used.
///
/// No error holds the key, and none holds more than 200 characters of what the server said.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The server's address is none.
    #[error("the address of a {server} server cannot be used: {problem}")]
    Address {
        /// The API that was to be asked.
        server: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The API serves several models, and none was named.
    #[error("a {server} server needs the name of a model")]
    NoModel {
        /// The API.
        server: &'static str,
    },
    /// The key cannot be sent.
    #[error("the API key cannot be used: {problem}")]
    Key {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The proxy's address is none; it may hold a password and is not shown.
    #[error("the proxy cannot be used: expected http://HOST:PORT")]
    Proxy,
    /// The server refused: a wrong key (401, 403), a wrong model (404), too much (413, 429), its own
    /// failure (500 and above).
    #[error("{url} answered with status {status}: {said}")]
    Status {
        /// Where the request went.
        url: String,
        /// The HTTP status, which is none of 200 to 299.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// The start of what it said.
        said: String,
    },
    /// No connection: no such host, nothing that listens, no TLS, no HTTP.
    #[error("{url} cannot be reached: {problem}")]
    Unreachable {
        /// Where the request went.
        url: String,
        /// What happened.
        problem: String,
    },
    /// The connection ended before the answer did.
    #[error("{url} broke the connection: {problem}")]
    Broken {
        /// Where the request went.
        url: String,
        /// What happened.
        problem: String,
    },
    /// The time was over, or the next try would have begun after it.
    #[error("{url} gave no answer within {limit:?}, asked {tries} times")]
    OutOfTime {
        /// Where the requests went.
        url: String,
        /// The time for everything, retries included.
        limit: Duration,
        /// How many requests were made.
        tries: u32,
        /// What the last complete try failed of.
        #[source]
        last: Option<Box<RemoteError>>,
    },
    /// The answer is longer than any right one.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge {
        /// Where the request went.
        url: String,
        /// How many bytes are accepted.
        limit: u64,
    },
    /// The answer is not what the API documents.
    #[error("{url} answered with {said}, where {expected} was expected: {problem}")]
    Malformed {
        /// Where the request went.
        url: String,
        /// What was expected.
        expected: &'static str,
        /// Where it is wrong.
        problem: String,
        /// The start of the answer.
        said: String,
    },
    /// The vectors of an encoder's first two texts cannot be compared.
    #[error("{url} is no encoder: {problem}")]
    Probe {
        /// Where the request went.
        url: String,
        /// What is wrong with a vector.
        problem: String,
    },
    /// A score is for a document that was not sent.
    #[error("{url} scored document {index} of {documents}, counted from 0")]
    Index {
        /// Where the request went.
        url: String,
        /// The document, as the server counts.
        index: i64,
        /// How many were sent.
        documents: usize,
    },
    /// A document has two scores.
    #[error("{url} scored document {index} twice")]
    Duplicate {
        /// Where the request went.
        url: String,
        /// The document in its batch, counted from 0.
        index: usize,
    },
    /// Documents have no score.
    #[error("{url} scored {} of {documents} documents; the first without a score is {first}, counted from 0", .documents - .missing)]
    Missing {
        /// Where the request went.
        url: String,
        /// The first of them in its batch, counted from 0.
        first: usize,
        /// How many there are.
        missing: usize,
        /// How many were sent.
        documents: usize,
    },
    /// A score is none, or not on the scale that was expected.
    #[error("{url} scored document {index} {got}, where {expected} was expected")]
    Score {
        /// Where the request went.
        url: String,
        /// The document in its batch, counted from 0.
        index: usize,
        /// The scale.
        expected: &'static str,
        /// The score.
        got: String,
    },
}

impl RemoteError {
    /// Says whether the same request may have another answer a little later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::Broken { .. } => true,
            _ => false,
        }
    }

    /// Returns how long the server asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Returns the start of what a server said, harmless to a terminal and without the key.
pub(crate) fn quote(said: &str, key: Option<&ApiKey>) -> String {
    // First the key, then the cut: of a key that was cut in two, a half would be shown.
    let said = key.map_or_else(|| said.to_owned(), |key| key.hide_in(said));
    let said = escape(said.trim());
    let mut start: String = said.chars().take(QUOTED).collect();
    if start.len() < said.len() {
        start.push('…');
    }
    if start.is_empty() { "nothing".into() } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_short_harmless_and_without_the_key() {
        let key = ApiKey::new("s3cr3t").unwrap();
        assert_eq!(quote(" {\"message\":\"no\"}\n", Some(&key)), "{\"message\":\"no\"}");
        assert_eq!(quote("", None), "nothing");
        assert_eq!(quote("red \u{1b}[31m", None), r"red \u{1b}[31m");
        assert_eq!(quote("wrong key s3cr3t!", Some(&key)), "wrong key [the key]");
        // Escaped, each of these is six characters.
        let long = quote(&"\u{1b}".repeat(300), None);
        assert_eq!(long.chars().count(), 201);
        assert!(long.ends_with('…'));
        // The key is hidden before the end is cut off, so that no half of it stays.
        let late = format!("{}s3cr3t", "x".repeat(197));
        assert_eq!(quote(&late, Some(&key)), format!("{}[th…", "x".repeat(197)));
    }
}
