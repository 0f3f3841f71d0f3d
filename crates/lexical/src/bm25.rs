//! The BM25 formula.
//!
//! Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009, in the
//! variant of Lucene and tantivy: the score of a term with frequency `tf` in a field of length
//! `dl` is
//!
//! ```text
//! idf · (k1 + 1) · tf / (tf + k1 · (1 - b + b · dl / avgdl))
//! idf = ln(1 + (N - n + 0.5) / (n + 0.5))
//! ```
//!
//! with `n` of `N` passages holding the term. Lengths are those of tantivy's field norms, which
//! are exact up to 40 words and then cut to one of about eight steps an octave; the average
//! length is that of the cut lengths, so that it is a sum over passages whatever segments they
//! are in. (tantivy's own total is exact in a fresh segment and an estimate in a merged one.)

use tantivy::fieldnorm::FieldNormReader;

/// How fast further occurrences of a term stop to matter.
pub(crate) const K1: f64 = 1.2;

/// How much a field's length matters.
pub(crate) const B: f64 = 0.75;

/// Returns the weight of a term that `holding` of `passages` passages hold; always positive.
pub(crate) fn idf(holding: u64, passages: u64) -> f64 {
    let without = passages.saturating_sub(holding) as f64;
    (1.0 + (without + 0.5) / (holding as f64 + 0.5)).ln()
}

/// What a field's length adds to the term frequency in the denominator, by field norm.
#[derive(Debug, Clone)]
pub(crate) struct LengthNorms([f64; 256]);

impl LengthNorms {
    /// Makes the table for a field of `average` words.
    pub(crate) fn new(average: f64) -> Self {
        // a field without words has no term to score
        let average = if average > 0.0 { average } else { 1.0 };
        Self(std::array::from_fn(|norm| {
            let length = f64::from(FieldNormReader::id_to_fieldnorm(norm as u8));
            length_norm(length, average)
        }))
    }

    /// Returns `(k1 + 1) · tf / (tf + …)`: in [0, k1 + 1).
    pub(crate) fn saturate(&self, frequency: u32, norm: u8) -> f64 {
        saturate(f64::from(frequency), self.0[usize::from(norm)])
    }
}

/// Returns `k1 · (1 - b + b · dl / avgdl)`, for a positive average.
pub(crate) fn length_norm(length: f64, average: f64) -> f64 {
    K1 * (1.0 - B + B * length / average)
}

/// Returns `(k1 + 1) · tf / (tf + norm)`: in [0, k1 + 1).
pub(crate) fn saturate(frequency: f64, norm: f64) -> f64 {
    (K1 + 1.0) * frequency / (frequency + norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, expected: f64) -> bool {
        (got - expected).abs() < 1e-9
    }

    #[test]
    fn a_worked_case_comes_out() {
        // one of two passages: ln(1 + 1.5 / 1.5) = ln 2
        assert!(near(idf(1, 2), std::f64::consts::LN_2));
        // tf 2, dl 30, avgdl 20: 2.2 · 2 / (2 + 1.2 · (.25 + .75 · 1.5)) = 4.4 / 3.65
        assert!(near(LengthNorms::new(20.0).saturate(2, 30), 4.4 / 3.65));
    }

    #[test]
    fn terms_of_every_passage_and_fields_of_no_words_stay_finite() {
        assert!(idf(7, 7) > 0.0);
        assert!(idf(8, 7) > 0.0);
        assert!(LengthNorms::new(0.0).saturate(1, 0).is_finite());
        assert!(LengthNorms::new(f64::NAN).saturate(1, 0).is_finite());
    }
}
