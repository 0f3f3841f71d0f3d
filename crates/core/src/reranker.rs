//! What the engine asks of a reranker.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// A cross-encoder or whatever else judges passages: a query and passages in, one score each out.
///
/// A decorator (a cache, windows over long passages) hands on the [`Reranker::info`] of what it wraps
/// and has its own [`Reranker::score`]; there is nothing else to forward.
pub trait Reranker: Send + Sync {
    /// Returns what holds for every call.
    fn info(&self) -> &RerankerInfo;

    /// Scores passages for a query, as far as it comes.
    fn score(&self, request: RerankRequest<'_>) -> RerankResponse;

    /// Scores all passages, in their order, however long it takes.
    ///
    /// # Errors
    ///
    /// The failure that left passages without a score, if there was one.
    fn score_all(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        self.score(RerankRequest { query, passages, deadline: None }).all()
    }
}

/// What holds for every call of a reranker.
#[derive(Debug, Clone, PartialEq)]
pub struct RerankerInfo {
    /// The model and what shapes its scores, such as `id@1225ccd6afd0f1b4` with the start of the
    /// weights' hash.
    pub fingerprint: String,
    /// What turns a logit into a probability.
    pub calibration: Calibration,
    /// What a score depends on.
    pub scope: Scope,
    /// How many passages at a time keep it busy, at least 1, so that between two calls somebody may
    /// look at the clock; `None` if it is to be given everything at once, as where a call costs more
    /// than a passage.
    pub batch: Option<usize>,
    /// Where it runs.
    pub place: Place,
    /// The languages that it reads, as ISO 639-1 codes; none if nothing is known of them: then it is
    /// given texts in any.
    pub languages: &'static [&'static str],
}

/// What the score of a passage depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The query and that passage alone: a score may be kept, and passages may come in any company.
    PerPassage,
    /// All passages of the call and their order: a score means nothing outside of its call.
    PerList,
}

/// Where a reranker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this process.
    Local,
    /// Behind a network, which sees query and passages.
    Remote,
}

/// The fewest passages that a local model is given at a time: two for each of two cores, so that a
/// long passage beside a short one leaves a core idle for less than half of the time, and few enough
/// to be over soon.
const LEAST_BATCH: usize = 4;

impl RerankerInfo {
    /// Returns the info of a model in this process that reads pairs on so many threads.
    #[must_use]
    pub fn local(fingerprint: impl Into<String>, calibration: Calibration, threads: usize) -> Self {
        Self {
            fingerprint: fingerprint.into(),
            calibration,
            scope: Scope::PerPassage,
            batch: Some(LEAST_BATCH.max(2 * threads)),
            place: Place::Local,
            languages: &[],
        }
    }

    /// Returns the info of a reranker that reads these languages, by their ISO 639-1 codes.
    #[must_use]
    pub fn reading(self, languages: &'static [&'static str]) -> Self {
        Self { languages, ..self }
    }

    /// Returns how many passages it may be given at a time; `None` for all of them or none.
    #[must_use]
    pub fn at_a_time(&self) -> Option<usize> {
        match self.scope {
            Scope::PerPassage => self.batch,
            // Parts of a list would get scores that cannot be compared.
            Scope::PerList => None,
        }
    }
}

/// What a reranker is asked.
#[derive(Debug, Clone, Copy)]
pub struct RerankRequest<'a> {
    /// The query.
    pub query: &'a str,
    /// The passages; where scores depend on the list ([`Scope::PerList`]) they come best first.
    pub passages: &'a [&'a str],
    /// How much time is left, if it is limited. Whoever waits for others gives up by then; a local
    /// model, which is given few passages at a time, need not look.
    pub deadline: Option<Duration>,
}

/// What a reranker answers: all the scores there are, what they cost, and why there are no more.
#[derive(Debug)]
pub struct RerankResponse {
    /// One place a passage, in the same order; `None` where the failure left it without a score.
    pub scores: Vec<Option<RerankScore>>,
    /// What the call used.
    pub usage: Usage,
    /// What went wrong; without it every passage has a score.
    pub failure: Option<ModelError>,
}

impl RerankResponse {
    /// Returns the answer of a model that scores all of so many passages or none.
    #[must_use]
    pub fn all_or_none(result: Result<Vec<RerankScore>, ModelError>, passages: usize) -> Self {
        let (scores, failure) = match result {
            Ok(scores) => (scores.into_iter().map(Some).collect(), None),
            Err(failure) => (vec![None; passages], Some(failure)),
        };
        Self { scores, usage: Usage::default(), failure }
    }

    /// Returns all scores.
    ///
    /// # Errors
    ///
    /// The failure, if there was one.
    pub fn all(self) -> Result<Vec<RerankScore>, ModelError> {
        // Without a failure every passage has a score.
        self.failure.map_or_else(|| Ok(self.scores.into_iter().flatten().collect()), Err)
    }

