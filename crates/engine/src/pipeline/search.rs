//! One search, from the query to the hits.

use std::sync::Arc;

use trommel_core::{Encoder, PassageSet, Query, Retriever};
use trommel_lexical::LexicalSettings;
use trommel_vector::VectorSearch;

use super::answer::{Answer, PassReading, Reading};
use super::candidates::candidates;
use super::cascade::{self, Second, cascade};
use super::clock::{Clock, Stopwatch};
use super::excerpt::Excerpts;
use super::findings::Findings;
use super::hits;
use super::pass::Pass;
use super::pool::{Pooled, pool};
use super::rankings::Rankings;
use super::request::{SearchSettings, Stage};
use super::texts::Texts;
use crate::{EngineError, Snapshot};

/// A generation of a collection with the models that search it.
pub struct Pipeline {
    snapshot: Snapshot,
    encoder: Option<Arc<dyn Encoder>>,
    passes: Vec<Pass>,
}

impl Pipeline {
    /// Puts a snapshot and models together; a stage whose model is missing cannot be run.
    ///
    /// The second stage has the given passes, in their order: one for a reranker alone.
    ///
    /// # Errors
    ///
    /// [`EngineError::WrongEncoder`] if the collection was made with another encoder.
    pub fn new(
        snapshot: Snapshot,
        encoder: Option<Arc<dyn Encoder>>,
        passes: Vec<Pass>,
    ) -> Result<Self, EngineError> {
        if let Some(encoder) = &encoder
            && *encoder.fingerprint() != snapshot.manifest().encoder
        {
            return Err(EngineError::WrongEncoder {
                collection: Box::new(snapshot.manifest().encoder.clone()),
                given: Box::new(encoder.fingerprint().clone()),
            });
        }
        Ok(Self { snapshot, encoder, passes })
    }

    /// Returns the generation that is searched.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the encoder, if there is one.
    #[must_use]
    pub fn encoder(&self) -> Option<&Arc<dyn Encoder>> {
        self.encoder.as_ref()
    }

    /// Returns the passes of the second stage, none if it cannot be run.
    #[must_use]
    pub fn passes(&self) -> &[Pass] {
        &self.passes
    }

    /// Exchanges the passes of the second stage.
    #[must_use]
    pub fn with_passes(self, passes: Vec<Pass>) -> Self {
        Self { passes, ..self }
    }

