//! Success, as trec_eval's `success`.

/// Returns 1 if any result is relevant, else 0.
pub(super) fn success(mut found: impl Iterator<Item = bool>) -> f64 {
    f64::from(u8::from(found.any(|found| found)))
}
