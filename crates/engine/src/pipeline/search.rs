//! One search, from the query to the hits.

use std::sync::Arc;

use trommel_core::{Encoder, PassageSet, Query, Reranker, Retriever};
use trommel_lexical::LexicalSettings;
use trommel_vector::VectorSearch;

use super::answer::{Answer, Reading};
use super::candidates::{Found, candidates};
use super::clock::{Clock, Stopwatch};
use super::hits::{self, Ranked};
use super::pool::{Pooled, pool};
use super::request::{SearchSettings, Stage};
use super::rerank::rerank;
use super::texts::Texts;
use crate::{EngineError, Snapshot};

/// A generation of a collection with the models that search it.
pub struct Pipeline {
    snapshot: Snapshot,
    encoder: Option<Arc<dyn Encoder>>,
    reranker: Option<Arc<dyn Reranker>>,
}

impl Pipeline {
    /// Puts a snapshot and models together; a stage whose model is missing cannot be run.
    ///
    /// # Errors
    ///
    /// [`EngineError::WrongEncoder`] if the collection was made with another encoder.
    pub fn new(
        snapshot: Snapshot,
        encoder: Option<Arc<dyn Encoder>>,
        reranker: Option<Arc<dyn Reranker>>,
    ) -> Result<Self, EngineError> {
        if let Some(encoder) = &encoder
            && *encoder.fingerprint() != snapshot.manifest().encoder
        {
            return Err(EngineError::WrongEncoder {
                collection: Box::new(snapshot.manifest().encoder.clone()),
                given: Box::new(encoder.fingerprint().clone()),
            });
        }
        Ok(Self { snapshot, encoder, reranker })
    }

    /// Returns the generation that is searched.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Answers a query.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for settings out of range or a query without text, and whatever
    /// an index or a model reports.
    pub fn search(
        &self,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Answer, EngineError> {
        settings.check()?;
        if query.trim().is_empty() {
            let expected = "at least one character".into();
            return Err(EngineError::OutOfRange { what: "query", got: "empty".into(), expected });
        }
        let mut watch = Stopwatch::start(clock);
        let (ranked, reading) = self.rank(query, settings, &mut watch)?;
        let hits = hits::read(&self.snapshot, query, ranked, settings)?;
        watch.lap("read", &[(hits.len(), "documents")]);
        Ok(Answer {
            query: query.to_owned(),
            stage: settings.stage,
            reading,
            hits,
            trace: watch.trace(),
        })
    }

    fn rank(
        &self,
        text: &str,
        settings: &SearchSettings,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(Vec<Ranked>, Option<Reading>), EngineError> {
        let allowed =
            settings.filter.allowed(self.snapshot.catalogue(), &self.snapshot.manifest().roots);
        let vector = self.query_vector(text, settings.stage, watch)?;
        let query = Query { text, vector: &vector };
        let find = |retriever: &dyn Retriever, watch: &mut Stopwatch<'_>, name: &'static str| {
            let found = self.find(retriever, query, settings, allowed.as_ref())?;
            watch.lap(name, &[(found.len(), "documents")]);
            Ok::<_, EngineError>(found)
        };

        if settings.stage == Stage::Dense {
            let found = find(&self.dense(settings)?, watch, "dense")?;
            return Ok((found.into_iter().enumerate().map(Ranked::by_dense).collect(), None));
        }
        let bm25 = self.bm25(settings)?;
        let by_bm25 = find(&bm25, watch, "bm25")?;
        if settings.stage == Stage::Bm25 {
            return Ok((by_bm25.into_iter().enumerate().map(Ranked::by_bm25).collect(), None));
        }
        let dense = self.dense(settings)?;
        let by_dense = find(&dense, watch, "dense")?;

        let lists = ((&bm25 as &dyn Retriever, &*by_bm25), (&dense as &dyn Retriever, &*by_dense));
        let pool = pool(&self.snapshot, query, lists.0, lists.1, settings)?;
        watch.lap("fuse", &[(pool.len(), "documents")]);
        if settings.stage == Stage::Fused {
            return Ok((pool.into_iter().enumerate().map(Ranked::by_fusion).collect(), None));
        }
        let (ranked, reading) = self.reread(text, pool, settings, watch)?;
        Ok((ranked, Some(reading)))
    }

    fn query_vector(
        &self,
        text: &str,
        stage: Stage,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Vec<f32>, EngineError> {
        if !stage.needs_encoder() {
            return Ok(Vec::new());
        }
        let encoder = self
            .encoder
            .as_ref()
            .ok_or(EngineError::ModelNotLoaded { stage: stage.name(), needs: "an encoder" })?;
        let vector = encoder.encode_query(text)?;
        watch.lap("encode", &[(1, "query")]);
        Ok(vector)
    }

    fn find(
        &self,
        retriever: &dyn Retriever,
        query: Query<'_>,
        settings: &SearchSettings,
        allowed: Option<&PassageSet>,
    ) -> Result<Vec<Found>, EngineError> {
        candidates(&self.snapshot, retriever, query, settings.candidates, allowed)
    }

    fn bm25(
        &self,
        settings: &SearchSettings,
    ) -> Result<trommel_lexical::LexicalRetriever<'_>, EngineError> {
        let SearchSettings { title_weight, syntax, .. } = *settings;
        Ok(self.snapshot.lexical()?.retriever(LexicalSettings { title_weight, syntax }))
    }

    fn dense(
        &self,
        settings: &SearchSettings,
    ) -> Result<trommel_vector::VectorRetriever<'_>, EngineError> {
        let SearchSettings { ann, ef, .. } = *settings;
        Ok(self.snapshot.vectors()?.retriever(VectorSearch { ann, ef }))
    }

    fn reread(
        &self,
        query: &str,
        pool: Vec<Pooled>,
        settings: &SearchSettings,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(Vec<Ranked>, Reading), EngineError> {
        let reranker = self.reranker.as_ref().ok_or(EngineError::ModelNotLoaded {
            stage: Stage::Reranked.name(),
            needs: "a reranker",
        })?;
        let mut texts = Texts::new(&self.snapshot, &pool, settings.rerank_passages);
        let outcome = rerank(&**reranker, query, &pool, &mut texts, settings, watch.clock())?;
        let read = outcome.order.iter().filter(|candidate| candidate.reread.is_some()).count();
        watch.lap("rerank", &[(read, "documents"), (outcome.reading.read, "passages")]);
        let ranked = |candidate| Ranked::by_blend(&pool, candidate);
        Ok((outcome.order.into_iter().map(ranked).collect(), outcome.reading))
    }
}
