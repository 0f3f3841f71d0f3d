//! The order of a query's documents once the best of them were read.

use trommel_core::Calibration;
use trommel_eval::ScoredDocument;
use trommel_fusion::{Bounds, blend};

/// How a logit and a run's score become one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blend {
    /// The reranker's share, in [0, 1].
    pub(super) weight: f32,
    /// What turns its logits into probabilities.
    pub(super) calibration: Calibration,
}

/// A document that was read.
struct Read {
    id: String,
    logit: f32,
    score: f32,
}

/// Orders the results of a query, best first; `logits` are of the first ones, and missing for those
/// that could not be read.
///
/// What was read comes first, by the blend of its probability with its score in the run, which is
/// scaled to [0, 1] among as many results as there are `logits`; equals stand by logit, then as in
/// the run. At weight 1 the logit alone decides. All others follow as in the run, with scores that
/// are not above the lowest before them. If nothing was read, the run's own order and scores stay.
pub(super) fn order(
    results: &[ScoredDocument],
    logits: &[Option<f32>],
    by: Blend,
) -> Vec<ScoredDocument> {
    let pool = results.iter().zip(logits);
    let bounds = Bounds::of(pool.clone().map(|(result, _)| result.score));
    let read = |(result, logit): (&ScoredDocument, &Option<f32>)| {
        let logit = (*logit)?;
        let probability = by.calibration.probability(logit);
        let score = if by.weight == 1.0 {
            probability
        } else {
            blend(bounds.scale(result.score), probability, by.weight)
        };
        Some(Read { id: result.id.clone(), logit, score })
    };
    let mut order: Vec<Read> = pool.filter_map(read).collect();
    // The sort is stable: the run parts equals.
    order.sort_by(|a, b| {
        let scores = b.score.total_cmp(&a.score);
        let logits = b.logit.total_cmp(&a.logit);
        if by.weight == 1.0 { logits } else { scores.then(logits) }
    });
    let lowest = order.last().map(|last| last.score);
    let unread = results
        .iter()
        .enumerate()
        .filter(|(place, _)| logits.get(*place).is_none_or(Option::is_none));
    let unread = unread.map(|(_, result)| ScoredDocument {
        id: result.id.clone(),
        score: lowest.unwrap_or(result.score),
    });
    let read = order.into_iter().map(|Read { id, score, .. }| ScoredDocument { id, score });
    read.chain(unread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(scores: &[(&str, f32)]) -> Vec<ScoredDocument> {
        scores
            .iter()
            .map(|(id, score)| ScoredDocument { id: (*id).to_owned(), score: *score })
            .collect()
    }

    /// Orders results, as pairs.
    fn order(results: &[ScoredDocument], logits: &[Option<f32>], by: Blend) -> Vec<(String, f32)> {
        super::order(results, logits, by).into_iter().map(|it| (it.id, it.score)).collect()
    }

    fn pairs(pairs: &[(&str, f32)]) -> Vec<(String, f32)> {
        pairs.iter().map(|(id, score)| ((*id).to_owned(), *score)).collect()
    }

    fn by(weight: f32) -> Blend {
        Blend { weight, calibration: Calibration::SIGMOID }
    }

    #[test]
    fn what_was_read_stands_before_all_others() {
        let results = results(&[("a", 4.0), ("b", 3.0), ("c", 2.0), ("d", 1.0)]);
        let order = order(&results, &[Some(-3.0), None, Some(0.0)], by(1.0));
        assert_eq!(
            order.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
            ["c", "a", "b", "d"]
        );
        assert_eq!((order[0].1, order[2].1, order[3].1), (0.5, order[1].1, order[1].1));
    }

    /// Worked by hand: scaled among the first three a 1, b ½, c 0; probabilities ½ each but c's,
    /// which is 1 in 32 bits. So b and c have the same blend, and c the higher logit.
    #[test]
    fn a_blend_is_of_the_best_results_alone() {
        let results = results(&[("a", 4.0), ("b", 3.0), ("c", 2.0), ("d", -9.0)]);
        let order = order(&results, &[Some(0.0), Some(0.0), Some(30.0)], by(0.5));
        assert_eq!(order, pairs(&[("a", 0.75), ("c", 0.5), ("b", 0.5), ("d", 0.5)]));
    }

    #[test]
    fn logits_decide_where_probabilities_are_equal() {
        let results = results(&[("a", 4.0), ("b", 3.0), ("c", 2.0)]);
        let order = order(&results, &[Some(40.0), Some(41.0), Some(40.0)], by(1.0));
        assert_eq!(order, pairs(&[("b", 1.0), ("a", 1.0), ("c", 1.0)]));
    }

    #[test]
    fn a_query_of_which_nothing_was_read_stays_as_it_was() {
        let results = results(&[("a", 4.0), ("b", 3.0)]);
        assert_eq!(order(&results, &[None], by(1.0)), pairs(&[("a", 4.0), ("b", 3.0)]));
        assert_eq!(order(&results, &[], by(0.0)), pairs(&[("a", 4.0), ("b", 3.0)]));
    }
}
