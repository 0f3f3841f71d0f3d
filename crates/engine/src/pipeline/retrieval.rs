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

/// What a source found, with its place.
type Lists = Vec<(usize, SourceResults)>;

/// What all sources are asked.
struct Question<'q> {
    snapshot: &'q Snapshot,
    text: &'q str,
    /// How many documents each is to find.
    wanted: usize,
    allowed: Option<&'q PassageSet>,
}

impl Question<'_> {
    /// Asks the sources that read the query's vector if there is one, and else all others.
    fn ask(
        &self,
        sources: &Sources<'_>,
        vector: Option<&[f32]>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Lists, EngineError> {
        let query = Query { text: self.text, vector: vector.unwrap_or_default() };
        let mut lists = Lists::new();
        for (place, source) in sources.running() {
            if source.reads_vector() != vector.is_some() {
                continue;
            }
            let list = source.find(self.snapshot, query, self.wanted, self.allowed)?;
            let mut counts = vec![(list.documents.len(), "documents")];
            counts.extend((list.unknown > 0).then_some((list.unknown, "unknown documents")));
            watch.lap(source.name, Some(Stage::Source(place)), &counts);
            lists.push((place, list));
        }
        Ok(lists)
    }
}

impl<'a> Search<'a> {
    /// Asks the sources that are to run.
    pub(super) fn retrieve(
        &self,
        runs: impl Fn(usize) -> bool,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Retrieved<'a>, EngineError> {
        let sources = Sources::new(self.snapshot, &self.models.further, self.settings, runs)?;
        let allowed = self.allowed()?;
        let question = Question {
            snapshot: self.snapshot,
            text: self.query,
            wanted: self.settings.candidates,
            allowed: allowed.as_ref(),
        };
        let (vector, lists) = if sources.need_vector() || self.is_lazy() {
            self.encode_and_ask(&question, &sources, watch)?
        } else {
            (Vec::new(), question.ask(&sources, None, watch)?)
        };
        let mut found = vec![None; sources.len()];
        lists.into_iter().for_each(|(place, list)| found[place] = Some(list));
        Ok(Retrieved { sources, found, vector, allowed, now: ReadNow::new() })
    }

    /// Encodes the query and asks those that read its vector; meanwhile asks all others. Encoding keeps one core busy
    /// for longer than these take, and comparing vectors waits for memory where they compute.
    fn encode_and_ask(
        &self,
        question: &Question<'_>,
        sources: &Sources<'_>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(Vec<f32>, Lists), EngineError> {
        let (encoder, words) = (self.encoder()?, self.words());
        let (mut by_vector, mut meanwhile) = (watch.another(), watch.another());
        let (encoded, others) = thread::scope(|scope| {
            let encoded = scope.spawn(|| {
                let vector = encoder.encode_query(&words)?;
                by_vector.lap("encode", Some(Stage::VECTORS), &[(1, "query")]);
                let lists = question.ask(sources, Some(&vector), &mut by_vector)?;
                Ok::<_, EngineError>((vector, lists))
            });
            let others = question.ask(sources, None, &mut meanwhile);
            let encoded = encoded.join();
            (encoded.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), others)
        });
        let (vector, mut lists) = encoded?;
        lists.extend(others?);
        watch.join(by_vector, meanwhile);
        Ok((vector, lists))
    }
}
