//! One search, from the query to the hits.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::atomic::Ordering;

use trommel_core::{Encoder, PassageId, PassageSet, Query, Usage};

use super::answer::{
    Answer, FeedbackReport, LazyReport, Reading, RerankReport, SourceReport, Trace,
};
use super::candidate::{Candidate, VectorOrigin};
use super::clock::{Clock, Stopwatch};
use super::excerpt::Excerpts;
use super::hits::{self, ReadHits};
use super::lazy;
use super::live::{Live, LiveEvent};
use super::operators;
use super::pool::pool;
use super::rankings::{RankedDocument, Rankings, StageRanking};
use super::reader::DocumentReader;
use super::request::{Feedback, LOCAL_SOURCES, SearchSettings, Stage};
use super::rerank::{FeedBack, RerankJob, RerankStage, Told, UnreadOrder, rerank_with};
use super::retrieval::Retrieved;
use super::searcher::Models;
use super::source::{ScoredDocument, SourceResults, Sources};
use super::top_k::TopK;
use crate::{EngineError, Snapshot};

/// A query that is asked of one generation.
pub(super) struct Search<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) models: &'a Models,
    pub(super) query: &'a str,
    pub(super) settings: &'a SearchSettings,
    /// Whom it tells of its steps.
    pub(super) live: Option<&'a Live<'a>>,
}

/// What the stages of one search found, as far as they ran.
struct Outcome {
    /// The query's vector; empty where no source needs it.
    vector: Vec<f32>,
    /// What each source found; missing where it did not run.
    found: Vec<Option<SourceResults>>,
    sources: Vec<SourceReport>,
    /// The lists of the stages between the sources and the last one, in their order.
    between: Vec<(Stage, Vec<Candidate>)>,
    /// What the last stage ranks, best first.
    candidates: Vec<Candidate>,
    /// What was encoded for this search, if anything needed to be.
    lazy: Option<LazyReport>,
    /// What moved the query's vector, if anything did.
    feedback: Option<FeedbackReport>,
    /// What each rerank stage did.
    reranks: Vec<RerankReport>,
}

