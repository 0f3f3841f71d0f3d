//! The second stage: rerankers read the best candidates, one after the other, each over the best of
//! the order before it.
//!
//! What holds for one reranker holds for each of several: it reads what may still matter, its
//! probability is blended with the score that a candidate had before, and if it fails that score
//! stands. The first stage orders all candidates; a later one only those that it may read, and the
//! rest stays below in the order it has.
//!
//! This is the one place that asks rerankers: for a search and for an evaluation, for runs of other
//! engines and for lines in a pipe.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use trommel_core::{
    ModelError, PassageId, RerankRequest, RerankResponse, Reranker, RerankerInfo, Usage,
};
use trommel_lexical::LexicalIndex;

use super::abstention::{Foreign, Reads};
use super::answer::{Reading, RerankReport, Stopped};
use super::candidate::Candidate;
use super::clock::Stopwatch;
use super::deadline::Deadline;
use super::excerpt::Excerpts;
use super::feedback::{self, PICKED, PICKING_BLEND};
use super::may_read::MayRead;
use super::request::{EarlyStop, SearchSettings, Stage, within};
use super::top_k::{TopK, Unread};
use crate::EngineError;
use crate::fusion::{Bounds, blend};

/// One reranker over the best candidates so far.
///
/// Several make a cascade (Wang, Lin & Metzler, *A cascade ranking model for efficient ranked
/// retrieval*, SIGIR 2011): a cheap reranker reads many candidates, an expensive one the best of its
/// order.
#[derive(Clone)]
pub struct RerankStage {
    /// Who reads.
    pub reranker: Arc<dyn Reranker>,
    /// How many documents it reads, at least 1, and no more than the stage before it; missing for
    /// [`SearchSettings::rerank_depth`], or as many as the stage before it if these are fewer.
    pub depth: Option<usize>,
    /// How many tokens of each passage it reads, the best ones for the query ([`Excerpts`]), from 8
    /// to 1024; missing for whole passages.
    pub excerpt: Option<usize>,
}

impl RerankStage {
    /// Returns a stage over whole passages, as many as the settings say.
    #[must_use]
    pub fn of(reranker: Arc<dyn Reranker>) -> Self {
        Self { reranker, depth: None, excerpt: None }
    }

    /// Returns how many documents each stage of a cascade reads.
    fn depths(cascade: &[Self], settings: &SearchSettings) -> Vec<usize> {
        let depth = |before: &mut usize, stage: &Self| {
            *before = stage.depth.unwrap_or(settings.rerank_depth.min(*before));
            Some(*before)
        };
        cascade.iter().scan(usize::MAX, depth).collect()
    }

    /// Checks that every stage of a cascade is within its ranges.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for the first that is not.
    pub fn check(cascade: &[Self], settings: &SearchSettings) -> Result<(), EngineError> {
        let mut most = settings.candidates;
        for (stage, depth) in cascade.iter().zip(Self::depths(cascade, settings)) {
            within("the depth of a reranker", depth, 1..=most)?;
            if let Some(tokens) = stage.excerpt {
                within("the excerpt of a reranker", tokens, 8..=1024)?;
            }
            most = depth;
        }
        Ok(())
    }
}

/// Where the texts of candidates' passages come from.
pub trait PassageTexts {
    /// Returns the text of a candidate's passage, as models read it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn text(&mut self, candidate: &Candidate, passage: PassageId) -> Result<String, EngineError>;
}

/// Where candidates stand that a reranker did not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadOrder {
    /// Where the probability puts them that the read ones let expect of them, in the first stage;
    /// below the read ones in a later one. Scores before the first stage are in [0, 1].
    Expected,
    /// Below all that was read, in the order they had. Scores before a stage are on any scale: they
    /// are scaled to [0, 1] among the documents that the stage may read.
    Below,
}

/// What the second stage is given for one query.
pub struct RerankJob<'a> {
    /// Who reads, one after the other.
    pub stages: &'a [RerankStage],
    /// The query.
    pub query: &'a str,
    /// What cuts excerpts for the query.
    pub excerpts: &'a Excerpts,
    /// Which knows the languages of passages; where nothing does, all are read.
    pub index: Option<&'a LexicalIndex>,
    /// How much is read, for how long, and how scores are blended.
    pub settings: &'a SearchSettings,
    /// Where candidates stand that are not read.
    pub unread: UnreadOrder,
    /// Set from elsewhere if nobody waits for the answer any more; looked at between two calls of a
    /// reranker.
    pub cancel: Option<&'a AtomicBool>,
}

/// What makes the candidates anew after a first reading, given the places of those that the reranker
/// picked. What it read of a candidate must stay with it.
pub(super) type FeedBack<'a> = dyn FnMut(Vec<Candidate>, &[usize], &mut Stopwatch<'_>) -> Result<Vec<Candidate>, EngineError>
    + 'a;

