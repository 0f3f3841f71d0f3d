//! Average precision, as trec_eval's `map` and `map_cut`: what was not found counts as precision 0,
//! also what a cutoff hides.

/// Returns the mean of the precision at every relevant result over all `relevant` documents.
pub(super) fn average_precision(found: impl Iterator<Item = bool>, relevant: usize) -> f64 {
    let (mut count, mut sum) = (0u32, 0.0);
    for (is_relevant, rank) in found.zip(1u32..) {
        if is_relevant {
            count += 1;
            sum += f64::from(count) / f64::from(rank);
        }
    }
    if relevant == 0 { 0.0 } else { sum / relevant as f64 }
}
