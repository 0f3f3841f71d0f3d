//! A question to a collection, put together step by step.

use std::time::Duration;

use trommel_engine::{Answer, Clock, Filter, SearchSettings, Stage, Why};

use crate::{Collection, Result, SteadyClock};

/// A search that was not run yet. What nothing is said about is as it was measured best.
#[must_use = "a search does nothing before it is run"]
pub struct Search<'a> {
    collection: &'a Collection,
    query: String,
    settings: SearchSettings,
    /// Whether the caller named the last stage; else it is the last that the models allow.
    stage_is_given: bool,
}

impl<'a> Search<'a> {
    pub(crate) fn new(collection: &'a Collection, query: String) -> Self {
        let settings = SearchSettings::default();
        Self { collection, query, settings, stage_is_given: false }
    }

    /// Sets how many hits are wanted.
    pub fn k(mut self, k: usize) -> Self {
        self.settings.k = k;
        self
    }

    /// Sets the least probability of a hit, from 0 to 1: what is less likely to be relevant is no hit.
    pub fn min_score(mut self, probability: f32) -> Self {
        self.settings.min_score = probability;
        self
    }

    /// Sets the last stage to run; without this all run that the models allow.
    pub fn stage(mut self, stage: Stage) -> Self {
        self.settings.stage = stage;
        self.stage_is_given = true;
        self
    }

    /// Sets how long the reranker may read; the most promising is read first.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.settings.budget = Some(budget);
        self
    }

    /// Restricts which documents may be found.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.settings.filter = filter;
        self
    }

    /// Sets everything at once, the last stage included.
    pub fn settings(mut self, settings: SearchSettings) -> Self {
        self.settings = settings;
        self.stage_is_given = true;
        self
    }

    /// Searches.
    ///
    /// # Errors
    ///
    /// If a setting is out of range, the query has no text, there is no collection, a file is
    /// damaged, or a model is missing. A reranker that fails is no error:
    /// [`Answer::failure`](trommel_engine::Answer::failure) says so, and the order is that of fusion.
    pub fn run(self) -> Result<Answer> {
        self.run_by(&SteadyClock::start())
    }

    /// Searches by a clock of one's own.
    ///
    /// # Errors
    ///
    /// As for [`Search::run`].
    pub fn run_by(self, clock: &dyn Clock) -> Result<Answer> {
        let settings = self.resolved()?;
        let searcher = self.collection.searcher(settings.stage)?;
        Ok(searcher.search(&self.query, &settings, clock)?)
    }

    /// Tells what became of one document in every stage; `None` if the collection lacks it.
    ///
    /// # Errors
    ///
    /// As for [`Search::run`].
    pub fn why(self, id: &str) -> Result<Option<Why>> {
        let settings = self.resolved()?;
        let searcher = self.collection.searcher(settings.stage)?;
        Ok(searcher.why(id, &self.query, &settings, &SteadyClock::start())?)
    }

    /// Returns the settings with the last stage that the models allow.
    fn resolved(&self) -> Result<SearchSettings> {
        let mut settings = self.settings.clone();
        if !self.stage_is_given && !self.collection.models().has_rerankers() {
            settings.stage = settings.without_reranker();
        }
        settings.check()?;
        Ok(settings)
    }
}
