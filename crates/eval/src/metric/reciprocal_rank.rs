//! Reciprocal rank, as trec_eval's `recip_rank`; with a cutoff, 0 where nothing relevant is above it.

/// Returns one over the rank of the first relevant result, or 0.
pub(super) fn reciprocal_rank(mut found: impl Iterator<Item = bool>) -> f64 {
    found.position(|is_relevant| is_relevant).map_or(0.0, |index| 1.0 / (index + 1) as f64)
}
