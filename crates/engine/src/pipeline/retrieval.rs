//! Stage one: the query is encoded and the sources are asked.

use std::thread;

use trommel_core::{PassageSet, Query};

use super::candidate::Candidate;
use super::clock::Stopwatch;
use super::dense::ReadNow;
use super::request::{SearchSettings, Stage};
use super::search::Search;
use super::source::{Running, SourceResults, Sources};
use crate::{EngineError, Snapshot};

/// What was asked of the sources, and what they found.
pub(super) struct Retrieved<'a> {
    pub(super) sources: Sources<'a>,
    /// What each source found; missing where it did not run.
    pub(super) found: Vec<Option<SourceResults>>,
    /// The query's vector; empty where no source needs it.
    pub(super) vector: Vec<f32>,
    /// The passages that may be found; missing if all may.
    pub(super) allowed: Option<PassageSet>,
    /// What was encoded for this search.
    pub(super) now: ReadNow,
}

impl<'a> Retrieved<'a> {
    /// Takes in the vectors of what this search had encoded.
    pub(super) fn learn(
        &mut self,
        snapshot: &'a Snapshot,
        settings: &SearchSettings,
        now: ReadNow,
    ) -> Result<(), EngineError> {
        self.sources.learn(snapshot, settings, now.clone())?;
        self.now = now;
        Ok(())
    }

    /// Returns the candidates of one source alone.
    pub(super) fn alone(&self, last: usize) -> Vec<Candidate> {
        let list = |(place, source): (usize, &Running<'_>)| {
            let list = self.found[place].as_ref().filter(|_| place == last)?;
            Some(source.alone(place, self.sources.len(), list))
        };
        self.sources.running().find_map(list).unwrap_or_default()
    }
}

impl<'a> Search<'a> {
    /// Asks the sources that are to run. Those that read no vector are asked while the query is
    /// encoded, which keeps one core busy for longer than they take.
    pub(super) fn retrieve(
        &self,
        runs: impl Fn(usize) -> bool,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Retrieved<'a>, EngineError> {
        let sources = Sources::new(self.snapshot, &self.models.further, self.settings, runs)?;
        let allowed = self.allowed()?;
        let found = vec![None; sources.len()];
        let now = ReadNow::new();
        let mut retrieved = Retrieved { sources, found, vector: Vec::new(), allowed, now };
        if !retrieved.sources.need_vector() && !self.is_lazy() {
            self.ask(&mut retrieved, false, watch)?;
            return Ok(retrieved);
        }
        let (encoder, words, clock) = (self.encoder()?, self.words(), watch.clock());
        let (encoded, asked) = thread::scope(|scope| {
            let encoding = scope.spawn(|| {
                let began = clock.now();
                let vector = encoder.encode_query(&words);
                (vector, clock.now().saturating_sub(began))
            });
            let mut meanwhile = watch.meanwhile();
            let asked = self.ask(&mut retrieved, false, &mut meanwhile);
            let encoded = encoding.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (encoded, asked.map(|()| meanwhile))
        });
        let (vector, took) = encoded;
        retrieved.vector = vector?;
        watch.encoded(took, asked?);
        self.ask(&mut retrieved, true, watch)?;
        Ok(retrieved)
    }

    /// Asks the sources that read the query's vector, or all others.
    fn ask(
        &self,
        retrieved: &mut Retrieved<'_>,
        reading_vector: bool,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(), EngineError> {
        let Retrieved { sources, found, vector, allowed, .. } = retrieved;
        let query = Query { text: self.query, vector };
        for (place, source) in sources.running() {
            if source.reads_vector() != reading_vector {
                continue;
            }
            let wanted = self.settings.candidates;
            let list = source.find(self.snapshot, query, wanted, allowed.as_ref())?;
            let mut counts = vec![(list.documents.len(), "documents")];
            counts.extend((list.unknown > 0).then_some((list.unknown, "unknown documents")));
            watch.lap(source.name, Some(Stage::Source(place)), &counts);
            found[place] = Some(list);
        }
        Ok(())
    }
}
