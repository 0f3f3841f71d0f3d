//! Which passages of which candidates a rerank stage may read.

use std::collections::HashSet;

use super::abstention::{Abstention, Foreign};
use super::candidate::Candidate;
use super::feedback;
use crate::EngineError;

/// Which candidates a stage may read.
pub(super) struct MayRead<'a> {
    /// So many of the first.
    pub(super) depth: usize,
    /// With feedback these documents instead.
    pub(super) documents: Option<HashSet<usize>>,
    /// So many passages of each.
    pub(super) passages: usize,
    /// What it cannot read of these, if anything.
    pub(super) foreign: Option<Foreign<'a>>,
}

impl MayRead<'_> {
    /// Looks up the languages of candidates, where they matter.
    pub(super) fn look_up(&mut self, candidates: &[Candidate]) -> Result<(), EngineError> {
        let passages = self.passages;
        self.foreign.as_mut().map_or(Ok(()), |foreign| foreign.look_up(candidates, passages))
    }

    /// Those that could be read before the feedback, which is to come.
    pub(super) fn after_feedback(self, candidates: &[Candidate]) -> Self {
        let first = candidates.iter().take(feedback::first_reading(self.depth));
        Self { documents: Some(first.map(|candidate| candidate.document).collect()), ..self }
    }

    /// Those, and as many of the others as are left of the depth, the best after the feedback. So
    /// which ones they are does not depend on how many were read before.
    pub(super) fn among(mut self, candidates: &[Candidate]) -> Self {
        if let Some(documents) = &mut self.documents {
            let left = self.depth - documents.len().min(self.depth);
            let others = candidates.iter().map(|candidate| candidate.document);
            let others: Vec<usize> =
                others.filter(|document| !documents.contains(document)).take(left).collect();
            documents.extend(others);
        }
        self
    }

    /// Says whether a candidate, in this place, is among them.
    fn allows(&self, place: usize, candidate: &Candidate) -> bool {
        match &self.documents {
            Some(documents) => documents.contains(&candidate.document),
            None => place < self.depth,
        }
    }

    /// Returns how many passages of a candidate it may read, the first ones.
    pub(super) fn readable(&self, place: usize, candidate: &Candidate) -> usize {
        if self.allows(place, candidate) { self.known(candidate) } else { 0 }
    }

    /// Returns how many passages of a candidate it may read if that is among the first so many.
    pub(super) fn readable_among(
        &self,
        first: usize,
        place: usize,
        candidate: &Candidate,
    ) -> usize {
        if place < first { self.known(candidate) } else { 0 }
    }

    /// Returns how many passages of a candidate, the first ones, are in languages that the reranker
    /// knows.
    fn known(&self, candidate: &Candidate) -> usize {
        let all = &candidate.passages;
        self.foreign.as_ref().map_or(all.len(), |foreign| foreign.readable(all))
    }

    /// Returns what the reranker does not read of what it may.
    pub(super) fn abstention(&self, candidates: &[Candidate]) -> Option<Abstention> {
        let foreign = self.foreign.as_ref()?;
        let allowed = candidates.iter().enumerate().filter(|(place, it)| self.allows(*place, it));
        foreign.abstention(allowed.map(|(_, candidate)| candidate), self.passages)
    }
}
