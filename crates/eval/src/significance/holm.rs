//! Holm's correction for many tests (Holm 1979).

/// Returns adjusted p-values, each in [0, 1] and in its own place.
///
/// The smallest of `m` is multiplied by `m`, the next by `m - 1` and so on; none becomes smaller
/// than the one before it. Comparing them all with .05 then keeps the chance of a single false
/// alarm in the whole table at .05, whatever the dependence between the tests.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut floor = 0.0_f64;
    // For p-values .01, .02 and .03: 3 · .01 = .03, 2 · .02 = .04, and 1 · .03, raised to .04 so
    // that the order stays.
    for (done, index) in order.into_iter().enumerate() {
        floor = floor.max(p_values[index] * (p_values.len() - done) as f64).min(1.0);
        adjusted[index] = floor;
    }
    adjusted
}
