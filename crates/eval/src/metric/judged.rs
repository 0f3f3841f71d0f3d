//! The share of results that somebody judged, as ir-measures' `Judged`: of the results there are,
//! even if they are fewer than the cutoff.

/// Returns the judged share of `top`, whatever the grades; 0 without results.
pub(super) fn judged(top: &[Option<i32>]) -> f64 {
    if top.is_empty() {
        return 0.0;
    }
    top.iter().flatten().count() as f64 / top.len() as f64
}
