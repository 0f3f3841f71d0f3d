//! A reranker that asks an API.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trommel_core::{
    Calibration, Clock, ModelError, Place, RerankRequest, RerankResponse, RerankScore, Reranker,
    RerankerInfo, Scope, until_failure,
};

use super::answer::in_order;
use super::batches::{Batch, split};
use super::client::{Client, Deadline};
use super::{ApiKey, Endpoint, Limits, RemoteError, Settings, Usage};

/// How the names of models begin that read all documents of a request together.
const READS_ALL: &str = "jina-reranker-v3";

/// A model behind an API, as a [`Reranker`].
///
/// A pair's score depends on that pair alone as far as the API keeps to it: the models of Cohere and
/// Voyage and all cross-encoders do, `jina-reranker-v3` reads all documents of a request together.
///
/// A passage without a single visible character is not sent, for the APIs refuse a whole request for
/// it; its probability is 0. The APIs cut long passages and do not say which, so that
/// [`RerankScore::truncated`] tells only of those that were cut here.
pub struct HostedReranker {
    endpoint: Endpoint,
    id: String,
    info: RerankerInfo,
    client: Client,
    limits: Limits,
}

/// What an API said of some passages: all there is, and why it is not everything.
#[derive(Debug)]
pub struct HostedAnswer {
    /// One place a passage, in the same order; nothing where the failure left it without a score.
    pub scores: Vec<Option<RerankScore>>,
    /// What was asked and what it costs.
    pub usage: Usage,
    /// The failure of the first batch that failed. No further batch was begun after it.
    pub failure: Option<RemoteError>,
}

impl HostedReranker {
    /// Returns a reranker; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If the key cannot be sent or the proxy is no address.
    pub fn new(
        endpoint: Endpoint,
        key: Option<&ApiKey>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RemoteError> {
        let documented = || endpoint.dialect().limits(endpoint.model());
        let id = endpoint.id();
        Ok(Self {
            info: info(format!("{id}@{}", endpoint.url()), endpoint.model()),
            id,
            limits: settings.limits.unwrap_or_else(documented),
            client: Client::new(endpoint.url(), key, settings, clock)?,
            endpoint,
        })
    }

    /// Scores passages for a query within [`Settings::total`], or within a deadline if that is
    /// sooner; what was scored before a failure is kept.
    pub fn ask(&self, query: &str, passages: &[&str], within: Option<Duration>) -> HostedAnswer {
        let deadline = self.client.deadline(within);
        let (mut scores, mut places, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for (place, passage) in passages.iter().enumerate() {
            let blank = passage.trim().is_empty();
            scores.push(blank.then_some(RerankScore::BLANK));
            if !blank {
                places.push(place);
                texts.push(*passage);
            }
        }
        let batches = split(query, &texts, &self.limits);
        // Batches are under way at the same time and count into one.
        let usage = Mutex::default();
        let (answers, failure) = until_failure(
            &batches,
            self.client.settings().concurrency,
            |batch| batch.texts.len(),
            |batch| self.batch(query, batch, deadline, &usage),
        );
        for (batch, logits) in batches.iter().zip(answers) {
            let Some(logits) = logits else { continue };
            // A batch counts the texts that were sent; `places` leads from them to all passages.
            let parts = places[batch.first..].iter().zip(logits).zip(&batch.truncated);
            for ((&place, logit), &truncated) in parts {
                scores[place] = Some(RerankScore { logit, truncated });
            }
        }
        let usage = usage.into_inner().unwrap_or_else(PoisonError::into_inner);
        HostedAnswer { scores, usage, failure }
    }

    /// Returns the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn batch(
        &self,
        query: &str,
        batch: &Batch<'_>,
        deadline: Deadline,
        usage: &Mutex<Usage>,
    ) -> Result<Vec<f32>, RemoteError> {
        let dialect = self.endpoint.dialect();
        let body = dialect.request(self.endpoint.model(), query, &batch.texts);
        let answer = self.client.ask(&body, deadline, |tries| {
            count(usage, |usage| {
                usage.requests += 1;
                usage.retries += u64::from(tries > 1);
            });
        })?;
        let reply = dialect
            .reply(&answer)
            .map_err(|error| self.client.malformed(&answer, dialect.expected(), &error))?;
        let documents = batch.texts.len();
        let logits =
            in_order(self.endpoint.url(), &reply.scored, documents, self.client.settings().scale)?;
        count(usage, |usage| usage.answered(documents, reply.search_units, reply.tokens));
        Ok(logits)
    }
}

/// Returns the info of a model behind an API; its fingerprint has API, model and address, such as
/// `cohere:rerank-v3.5@https://api.cohere.com/v2/rerank`.
fn info(fingerprint: String, model: &str) -> RerankerInfo {
    let reads_all = model.starts_with(READS_ALL);
    RerankerInfo {
        fingerprint,
        calibration: Calibration::SIGMOID,
        scope: if reads_all { Scope::PerList } else { Scope::PerPassage },
        // It cuts batches of its own, by the limits of the API.
        batch: None,
        place: Place::Remote,
        languages: &[],
    }
}

fn count(usage: &Mutex<Usage>, more: impl FnOnce(&mut Usage)) {
    more(&mut usage.lock().unwrap_or_else(PoisonError::into_inner));
}

impl Reranker for HostedReranker {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        let RerankRequest { query, passages, deadline } = request;
        let HostedAnswer { scores, usage, failure } = self.ask(query, passages, deadline);
        let failed = |source: RemoteError| ModelError::Failed {
            model: self.id.clone(),
            doing: "being asked over HTTP",
            source: source.into(),
        };
        RerankResponse { scores, usage: usage.into(), failure: failure.map(failed) }
    }
}
