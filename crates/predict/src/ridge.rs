//! Kernel ridge regression with the error of leaving each row out, in closed form.
//!
//! With K the products of the rows' features, Y their targets and ρ the ridge, the coefficients are
//! α = (K + ρI)⁻¹Y, and row *i*, predicted by a regression without it, misses its target by
//! αᵢ / ((K + ρI)⁻¹)ᵢᵢ (Cook 1977; the proof is the formula for the inverse of a bordered matrix).
//! One factor gives both. A factor for each of a few ridges costs less than the eigenvectors that
//! would serve for all of them.

use rayon::prelude::*;

use crate::linear::{Factor, products};

/// Ridges to choose from, as shares of the mean square of the features.
const RIDGES: [f64; 4] = [0.03, 0.1, 0.3, 1.0];

/// A regression on `n` rows.
#[derive(Debug)]
pub(crate) struct Ridge {
    /// The coefficients: for each target `n` numbers.
    pub(crate) coefficients: Vec<f64>,
    /// The targets as regressions predict them that leave the row out: for each target `n` numbers.
    pub(crate) left_out: Vec<f64>,
    /// The squared error of these, as a share of the targets' squares.
    pub(crate) error: f64,
}

/// Returns the regression whose ridge predicts left out rows best, and that ridge as a share of the
/// mean square of the features; nothing if there is none, as where the products are not those of
/// features.
///
/// `gram` has `n` rows of `n` products, of which no more than the lower half is read; `targets` has
/// `n` numbers for each target.
pub(crate) fn best(gram: &[f64], targets: &[f64], n: usize) -> Option<(f64, Ridge)> {
    let mean_square = (0..n).map(|i| gram[i * n + i]).sum::<f64>() / n as f64;
    let mut best: Option<(f64, Ridge)> = None;
    for share in RIDGES {
        let found = solve(gram, targets, n, share * mean_square);
        if let Some(found) = found.filter(|it| it.error.is_finite())
            && best.as_ref().is_none_or(|(_, best)| found.error < best.error)
        {
            best = Some((share, found));
        }
    }
    best
}

/// Returns the regression with a ridge, which is added to the diagonal as it is.
fn solve(gram: &[f64], targets: &[f64], n: usize, ridge: f64) -> Option<Ridge> {
    let mut matrix = gram.to_vec();
    (0..n).for_each(|i| matrix[i * n + i] += ridge);
    let factor = Factor::of(matrix, n)?;
    let inverse = factor.inverse_columns();
    // The inverse is L⁻ᵀ·L⁻¹: its diagonal is the squares of the columns of L⁻¹.
    let diagonal: Vec<f64> = inverse
        .par_chunks_exact(n)
        .enumerate()
        .map(|(i, column)| column[i..].iter().map(|x| x * x).sum())
        .collect();
    let mut solved = targets.to_vec();
    factor.solve(&mut solved);
    let coefficients = products(&solved, &inverse, n, |row| row);
    let mut left_out = targets.to_vec();
    let (mut missed, mut all) = (0.0, 0.0);
    for (targets, coefficients) in left_out.chunks_exact_mut(n).zip(coefficients.chunks_exact(n)) {
        for ((target, coefficient), own) in targets.iter_mut().zip(coefficients).zip(&diagonal) {
            let miss = coefficient / own;
            missed += miss * miss;
            all += *target * *target;
            *target -= miss;
        }
    }
    Some(Ridge { coefficients, left_out, error: missed / all })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features of 40 rows and targets that they nearly determine, from a generator (MINSTD).
    fn example(n: usize) -> (Vec<f64>, Vec<f64>) {
        let mut state = 17_u64;
        let mut next = || {
            state = state * 48271 % 0x7fff_ffff;
            state as f64 / f64::from(0x3fff_ffff) - 1.0
        };
        let features: Vec<f64> = (0..n * 6).map(|_| next()).collect();
        let targets = (0..3 * n).map(|at| features[at % n * 6 + at / n] + 0.3 * next()).collect();
        (products(&features, &features, 6, |_| 0), targets)
    }

    #[test]
    fn left_out_in_closed_form_is_really_left_out() {
        let n = 40;
        let (gram, targets) = example(n);
        let whole = solve(&gram, &targets, n, 0.7).unwrap();
        for out in [0, 13, 39] {
            let others: Vec<usize> = (0..n).filter(|&i| i != out).collect();
            let part: Vec<f64> = others
                .iter()
                .flat_map(|&i| others.iter().map(move |&j| (i, j)))
                .map(|(i, j)| gram[i * n + j])
                .collect();
            let known: Vec<f64> = (0..3)
                .flat_map(|t| others.iter().map(move |&i| (t, i)))
                .map(|(t, i)| targets[t * n + i])
                .collect();
            let without = solve(&part, &known, n - 1, 0.7).unwrap();
            for target in 0..3 {
                let coefficients = &without.coefficients[target * (n - 1)..][..n - 1];
                let predicted: f64 =
                    others.iter().zip(coefficients).map(|(&i, c)| gram[out * n + i] * c).sum();
                let closed = whole.left_out[target * n + out];
                assert!((closed - predicted).abs() < 1e-10, "{closed} {predicted}");
            }
        }
    }

    #[test]
    fn the_error_is_that_of_the_left_out_and_the_best_ridge_is_chosen() {
        let n = 40;
        let (gram, targets) = example(n);
        let mean_square = (0..n).map(|i| gram[i * n + i]).sum::<f64>() / n as f64;
        let errors = RIDGES.map(|share| {
            let ridge = solve(&gram, &targets, n, share * mean_square).unwrap();
            let missed: f64 =
                targets.iter().zip(&ridge.left_out).map(|(y, p)| (y - p).powi(2)).sum();
            let error = missed / targets.iter().map(|y| y * y).sum::<f64>();
            assert!((error - ridge.error).abs() < 1e-12);
            error
        });
        let (share, best) = best(&gram, &targets, n).unwrap();
        let least = errors.into_iter().reduce(f64::min).unwrap();
        assert!((best.error - least).abs() < 1e-12);
        assert!(RIDGES.contains(&share) && best.error < 1.0);
    }

    #[test]
    fn without_features_there_is_no_regression() {
        assert!(best(&[0.0; 4], &[1.0, 2.0], 2).is_none());
        assert!(best(&[f64::NAN; 4], &[1.0, 2.0], 2).is_none());
        assert!(best(&[1.0, 0.0, 0.0, 1.0], &[0.0, 0.0], 2).is_none(), "nothing to predict");
    }
}
