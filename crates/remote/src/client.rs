//! Requests and their answers over HTTP, in bounded time and space.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use trommel_core::Clock;

use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};
use ureq::http::{HeaderValue, Response};
use ureq::{Agent, Body, Proxy, Timeout};

use super::error::quote;
use super::retry::{Backoff, Failure, RetryPolicy};
use super::semaphore::Semaphore;
use super::{ApiKey, RemoteError, Settings, retry_after};

/// How much of an error's body is read, in bytes: enough that a key that begins in the characters
/// which are quoted ends in it.
const ERROR_BODY: u64 = 8 << 10;

/// How long anything may take at most, lest a point in time lie beyond what the system can count.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(crate) struct Client {
    agent: Agent,
    url: String,
    key: Option<ApiKey>,
    bearer: Option<HeaderValue>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    semaphore: Semaphore,
    /// How many requests there were: each has waits of its own.
    requests: AtomicU64,
}

/// When a call began, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    start: Duration,
    limit: Duration,
}

impl Client {
    pub(crate) fn new(
        url: &str,
        key: Option<&ApiKey>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RemoteError> {
        let connect = settings.connect.min(DAY);
        let proxy = settings.proxy.as_deref().map(Proxy::new).transpose();
        let agent = Agent::config_builder()
            .user_agent(concat!("trommel/", env!("CARGO_PKG_VERSION")))
            // In place of the one that the environment may name.
            .proxy(proxy.map_err(|_| RemoteError::Proxy)?)
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .http_status_as_error(false)
            // A redirection would take the key and the texts elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections_per_host(settings.concurrency)
            .build()
            .into();
        Ok(Self {
            agent,
            url: url.to_owned(),
            key: key.cloned(),
            bearer: key.map(ApiKey::bearer).transpose()?,
            semaphore: Semaphore::new(settings.concurrency),
            settings,
            clock,
            requests: AtomicU64::new(0),
        })
    }

    /// Returns where requests go.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns how requests are sent.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the deadline of a call that begins now: [`Settings::total`], or sooner.
    pub(crate) fn deadline(&self, within: Option<Duration>) -> Deadline {
        let total = self.settings.total;
        Deadline { start: self.clock.now(), limit: within.map_or(total, |it| it.min(total)) }
    }

    /// Sends a body of JSON, again where that may help; returns the body of a good answer.
    ///
    /// `tried` gets the number of each try, from 1.
    pub(crate) fn ask(
        &self,
        body: &[u8],
        Deadline { start, limit }: Deadline,
        mut tried: impl FnMut(u32),
    ) -> Result<Vec<u8>, RemoteError> {
        let (clock, url, semaphore) = (&*self.clock, self.url(), &self.semaphore);
        let policy = RetryPolicy { clock, url, semaphore, start, limit };
        let Settings { seed, first_wait, longest_wait, .. } = self.settings;
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        policy.ask(Backoff::new(seed, number, first_wait, longest_wait), |tries, left| {
            tried(tries);
            self.post(body, left)
        })
    }

    /// Sends a body of JSON; returns the body of a good answer.
    fn post(&self, body: &[u8], within: Duration) -> Result<Vec<u8>, Failure> {
        let mut request = self
            .agent
            .post(&self.url)
            .config()
            // For all of it: connecting, sending, waiting and reading the answer.
            .timeout_global(Some(within.min(DAY)))
            .build()
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT, JSON);
        if let Some(bearer) = &self.bearer {
            request = request.header(AUTHORIZATION, bearer);
        }
        let mut response = request.send(body).map_err(|error| self.failure(error))?;
        if !response.status().is_success() {
            return Err(Failure::Error(self.refusal(&mut response)));
        }
        // Where an answer states its length, one that is too long is refused unread.
        if response
            .body()
            .content_length()
            .is_some_and(|length| length > self.settings.max_response)
        {
            return Err(Failure::Error(self.too_large()));
        }
        let body = response.body_mut().with_config().limit(self.settings.max_response);
        body.read_to_vec().map_err(|error| self.failure(error))
    }

    /// Returns what is to be said of a good answer that is not what the API documents.
    pub(crate) fn malformed(
        &self,
        body: &[u8],
        expected: &'static str,
        error: &impl fmt::Display,
    ) -> RemoteError {
        // A parser may quote the answer at any length.
        let problem = quote(&error.to_string(), self.key.as_ref());
        let said = self.quote(body);
        RemoteError::Malformed { url: self.url.clone(), expected, problem, said }
    }

    fn refusal(&self, response: &mut Response<Body>) -> RemoteError {
        let mut start = Vec::new();
        // What comes before an error is quoted; the status is what counts.
        let _ = response.body_mut().as_reader().take(ERROR_BODY).read_to_end(&mut start);
        let header = |name: HeaderName| response.headers().get(name)?.to_str().ok();
        RemoteError::Status {
            url: self.url.clone(),
            status: response.status().as_u16(),
            retry_after: header(RETRY_AFTER)
                .and_then(|value| retry_after::wait(value, header(DATE))),
            said: self.quote(&start),
        }
    }

    fn quote(&self, body: &[u8]) -> String {
        let start = &body[..body.len().min(ERROR_BODY as usize)];
        quote(&String::from_utf8_lossy(start), self.key.as_ref())
    }

    fn too_large(&self) -> RemoteError {
        RemoteError::TooLarge { url: self.url.clone(), limit: self.settings.max_response }
    }

    fn failure(&self, error: ureq::Error) -> Failure {
        let url = self.url.clone();
        Failure::Error(match error {
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                let problem = format!("no connection within {:?}", self.settings.connect.min(DAY));
                RemoteError::Unreachable { url, problem }
            }
            ureq::Error::Timeout(_) => return Failure::TimeIsUp,
            ureq::Error::BodyExceedsLimit(_) => self.too_large(),
            ureq::Error::Io(error) if is_broken(error.kind()) => {
                RemoteError::Broken { url, problem: error.to_string() }
            }
            error => RemoteError::Unreachable { url, problem: error.to_string() },
        })
    }
}

/// Says whether a connection that stood has ended. A refused one never stood.
fn is_broken(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
