//! How long, how often and how much is asked.

use std::time::Duration;

use super::{Limits, ScoreScale};

/// What a [`HostedReranker`](super::HostedReranker) may do; the default suits a search that
/// somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long a host name may take to resolve, and then a connection to stand, TLS included: 3 s.
    pub connect: Duration,
    /// How long one call may take, all its batches and retries included: 15 s.
    pub total: Duration,
    /// How many requests may be under way at once, over all calls, at least 1: 4.
    pub concurrency: usize,
    /// How many bytes an answer may have: 8 MiB.
    pub max_response: u64,
    /// What one request may hold; nothing means what the API documents.
    pub limits: Option<Limits>,
    /// What the server's numbers mean.
    pub scale: ScoreScale,
    /// About how long to wait after the first failed try, twice as long after each further: 250 ms.
    pub first_wait: Duration,
    /// How long to wait at most, unless the server asks for more: 4 s.
    pub longest_wait: Duration,
    /// Decides by how much waits differ, so that clients that failed together do not return
    /// together. Only for that: no score depends on it.
    pub seed: u64,
    /// The proxy, as `http://HOST:PORT`; none is used without.
    pub proxy: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(15),
            concurrency: 4,
            max_response: 8 << 20,
            limits: None,
            scale: ScoreScale::default(),
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(4),
            seed: 0,
            proxy: None,
        }
    }
}
