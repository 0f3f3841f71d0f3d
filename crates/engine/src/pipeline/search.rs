//! One search, from the query to the hits.

use std::sync::Arc;

use trommel_core::{Encoder, PassageSet, Query};

use super::answer::{Answer, Reading, RerankReport, SourceReport};
use super::candidate::Candidate;
use super::clock::{Clock, Stopwatch};
use super::excerpt::Excerpts;
use super::hits;
use super::pool::pool;
use super::rankings::{RankedDocument, Rankings, StageRanking};
use super::reader::DocumentReader;
use super::request::{SearchSettings, Stage};
use super::rerank::{RerankJob, RerankStage, UnreadOrder, rerank_with};
use super::source::{Found, ScoredDocument, Source, Sources};
use crate::{EngineError, Snapshot};

/// A generation of a collection with the models that search it.
pub struct Pipeline {
    snapshot: Snapshot,
    encoder: Option<Arc<dyn Encoder>>,
    stages: Vec<RerankStage>,
    further: Vec<Source>,
}

/// What the stages of one search found, as far as they ran.
struct Outcome {
    /// What each source found; missing where it did not run.
    found: Vec<Option<Found>>,
    sources: Vec<SourceReport>,
    /// What the last stage ranks, best first.
    candidates: Vec<Candidate>,
    /// What each rerank stage did.
    reranks: Vec<RerankReport>,
}

impl Pipeline {
    /// Puts a snapshot and models together; a stage whose model is missing cannot be run.
    ///
    /// The second stage has the given rerankers, in their order.
    ///
    /// # Errors
    ///
    /// [`EngineError::WrongEncoder`] if the collection was made with another encoder.
    pub fn new(
        snapshot: Snapshot,
        encoder: Option<Arc<dyn Encoder>>,
        stages: Vec<RerankStage>,
    ) -> Result<Self, EngineError> {
        if let Some(encoder) = &encoder
            && *encoder.fingerprint() != snapshot.manifest().encoder
        {
            return Err(EngineError::WrongEncoder {
                collection: Box::new(snapshot.manifest().encoder.clone()),
                given: Box::new(encoder.fingerprint().clone()),
            });
        }
        Ok(Self { snapshot, encoder, stages, further: Vec::new() })
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

    /// Returns the rerankers of the second stage, none if it cannot be run.
    #[must_use]
    pub fn rerank_stages(&self) -> &[RerankStage] {
        &self.stages
    }

    /// Exchanges the rerankers of the second stage.
    #[must_use]
    pub fn with_rerank_stages(self, stages: Vec<RerankStage>) -> Self {
        Self { stages, ..self }
    }

    /// Adds a source behind those that there are.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.further.push(source);
        self
    }