    /// Makes an answer of the wrong length a failure of that model, so that no score is taken for
    /// that of another passage.
    #[must_use]
    pub fn checked(self, model: &str, passages: usize) -> Self {
        if self.scores.len() == passages {
            return self;
        }
        // A failure that was told already explains the length better than we could.
        let failure = self.failure.unwrap_or_else(|| ModelError::BadOutput {
            model: model.to_owned(),
            expected: format!("{passages} scores"),
            got: self.scores.len().to_string(),
        });
        Self { scores: vec![None; passages], failure: Some(failure), ..self }
    }
}

/// What calls used beside time; that of several calls adds up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// What was looked up in a cache of scores.
    pub cache: Lookups,
    /// How much of each thing was used, in the order in which they were first named.
    counts: Vec<(&'static str, f64)>,
}

/// How many scores were looked up, and how many of them were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lookups {
    /// How many were found.
    pub found: usize,
    /// How many were looked for.
    pub asked: usize,
}

impl Usage {
    /// Adds so much of a thing, such as `requests` or billed `tokens`; nothing of it leaves no trace.
    #[must_use]
    pub fn with(mut self, what: &'static str, count: f64) -> Self {
        self.add(what, count);
        self
    }

    fn add(&mut self, what: &'static str, count: f64) {
        match self.counts.iter_mut().find(|(name, _)| *name == what) {
            // A handful of names at most, so a list does; it keeps the order of their first use.
            Some((_, sum)) => *sum += count,
            None if count > 0.0 => self.counts.push((what, count)),
            None => {}
        }
    }

    /// Returns what was used, in whole numbers, each with its name; never 0 of anything.
    pub fn counts(&self) -> impl Iterator<Item = (usize, &'static str)> + '_ {
        let whole = self.counts.iter().map(|&(what, count)| (count.round() as usize, what));
        whole.filter(|(count, _)| *count > 0)
    }
}

impl AddAssign<&Self> for Usage {
    fn add_assign(&mut self, more: &Self) {
        self.cache.found += more.cache.found;
        self.cache.asked += more.cache.asked;
        for &(what, count) in &more.counts {
            self.add(what, count);
        }
    }
}

/// What a cross-encoder says of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RerankScore {
    /// The model's raw output, finite: higher means more relevant.
    pub logit: f32,
    /// Whether the passage was too long and lost its end.
    pub truncated: bool,
}

impl RerankScore {
    /// What a passage gets in which there is nothing to read: in 32 bits the sigmoid of its logit is
    /// 0.
    pub const BLANK: Self = Self { logit: -104.0, truncated: false };
}

/// The fixed line under the sigmoid: `probability = sigmoid((logit - midpoint) / scale)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The logit of probability one half.
    pub midpoint: f32,
    /// How many logits the curve is wide; positive.
    pub scale: f32,
}

impl Calibration {
    /// The plain sigmoid.
    pub const SIGMOID: Self = Self { midpoint: 0.0, scale: 1.0 };

    /// Returns the probability, in [0, 1], that a logit stands for.
    #[must_use]
    pub fn probability(&self, logit: f32) -> f32 {
        // A logit far below the midpoint makes `exp` infinite and the probability 0, never a NaN.
        1.0 / (1.0 + (-(logit - self.midpoint) / self.scale).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_is_a_sigmoid_around_its_midpoint() {
        let calibration = Calibration { midpoint: 2.0, scale: 4.0 };
        assert_eq!(calibration.probability(2.0), 0.5);
        // sigmoid(1) = .731058…
        assert!((calibration.probability(6.0) - 0.731_058_6).abs() < 1e-6);
        assert!((Calibration::SIGMOID.probability(-1.0) - 0.268_941_4).abs() < 1e-6);
    }

    #[test]
    fn usage_adds_up_by_name_and_forgets_what_was_not_used() {
        let mut sum = Usage::default().with("requests", 2.0).with("retries", 0.0);
        sum.cache = Lookups { found: 1, asked: 3 };
        let more = Usage::default().with("requests", 1.0).with("search units", 0.25);
        sum += &Usage { cache: Lookups { found: 2, asked: 2 }, ..more.clone() };
        sum += &more;
        // Parts of a unit are added before they are rounded.
        let used: Vec<_> = sum.counts().collect();
        assert_eq!(used, [(4, "requests"), (1, "search units")]);
        assert_eq!(sum.cache, Lookups { found: 3, asked: 5 });
    }

    #[test]
    fn an_answer_of_the_wrong_length_is_a_failure_and_a_failure_keeps_what_it_said() {
        let score = Some(RerankScore { logit: 1.0, truncated: false });
        let response = |scores: usize, failure| RerankResponse {
            scores: vec![score; scores],
            usage: Usage::default(),
            failure,
        };
        assert_eq!(response(2, None).checked("m", 2).scores, [score; 2]);
        let short = response(1, None).checked("m", 2);
        assert_eq!(short.scores, [None; 2]);
        let said = short.failure.unwrap().to_string();
        assert_eq!(said, "model m gave 1 where 2 scores was expected");
        let failure = ModelError::BadOutput {
            model: "m".into(),
            expected: "an answer".into(),
            got: "none".into(),
        };
        let failed = response(0, Some(failure)).checked("m", 2);
        assert!(failed.failure.unwrap().to_string().contains("an answer"));
    }
}
