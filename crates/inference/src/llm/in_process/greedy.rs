//! What logits say of the next token.

/// Returns the most probable token; of equals the one that comes first.
pub(super) fn best(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = token;
        }
    }
    best as u32
}

/// Returns the natural logarithm of a token's probability.
pub(super) fn logprob(logits: &[f32], token: u32) -> Option<f64> {
    let logit = f64::from(*logits.get(token as usize)?);
    let highest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - highest).exp()).sum();
    // ln(e^l / Σ e^m), with the highest logit taken out of both, so that nothing overflows.
    Some(logit - highest - sum.ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_logit_is_the_best_and_probabilities_are_a_softmax() {
        let logits = [0.5_f32.ln(), 2.0_f32.ln(), 2.0_f32.ln(), 0.5_f32.ln()];
        assert_eq!(best(&logits), 1);
        for (token, expected) in [(0, 0.1_f64), (1, 0.4), (2, 0.4), (3, 0.1)] {
            assert!((logprob(&logits, token).unwrap() - expected.ln()).abs() < 1e-6);
        }
        assert_eq!(logprob(&logits, 4), None);
        // What overflows a plain softmax.
        assert_eq!(logprob(&[1e4, -1e4], 0), Some(0.0));
    }
}
