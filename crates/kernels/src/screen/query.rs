//! A query as whole numbers, and how far a rounded score can be from the true one.

use super::round::not_below;

/// The largest number of a rounded query: 127 · 256, so that its upper byte fits 8 bits.
const LARGEST: f64 = 32_512.0;

/// A query in 16-bit numbers *w* that are whole multiples of one scale *t*.
///
/// Sixteen bits, as two bytes in the kernel that knows only bytes: a query is read once and stays
/// in the cache, so its precision costs arithmetic but no memory, and its own rounding all but
/// vanishes from the bounds.
///
/// Let a row *x* have codes *c*, scale *s* and error *e* ≥ ‖*x* − *sc*‖. Then
///
/// *q*·*x* = *ts* (*w*·*c*) + *tw*·(*x* − *sc*) + (*q* − *tw*)·*x*, hence
/// |*q*·*x* − *ts* (*w*·*c*)| ≤ ‖*tw*‖ *e* + ‖*q* − *tw*‖ ‖*x*‖
///
/// by Cauchy and Schwarz; `norm` is ‖*tw*‖, and `slack` is the second term with all that
/// arithmetic in 32 bits may add.
#[derive(Debug)]
pub struct RoundedQuery {
    pub(super) words: Words,
    pub(super) scale: f32,
    pub(super) norm: f32,
    pub(super) slack: f32,
}

/// The numbers of a query, four by four as they lie in a block; zeros fill up the last four.
///
/// With every |*w*·*c*| below 2³¹, sums may wrap on their way: they come out right.
#[derive(Debug)]
pub(super) struct Words {
    /// *w* itself.
    pub(super) whole: Vec<[i16; 4]>,
    /// The upper byte of *w* rounded, −127 to 127, in four bytes of a word: *w* = 256 · high + low.
    pub(super) high: Vec<i32>,
    /// What the upper byte leaves, −128 to 127.
    pub(super) low: Vec<i32>,
    /// −128 · Σ*w*: a block holds codes with 128 added.
    pub(super) start: i32,
}

impl RoundedQuery {
    /// Rounds a unit vector.
    #[must_use]
    pub fn new(query: &[f32]) -> Self {
        let largest = query.iter().fold(0.0_f64, |largest, &x| largest.max(f64::from(x).abs()));
        let total: f64 = query.iter().map(|&x| f64::from(x).abs()).sum();
        // |w·c| ≤ 127 Σ|w| ≤ 127 (Σ|q| / t + d / 2) must stay below 2³¹.
        let room = f64::from(i32::MAX) / 127.0 - query.len() as f64;
        // The larger scale obeys both: no number above LARGEST, no sum above what 32 bits hold.
        let scale = (largest / LARGEST).max(total / room) as f32;
        let mut whole = vec![[0_i16; 4]; query.len().div_ceil(4)];
        let (mut norm, mut left) = (0.0_f64, 0.0_f64);
        for (&x, word) in query.iter().zip(whole.as_flattened_mut()) {
            *word = (f64::from(x) / f64::from(scale)).round().clamp(-LARGEST, LARGEST) as i16;
            let rounded = f64::from(scale) * f64::from(*word);
            norm += rounded * rounded;
            left += (f64::from(x) - rounded).powi(2);
        }
        Self {
            words: Words::new(whole),
            scale,
            norm: not_below(norm.sqrt()),
            slack: not_below(left.sqrt() * 1.01 + arithmetic(query.len())),
        }
    }
}

/// What 32-bit arithmetic can add between the bounds and a score of the plain scan.
///
/// A dot product of *d* numbers in any order is off by at most about *d* · 2⁻²⁴ ‖q‖ ‖x‖ (Higham,
/// *Accuracy and Stability*, 2002, eq. 3.5); twice that for vectors a little longer than 1. The
/// bounds themselves take a handful of roundings of numbers below 4.
fn arithmetic(dimension: usize) -> f64 {
    (dimension as f64 + 32.0) * 2_f64.powi(-23)
}

impl Words {
    pub(super) fn new(whole: Vec<[i16; 4]>) -> Self {
        let high = |w: i16| (i32::from(w) + 128) >> 8;
        let bytes = |four: &[i16; 4], byte: &dyn Fn(i16) -> i32| {
            i32::from_le_bytes(four.map(|w| byte(w) as u8))
        };
        let sum = |sum: i32, &w: &i16| sum.wrapping_add(i32::from(w));
        Self {
            high: whole.iter().map(|four| bytes(four, &high)).collect(),
            low: whole.iter().map(|four| bytes(four, &|w| i32::from(w) - 256 * high(w))).collect(),
            start: whole.as_flattened().iter().fold(0, sum).wrapping_mul(-128),
            whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_two_numbers_worked_by_hand() {
        // t = .8 / 32512; .6 / t = 24384 exactly.
        let query = RoundedQuery::new(&[-0.8, 0.6]);
        assert_eq!(query.words.whole, [[-32512, 24384, 0, 0]]);
        // −32512 = 256 · −127; 24384 = 256 · 95 + 64.
        assert_eq!(query.words.high[0].to_le_bytes(), [(-127_i8) as u8, 95, 0, 0]);
        assert_eq!(query.words.low[0].to_le_bytes(), [0, 64, 0, 0]);
        assert_eq!(query.words.start, -128 * (24384 - 32512));
        assert!((query.norm - 1.0).abs() < 1e-5 && query.slack < 2e-5);
    }

    #[test]
    fn no_dimension_lets_a_score_leave_32_bits() {
        for dimension in [1, 384, 1024, 65_536] {
            let x = (1.0 / dimension as f32).sqrt();
            let query = RoundedQuery::new(&vec![x; dimension]);
            let total: i64 =
                query.words.whole.as_flattened().iter().map(|&w| i64::from(w).abs()).sum();
            assert!(127 * total <= i64::from(i32::MAX), "{dimension}");
            assert!(127 * total > i64::from(i32::MAX) / 4 || dimension < 1024, "{dimension}");
        }
    }
}
