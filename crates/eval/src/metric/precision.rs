//! Precision, as trec_eval's `P`: fewer results than asked for are no excuse.

/// Returns the relevant share of `k` results, of which only those in `found` may exist.
pub(super) fn precision(found: impl Iterator<Item = bool>, k: usize) -> f64 {
    if k == 0 { 0.0 } else { found.filter(|&found| found).count() as f64 / k as f64 }
}
