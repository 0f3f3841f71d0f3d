//! The race for the first `k` places: which passages must still be read, and who wins.
//!
//! Every candidate has a ceiling, the best score that it may still reach. Once all of its passages
//! are read that is its score; until then it is the blend with a bound on its probability. A
//! candidate that is among the `k` highest ceilings and not read out must be read, whatever the
//! others turn out to be; when there is none, the first `k` places are settled. That is the least
//! that can be read: Chang & Hwang, *Minimal probing: supporting expensive predicates for top-k
//! queries*, SIGMOD 2002. Which passages are read does therefore not depend on how many are read
//! at a time.

use trommel_core::{Calibration, PassageId, RerankScore};
use trommel_fusion::{Regression, blend};

use super::answer::Reread;
use super::pool::Pooled;
use super::request::{SearchSettings, Settle};
use super::rerank::Reranked;

/// A passage of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    /// The passage's place among the candidate's own, the most promising first.
    pub(super) window: usize,
    /// The candidate's place in the pool.
    pub(super) place: usize,
}

/// How far a candidate has been read.
#[derive(Debug, Clone, Copy, Default)]
struct Entrant {
    /// How many of its passages may be read.
    windows: usize,
    /// How many were, the first ones.
    read: usize,
    /// The passage with the highest logit, the first of equals.
    best: Option<(PassageId, Reread)>,
}

impl Entrant {
    fn is_read_out(&self) -> bool {
        self.best.is_some() && self.read == self.windows
    }

    fn unread(&self, place: usize) -> impl Iterator<Item = Window> {
        (self.read..self.windows).map(move |window| Window { window, place })
    }
}

/// The candidates of a pool while they are read.
pub(super) struct Race<'a> {
    pool: &'a [Pooled],
    entrants: Vec<Entrant>,
    k: usize,
    weight: f32,
    settle: Settle,
}

impl<'a> Race<'a> {
    pub(super) fn new(pool: &'a [Pooled], settings: &SearchSettings) -> Self {
        let windows = |(place, pooled): (usize, &Pooled)| {
            let within = place < settings.rerank_depth;
            let windows = if within { pooled.passages.len() } else { 0 };
            Entrant { windows: windows.min(settings.rerank_passages), ..Entrant::default() }
        };
        Self {
            pool,
            entrants: pool.iter().enumerate().map(windows).collect(),
            k: settings.k,
            weight: settings.blend,
            settle: settings.settle,
        }
    }

    /// Returns how many passages were read, and how many may be.
    pub(super) fn progress(&self) -> (usize, usize) {
        let sum = |of: fn(&Entrant) -> usize| self.entrants.iter().map(of).sum();
        (sum(|entrant| entrant.read), sum(|entrant| entrant.windows))
    }

    /// Returns the passages that must be read next: every candidate's best before any other, the
    /// better candidate first. None are left if all are read or the race is settled.
    pub(super) fn next(&self) -> Vec<Window> {
        let unread = |places: &[usize]| -> Vec<Window> {
            places.iter().flat_map(|&place| self.entrants[place].unread(place)).collect()
        };
        let all: Vec<usize> = (0..self.pool.len()).collect();
        let mut next = match self.settle {
            Settle::Off => unread(&all),
            Settle::Exact | Settle::Learned => {
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
        let mut ceilings: Vec<(usize, f32)> =
            (0..self.pool.len()).map(|place| (place, self.ceiling(place, &line))).collect();
        ceilings.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ceilings.truncate(self.k);
        let places = ceilings.into_iter().map(|(place, _)| place);
        places.filter(|&place| !self.entrants[place].is_read_out()).collect()
    }

    fn ceiling(&self, place: usize, line: &Regression) -> f32 {
        let (entrant, fused) = (&self.entrants[place], self.pool[place].fused);
        let known = entrant.best.map_or(0.0, |(_, reread)| reread.probability);
        let probability = match self.settle {
            _ if entrant.is_read_out() => known,
            Settle::Learned => line.most(fused).max(known),
            Settle::Exact | Settle::Off => 1.0,
        };
        blend(fused, probability, self.weight)
    }

    /// Returns the line through what was read, in the pool's order.
    fn line(&self) -> Regression {
        let pair = |(pooled, entrant): (&Pooled, &Entrant)| {
            entrant.best.map(|(_, reread)| (pooled.fused, reread.probability))
        };
        Regression::fit(&self.pool.iter().zip(&self.entrants).filter_map(pair).collect::<Vec<_>>())
    }

    /// Notes what the reranker said of a passage; a candidate's passages come in their order.
    pub(super) fn note(&mut self, at: Window, score: RerankScore, calibration: Calibration) {
        let entrant = &mut self.entrants[at.place];
        entrant.read += 1;
        if entrant.best.is_none_or(|(_, known)| score.logit > known.logit) {
            let RerankScore { logit, truncated } = score;
            let probability = calibration.probability(logit);
            let passage = self.pool[at.place].passages[at.window];
            entrant.best = Some((passage, Reread { rank: 0, logit, probability, truncated }));
        }
    }

    /// Orders all candidates by the blend of both scores; what was not read stands where the
    /// expected value of its probability puts it.
    pub(super) fn finish(mut self) -> Vec<Reranked> {
        self.rank_by_logit();
        let line = self.line();
        let candidate = |(place, entrant): (usize, &Entrant)| {
            let fused = self.pool[place].fused;
            let probability =
                entrant.best.map_or_else(|| line.expected(fused), |(_, reread)| reread.probability);
            let score = blend(fused, probability, self.weight);
            let Entrant { read, best: reread, .. } = *entrant;
            Reranked { place, score, probability, read, reread }
        };
        let mut order: Vec<Reranked> = self.entrants.iter().enumerate().map(candidate).collect();
        order.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
        order
    }

    fn rank_by_logit(&mut self) {
        let mut read: Vec<&mut Reread> =
            self.entrants.iter_mut().filter_map(|e| Some(&mut e.best.as_mut()?.1)).collect();
        // The sort is stable: the pool's order parts equals.
        read.sort_by(|a, b| b.logit.total_cmp(&a.logit));
        for (rank, reread) in (1..).zip(read) {
            reread.rank = rank;
        }
    }
}