/// Is told of what a stage has read, whenever it has read more.
pub(super) type Told<'a> = dyn Fn(&TopK<'_>) + 'a;

/// Runs all stages over candidates, which come best first and are left in their new order; the answer
/// has one report a stage, and each is a step of the trace. With `feed_back` the first stage reads
/// twice, if its reranker can be asked twice: once to pick, and then what that brought.
pub(super) fn rerank_with(
    job: &RerankJob<'_>,
    candidates: &mut Vec<Candidate>,
    texts: &mut dyn PassageTexts,
    watch: &mut Stopwatch<'_>,
    mut feed_back: Option<&mut FeedBack<'_>>,
    told: Option<&Told<'_>>,
) -> Result<Vec<RerankReport>, EngineError> {
    let mut deadline = Deadline::start(watch.clock(), job.settings.budget);
    for candidate in &mut *candidates {
        candidate.reranked = vec![None; job.stages.len()];
    }
    let mut reports = Vec::with_capacity(job.stages.len());
    for number in 0..job.stages.len() {
        let mut calls = Calls::new(job, &job.stages[number], told);
        let mut may_read = job.may_read(number);
        may_read.look_up(candidates)?;
        let mut stopped = None;
        if let Some(feed_back) = feed_back.take().filter(|_| calls.info.at_a_time().is_some()) {
            let (stop, picked) =
                job.pick(candidates, &mut calls, &may_read, texts, &mut deadline)?;
            let read = calls.read;
            watch.lap("rerank", Some(Stage::Reranked), &[(read, "passages")]);
            if read > 0 {
                may_read = may_read.after_feedback(candidates);
                *candidates = feed_back(std::mem::take(candidates), &picked, watch)?;
                for new in candidates.iter_mut().filter(|it| it.reranked.is_empty()) {
                    new.reranked = vec![None; job.stages.len()];
                }
                may_read = may_read.among(candidates);
                may_read.look_up(candidates)?;
            }
            // Who failed, or has no time left, is not asked again.
            stopped = Some(stop).filter(|it| matches!(it, Stopped::Failed | Stopped::Budget));
        }
        let before = calls.read;
        let report =
            job.run(number, candidates, &mut calls, &may_read, stopped, texts, &mut deadline)?;
        let of_stage = candidates.iter().filter(|it| it.reranked[number].is_some()).count();
        let mut counts = vec![(of_stage, "documents"), (calls.read - before, "passages")];
        counts.extend(report.usage.counts());
        watch.lap("rerank", Some(Stage::Reranked), &counts);
        reports.push(report);
        deadline.next_stage();
    }
    Ok(reports)
}

