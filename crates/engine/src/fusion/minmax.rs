//! Scores scaled to [0, 1] between the lowest and the highest.

use super::Shares;

/// The scores that become 0 and 1; what lies outside is clamped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The score that becomes 0.
    pub low: f32,
    /// The score that becomes 1.
    pub high: f32,
}

impl Bounds {
    /// Returns the smallest and largest of `scores`, or [0, 0] if there are none.
    pub fn of(scores: impl Iterator<Item = f32>) -> Self {
        scores
            .map(|score| Self { low: score, high: score })
            .reduce(|a, b| Self { low: a.low.min(b.low), high: a.high.max(b.high) })
            .unwrap_or(Self { low: 0.0, high: 0.0 })
    }

    /// Returns `score` scaled to [0, 1]; bounds that coincide say nothing and give 0.
    #[must_use]
    pub fn scale(self, score: f32) -> f32 {
        let width = self.high - self.low;
        if width.is_infinite() {
            let half = Self { low: self.low / 2.0, high: self.high / 2.0 };
            return half.scale(score / 2.0);
        }
        if width > 0.0 { ((score - self.low) / width).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// Returns the source's scores between its own bounds; a candidate that it lacks gets its lowest, 0.
pub(super) fn shares(scores: &[f32]) -> Shares {
    let bounds = Bounds::of(scores.iter().copied());
    Shares { present: scores.iter().map(|score| bounds.scale(*score)).collect(), absent: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_scaled_however_wide_it_is() {
        let shares = shares(&[f32::MAX, 0.0, f32::MIN]);
        assert_eq!((shares.present, shares.absent), (vec![1.0, 0.5, 0.0], 0.0));
    }
}
