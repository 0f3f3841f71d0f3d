//! Which passages must still be read before the first `k` places are certain, and who has them.
//!
//! Every candidate has a ceiling, the best score that it may still reach. Once all of its passages
//! are read that is its score; until then it is the blend with a bound on its probability. A
//! candidate that is among the `k` highest ceilings and not read out must be read, whatever the
//! others turn out to be; when there is none, the first `k` places are settled. That is the least
//! that can be read: Chang & Hwang, *Minimal probing: supporting expensive predicates for top-k
//! queries*, SIGMOD 2002. Which passages are read does therefore not depend on how many are read
//! at a time.

use trommel_core::{Calibration, RerankScore};

use super::candidate::{Candidate, RerankResult};
use super::request::{EarlyStop, SearchSettings};
use crate::fusion::{Regression, blend};

/// A passage that may be read: a candidate's place, and the passage's among its own. Ordered so that
/// every candidate's best passage comes before any second one, the better candidate first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unread {
    /// The passage's place among the candidate's own, the most promising first.
    pub(super) passage: usize,
    /// The candidate's place.
    pub(super) candidate: usize,
}

/// The bounds on what candidates can still reach in one rerank stage, while they are read.
///
/// Until the stage is over, a candidate's score is the one from before it.
pub(super) struct TopK<'a> {
    candidates: &'a mut [Candidate],
    /// The stage's number, which is where its results go.
    stage: usize,
    /// How many passages of each candidate may be read.
    readable: Vec<usize>,
    k: usize,
    weight: f32,
    early_stop: EarlyStop,
}

impl<'a> TopK<'a> {
    /// Begins a stage over candidates in the order before it, of each of which so many passages may
    /// be read as `readable` says, by its place. What the stage has read of them already counts.
    pub(super) fn new(
        candidates: &'a mut [Candidate],
        stage: usize,
        settings: &SearchSettings,
        early_stop: EarlyStop,
        readable: impl Fn(usize, &Candidate) -> usize,
    ) -> Self {
        let readable = |(place, candidate): (usize, &Candidate)| {
            let most = candidate.passages.len().min(settings.rerank_passages);
            readable(place, candidate).min(most)
        };
        let readable = candidates.iter().enumerate().map(readable).collect();
        let (k, weight) = (settings.k, settings.blend);
        Self { candidates, stage, readable, k, weight, early_stop }
    }

    /// Returns how many passages were read, and how many may be.
    pub(super) fn progress(&self) -> (usize, usize) {
        let read = (0..self.candidates.len()).map(|place| self.read(place)).sum();
        (read, self.readable.iter().sum())
    }

    /// Returns a candidate.
    pub(super) fn candidate(&self, place: usize) -> &Candidate {
        &self.candidates[place]
    }

    fn result(&self, place: usize) -> Option<RerankResult> {
        self.candidates[place].reranked[self.stage]
    }

    fn read(&self, place: usize) -> usize {
        self.result(place).map_or(0, |result| result.read)
    }

    fn is_read_out(&self, place: usize) -> bool {
        self.result(place).is_some_and(|result| result.read == self.readable[place])
    }

    /// Returns the passages that must be read next: every candidate's best before any other, the
    /// better candidate first. None are left if all are read or the first `k` are settled.
    pub(super) fn next(&self) -> Vec<Unread> {
        let unread = |places: &[usize]| -> Vec<Unread> {
            let of = |&candidate: &usize| {
                let passages = self.read(candidate)..self.readable[candidate];
                passages.map(move |passage| Unread { passage, candidate })
            };
            places.iter().flat_map(of).collect()
        };
        let all: Vec<usize> = (0..self.candidates.len()).collect();
        let mut next = match self.early_stop {
            EarlyStop::Off => unread(&all),
            EarlyStop::Exact | EarlyStop::Learned => {
                let open = self.open();
                let next = unread(&open);
                // A candidate beyond the depth can enter and is never read: so all others are.
                if next.is_empty() && !open.is_empty() { unread(&all) } else { next }
            }
        };
        next.sort_unstable();
        next
    }

    /// Returns the places of candidates among the `k` highest ceilings that are not read out.
    fn open(&self) -> Vec<usize> {
        let line = self.line();
        // Of what is not read out yet a further passage may raise the probability, and with it a cap.
        let caps = self.caps(|place| self.is_read_out(place));
        let mut ceilings: Vec<(usize, f32)> = (0..self.candidates.len())
            .map(|place| (place, self.ceiling(place, &line, caps[place])))
            .collect();
        ceilings.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ceilings.truncate(self.k);
        let places = ceilings.into_iter().map(|(place, _)| place);
        places.filter(|&place| !self.is_read_out(place)).collect()
    }

