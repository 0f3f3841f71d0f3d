//! The second stage over the results of another engine, or over lines.

use trommel::SteadyClock;
use trommel_core::{BoxError, PassageId};
use trommel_engine::{
    Candidate, EarlyStop, EngineError, Excerpts, PassageTexts, RerankJob, RerankStage,
    SearchSettings, UnreadOrder,
};
use trommel_inference::MOST_WINDOWS;

use crate::error::{CliError, Kind};
use crate::signals::Cancel;
use crate::terminal;

/// What may be read for one query: each result's score, and its text if it is at hand.
pub(super) type Results<'a> = [(f32, Option<&'a str>)];

/// Who reads, and how much their word counts.
pub(super) struct Ordering<'a> {
    pub(super) stages: &'a [RerankStage],
    /// The rerankers' share in the score, in [0, 1].
    pub(super) weight: f32,
    pub(super) cancel: &'a Cancel,
}

impl Ordering<'_> {
    /// Has the rerankers order results; returns their places, best first, with the new scores.
    pub(super) fn order(
        &self,
        query: &str,
        results: &Results<'_>,
        lost: &mut Lost,
    ) -> Result<Vec<(usize, f32)>, CliError> {
        let candidate = |(place, (score, text)): (usize, &(f32, Option<&str>))| {
            // A document is one passage here. One without a text has none, so no reranker reads it.
            let passages = text.map(|_| PassageId(0)).into_iter().collect();
            Candidate::new(place, passages, *score)
        };
        let mut order: Vec<Candidate> = results.iter().enumerate().map(candidate).collect();
        let settings = SearchSettings {
            blend: self.weight,
            // All of the order is written, not only the first few of it.
            early_stop: EarlyStop::Off,
            ..SearchSettings::default()
        };
        let job = RerankJob {
            stages: self.stages,
            query,
            excerpts: &Excerpts::unweighted(query),
            index: None,
            settings: &settings,
            unread: UnreadOrder::Below,
            cancel: Some(self.cancel.flag()),
        };
        let reports = job.rerank(&mut order, &mut Texts(results), &SteadyClock::start());
        self.cancel.check()?;
        for report in reports.map_err(failed)? {
            if let Some(failure) = report.failure {
                return Err(failed(failure));
            }
            lost.truncated += report.truncated;
            lost.of += report.reading.read;
        }
        Ok(order.iter().map(|candidate| (candidate.document, candidate.score)).collect())
    }
}

/// The texts of results, by their places.
struct Texts<'a>(&'a Results<'a>);

impl PassageTexts for Texts<'_> {
    fn text(&mut self, candidate: &Candidate, _: PassageId) -> Result<String, EngineError> {
        Ok(self.0[candidate.document].1.unwrap_or_default().to_owned())
    }
}

fn failed(error: impl Into<BoxError>) -> CliError {
    CliError::new(Kind::Usage, error).hint("trommel rerank --runtime candle …")
}

/// How much of the texts was not read.
#[derive(Default)]
pub(super) struct Lost {
    truncated: usize,
    of: usize,
}

impl Lost {
    pub(super) fn tell(&self, what: &str) {
        if self.truncated > 0 {
            let Self { truncated, of } = self;
            terminal::note(format!(
                "{truncated} of {of} {what} read without their end: longer than {MOST_WINDOWS} windows \
                 of the model, or than its API takes"
            ));
        }
    }
}