    /// Answers a query.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for settings out of range or a query without text, and whatever
    /// an index or the encoder reports. A reranker that fails costs its word and no hit:
    /// [`Answer::failure`].
    pub fn search(
        &self,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Answer, EngineError> {
        self.check(query, settings)?;
        let mut watch = Stopwatch::start(clock);
        let findings = self.find_all(query, settings, false, &mut watch)?;
        let (ranked, passes) = findings.into_ranked(settings.stage);
        let hits = hits::read(&self.snapshot, query, ranked, settings)?;
        watch.lap("read", &[(hits.len(), "documents")]);
        Ok(Answer {
            query: query.to_owned(),
            stage: settings.stage,
            reading: Reading::of_all(&passes),
            failure: PassReading::failures(&passes),
            usage: PassReading::usage_of_all(&passes),
            passes,
            hits,
            trace: watch.trace(),
        })
    }

    /// Returns what every stage up to `settings.stage` ranks for a query, without reading a hit.
    ///
    /// # Errors
    ///
    /// As for [`Pipeline::search`]. Whoever measures must look at [`Rankings::failure`]: a list of
    /// a stage that did not run is one of another stage.
    pub fn rankings(
        &self,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Rankings, EngineError> {
        self.check(query, settings)?;
        let mut watch = Stopwatch::start(clock);
        let findings = self.find_all(query, settings, true, &mut watch)?;
        Ok(findings.into_rankings(&self.snapshot, watch.trace()))
    }

    /// Runs the stages up to the last one that is asked for; BM25, which vectors do not need, before
    /// them only if `each` is wanted.
    fn find_all(
        &self,
        text: &str,
        settings: &SearchSettings,
        each: bool,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Findings, EngineError> {
        let stage = settings.stage;
        let mut findings = Findings::default();
        let allowed = self.allowed(settings);
        let vector = self.query_vector(text, stage, watch)?;
        let query = Query { text, vector: &vector };
        let find = |retriever: &dyn Retriever, watch: &mut Stopwatch<'_>, name: &'static str| {
            let wanted = settings.candidates;
            let found = candidates(&self.snapshot, retriever, query, wanted, allowed.as_ref())?;
            watch.lap(name, &[(found.len(), "documents")]);
            Ok::<_, EngineError>(found)
        };

        if stage.needs_lexical() || each {
            findings.bm25 = find(&self.bm25(settings)?, watch, "bm25")?;
        }
        if stage >= Stage::Dense {
            findings.dense = find(&self.dense(settings)?, watch, "dense")?;
        }
        if stage >= Stage::Fused {
            let (bm25, dense) = (self.bm25(settings)?, self.dense(settings)?);
            let lexical = (&bm25 as &dyn Retriever, &*findings.bm25);
            let semantic = (&dense as &dyn Retriever, &*findings.dense);
            findings.pool = pool(&self.snapshot, query, lexical, semantic, settings)?;
            watch.lap("fuse", &[(findings.pool.len(), "documents")]);
        }
        if stage == Stage::Reranked {
            findings.outcome = Some(self.reread(text, &findings.pool, settings, watch)?);
        }
        Ok(findings)
    }

    /// Returns the passages that may be found, or `None` if all may.
    pub(super) fn allowed(&self, settings: &SearchSettings) -> Option<PassageSet> {
        settings.filter.allowed(self.snapshot.catalogue(), &self.snapshot.manifest().roots)
    }

    fn query_vector(
        &self,
        text: &str,
        stage: Stage,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Vec<f32>, EngineError> {
        let vector = self.vector(text, stage)?;
        if vector.is_some() {
            watch.lap("encode", &[(1, "query")]);
        }
        Ok(vector.unwrap_or_default())
    }

    /// Returns the query's vector, or `None` where the stage needs none.
    pub(super) fn vector(&self, text: &str, stage: Stage) -> Result<Option<Vec<f32>>, EngineError> {
        if !stage.needs_encoder() {
            return Ok(None);
        }
        let encoder = self
            .encoder
            .as_ref()
            .ok_or(EngineError::ModelNotLoaded { stage: stage.name(), needs: "an encoder" })?;
        Ok(Some(encoder.encode_query(text)?))
    }

    pub(super) fn bm25(
        &self,
        settings: &SearchSettings,
    ) -> Result<trommel_lexical::LexicalRetriever<'_>, EngineError> {
        let SearchSettings { title_weight, syntax, .. } = *settings;
        Ok(self.snapshot.lexical()?.retriever(LexicalSettings { title_weight, syntax }))
    }

    pub(super) fn dense(
        &self,
        settings: &SearchSettings,
    ) -> Result<trommel_vector::VectorRetriever<'_>, EngineError> {
        let SearchSettings { ann, ef, .. } = *settings;
        Ok(self.snapshot.vectors()?.retriever(VectorSearch { ann, ef }))
    }

    fn reread(
        &self,
        query: &str,
        pool: &[Pooled],
        settings: &SearchSettings,
        watch: &mut Stopwatch<'_>,
    ) -> Result<cascade::Outcome, EngineError> {
        if self.passes.is_empty() {
            let stage = Stage::Reranked.name();
            return Err(EngineError::ModelNotLoaded { stage, needs: "a reranker" });
        }
        let mut texts = Texts::new(&self.snapshot, pool, settings.rerank_passages);
        let excerpts = Excerpts::weighted(query, self.snapshot.lexical()?)?;
        let second = Second { passes: &self.passes, query, excerpts: &excerpts, settings };
        cascade(&second, pool, &mut texts, watch)
    }

    /// Checks the settings, the passes, and that the query has text and not too much of it.
    fn check(&self, query: &str, settings: &SearchSettings) -> Result<(), EngineError> {
        settings.check()?;
        if settings.stage == Stage::Reranked {
            Pass::check(&self.passes, settings)?;
        }
        if query.trim().is_empty() {
            let expected = "at least one character".into();
            return Err(EngineError::OutOfRange { what: "query", got: "empty".into(), expected });
        }
        if query.len() > settings.max_query_bytes {
            let expected = format!("at most {} bytes", settings.max_query_bytes);
            let got = format!("{} bytes", query.len());
            return Err(EngineError::OutOfRange { what: "query", got, expected });
        }
        Ok(())
    }
}