    fn ceiling(&self, place: usize, line: &Regression, cap: f32) -> f32 {
        let before = self.candidates[place].score;
        let known = self.result(place).map_or(0.0, |result| result.probability);
        let probability = match self.early_stop {
            _ if self.is_read_out(place) => known,
            // It is never read, and what is expected of it is not above the cap, which only falls.
            _ if self.readable[place] == 0 => cap,
            EarlyStop::Learned => line.most(before).max(known),
            EarlyStop::Exact | EarlyStop::Off => 1.0,
        };
        blend(before, probability, self.weight)
    }

    /// Returns, for every place, the lowest probability above it of those that count: what was not
    /// read is not expected to be better than anything that was read above it.
    fn caps(&self, counts: impl Fn(usize) -> bool) -> Vec<f32> {
        let lowest = |lowest: &mut f32, place: usize| {
            let cap = *lowest;
            let result = self.result(place).filter(|_| counts(place));
            *lowest = result.map_or(cap, |result| cap.min(result.probability));
            Some(cap)
        };
        (0..self.candidates.len()).scan(1.0, lowest).collect()
    }

    /// Returns the line through what was read, in the candidates' order.
    fn line(&self) -> Regression {
        let pair = |candidate: &Candidate| {
            candidate.reranked[self.stage].map(|result| (candidate.score, result.probability))
        };
        Regression::fit(&self.candidates.iter().filter_map(pair).collect::<Vec<_>>())
    }

    /// Notes what the reranker said of a passage; a candidate's passages come in their order.
    pub(super) fn note(&mut self, at: Unread, score: RerankScore, calibration: Calibration) {
        let candidate = &mut self.candidates[at.candidate];
        let known = candidate.reranked[self.stage];
        let read = known.map_or(0, |known| known.read) + 1;
        let best = known.filter(|known| score.logit <= known.logit);
        let result = match best {
            Some(known) => RerankResult { read, ..known },
            None => RerankResult {
                rank: 0,
                logit: score.logit,
                probability: calibration.probability(score.logit),
                truncated: score.truncated,
                passage: candidate.passages[at.passage],
                read,
            },
        };
        candidate.reranked[self.stage] = Some(result);
    }

    /// Ranks what was read, by logit; equals stay in the order before.
    pub(super) fn rank(&mut self) {
        let stage = self.stage;
        let results = self.candidates.iter_mut().filter_map(|it| it.reranked[stage].as_mut());
        let mut read: Vec<&mut RerankResult> = results.collect();
        read.sort_by(|a, b| b.logit.total_cmp(&a.logit));
        for (rank, result) in (1..).zip(read) {
            result.rank = rank;
        }
    }

    /// Returns the places of the best candidates by the blend of both scores, as [`TopK::blend`] would
    /// order them.
    pub(super) fn best(&self, wanted: usize) -> Vec<usize> {
        let blended = |(place, (_, score))| (place, score);
        let mut order: Vec<(usize, f32)> =
            self.blended().into_iter().enumerate().map(blended).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.into_iter().map(|(place, _)| place).take(wanted).collect()
    }

    /// Returns what is expected of every candidate, whether it was read or not, and its blended score.
    fn blended(&self) -> Vec<(f32, f32)> {
        let line = self.line();
        let blended = |(candidate, cap): (&Candidate, f32)| {
            let expected = line.expected(candidate.score).min(cap);
            let result = candidate.reranked[self.stage];
            let probability = result.map_or(expected, |result| result.probability);
            (expected, blend(candidate.score, probability, self.weight))
        };
        self.candidates.iter().zip(self.caps(|_| true)).map(blended).collect()
    }

    /// Returns all candidates in the order that what was read so far gives them.
    pub(super) fn so_far(&self) -> Vec<Candidate> {
        let mut candidates = self.candidates.to_vec();
        let readable = self.readable.clone();
        let mut top = TopK { candidates: &mut candidates, readable, ..*self };
        top.rank();
        top.blend();
        candidates
    }

    /// Orders all candidates by the blend of both scores; what was not read stands where the
    /// expected value of its probability puts it, which is at most what was read above it.
    pub(super) fn blend(self) {
        let blended = self.blended();
        for (candidate, (expected, score)) in self.candidates.iter_mut().zip(blended) {
            if candidate.reranked[self.stage].is_some() {
                candidate.expected = None;
            } else if self.stage == 0 {
                candidate.expected = Some(expected);
            }
            candidate.score = score;
        }
        // The sort is stable: the order before parts equals.
        self.candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
}
