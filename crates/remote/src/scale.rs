//! What the numbers of a server mean.

use trommel_core::RerankScore;

/// The logits between which a probability is kept; in 32 bits the sigmoid of the one is 0, as of
/// [`RerankScore::BLANK`], and of the other 1.
const FARTHEST: f64 = -RerankScore::BLANK.logit as f64;

/// How far beyond the end of a scale a score may be, for the rounding of 32-bit floats.
const ROUNDING: f64 = 1e-6;

/// The scale of a server's scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScoreScale {
    /// A probability in [0, 1], as Cohere, Voyage and text-embeddings-inference answer.
    #[default]
    Probability,
    /// A cosine in [-1, 1], as late-interaction models answer; the probability is `(1 + c) / 2`.
    Cosine,
    /// The model's own logit, any finite number, as the server of llama.cpp answers.
    Logit,
}

impl ScoreScale {
    /// Returns a score as a logit, finite; nothing if it is not on this scale.
    pub(crate) fn logit(self, score: f64) -> Option<f32> {
        let logit = match self {
            Self::Probability => probability(score)?,
            Self::Cosine => probability((1.0 + score) / 2.0)?,
            Self::Logit => score,
        };
        let logit = logit as f32;
        logit.is_finite().then_some(logit)
    }

    /// Returns the scale in words.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Probability => "a probability from 0 to 1",
            Self::Cosine => "a cosine from -1 to 1",
            Self::Logit => "a finite number",
        }
    }
}

/// Returns the logit of a probability.
fn probability(p: f64) -> Option<f64> {
    if !(-ROUNDING..=1.0 + ROUNDING).contains(&p) {
        return None;
    }
    let p = p.clamp(0.0, 1.0);
    // ln p − ln(1 − p), where `ln_1p` is exact for small p. At 0 and 1 one term is infinite, and
    // the bounds make it finite.
    Some((p.ln() - (-p).ln_1p()).clamp(-FARTHEST, FARTHEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trommel_core::Calibration;

    #[test]
    fn the_sigmoid_of_the_logit_is_the_probability_again() {
        for p in [0.0, 1e-300, 1e-12, 0.1, 0.327_130_68, 0.5, 0.999_071, 1.0 - 1e-9, 1.0] {
            let logit = ScoreScale::Probability.logit(p).unwrap();
            assert!(logit.is_finite());
            let again = f64::from(Calibration::SIGMOID.probability(logit));
            assert!((again - p).abs() < 1e-6, "{p} came back as {again}");
        }
        let logit = |p| ScoreScale::Probability.logit(p).unwrap();
        assert_eq!(Calibration::SIGMOID.probability(logit(0.0)), 0.0);
        assert_eq!(Calibration::SIGMOID.probability(logit(1.0)), 1.0);
        assert_eq!(logit(0.0), RerankScore::BLANK.logit);
        assert_eq!(logit(0.5), 0.0);
        assert!(logit(0.3) < logit(0.300_001));
    }

    #[test]
    fn a_score_off_the_scale_is_none_and_one_off_by_rounding_is_its_end() {
        let of = |scale: ScoreScale, score| scale.logit(score);
        for score in [-0.1, 1.1, 7.74, f64::NAN, f64::INFINITY] {
            assert_eq!(of(ScoreScale::Probability, score), None, "{score}");
        }
        assert_eq!(of(ScoreScale::Probability, 1.000_000_1), Some(104.0));
        assert_eq!(of(ScoreScale::Cosine, 0.0), Some(0.0));
        assert_eq!(of(ScoreScale::Cosine, -1.0), Some(-104.0));
        assert_eq!(of(ScoreScale::Cosine, -1.1), None);
        assert_eq!(of(ScoreScale::Logit, -11.016), Some(-11.016));
        assert_eq!(of(ScoreScale::Logit, 1e300), None);
    }
}
