//! What a comparison shows, and what it does not, in words.

use crate::significance::Comparison;

impl Comparison {
    /// Returns the difference, its interval and whether it is significant, such as
    /// `+.020 [+.008, +.032], p = .002` or `+.012 [−.003, +.027], not significant at .05`.
    ///
    /// `p` is the p-value to judge by: the randomisation test's, or better what [`holm`] made of it
    /// among all the tests of a table. The difference is significant where `p` is below `alpha`. It
    /// reads `no difference` where the two systems have the same score for every query.
    ///
    /// [`holm`]: crate::holm
    #[must_use]
    pub fn verdict(&self, p: f64, alpha: f64) -> String {
        if self.better == 0 && self.worse == 0 {
            return "no difference".to_owned();
        }
        let interval = self.difference;
        let [mean, low, high] = [interval.mean, interval.low, interval.high].map(signed);
        if p < alpha {
            format!("{mean} [{low}, {high}], {}", p_value(p, alpha))
        } else {
            format!("{mean} [{low}, {high}], not significant at {}", bare(&alpha.to_string()))
        }
    }
}

/// Returns a difference with its sign and three decimals, without a zero in front: `+.012`,
/// `−.003` with a true minus sign, and `.000` without any sign.
#[must_use]
pub fn signed(value: f64) -> String {
    let digits = three(value.abs());
    let sign = match () {
        // Decided by the digits, not by the value: −.0004 is printed as zero, and a zero has no
        // sign.
        () if digits == ".000" => "",
        () if value < 0.0 => "−",
        () => "+",
    };
    format!("{sign}{digits}")
}

/// Returns a value, which is not negative, with three decimals and without a zero in front:
/// `.694`, `1.000`.
#[must_use]
pub fn three(value: f64) -> String {
    bare(&format!("{value:.3}")).to_owned()
}

/// Returns `p = .002`, or `p < .001`; with more decimals where three would hide that it is below
/// `alpha`.
#[must_use]
pub fn p_value(p: f64, alpha: f64) -> String {
    if p < 0.001 {
        return "p < .001".to_owned();
    }
    // .0499 with three decimals is .050, which reads as if it were not below .05: the first number
    // of decimals that tells the truth is taken. Seventeen digits tell any two floats apart.
    let shown = (3..=17).map(|decimals| format!("{p:.decimals$}")).find(|shown| {
        let read = shown.parse::<f64>();
        read.is_ok_and(|read| (read < alpha) == (p < alpha))
    });
    format!("p = {}", bare(&shown.unwrap_or_else(|| p.to_string())))
}

fn bare(number: &str) -> &str {
    number.strip_prefix('0').filter(|rest| rest.starts_with('.')).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::significance::{Interval, Resampling};

    fn comparison(mean: f64, low: f64, high: f64) -> Comparison {
        let some = Comparison::of(&[1.0, 0.5], &[0.5, 0.75], Resampling::seeded(1)).unwrap();
        Comparison { difference: Interval { mean, low, high }, ..some }
    }

    #[test]
    fn says_what_is_shown_and_what_is_not() {
        let clear = comparison(0.020_4, 0.008, 0.031_6);
        assert_eq!(clear.verdict(0.002, 0.05), "+.020 [+.008, +.032], p = .002");
        assert_eq!(clear.verdict(0.000_1, 0.05), "+.020 [+.008, +.032], p < .001");
        let unclear = comparison(0.012, -0.003, 0.027);
        assert_eq!(unclear.verdict(0.31, 0.05), "+.012 [−.003, +.027], not significant at .05");
        // At alpha itself it is not below it.
        assert!(unclear.verdict(0.05, 0.05).ends_with("not significant at .05"));
        let worse = comparison(-0.1, -0.2, -0.000_4);
        assert_eq!(worse.verdict(0.01, 0.05), "−.100 [−.200, .000], p = .010");
        assert_eq!(
            comparison(1.0, 1.0, 1.0).verdict(0.5, 0.1),
            "+1.000 [+1.000, +1.000], not significant at .1"
        );
    }

    #[test]
    fn equal_scores_are_no_difference() {
        let same = Comparison::of(&[0.5, 0.0], &[0.5, 0.0], Resampling::seeded(1)).unwrap();
        assert_eq!(same.verdict(same.randomisation.p, 0.05), "no difference");
    }

    #[test]
    fn rounding_never_contradicts_the_verdict() {
        assert_eq!(p_value(0.0499, 0.05), "p = .0499");
        assert_eq!(p_value(0.049_999, 0.05), "p = .049999");
        assert_eq!(p_value(0.05, 0.05), "p = .050");
        assert_eq!(p_value(0.001, 0.05), "p = .001");
        assert_eq!(p_value(1.0, 0.05), "p = 1.000");
    }

    #[test]
    fn numbers_are_set_as_in_print() {
        assert_eq!(signed(-0.0), ".000");
        assert_eq!(signed(-0.000_49), ".000");
        assert_eq!(signed(0.000_51), "+.001");
        assert_eq!(three(0.694_4), ".694");
        assert_eq!(three(1.0), "1.000");
        assert_eq!(three(0.0), ".000");
    }
}
