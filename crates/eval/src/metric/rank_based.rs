//! Metrics that count where in the results a relevant document stands.

/// The chance that a reader looks at one more result, where none is given: ir-measures' .8.
pub(super) const PERSISTENCE: f64 = 0.8;

/// Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), as trec_eval's `ndcg` and
/// `ndcg_cut` have it: the gain is the grade itself, none below 0, and rank `r` is discounted by
/// `log2(r + 1)`.
///
/// Returns the discounted gain of `top` over that of `ideal`; 0 where that is 0.
pub(super) fn ndcg(top: &[Option<i32>], ideal: &[i32]) -> f64 {
    // Of one relevant document at rank 2: (1 / log2 3) / (1 / log2 2) = .631.
    let best = discounted(ideal.iter().copied());
    if best > 0.0 { discounted(top.iter().map(|grade| grade.unwrap_or(0))) / best } else { 0.0 }
}

fn discounted(grades: impl Iterator<Item = i32>) -> f64 {
    grades
        .zip(2u32..)
        .filter(|&(grade, _)| grade > 0)
        .map(|(grade, rank_and_one)| f64::from(grade) / f64::from(rank_and_one).log2())
        // not `sum`, which makes −0 of nothing
        .fold(0.0, |sum, gain| sum + gain)
}

/// Average precision, as trec_eval's `map` and `map_cut`: what was not found counts as precision 0,
/// also what a cutoff hides.
///
/// Returns the mean of the precision at every relevant result over all `relevant` documents.
pub(super) fn average_precision(found: impl Iterator<Item = bool>, relevant: usize) -> f64 {
    let (mut count, mut sum) = (0u32, 0.0);
    for (is_relevant, rank) in found.zip(1u32..) {
        if is_relevant {
            count += 1;
            sum += f64::from(count) / f64::from(rank);
        }
    }
    // Divided by all relevant documents and not by those found: otherwise a system would gain by
    // leaving out what it is unsure of.
    if relevant == 0 { 0.0 } else { sum / relevant as f64 }
}

/// Reciprocal rank, as trec_eval's `recip_rank`; with a cutoff, 0 where nothing relevant is above
/// it.
///
/// Returns one over the rank of the first relevant result, or 0.
pub(super) fn reciprocal_rank(mut found: impl Iterator<Item = bool>) -> f64 {
    found.position(|is_relevant| is_relevant).map_or(0.0, |index| 1.0 / (index + 1) as f64)
}

/// Rank-biased precision (Moffat & Zobel 2008), binary, as `cwl_eval` computes it for ir-measures:
/// what lies beyond the results counts as not relevant, so this is the lower bound.
///
/// Returns the sum of `(1 - p) · p^(rank - 1)` over the relevant results.
pub(super) fn rbp(found: impl Iterator<Item = bool>, persistence: f64) -> f64 {
    let (mut weight, mut sum) = (1.0 - persistence, 0.0);
    for is_relevant in found {
        if is_relevant {
            sum += weight;
        }
        weight *= persistence;
    }
    // Near 1 the weights of many results add up to a last bit more.
    sum.min(1.0)
}