impl<'a> Search<'a> {
    /// Checks the settings, the rerankers, and that the query has text and not too much of it.
    pub(super) fn new(
        snapshot: &'a Snapshot,
        models: &'a Models,
        query: &'a str,
        settings: &'a SearchSettings,
    ) -> Result<Self, EngineError> {
        settings.check()?;
        let further = models.further.len();
        if let Stage::Source(place) = settings.stage
            && place >= LOCAL_SOURCES.len() + further
        {
            let (got, expected) =
                (place.to_string(), format!("0 to {}", LOCAL_SOURCES.len() - 1 + further));
            return Err(EngineError::OutOfRange { what: "the place of a source", got, expected });
        }
        if settings.stage == Stage::Reranked {
            RerankStage::check(&models.reranks, settings)?;
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
        Ok(Self { snapshot, models, query, settings, live: None })
    }

    /// Returns the search with somebody who is told of its steps.
    pub(super) fn told(self, live: &'a Live<'a>) -> Self {
        Self { live: Some(live), ..self }
    }

    /// Ends the search if nobody waits for it any more.
    pub(super) fn go_on(&self) -> Result<(), EngineError> {
        match self.live.is_some_and(|live| live.cancel.load(Ordering::Relaxed)) {
            true => Err(EngineError::Cancelled),
            false => Ok(()),
        }
    }

    /// Returns the answer with its hits.
    pub(super) fn answer(&self, clock: &dyn Clock) -> Result<Answer, EngineError> {
        let SearchSettings { stage, k, min_score, .. } = *self.settings;
        let mut watch = Stopwatch::start(clock);
        let mut documents = DocumentReader::new(self.snapshot);
        let needed = |place| stage.needs_source(place);
        let Outcome { vector, sources, candidates, lazy, feedback, reranks, .. } =
            self.run(needed, false, &mut documents, &mut watch)?;
        self.go_on()?;
        let encoder = self.reading_encoder(&vector);
        // The stage decides, and not what happens to be open: a shared searcher may have more.
        let index = stage.needs_lexical().then(|| self.snapshot.lexical()).transpose()?;
        let limits = (k, min_score);
        let ReadHits { hits, answered, encoded } = hits::read(
            self.snapshot,
            self.query,
            index,
            encoder,
            candidates,
            &mut documents,
            limits,
        )?;
        let mut counts = vec![(hits.len(), "documents")];
        counts.extend((encoded > 0).then_some((encoded, "sentences encoded")));
        watch.lap("read", None, &counts);
        Ok(Answer {
            query: self.query.to_owned(),
            generation: self.snapshot.manifest().generation,
            stage,
            sources,
            lazy,
            feedback,
            reading: Reading::of_all(&reranks),
            failure: RerankReport::failures(&reranks),
            usage: RerankReport::usage_of_all(&reranks),
            reranks,
            answered,
            hits,
            trace: watch.trace(),
        })
    }

    /// Returns what every stage up to the last one ranks.
    pub(super) fn rankings(&self, clock: &dyn Clock) -> Result<Rankings, EngineError> {
        let mut watch = Stopwatch::start(clock);
        let mut documents = DocumentReader::new(self.snapshot);
        // Every source up to the last stage, whether that needs it or not, as far as its index is
        // open.
        let open = |place| place == 1 || self.snapshot.lexical().is_ok();
        let shown = |place| Stage::Source(place) <= self.settings.stage && open(place);
        let outcome = self.run(shown, true, &mut documents, &mut watch)?;
        let mut rankings = self.ranked(&outcome)?;
        rankings.trace = watch.trace();
        Ok(rankings)
    }

    /// Runs the sources that are asked for, and the stages after them up to the last one; `all` of
    /// the stages between, whether the last one needs them or not.
    fn run(
        &self,
        runs: impl Fn(usize) -> bool,
        all: bool,
        documents: &mut DocumentReader<'_>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Outcome, EngineError> {
        let stage = self.settings.stage;
        let mut retrieved = self.retrieve(runs, watch)?;
        let mut outcome = Outcome {
            vector: retrieved.vector.clone(),
            sources: retrieved.sources.reports(&retrieved.found),
            found: retrieved.found.clone(),
            between: Vec::new(),
            candidates: Vec::new(),
            lazy: None,
            feedback: None,
            reranks: Vec::new(),
        };
        if let Stage::Source(last) = stage {
            outcome.candidates = retrieved.alone(last);
            self.say_origins(&mut outcome.candidates, &retrieved)?;
            return Ok(outcome);
        }
        let Retrieved { sources, found, vector, .. } = &retrieved;
        let query = Query { text: self.query, vector };
        let mut candidates = pool(self.snapshot, query, sources, found, self.settings, Vec::new())?;
        watch.lap("fuse", Some(Stage::Fused), &[(candidates.len(), "documents")]);
        if let Some(live) = self.live.filter(|_| stage == Stage::Reranked) {
            let fused = self.so_far(Stage::Fused, candidates.clone(), &outcome.sources)?;
            (live.tell)(LiveEvent::Fused(Box::new(fused)));
        }
        outcome.lazy = self.encode_best(&mut retrieved, &mut candidates, documents, watch)?;
        let by = self.feedback();
        if stage > Stage::Fused {
            outcome.between.push((Stage::Fused, candidates.clone()));
        }
        // Fusion's own feedback is shown beside that of the reranker, which does without it.
        if by == Feedback::Fused || (by == Feedback::Reranker && all) {
            let fed_back = self.feed_back_by_fusion(&retrieved, &candidates)?;
            let counts = [(fed_back.as_ref().map_or(0, |(_, report)| report.new), "new documents")];
            match by {
                Feedback::Fused => watch.lap("feedback", Some(Stage::Feedback), &counts),
                _ => watch.lap_aside("feedback", Stage::Feedback, &counts),
            }
            let list = fed_back.as_ref().map_or(&candidates, |(list, _)| list);
            if stage > Stage::Feedback {
                outcome.between.push((Stage::Feedback, list.clone()));
            }
            if let (Feedback::Fused, Some((list, report))) = (by, fed_back) {
                candidates = list;
                outcome.feedback = Some(report);
            }
        }
        if stage == Stage::Reranked {
            let guided = (by == Feedback::Reranker).then_some(&retrieved);
            (outcome.reranks, outcome.feedback) =
                self.rerank(&mut candidates, guided, &outcome, documents, watch)?;
        }
        self.say_origins(&mut candidates, &retrieved)?;
        outcome.candidates = candidates;
        Ok(outcome)
    }

    /// Says how the vector of each candidate's passage came to be, where not all are encoded.
    fn say_origins(
        &self,
        candidates: &mut [Candidate],
        retrieved: &Retrieved<'_>,
    ) -> Result<(), EngineError> {
        if !retrieved.sources.need_vector() || self.snapshot.encoded_share() == 1.0 {
            return Ok(());
        }
        let encoded = self.snapshot.vectors()?;
        let origin = |passage: PassageId| {
            let is_predicted =
                || self.snapshot.predictions().is_some_and(|it| it.index.has(passage));
            match () {
                () if retrieved.now.contains_key(&passage) => Some(VectorOrigin::EncodedNow),
                () if encoded.has(passage) => Some(VectorOrigin::Encoded),
                () if is_predicted() => Some(VectorOrigin::Predicted),
                () => None,
            }
        };
        for candidate in candidates {
            candidate.vector = candidate.passage().and_then(origin);
        }
        Ok(())
    }

    /// Has the second stage order the candidates, feeding back on the way where it is given what was
    /// retrieved.
    fn rerank(
        &self,
        candidates: &mut Vec<Candidate>,
        guided: Option<&Retrieved<'_>>,
        outcome: &Outcome,
        documents: &mut DocumentReader<'_>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<(Vec<RerankReport>, Option<FeedbackReport>), EngineError> {
        let Self { settings, .. } = *self;
        let mut feedback = outcome.feedback.clone();
        let words = self.words();
        let query: &str = &words;
        if self.models.reranks.is_empty() {
            let stage = Stage::Reranked.name();
            return Err(EngineError::ModelNotLoaded { stage, needs: "a reranker" });
        }
        let index = self.snapshot.lexical()?;
        let excerpts = Excerpts::weighted(query, index)?;
        let spent = watch.took(lazy::STEP);
        let budget = settings.budget.map(|budget| budget.saturating_sub(spent));
        let settings = &SearchSettings { budget, ..settings.clone() };
        let job = RerankJob {
            stages: &self.models.reranks,
            query,
            excerpts: &excerpts,
            index: Some(index),
            settings,
            unread: UnreadOrder::Expected,
            cancel: self.live.map(|live| live.cancel),
        };
        let shown = RefCell::new(Vec::new());
        let told = |top: &TopK<'_>| self.tell_reading(top, &shown, &outcome.sources);
        let told = self.live.is_some().then_some(&told as &Told<'_>);
        let mut feed_back = |candidates: Vec<Candidate>,
                             picked: &[usize],
                             watch: &mut Stopwatch<'_>| {
            let Some(retrieved) = guided else { return Ok(candidates) };
            let fed_back = self.feed_back(Feedback::Reranker, retrieved, &candidates, picked)?;
            let new = fed_back.as_ref().map_or(0, |(_, report)| report.new);
            watch.lap("feedback", Some(Stage::Reranked), &[(new, "new documents")]);
            Ok(match fed_back {
                Some((list, report)) => {
                    feedback = Some(report);
                    list
                }
                None => candidates,
            })
        };
        let feed_back = guided.is_some().then_some(&mut feed_back as &mut FeedBack<'_>);
        let reports = rerank_with(&job, candidates, documents, watch, feed_back, told)?;
        Ok((reports, feedback))
    }

    /// Tells how much was read, and the order of the first hits if that makes it another than `shown`.
    fn tell_reading(&self, top: &TopK<'_>, shown: &RefCell<Vec<usize>>, sources: &[SourceReport]) {
        let Some(live) = self.live else { return };
        let (read, of) = top.progress();
        (live.tell)(LiveEvent::Read { read, of });
        let candidates = top.so_far();
        let first: Vec<usize> =
            candidates.iter().take(self.settings.k).map(|it| it.document).collect();
        if *shown.borrow() == first {
            return;
        }
        *shown.borrow_mut() = first;
        // What cannot be read now is an error of the answer itself.
        if let Ok(answer) = self.so_far(Stage::Reranked, candidates, sources) {
            (live.tell)(LiveEvent::Reranked(Box::new(answer)));
        }
    }

    /// Returns the answer that candidates are by now. Which sentence is shown is told by words alone, which
    /// takes no time.
    fn so_far(
        &self,
        stage: Stage,
        candidates: Vec<Candidate>,
        sources: &[SourceReport],
    ) -> Result<Answer, EngineError> {
        let mut documents = DocumentReader::new(self.snapshot);
        let index = self.snapshot.lexical().ok();
        let limits = (self.settings.k, self.settings.min_score);
        let ReadHits { hits, answered, .. } =
            hits::read(self.snapshot, self.query, index, None, candidates, &mut documents, limits)?;
        Ok(Answer {
            query: self.query.to_owned(),
            generation: self.snapshot.manifest().generation,
            stage,
            sources: sources.to_vec(),
            lazy: None,
            feedback: None,
            reading: None,
            failure: None,
            usage: Usage::default(),
            reranks: Vec::new(),
            answered,
            hits,
            trace: Trace::default(),
        })
    }

    /// Returns what every stage ranked, by the documents' ids.
    fn ranked(&self, outcome: &Outcome) -> Result<Rankings, EngineError> {
        let last = self.settings.stage;
        let catalogue = self.snapshot.catalogue();
        let found = |found: &ScoredDocument| {
            let span = catalogue.span(found.document)?;
            Ok(RankedDocument {
                id: catalogue.id(found.document)?.to_owned(),
                score: found.score,
                passages: span.passages as usize,
                passage: (found.passage.0 - span.first) as usize,
                feedback: None,
                reranked: Vec::new(),
            })
        };
        let ranked = |candidate: &Candidate, passage: Option<trommel_core::PassageId>, score| {
            let passage = passage.or(candidate.passages.first().copied());
            let first = catalogue.span(candidate.document)?.first;
            let passage = passage.unwrap_or(trommel_core::PassageId(first));
            found(&ScoredDocument { document: candidate.document, passage, score })
        };
        let mut stages = Vec::new();
        for (place, list) in outcome.found.iter().enumerate() {
            if let Some(list) = list {
                let documents = list.documents.iter().map(found);
                let documents = documents.collect::<Result<_, EngineError>>()?;
                stages.push(StageRanking { stage: Stage::Source(place), documents });
            }
        }
        let scored = |stage: Stage, list: &[Candidate]| -> Result<StageRanking, EngineError> {
            let score = |candidate: &Candidate| match stage {
                Stage::Feedback => candidate.feedback.or(candidate.fused),
                _ => candidate.fused,
            };
            let document = |it: &Candidate| ranked(it, None, score(it).map_or(0.0, |it| it.score));
            let documents = list.iter().map(document).collect::<Result<_, EngineError>>()?;
            Ok(StageRanking { stage, documents })
        };
        for (stage, list) in &outcome.between {
            stages.push(scored(*stage, list)?);
        }
        if matches!(last, Stage::Fused | Stage::Feedback) {
            let mut list = scored(last, &outcome.candidates)?;
            for (document, candidate) in list.documents.iter_mut().zip(&outcome.candidates) {
                document.feedback = candidate.feedback;
            }
            stages.push(list);
        }
        if last == Stage::Reranked {
            let reranked = |candidate: &Candidate| {
                Ok(RankedDocument {
                    feedback: candidate.feedback,
                    reranked: candidate.reranked.clone(),
                    ..ranked(candidate, candidate.passage(), candidate.score)?
                })
            };
            let documents = outcome.candidates.iter().map(reranked);
            let documents = documents.collect::<Result<_, EngineError>>()?;
            stages.push(StageRanking { stage: Stage::Reranked, documents });
        }
        Ok(Rankings {
            stages,
            sources: outcome.sources.clone(),
            feedback: outcome.feedback.clone(),
            reading: Reading::of_all(&outcome.reranks),
            failure: RerankReport::failures(&outcome.reranks),
            reranks: outcome.reranks.clone(),
            ..Rankings::default()
        })
    }

    /// Returns the passages that may be found, or `None` if all may.
    pub(super) fn allowed(&self) -> Result<Option<PassageSet>, EngineError> {
        let allowed = self.snapshot.allowed(&self.settings.filter)?;
        if !self.settings.syntax {
            return Ok(allowed);
        }
        operators::allowed(self.snapshot, self.query, allowed)
    }

    /// Returns the query for whoever knows no operators.
    pub(super) fn words(&self) -> Cow<'a, str> {
        if !self.settings.syntax {
            return self.query.into();
        }
        let words = trommel_lexical::plain_words(self.query);
        // What has only unwanted words is still a query.
        if words.is_empty() { self.query.into() } else { words.into() }
    }

    /// Returns the query's vector.
    pub(super) fn vector(&self) -> Result<Vec<f32>, EngineError> {
        Ok(self.encoder()?.encode_query(&self.words())?)
    }

    /// Returns the encoder, which the stage needs.
    pub(super) fn encoder(&self) -> Result<&'a dyn Encoder, EngineError> {
        let stage = self.settings.stage.name();
        let missing = EngineError::ModelNotLoaded { stage, needs: "an encoder" };
        self.models.encoder.as_deref().ok_or(missing)
    }

    /// Returns the encoder that is to tell which sentence of a passage means what the query does, with
    /// the query's vector; nothing where the words are to decide. Encoding sentences takes as long as
    /// several searches do: only beside a reranker, which takes far longer, nobody waits for it.
    fn reading_encoder<'v>(&'v self, vector: &'v [f32]) -> Option<(&'v dyn Encoder, &'v [f32])> {
        if self.settings.stage != Stage::Reranked {
            return None;
        }
        let encoder = self.models.encoder.as_deref().filter(|_| !vector.is_empty())?;
        // A model behind an API does not tell how much it reads. Asking it for so many sentences at
        // every search would take longer than the search, and be billed.
        (encoder.fingerprint().max_tokens > 0).then_some((encoder, vector))
    }

    /// Returns the sources that the last stage needs.
    pub(super) fn sources(&self) -> Result<Sources<'_>, EngineError> {
        let needed = |place| self.settings.stage.needs_source(place);
        Sources::new(self.snapshot, &self.models.further, self.settings, needed)
    }
}
