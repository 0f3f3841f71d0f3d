//! One query's results as metrics see them: grades in order.

use crate::qrels::Judgements;
use crate::run::ScoredDocument;

/// The grades of a query's results, best result first, and of all its judged documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankedQuery {
    /// A grade a result; none where the document was not judged.
    grades: Vec<Option<i32>>,
    /// The grades above 0 of all judged documents, falling.
    ideal: Vec<i32>,
}

impl RankedQuery {
    /// Looks up the grades of `results`, which stand best first.
    #[must_use]
    pub fn new(judgements: &Judgements, results: &[ScoredDocument]) -> Self {
        let grades = results.iter().map(|result| judgements.get(&result.id).copied()).collect();
        let mut ideal: Vec<i32> = judgements.values().copied().filter(|&grade| grade > 0).collect();
        ideal.sort_unstable_by(|a, b| b.cmp(a));
        Self { grades, ideal }
    }

    /// Returns the grades of the first results.
    pub(super) fn top(&self, cutoff: Option<usize>) -> &[Option<i32>] {
        first(&self.grades, cutoff)
    }

    /// Returns the grades that the best order would begin with.
    pub(super) fn ideal(&self, cutoff: Option<usize>) -> &[i32] {
        first(&self.ideal, cutoff)
    }

    /// Returns the number of judged documents of at least `least`, which is above 0.
    pub(super) fn relevant(&self, least: i32) -> usize {
        // The grades fall, so those that are high enough stand in front.
        self.ideal.partition_point(|&grade| grade >= least)
    }
}

fn first<T>(all: &[T], cutoff: Option<usize>) -> &[T] {
    &all[..all.len().min(cutoff.unwrap_or(all.len()))]
}
