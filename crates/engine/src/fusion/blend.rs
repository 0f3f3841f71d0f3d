//! Blending the reranker's probability with the fused score.
//!
//! On some collections a cross-encoder alone orders worse than the first stage; a weighted mean of
//! the two is the insurance. Both sides lie in [0, 1] and neither depends on which other
//! candidates were read.

/// Returns `(1 - w) · fused + w · probability`, in [0, 1].
///
/// `weight`, in [0, 1], is the reranker's share: 0 keeps the fused order, 1 takes the reranker's.
/// The result never falls when the probability rises, not even by rounding, so a bound on the
/// probability gives a bound on the blend.
#[must_use]
pub fn blend(fused: f32, probability: f32, weight: f32) -> f32 {
    fused + weight * (probability - fused)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_weight_moves_from_fused_to_reranker() {
        assert_eq!(blend(0.4, 0.8, 0.0), 0.4);
        assert_eq!(blend(0.4, 0.8, 1.0), 0.8);
        assert_eq!(blend(0.4, 0.8, 0.25), 0.5);
    }

    proptest! {
        #[test]
        fn rounding_never_turns_a_bound_over(
            fused in 0.0f32..=1.0,
            weight in 0.0f32..=1.0,
            low in 0.0f32..=1.0,
        ) {
            prop_assert!(blend(fused, low, weight) <= blend(fused, low.next_up().min(1.0), weight));
            prop_assert!(blend(fused, low, weight) <= blend(fused, 1.0, weight));
        }
    }
}
