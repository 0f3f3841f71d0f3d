//! Metrics that count the results above a cutoff, in whatever order.

/// Recall, as trec_eval's `recall`: the share of all `relevant` documents that was found; 0 if there
/// are none.
pub(super) fn recall(found: impl Iterator<Item = bool>, relevant: usize) -> f64 {
    if relevant == 0 { 0.0 } else { found.filter(|&found| found).count() as f64 / relevant as f64 }
}

/// Precision, as trec_eval's `P`: the relevant share of `k` results, of which only those in `found`
/// may exist. Fewer results than asked for are no excuse.
pub(super) fn precision(found: impl Iterator<Item = bool>, k: usize) -> f64 {
    if k == 0 { 0.0 } else { found.filter(|&found| found).count() as f64 / k as f64 }
}

/// Success, as trec_eval's `success`: 1 if any result is relevant, else 0.
pub(super) fn success(mut found: impl Iterator<Item = bool>) -> f64 {
    f64::from(u8::from(found.any(|found| found)))
}

/// The share of `top` that somebody judged, whatever the grades, as ir-measures' `Judged`: of the
/// results there are, even if they are fewer than the cutoff; 0 without results.
pub(super) fn judged(top: &[Option<i32>]) -> f64 {
    if top.is_empty() {
        return 0.0;
    }
    top.iter().flatten().count() as f64 / top.len() as f64
}
