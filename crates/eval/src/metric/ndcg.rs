//! Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), as trec_eval's `ndcg` and
//! `ndcg_cut` have it: the gain is the grade itself, none below 0, and rank `r` is discounted by
//! `log2(r + 1)`.

/// Returns the discounted gain of `top` over that of `ideal`; 0 where that is 0.
pub(super) fn ndcg(top: &[Option<i32>], ideal: &[i32]) -> f64 {
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