impl RerankJob<'_> {
    /// Runs all stages over candidates, which come best first and are left in their new order; the
    /// answer has one report a stage.
    ///
    /// # Errors
    ///
    /// [`EngineError::Cancelled`] if `cancel` was set, and whatever the texts report. A reranker
    /// that fails is no error: its report says so, and what was read before counts.
    pub fn rerank(
        &self,
        candidates: &mut Vec<Candidate>,
        texts: &mut dyn PassageTexts,
        clock: &dyn super::Clock,
    ) -> Result<Vec<RerankReport>, EngineError> {
        rerank_with(self, candidates, texts, &mut Stopwatch::start(clock), None, None)
    }

    /// Has the first stage read as much as it takes to know its best documents for feedback, and
    /// returns why it stopped and their places, best first.
    fn pick(
        &self,
        candidates: &mut [Candidate],
        calls: &mut Calls<'_>,
        may_read: &MayRead<'_>,
        texts: &mut dyn PassageTexts,
        deadline: &mut Deadline<'_>,
    ) -> Result<(Stopped, Vec<usize>), EngineError> {
        let settings = self.settings_of(0);
        let first = feedback::first_reading(settings.rerank_depth);
        let picking = SearchSettings { k: PICKED, blend: PICKING_BLEND, ..settings };
        let early_stop = picking.early_stop;
        let readable =
            |place, candidate: &Candidate| may_read.readable_among(first, place, candidate);
        let mut top = TopK::new(candidates, 0, &picking, early_stop, readable);
        let stopped = calls.read(&mut top, texts, deadline)?;
        Ok((stopped, top.best(PICKED)))
    }

    /// Runs one stage over the first candidates, and puts it into their order. It reads nothing if it
    /// was `stopped` before.
    #[expect(clippy::too_many_arguments, reason = "what a stage is given, and what it reads with")]
    fn run(
        &self,
        number: usize,
        candidates: &mut [Candidate],
        calls: &mut Calls<'_>,
        may_read: &MayRead<'_>,
        stopped: Option<Stopped>,
        texts: &mut dyn PassageTexts,
        deadline: &mut Deadline<'_>,
    ) -> Result<RerankReport, EngineError> {
        let stage = &self.stages[number];
        let settings = self.settings_of(number);
        let depth = settings.rerank_depth;
        let part = if number == 0 { candidates.len() } else { depth.min(candidates.len()) };
        let (part, rest) = candidates.split_at_mut(part);
        let early_stop = match stage.reranker.info().at_a_time() {
            Some(_) => settings.early_stop,
            // One call for everything costs less than several for what matters.
            None => EarlyStop::Off,
        };
        let abstention = may_read.abstention(part);
        let readable = |place, candidate: &Candidate| may_read.readable(place, candidate);
        let mut top = TopK::new(part, number, &settings, early_stop, readable);
        let stopped = match stopped {
            Some(stopped) => stopped,
            None => calls.read(&mut top, texts, deadline)?,
        };
        let (read, of) = top.progress();
        // A stage that could not read has nothing to say, not even what to expect.
        let could_not = calls.failure.is_some() || (of == 0 && abstention.is_some());
        let said = read > 0 || (number == 0 && !could_not);
        top.rank();
        match self.unread {
            UnreadOrder::Expected if said => {
                top.blend();
                // None of the rest is above what was read.
                let lowest = part.last().map_or(1.0, |last| last.score);
                rest.iter_mut().for_each(|below| below.score = below.score.min(lowest));
            }
            UnreadOrder::Below if read > 0 => read_first(candidates, number, &settings),
            _ => {}
        }
        Ok(RerankReport {
            reranker: stage.reranker.info().fingerprint.clone(),
            depth,
            excerpt: stage.excerpt,
            reading: Reading { read, of, stopped },
            abstention,
            truncated: calls.truncated,
            usage: std::mem::take(&mut calls.usage),
            failure: calls.failure.take().map(|failure| in_words(&failure)),
        })
    }

    /// Returns what a stage may read before any feedback.
    fn may_read(&self, number: usize) -> MayRead<'_> {
        let SearchSettings { rerank_depth, rerank_passages, reads, .. } = self.settings_of(number);
        let info = self.stages[number].reranker.info();
        let index = self.index.filter(|_| reads == Reads::Known);
        MayRead {
            depth: rerank_depth,
            documents: None,
            passages: rerank_passages,
            foreign: index.and_then(|index| Foreign::of(index, info, self.query)),
        }
    }

    /// Returns the settings of a stage: what a later one may read must be as certain as the hits.
    fn settings_of(&self, number: usize) -> SearchSettings {
        let depths = RerankStage::depths(self.stages, self.settings);
        SearchSettings {
            k: depths[number + 1..].iter().copied().fold(self.settings.k, usize::max),
            rerank_depth: depths[number],
            ..self.settings.clone()
        }
    }
}

/// Puts what a stage read before all else, by the blend of its probability with the score before,
/// scaled among the documents that the stage may read; equals stand by logit, then as before. At
/// weight 1 the logit alone decides. What was not read has the lowest score of what was.
fn read_first(candidates: &mut [Candidate], stage: usize, settings: &SearchSettings) {
    let weight = settings.blend;
    let pool = candidates.iter().take(settings.rerank_depth);
    let bounds = Bounds::of(pool.map(|candidate| candidate.score));
    let mut lowest = f32::INFINITY;
    for candidate in candidates.iter_mut() {
        let Some(result) = candidate.reranked[stage] else { continue };
        candidate.score = if weight == 1.0 {
            result.probability
        } else {
            blend(bounds.scale(candidate.score), result.probability, weight)
        };
        lowest = lowest.min(candidate.score);
    }
    for candidate in candidates.iter_mut().filter(|it| it.reranked[stage].is_none()) {
        candidate.score = lowest;
    }
    // The sort is stable: the order before parts equals.
    candidates.sort_by(|a, b| match (a.reranked[stage], b.reranked[stage]) {
        (Some(first), Some(second)) => {
            let logits = second.logit.total_cmp(&first.logit);
            if weight == 1.0 { logits } else { b.score.total_cmp(&a.score).then(logits) }
        }
        (first, second) => second.is_some().cmp(&first.is_some()),
    });
}

/// The calls of one reranker, and what came of them.
struct Calls<'a> {
    job: &'a RerankJob<'a>,
    stage: &'a RerankStage,
    info: &'a RerankerInfo,
    usage: Usage,
    /// How many passages have a score.
    read: usize,
    /// How many passages lost their end in the model.
    truncated: usize,
    failure: Option<ModelError>,
    told: Option<&'a Told<'a>>,
}

