//! Blending the reranker's probability with the fused score.
//!
//! On some collections a cross-encoder alone orders worse than the first stage; a weighted mean of
//! the two is the insurance. Both sides lie in [0, 1] and neither depends on which other
//! candidates were read.

/// Returns `(1 - w) · fused + w · probability`, in [0, 1].
///
/// `weight`, in [0, 1], is the reranker's share: 0 keeps the fused order, 1 takes the reranker's.
#[must_use]
pub fn blend(fused: f32, probability: f32, weight: f32) -> f32 {
    fused + weight * (probability - fused)
}

/// Returns the score of a candidate that the reranker did not read and that follows `last`, the
/// score of the candidate before it: the blend with probability 0, never above `last`.
#[must_use]
pub fn unread(fused: f32, weight: f32, last: f32) -> f32 {
    blend(fused, 0.0, weight).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_moves_from_fused_to_reranker() {
        assert_eq!(blend(0.4, 0.8, 0.0), 0.4);
        assert_eq!(blend(0.4, 0.8, 1.0), 0.8);
        assert_eq!(blend(0.4, 0.8, 0.25), 0.5);
    }

    #[test]
    fn what_was_not_read_never_passes_what_was() {
        assert_eq!(unread(0.5, 0.5, 0.9), 0.25);
        assert_eq!(unread(0.5, 0.5, 0.1), 0.1);
    }
}
