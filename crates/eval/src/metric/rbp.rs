//! Rank-biased precision (Moffat & Zobel 2008), binary, as `cwl_eval` computes it for ir-measures:
//! what lies beyond the results counts as not relevant, so this is the lower bound.

/// The chance that a reader looks at one more result, where none is given: ir-measures' .8.
pub(super) const PERSISTENCE: f64 = 0.8;

/// Returns the sum of `(1 - p) · p^(rank - 1)` over the relevant results.
pub(super) fn rbp(found: impl Iterator<Item = bool>, persistence: f64) -> f64 {
    let (mut weight, mut sum) = (1.0 - persistence, 0.0);
    for is_relevant in found {
        if is_relevant {
            sum += weight;
        }
        weight *= persistence;
    }
    // Near 1 the weights of many results add up to a last bit more.
    sum.min(1.0)
}
