//! Metrics of one query's results, under the names of ir-measures.

mod name;
mod rank_based;
mod ranked_query;
mod set_based;

use std::num::NonZeroUsize;

pub use ranked_query::RankedQuery;

/// A metric: what is counted, how far down, and from which grade on a document is relevant.
///
/// It is parsed from the names of ir-measures (`"nDCG@10".parse()`), in any case and with its
/// aliases (`MAP`, `MRR`, `Recall`, `Precision`), and displayed as ir-measures would:
///
/// | name | value, in [0, 1] |
/// |---|---|
/// | `nDCG`, `nDCG@k` | gain is the grade, discounted by log2, over that of the best order |
/// | `AP`, `AP@k` | mean over all relevant documents of the precision at each that was found |
/// | `RR`, `RR@k` | one over the rank of the first relevant document |
/// | `R@k` | found share of the relevant documents |
/// | `P@k` | relevant share of k results |
/// | `Success@k` | 1 if any result is relevant |
/// | `Judged`, `Judged@k` | judged share of the results there are |
/// | `RBP(p=0.8)`, `RBP(p=0.8)@k` | sum of `(1 - p) · p^(rank - 1)` over relevant results |
///
/// All but nDCG and Judged take the least relevant grade as a parameter, `AP(rel=2)@100`; it is 1
/// otherwise, as in trec_eval. For RBP that differs from ir-measures, whose RBP without `rel` is
/// graded and unbounded: ours is its `RBP(p=0.8,rel=1)`.
///
/// Documents without a judgement are not relevant. A query without relevant documents scores 0, as
/// in trec_eval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    family: Family,
    cutoff: Option<NonZeroUsize>,
    relevant: i32,
    persistence: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ndcg,
    AveragePrecision,
    ReciprocalRank,
    Recall,
    Precision,
    Success,
    Judged,
    Rbp,
}

impl Metric {
    /// The metrics that retrieval is usually judged by: `nDCG@10`, `R@100`, `AP@1000`, `RR@10`.
    pub const USUAL: [Self; 4] = [
        Self::new(Family::Ndcg, NonZeroUsize::new(10)),
        Self::new(Family::Recall, NonZeroUsize::new(100)),
        Self::new(Family::AveragePrecision, NonZeroUsize::new(1000)),
        Self::new(Family::ReciprocalRank, NonZeroUsize::new(10)),
    ];
    /// The metrics of queries with one answer each: `Success@1`, `RR@10`.
    pub const KNOWN_ITEMS: [Self; 2] = [
        Self::new(Family::Success, NonZeroUsize::new(1)),
        Self::new(Family::ReciprocalRank, NonZeroUsize::new(10)),
    ];
    /// Every name, for people.
    pub const KNOWN: &'static str =
        "nDCG@k, AP@k, RR@k, R@k, P@k, Success@k, Judged@k or RBP(p=0.8)";

    const fn new(family: Family, cutoff: Option<NonZeroUsize>) -> Self {
        Self { family, cutoff, relevant: 1, persistence: rank_based::PERSISTENCE }
    }

    /// Returns how many results are looked at; all of them without a cutoff.
    #[must_use]
    pub fn cutoff(&self) -> Option<usize> {
        self.cutoff.map(NonZeroUsize::get)
    }

    /// Returns the value for one query's results, in [0, 1]; 0 without results.
    #[must_use]
    pub fn score(&self, query: &RankedQuery) -> f64 {
        let top = query.top(self.cutoff());
        let is_relevant = |grade: &Option<i32>| grade.is_some_and(|grade| grade >= self.relevant);
        let found = top.iter().map(is_relevant);
        // Counted only by the metrics that divide by it.
        let relevant = || query.relevant(self.relevant);
        match self.family {
            Family::Ndcg => rank_based::ndcg(top, query.ideal(self.cutoff())),
            Family::AveragePrecision => rank_based::average_precision(found, relevant()),
            Family::ReciprocalRank => rank_based::reciprocal_rank(found),
            Family::Recall => set_based::recall(found, relevant()),
            // Without a cutoff, which no name of precision gives, it would be the share of all
            // results.
            Family::Precision => set_based::precision(found, self.cutoff().unwrap_or(top.len())),
            Family::Success => set_based::success(found),
            Family::Judged => set_based::judged(top),
            Family::Rbp => rank_based::rbp(found, self.persistence),
        }
    }
}
