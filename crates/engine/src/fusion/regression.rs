//! What the reranker would probably say of a candidate that it has not read, by what it said of
//! those that it has.
//!
//! An ordinary least-squares line of probability on fused score over the read candidates of one
//! query; its prediction interval is the textbook's (Draper & Smith, *Applied Regression Analysis*,
//! 1998, section 1.4): at `x` the standard error of one new observation is
//! `s · √(1 + 1/n + (x - x̄)² / Sxx)` with `s² = Σ residual² / (n - 2)`.

/// How many candidates must be read before their line is trusted; below, it is their mean.
const LEAST: usize = 8;
/// How many standard errors above the line [`Regression::most`] lies.
///
/// On scifact's train queries and the sample corpus, 3 changed the first ten hits of 1 query in 257
/// at blend .1 and of 2 to 4 at blend .3 (`docs/measurements.md`).
const ERRORS: f64 = 3.0;

/// A line of the reranker's probability on the fused score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regression {
    count: usize,
    fused: f64,
    probability: f64,
    slope: f64,
    /// The sum of squared distances of the fused scores from their mean.
    spread: f64,
    /// The standard deviation of what was read around the line.
    residual: f64,
}

impl Regression {
    /// Fits the line to pairs of fused score and probability; without any it is 0 everywhere. It never
    /// falls: where the best line would, it is their mean.
    ///
    /// The last bits depend on the order of the pairs.
    #[must_use]
    pub fn fit(pairs: &[(f32, f32)]) -> Self {
        let count = pairs.len();
        let mean = |of: fn(&(f32, f32)) -> f32| {
            pairs.iter().map(|pair| f64::from(of(pair))).sum::<f64>() / count.max(1) as f64
        };
        let (fused, probability) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let centred = || {
            pairs.iter().map(|pair| (f64::from(pair.0) - fused, f64::from(pair.1) - probability))
        };
        let spread: f64 = centred().map(|(x, _)| x * x).sum();
        let together: f64 = centred().map(|(x, y)| x * y).sum();
        // A line that falls would put what fusion ranks low, and nobody read, above what was read.
        let slope = if count >= LEAST && spread > 0.0 { (together / spread).max(0.0) } else { 0.0 };
        let squares: f64 = centred().map(|(x, y)| (y - slope * x).powi(2)).sum();
        let residual = (squares / count.saturating_sub(2).max(1) as f64).sqrt();
        Self { count, fused, probability, slope, spread, residual }
    }

    /// Returns the probability to expect of a candidate, in [0, 1]: the line's height, or with
    /// fewer than 8 pairs their mean.
    #[must_use]
    pub fn expected(&self, fused: f32) -> f32 {
        self.at(fused).clamp(0.0, 1.0) as f32
    }

    /// Returns a probability, in [0, 1] and not below [`Regression::expected`], that a candidate
    /// will hardly exceed: 3 standard errors of prediction above the line, or with fewer than 8
    /// pairs 1.
    #[must_use]
    pub fn most(&self, fused: f32) -> f32 {
        if self.count < LEAST {
            return 1.0;
        }
        let distance = f64::from(fused) - self.fused;
        let beyond = if self.spread > 0.0 { distance * distance / self.spread } else { 0.0 };
        let error = self.residual * (1.0 + 1.0 / self.count as f64 + beyond).sqrt();
        (self.at(fused) + ERRORS * error).clamp(0.0, 1.0) as f32
    }

    fn at(&self, fused: f32) -> f64 {
        self.probability + self.slope * (f64::from(fused) - self.fused)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_pairs_say_no_more_than_their_mean() {
        let few = Regression::fit(&[(0.9, 0.8), (0.8, 0.2), (0.1, 0.5)]);
        assert_eq!(few.expected(0.9), 0.5);
        assert_eq!(few.expected(0.0), 0.5);
        assert_eq!(few.most(0.0), 1.0);
        let none = Regression::fit(&[]);
        assert_eq!((none.expected(0.5), none.most(0.5)), (0.0, 1.0));
    }

    /// Worked by hand. Fused scores 0, ¼, ½, ¾ twice each, x̄ = 3/8, Sxx = 5/8; probabilities
    /// ¼ + x/2 ± 1/8: the line is ¼ + x/2, s² = 8/64 / 6 = 1/48.
    #[test]
    fn eight_pairs_say_as_much_as_their_line() {
        let pairs: Vec<(f32, f32)> = [0.0f32, 0.25, 0.5, 0.75]
            .into_iter()
            .flat_map(|x| [(x, 0.25 + x / 2.0 + 0.125), (x, 0.25 + x / 2.0 - 0.125)])
            .collect();
        let line = Regression::fit(&pairs);
        assert_eq!(line.expected(0.0), 0.25);
        assert_eq!(line.expected(1.0), 0.75);
        // At x̄: 7/16 + 3 · √(1/48 · 9/8) = .896779…
        assert!((line.most(0.375) - 0.896_779).abs() < 1e-6);
        // At 0: ¼ + 3 · √(1/48 · (9/8 + 9/64 / (5/8))) = .753115…
        assert!((line.most(0.0) - 0.753_115).abs() < 1e-6);
        assert_eq!(line.most(1.0), 1.0);
    }

    #[test]
    fn equal_scores_have_a_mean_and_no_slope() {
        let line = Regression::fit(&[(0.5, 0.25); 9]);
        assert_eq!((line.expected(0.1), line.most(0.1)), (0.25, 0.25));
    }

    proptest! {
        #[test]
        fn nothing_leaves_its_range(
            pairs in prop::collection::vec((0.0f32..=1.0, 0.0f32..=1.0), 0..30),
            fused in 0.0f32..=1.0,
        ) {
            let line = Regression::fit(&pairs);
            let (expected, most) = (line.expected(fused), line.most(fused));
            prop_assert!((0.0..=1.0).contains(&expected) && expected <= most && most <= 1.0);
        }
    }
}
