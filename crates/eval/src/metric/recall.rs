//! Recall, as trec_eval's `recall`.

/// Returns the share of all `relevant` documents that was found; 0 if there are none.
pub(super) fn recall(found: impl Iterator<Item = bool>, relevant: usize) -> f64 {
    if relevant == 0 { 0.0 } else { found.filter(|&found| found).count() as f64 / relevant as f64 }
}
