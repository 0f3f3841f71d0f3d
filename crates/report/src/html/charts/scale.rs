//! Axes: from values to places, and the round values to write beside them.

/// Maps values of a range onto a line of the drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
    logarithmic: bool,
}

impl Scale {
    /// Returns a scale with equal steps.
    pub(super) fn linear(values: (f64, f64), places: (f64, f64)) -> Self {
        Self { values, places, logarithmic: false }
    }

    /// Returns a scale with equal ratios; both values must be positive.
    pub(super) fn logarithmic(values: (f64, f64), places: (f64, f64)) -> Self {
        Self { values, places, logarithmic: true }
    }

    /// Returns the place of a value; what is outside of the range, or no number, is put at its
    /// nearer end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let of = |value: f64| if self.logarithmic { value.ln() } else { value };
        let (low, high) = (of(self.values.0), of(self.values.1));
        let share = ((of(value) - low) / (high - low)).clamp(0.0, 1.0);
        // A value that is no number, and the only value of a range of no length (0 / 0), are no
        // number here.
        let share = if share.is_nan() { 0.0 } else { share };
        self.places.0 + share * (self.places.1 - self.places.0)
    }
}

/// Returns at most `most` + 1 round values that part a range, from the last one at or below `low`
/// to the first one at or above `high`.
pub(super) fn round_values(low: f64, high: f64, most: usize) -> Vec<f64> {
    // Steps of 1, 2, 2.5 or 5 times a power of ten read well. The finest of those that give few
    // enough values is taken. A billionth is allowed for rounding: .3 / .1 is a little below 3.
    let range = (high - low).max(1e-9);
    let decade = 10_f64.powf((range / most as f64).log10().floor());
    let fits =
        |step: &f64| (high / step - 1e-9).ceil() - (low / step + 1e-9).floor() <= most as f64;
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 50.0].map(|step| step * decade);
    let step = steps.into_iter().find(|step| fits(step)).unwrap_or(range);
    let (first, last) = ((low / step + 1e-9).floor() as i64, (high / step - 1e-9).ceil() as i64);
    (first..=last.max(first + 1)).map(|n| n as f64 * step).collect()
}

/// Returns the values 1, 2, 5, 10 … within a range of positive numbers, or only the powers of ten
/// where those are more than `most`.
pub(super) fn round_ratios(low: f64, high: f64, most: usize) -> Vec<f64> {
    let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let within = |value: &f64| (low * 0.999..=high * 1.001).contains(value);
    let all = |factors: &[f64]| -> Vec<f64> {
        let of = |decade: i32| factors.iter().map(move |factor| factor * 10_f64.powi(decade));
        decades.clone().flat_map(of).filter(within).collect()
    };
    let fine = all(&[1.0, 2.0, 5.0]);
    if fine.len() <= most { fine } else { all(&[1.0]) }
}

/// Returns the values of an axis as they are written: with as many decimals as they all need, up
/// to four, and without a zero in front.
pub(super) fn shown(values: &[f64]) -> Vec<String> {
    // 2.5 and 5 need one decimal: 2.5 and 5.0. Written with as few as each needs, they would not
    // stand under each other.
    let exact = |decimals: i32| {
        let tenth = 10_f64.powi(decimals);
        values.iter().all(|value| (value * tenth - (value * tenth).round()).abs() < 1e-6)
    };
    let decimals = (0..4).find(|&decimals| exact(decimals)).unwrap_or(4) as usize;
    let one = |value: &f64| {
        let digits = format!("{:.decimals$}", value.abs());
        let digits = digits.strip_prefix('0').filter(|rest| !rest.is_empty()).unwrap_or(&digits);
        let sign = if *value < -1e-9 { "−" } else { "" };
        if value.abs() < 1e-9 { "0".to_owned() } else { format!("{sign}{digits}") }
    };
    values.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_find_their_place() {
        let linear = Scale::linear((0.0, 2.0), (100.0, 0.0));
        assert_eq!([0.0, 1.0, 2.0, 3.0].map(|v| linear.place(v)), [100.0, 50.0, 0.0, 0.0]);
        let ratios = Scale::logarithmic((1.0, 100.0), (0.0, 10.0));
        assert!((ratios.place(10.0) - 5.0).abs() < 1e-9);
        for odd in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
            assert!((0.0..=10.0).contains(&ratios.place(odd)), "{odd}");
        }
        assert_eq!(Scale::linear((1.0, 1.0), (0.0, 9.0)).place(1.0), 0.0);
    }

    #[test]
    fn axes_have_round_values() {
        let close = |a: &[f64], b: &[f64]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
        };
        assert!(close(&round_values(0.0, 0.78, 5), &[0.0, 0.2, 0.4, 0.6, 0.8]));
        assert!(close(&round_values(-1.0, 1.0, 4), &[-1.0, -0.5, 0.0, 0.5, 1.0]));
        assert!(close(&round_values(0.652, 0.761, 4), &[0.65, 0.7, 0.75, 0.8]));
        for (low, high) in [(0.0, 0.0), (1.0, 1.0), (0.0, 1e-12), (0.3, 0.300_001)] {
            let values = round_values(low, high, 4);
            assert!((2..=6).contains(&values.len()), "{low} {high} {values:?}");
        }
    }

    #[test]
    fn times_have_round_ratios() {
        assert_eq!(round_ratios(0.9, 12.0, 6), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(round_ratios(0.9, 1200.0, 6), [1.0, 10.0, 100.0, 1000.0]);
    }

    #[test]
    fn axes_write_no_more_decimals_than_they_need() {
        assert_eq!(shown(&[0.0, 0.2, 0.4]), ["0", ".2", ".4"]);
        assert_eq!(shown(&[-1.0, -0.5, 0.0, 1.0]), ["−1.0", "−.5", "0", "1.0"]);
        assert_eq!(shown(&[0.65, 0.7]), [".65", ".70"]);
        assert_eq!(shown(&[0.0, 10.0]), ["0", "10"]);
    }
}
