//! The probability that a document is relevant to a query.
//!
//! What orders candidates depends on the pool that they stand in, so it says nothing by itself. This
//! depends on the query and the document alone: a logistic regression over what the reranker says, or the
//! cosine of the two vectors where it did not read, and the share of the query's words that the passage
//! has. Platt, *Probabilistic outputs for support vector machines*, 1999, with more than one number.
//!
//! The coefficients were fitted on judged hits of five collections; `docs/measurements.md` has how well
//! they hold where they were not fitted, and how to fit them again.

/// What is known of a document for a query, whatever else was found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Evidence {
    /// What the last reranker said that read the document, in (0, 1).
    pub(super) reranked: Option<f32>,
    /// The cosine of the query's vector with that of the document's best passage, from an encoder
    /// whose cosines the coefficients were fitted to.
    pub(super) cosine: Option<f32>,
    /// The share of the query's words that the passage has, in [0, 1]; missing if the query has none
    /// that are looked for.
    pub(super) share: Option<f32>,
}

/// The encoder whose cosines the coefficients were fitted to: those of others lie elsewhere.
const FITTED_TO: &str = "bge-small-en-v1.5";

/// Says whether an encoder's cosines may be taken for evidence, by its model's id.
pub(super) fn knows_cosines_of(model: &str) -> bool {
    model.strip_prefix(FITTED_TO).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The coefficients of one kind of evidence: log odds are their sum, each times what it is called
/// after.
struct Coefficients {
    constant: f64,
    /// Of the log odds of what the reranker said.
    reranked: f64,
    cosine: f64,
    share: f64,
    /// The probability below which the best hit answers nothing.
    answers_from: f64,
}

/// Where a reranker read the document. Beside what it says the cosine adds nothing, and would tie the
/// scale to one encoder.
const READ: Coefficients = Coefficients {
    constant: -1.134,
    reranked: 0.617,
    cosine: 0.0,
    share: 1.159,
    answers_from: 0.08,
};
/// Where none did.
const UNREAD: Coefficients = Coefficients {
    constant: -8.466,
    reranked: 0.0,
    cosine: 8.63,
    share: 2.335,
    answers_from: 0.052,
};
/// Where only words are known.
const WORDS: Coefficients =
    Coefficients { constant: -2.4, reranked: 0.0, cosine: 0.0, share: 2.883, answers_from: 0.19 };

/// The share of the words where a query has none: neither for nor against.
const NO_WORDS: f64 = 0.5;

impl Evidence {
    /// Returns the probability that the document is relevant, in [0, 1].
    pub(super) fn probability(&self) -> f32 {
        let Coefficients { constant, reranked, cosine, share, .. } = self.coefficients();
        let odds = constant
            + reranked * self.reranked.map_or(0.0, log_odds)
            + cosine * self.cosine.map_or(0.0, f64::from)
            + share * self.share.map_or(NO_WORDS, f64::from);
        (1.0 / (1.0 + (-odds).exp())) as f32
    }

    /// Says whether the document is likely enough to answer the query.
    pub(super) fn answers(&self) -> bool {
        f64::from(self.probability()) >= self.coefficients().answers_from
    }

    fn coefficients(&self) -> &'static Coefficients {
        match (self.reranked, self.cosine) {
            (Some(_), _) => &READ,
            (None, Some(_)) => &UNREAD,
            (None, None) => &WORDS,
        }
    }
}

/// Returns `ln(p / (1 − p))`, of probabilities that 32 bits round to 0 or 1 too.
fn log_odds(probability: f32) -> f64 {
    let p = f64::from(probability).clamp(1e-9, 1.0 - 1e-7);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIDENCE: Evidence =
        Evidence { reranked: Some(0.5), cosine: Some(0.7), share: Some(0.5) };

    #[test]
    fn more_evidence_for_a_document_makes_it_likelier() {
        let unread = Evidence { reranked: None, ..EVIDENCE };
        let words = Evidence { cosine: None, ..unread };
        let more = [
            (EVIDENCE, Evidence { reranked: Some(0.6), ..EVIDENCE }),
            (EVIDENCE, Evidence { share: Some(0.6), ..EVIDENCE }),
            (unread, Evidence { cosine: Some(0.8), ..unread }),
            (unread, Evidence { share: Some(0.6), ..unread }),
            (words, Evidence { share: Some(0.6), ..words }),
        ];
        for (less, more) in more {
            assert!(more.probability() > less.probability(), "{more:?}");
        }
    }

    /// By hand: −1.134 + .617 · ln 3 + 1.159 · ½ = .1233, and its sigmoid is .5308.
    #[test]
    fn a_probability_is_the_sigmoid_of_the_sum() {
        let p =
            Evidence { reranked: Some(0.75), cosine: Some(0.7), share: Some(0.5) }.probability();
        assert!((p - 0.530_8).abs() < 1e-4, "{p}");
    }

    #[test]
    fn no_evidence_is_out_of_range() {
        for reranked in [None, Some(0.0), Some(f32::MIN_POSITIVE), Some(1.0)] {
            for cosine in [None, Some(-1.0), Some(1.0)] {
                for share in [None, Some(0.0), Some(1.0)] {
                    let p = Evidence { reranked, cosine, share }.probability();
                    assert!((0.0..=1.0).contains(&p), "{reranked:?} {cosine:?} {share:?}: {p}");
                }
            }
        }
    }

    #[test]
    fn log_odds_are_the_logarithm_of_the_odds() {
        assert_eq!(log_odds(0.5), 0.0);
        assert!((log_odds(0.75) - 3f64.ln()).abs() < 1e-6);
        assert!(log_odds(1.0).is_finite() && log_odds(0.0).is_finite());
    }

    #[test]
    fn cosines_of_other_encoders_are_no_evidence() {
        assert!(knows_cosines_of("bge-small-en-v1.5") && knows_cosines_of("bge-small-en-v1.5-f32"));
        assert!(!knows_cosines_of("all-MiniLM-L6-v2") && !knows_cosines_of("bge-small-en-v1.55"));
    }
}
