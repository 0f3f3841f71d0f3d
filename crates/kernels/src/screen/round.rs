//! From 32-bit numbers to 8-bit ones.

/// What stands beside the codes of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounding {
    /// The value of one step: a code times this is about the number it stands for.
    pub scale: f32,
    /// No less than the Euclidean distance between the row and what its codes stand for.
    pub error: f32,
}

/// Writes the nearest codes, −127 to 127, of a finite row that is not all zeros.
///
/// The largest number of the row gets the largest code, so no step is wasted and none is cut off.
pub fn round(row: &[f32], codes: &mut [i8]) -> Rounding {
    let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let scale = largest / 127.0;
    let mut squares = 0.0_f64;
    for (&x, code) in row.iter().zip(codes) {
        *code = (x / scale).round_ties_even().clamp(-127.0, 127.0) as i8;
        let left = f64::from(x) - f64::from(scale) * f64::from(*code);
        squares += left * left;
    }
    Rounding { scale, error: not_below(squares.sqrt()) }
}

/// Returns a number of 32 bits that is no less than one that was computed in 64.
///
/// A millionth is 8 times what rounding to 32 bits takes away at most, and far more than what a
/// sum of 65,536 squares loses in 64.
pub(super) fn not_below(x: f64) -> f32 {
    (x * (1.0 + 1e-6)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_a_row_worked_by_hand() {
        // The scale is 1.27 / 127 = .01: 38.4 → 38, −0.5 → 0 (to even), −126.6 → −127.
        let mut codes = [1; 4];
        let rounding = round(&[1.27, 0.384, -0.005, -1.266], &mut codes);
        assert_eq!(codes, [127, 38, 0, -127]);
        assert!((rounding.scale - 0.01).abs() < 1e-9);
        // √(.004² + .005² + .004²) = .0075498
        assert!((rounding.error - 0.007_549_8).abs() < 1e-6, "{}", rounding.error);
    }
}