impl<'a> Calls<'a> {
    fn new(job: &'a RerankJob<'_>, stage: &'a RerankStage, told: Option<&'a Told<'a>>) -> Self {
        let (info, usage) = (stage.reranker.info(), Usage::default());
        Self { job, stage, info, usage, read: 0, truncated: 0, failure: None, told }
    }

    /// Reads passages until all are read or none matters any more, as long as the time lasts and the
    /// reranker does not fail.
    fn read(
        &mut self,
        top: &mut TopK<'_>,
        texts: &mut dyn PassageTexts,
        deadline: &mut Deadline<'_>,
    ) -> Result<Stopped, EngineError> {
        loop {
            if self.job.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
                return Err(EngineError::Cancelled);
            }
            let mut batch = top.next();
            if batch.is_empty() {
                let (read, of) = top.progress();
                return Ok(if read == of { Stopped::Complete } else { Stopped::Settled });
            }
            let sizes = self.sizes(top.progress().0 > 0);
            batch.truncate(sizes[0]);
            let read: Vec<Text> = batch
                .iter()
                .map(|at| self.text(top.candidate(at.candidate), *at, texts))
                .collect::<Result<_, _>>()?;
            let bytes = |size: usize| read[..size].iter().map(|text| text.text.len()).sum();
            let in_time = |size: &usize| deadline.allows(bytes(*size));
            let Some(size) = sizes.map(|size| size.min(read.len())).into_iter().find(in_time)
            else {
                return Ok(Stopped::Budget);
            };
            let failed = self.score(top, &read[..size], deadline);
            deadline.read(bytes(size));
            match failed {
                // It was told to end by then.
                Some(_) if deadline.left() == Some(Duration::ZERO) => return Ok(Stopped::Budget),
                Some(failure) => {
                    self.failure = Some(failure);
                    return Ok(Stopped::Failed);
                }
                None => {}
            }
            if let Some(told) = self.told {
                told(top);
            }
        }
    }

    /// Has one batch scored, and returns what went wrong; what was scored before that counts.
    fn score(
        &mut self,
        top: &mut TopK<'_>,
        batch: &[Text],
        deadline: &Deadline<'_>,
    ) -> Option<ModelError> {
        let passages: Vec<&str> = batch.iter().map(|text| text.text.as_str()).collect();
        let request =
            RerankRequest { query: self.job.query, passages: &passages, deadline: deadline.left() };
        // An answer of the wrong length is a failure like any other.
        let RerankResponse { scores, usage, failure } =
            self.stage.reranker.score(request).checked(&self.info.fingerprint, passages.len());
        self.usage += &usage;
        for (text, score) in batch.iter().zip(scores) {
            let Some(mut score) = score else { continue };
            self.read += 1;
            self.truncated += usize::from(score.truncated);
            score.truncated |= text.cut;
            top.note(text.at, score, self.info.calibration);
        }
        failure
    }

    /// Returns how many passages to read next, the most first: within a budget half a batch to learn
    /// the speed from, then a batch, or half of one where only that will end in time. A reranker that
    /// wants everything at once keeps to the time itself.
    fn sizes(&self, speed_is_known: bool) -> [usize; 2] {
        match (self.info.at_a_time(), self.job.settings.budget) {
            (None, _) => [usize::MAX; 2],
            (Some(batch), Some(_)) if speed_is_known => [batch, batch.div_ceil(2)],
            (Some(batch), Some(_)) => [batch.div_ceil(2); 2],
            // Only somebody who may lose patience is better off with several calls than with one.
            (Some(batch), None) if self.job.cancel.is_some() => [batch; 2],
            (Some(_), None) => [usize::MAX; 2],
        }
    }

    /// Returns a passage's text, as much of it as the stage reads.
    fn text(
        &self,
        candidate: &Candidate,
        at: Unread,
        texts: &mut dyn PassageTexts,
    ) -> Result<Text, EngineError> {
        let whole = texts.text(candidate, candidate.passages[at.passage])?;
        let Some(tokens) = self.stage.excerpt else {
            return Ok(Text { at, text: whole, cut: false });
        };
        let part = self.job.excerpts.best(&whole, tokens);
        let cut = part.len() < whole.len();
        Ok(Text { at, text: part.to_owned(), cut })
    }
}

/// What a reranker is given of a passage.
struct Text {
    at: Unread,
    text: String,
    /// Whether it is less than the whole passage.
    cut: bool,
}

/// Returns an error with all that it comes from.
fn in_words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words += &format!(": {error}");
        source = error.source();
    }
    words
}

#[cfg(test)]
mod cascade_tests;
#[cfg(test)]
mod tests;