    /// Answers a query.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for settings out of range or a query without text, and whatever
    /// an index, a source or the encoder reports. A reranker that fails is no error: what it would
    /// have said is missing, and [`Answer::failure`] says why.
    pub fn search(
        &self,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Answer, EngineError> {
        self.check(query, settings)?;
        let mut watch = Stopwatch::start(clock);
        let mut documents = DocumentReader::new(&self.snapshot);
        let needed = |place| settings.stage.needs_source(place);
        let Outcome { sources, candidates, reranks, .. } =
            self.run(query, settings, needed, &mut documents, &mut watch)?;
        let hits = hits::read(&self.snapshot, query, candidates, &mut documents, settings.k)?;
        watch.lap("read", None, &[(hits.len(), "documents")]);
        Ok(Answer {
            query: query.to_owned(),
            stage: settings.stage,
            sources,
            reading: Reading::of_all(&reranks),
            failure: RerankReport::failures(&reranks),
            usage: RerankReport::usage_of_all(&reranks),
            reranks,
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
        let mut documents = DocumentReader::new(&self.snapshot);
        // Every source up to the last stage, whether that needs it or not, as far as its index is
        // open.
        let open = |place| place != 0 || self.snapshot.lexical().is_ok();
        let shown = |place| Stage::Source(place) <= settings.stage && open(place);
        let outcome = self.run(query, settings, shown, &mut documents, &mut watch)?;
        let mut rankings = self.ranked(&outcome, settings.stage);
        rankings.trace = watch.trace();
        Ok(rankings)
    }

    /// Runs the sources that are asked for, and the stages after them up to the last one.
    fn run(
        &self,
        text: &str,
        settings: &SearchSettings,
        runs: impl Fn(usize) -> bool,
        documents: &mut DocumentReader<'_>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Outcome, EngineError> {
        let stage = settings.stage;
        let sources = Sources::new(&self.snapshot, &self.further, settings, runs)?;
        let allowed = self.allowed(settings);
        let vector = if sources.need_vector() {
            let vector = self.vector(text, stage)?;
            watch.lap("encode", Some(Stage::VECTORS), &[(1, "query")]);
            vector
        } else {
            Vec::new()
        };
        let query = Query { text, vector: &vector };
        let mut found: Vec<Option<Found>> = vec![None; sources.len()];
        for (place, source) in sources.running() {
            let wanted = settings.candidates;
            let list = source.find(&self.snapshot, query, wanted, allowed.as_ref())?;
            let mut counts = vec![(list.documents.len(), "documents")];
            counts.extend((list.unknown > 0).then_some((list.unknown, "unknown documents")));
            watch.lap(source.name, Some(Stage::Source(place)), &counts);
            found[place] = Some(list);
        }
        let mut candidates = match stage {
            Stage::Source(last) => {
                let alone = |(place, source): (usize, &super::source::Running<'_>)| {
                    let list = found[place].as_ref().filter(|_| place == last)?;
                    Some(source.alone(place, sources.len(), list))
                };
                sources.running().find_map(alone).unwrap_or_default()
            }
            Stage::Fused | Stage::Reranked => {
                let pool = pool(&self.snapshot, query, &sources, &found, settings)?;
                watch.lap("fuse", Some(Stage::Fused), &[(pool.len(), "documents")]);
                pool
            }
        };
        let reranks = match stage {
            Stage::Reranked => self.rerank(text, &mut candidates, settings, documents, watch)?,
            Stage::Source(_) | Stage::Fused => Vec::new(),
        };
        Ok(Outcome { sources: sources.reports(&found), found, candidates, reranks })
    }

    /// Has the second stage order the candidates.
    fn rerank(
        &self,
        query: &str,
        candidates: &mut [Candidate],
        settings: &SearchSettings,
        documents: &mut DocumentReader<'_>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Vec<RerankReport>, EngineError> {
        if self.stages.is_empty() {
            let stage = Stage::Reranked.name();
            return Err(EngineError::ModelNotLoaded { stage, needs: "a reranker" });
        }
        let excerpts = Excerpts::weighted(query, self.snapshot.lexical()?)?;
        let job = RerankJob {
            stages: &self.stages,
            query,
            excerpts: &excerpts,
            settings,
            unread: UnreadOrder::Expected,
            cancel: None,
        };
        rerank_with(&job, candidates, documents, watch)
    }

    /// Returns what every stage ranked, by the documents' ids.
    fn ranked(&self, outcome: &Outcome, last: Stage) -> Rankings {
        let entries = self.snapshot.catalogue().entries();
        let found = |found: &ScoredDocument| {
            let entry = &entries[found.document];
            RankedDocument {
                id: entry.id.clone(),
                score: found.score,
                passages: entry.passages as usize,
                passage: (found.passage.0 - entry.first) as usize,
                reranked: Vec::new(),
            }
        };
        let ranked = |candidate: &Candidate, passage: Option<trommel_core::PassageId>, score| {
            let passage = passage.or(candidate.passages.first().copied());
            let entry = &entries[candidate.document];
            let passage = passage.unwrap_or(trommel_core::PassageId(entry.first));
            found(&ScoredDocument { document: candidate.document, passage, score })
        };
        let mut stages = Vec::new();
        for (place, list) in outcome.found.iter().enumerate() {
            if let Some(list) = list {
                let documents = list.documents.iter().map(found).collect();
                stages.push(StageRanking { stage: Stage::Source(place), documents });
            }
        }
        if last >= Stage::Fused {
            let mut pool: Vec<&Candidate> = outcome.candidates.iter().collect();
            // Rerankers have put them into another order.
            pool.sort_by_key(|candidate| candidate.fused.map(|fused| fused.rank));
            let fused = |candidate: &&Candidate| {
                ranked(candidate, None, candidate.fused.map_or(0.0, |fused| fused.score))
            };
            let documents = pool.iter().map(fused).collect();
            stages.push(StageRanking { stage: Stage::Fused, documents });
        }
        if last == Stage::Reranked {
            let reranked = |candidate: &Candidate| RankedDocument {
                reranked: candidate.reranked.clone(),
                ..ranked(candidate, candidate.passage(), candidate.score)
            };
            let documents = outcome.candidates.iter().map(reranked).collect();
            stages.push(StageRanking { stage: Stage::Reranked, documents });
        }
        Rankings {
            stages,
            sources: outcome.sources.clone(),
            reading: Reading::of_all(&outcome.reranks),
            failure: RerankReport::failures(&outcome.reranks),
            reranks: outcome.reranks.clone(),
            ..Rankings::default()
        }
    }

    /// Returns the passages that may be found, or `None` if all may.
    pub(super) fn allowed(&self, settings: &SearchSettings) -> Option<PassageSet> {
        settings.filter.allowed(self.snapshot.catalogue(), &self.snapshot.manifest().roots)
    }

    /// Returns the query's vector.
    pub(super) fn vector(&self, text: &str, stage: Stage) -> Result<Vec<f32>, EngineError> {
        let missing = EngineError::ModelNotLoaded { stage: stage.name(), needs: "an encoder" };
        Ok(self.encoder.as_ref().ok_or(missing)?.encode_query(text)?)
    }

    /// Returns the sources of a search, of which only the collection's own run that it needs.
    pub(super) fn sources(&self, settings: &SearchSettings) -> Result<Sources<'_>, EngineError> {
        let needed = |place| settings.stage.needs_source(place);
        Sources::new(&self.snapshot, &self.further, settings, needed)
    }

    /// Checks the settings, the rerankers, and that the query has text and not too much of it.
    fn check(&self, query: &str, settings: &SearchSettings) -> Result<(), EngineError> {
        settings.check()?;
        if let Stage::Source(place) = settings.stage
            && place >= 2 + self.further.len()
        {
            let (got, most) = (place.to_string(), 1 + self.further.len());
            let expected = format!("0 to {most}");
            return Err(EngineError::OutOfRange { what: "the place of a source", got, expected });
        }
        if settings.stage == Stage::Reranked {
            RerankStage::check(&self.stages, settings)?;
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
