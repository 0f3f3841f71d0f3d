//! Matrices of 64-bit numbers, rows end to end: products of rows, and solving by a factor.
//!
//! Everything is made of one thing, dot products of rows that lie end to end, each added up in one
//! order: so neither the threads nor how rows are grouped change a bit. That order needs no more than
//! the two lanes that every processor has, and is the same on all of them.

use std::ops::Range;

use rayon::prelude::*;
use wide::f64x2;

/// Rows that a task takes, so that what it reads beside them is read once for all.
const TASK: usize = 16;
/// Columns that are solved one after the other before the rest is subtracted at once.
const PANEL: usize = 16;
/// Rows of a factor that are finished at a time.
const BLOCK: usize = 64;

/// Returns the dot product of each of `R` rows with each of `C` rows, all of one length.
#[inline(always)]
fn dots<const R: usize, const C: usize>(a: [&[f64]; R], b: [&[f64]; C]) -> [[f64; C]; R] {
    let len = a[0].len();
    let (a, b) =
        (a.map(|row| row[..len].as_chunks::<2>()), b.map(|row| row[..len].as_chunks::<2>()));
    let mut sums = [[f64x2::ZERO; C]; R];
    for at in 0..len / 2 {
        for r in 0..R {
            let x = f64x2::new(a[r].0[at]);
            for c in 0..C {
                sums[r][c] += x * f64x2::new(b[c].0[at]);
            }
        }
    }
    let mut products = [[0.0; C]; R];
    for r in 0..R {
        for c in 0..C {
            let [even, odd] = sums[r][c].to_array();
            let last = a[r].1.first().zip(b[c].1.first()).map_or(0.0, |(x, y)| x * y);
            products[r][c] = even + odd + last;
        }
    }
    products
}

/// Calls `take` with each dot product of a row of `a`, by its place, and a row of `b`, by its own,
/// over the columns `columns`. Rows are as long as `width` says.
#[inline]
fn each_dot(
    (a, b): (&[f64], &[f64]),
    width: usize,
    columns: Range<usize>,
    mut take: impl FnMut(usize, usize, f64),
) {
    let part = |at: usize| at * width + columns.start..at * width + columns.end;
    let (rows, others) = (a.len() / width, b.len() / width);
    let (fours, twos) = (rows / 4 * 4, others / 2 * 2);
    for row in (0..fours).step_by(4) {
        let four = [0, 1, 2, 3].map(|r| &a[part(row + r)]);
        // Four rows by two: eight sums and what is loaded for them fit the sixteen registers.
        for other in (0..twos).step_by(2) {
            let sums = dots(four, [0, 1].map(|c| &b[part(other + c)]));
            for (r, sums) in sums.iter().enumerate() {
                sums.iter().enumerate().for_each(|(c, sum)| take(row + r, other + c, *sum));
            }
        }
        for other in twos..others {
            let sums = dots(four, [&b[part(other)]]);
            sums.iter().enumerate().for_each(|(r, sums)| take(row + r, other, sums[0]));
        }
    }
    for row in fours..rows {
        for other in 0..others {
            take(row, other, dots([&a[part(row)]], [&b[part(other)]])[0][0]);
        }
    }
}

/// Returns the dot product of every row of `a` with every row of `b`, those with one row of `a` end
/// to end. All rows have `width` numbers; those of row `i` of `b` are 0 before `from(i)`, which never
/// falls.
pub(crate) fn products(
    a: &[f64],
    b: &[f64],
    width: usize,
    from: impl Fn(usize) -> usize + Sync,
) -> Vec<f64> {
    let (rows, others) = (a.len() / width, b.len() / width);
    let mut out = vec![0.0; rows * others];
    let tasks = out.par_chunks_mut(TASK * others.max(1)).zip(a.par_chunks(TASK * width));
    tasks.for_each(|(out, a)| {
        for (panel, b) in b.chunks(PANEL * width).enumerate() {
            let first = panel * PANEL;
            each_dot((a, b), width, from(first)..width, |row, other, product| {
                out[row * others + first + other] = product;
            });
        }
    });
    out
}

/// Returns the rows of a matrix as its columns.
pub(crate) fn transposed(rows: &[f64], width: usize) -> Vec<f64> {
    let height = rows.len() / width;
    let mut columns = vec![0.0; rows.len()];
    for (at, row) in rows.chunks_exact(width).enumerate() {
        for (column, x) in row.iter().enumerate() {
            columns[column * height + at] = *x;
        }
    }
    columns
}

/// A lower triangular factor L of a symmetric matrix L·Lᵀ; what is above the diagonal is not read.
pub(crate) struct Factor {
    rows: Vec<f64>,
    side: usize,
}

impl Factor {
    /// Returns the factor of a symmetric matrix (Cholesky), of which no more than the lower half is
    /// read; nothing if it is not positive definite.
    pub(crate) fn of(mut matrix: Vec<f64>, side: usize) -> Option<Self> {
        for start in (0..side).step_by(BLOCK) {
            let (above, below) = matrix.split_at_mut(start * side);
            let rows = &mut below[..BLOCK.min(side - start) * side];
            // A row of the factor, as far as the rows above go, solves these for the matrix's row.
            rows.par_chunks_mut(TASK * side).for_each(|rows| solve(above, side, 0..start, rows));
            for row in 0..rows.len() / side {
                let (before, rest) = rows.split_at_mut(row * side);
                let own = &mut rest[..side];
                for (column, other) in (start..).zip(before.chunks_exact(side)) {
                    let known = dots([&own[..column]], [&other[..column]])[0][0];
                    own[column] = (own[column] - known) / other[column];
                }
                let (own, diagonal) = own.split_at_mut(start + row);
                let pivot = diagonal[0] - dots([own], [own])[0][0];
                // A NaN is not greater than 0 either.
                if !(pivot > 0.0 && pivot.is_finite()) {
                    return None;
                }
                diagonal[0] = pivot.sqrt();
            }
        }
        Some(Self { rows: matrix, side })
    }

    /// Replaces each of `rows` by the solution x of L·x = row.
    pub(crate) fn solve(&self, rows: &mut [f64]) {
        let Self { rows: lower, side } = self;
        rows.par_chunks_mut(TASK * side).for_each(|rows| solve(lower, *side, 0..*side, rows));
    }

    /// Returns L⁻¹ by its columns, so that column *i*, at row *i* of the answer, is 0 before *i*.
    pub(crate) fn inverse_columns(&self) -> Vec<f64> {
        let Self { rows: lower, side } = self;
        let mut columns = vec![0.0; side * side];
        columns.par_chunks_mut(TASK * side).enumerate().for_each(|(task, rows)| {
            let first = task * TASK;
            for (at, row) in rows.chunks_exact_mut(*side).enumerate() {
                row[first + at] = 1.0;
            }
            solve(lower, *side, first..*side, rows);
        });
        columns
    }
}

/// Solves L·x = row for each of `rows` in place, in the columns `columns`, before which each is 0.
fn solve(lower: &[f64], side: usize, columns: Range<usize>, rows: &mut [f64]) {
    for start in columns.clone().step_by(PANEL) {
        let end = columns.end.min(start + PANEL);
        let panel = &lower[start * side..end * side];
        let solved = columns.start..start;
        for rows in rows.chunks_mut(4 * side) {
            let mut known = [[0.0; PANEL]; 4];
            each_dot((rows, panel), side, solved.clone(), |row, column, sum| {
                known[row][column] = sum;
            });
            for (row, known) in rows.chunks_exact_mut(side).zip(&known) {
                for (at, factor) in panel.chunks_exact(side).enumerate() {
                    let column = start + at;
                    let own = row[start..column].iter().zip(&factor[start..column]);
                    let sum = own.fold(known[at], |sum, (x, l)| sum + x * l);
                    row[column] = (row[column] - sum) / factor[column];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in -1..1 from a multiplicative congruential generator (MINSTD).
    fn numbers(count: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state * 48271 % 0x7fff_ffff;
            state as f64 / f64::from(0x3fff_ffff) - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn plain(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn products_are_plain_sums_at_every_size() {
        for (rows, others, width) in [(1, 1, 1), (3, 5, 7), (4, 2, 8), (19, 37, 33), (33, 16, 2)] {
            let (a, b) = (numbers(rows * width, 7), numbers(others * width, 11));
            let all = products(&a, &b, width, |_| 0);
            for (at, product) in all.iter().enumerate() {
                let row = &a[at / others * width..][..width];
                let expected = plain(row, &b[at % others * width..][..width]);
                assert!((product - expected).abs() < 1e-12, "{rows} {others} {width}: {at}");
            }
        }
    }

    #[test]
    fn a_factor_worked_by_hand() {
        // L = [2 0 0; 1 3 0; -1 2 4], so L·Lᵀ = [4 2 -2; 2 10 5; -2 5 21].
        let matrix = vec![4.0, 9.0, 9.0, 2.0, 10.0, 9.0, -2.0, 5.0, 21.0];
        let factor = Factor::of(matrix, 3).unwrap();
        let lower: Vec<f64> = (0..3).flat_map(|i| factor.rows[3 * i..=4 * i].to_vec()).collect();
        assert_eq!(lower, [2.0, 1.0, 3.0, -1.0, 2.0, 4.0]);
        let mut rows = vec![2.0, 7.0, 9.0];
        factor.solve(&mut rows);
        // 2·1 = 2; 1 + 3·2 = 7; -1 + 2·2 + 4·1.5 = 9
        assert_eq!(rows, [1.0, 2.0, 1.5]);
    }

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity_beyond_a_block() {
        for side in [1, 15, 16, 17, 64, 65, 150] {
            let rows = numbers(side * side, 3);
            let mut matrix = products(&rows, &rows, side, |_| 0);
            (0..side).for_each(|i| matrix[i * side + i] += 0.5);
            let inverse = Factor::of(matrix.clone(), side).unwrap().inverse_columns();
            // The inverse of L·Lᵀ is L⁻ᵀ·L⁻¹: products of the columns of L⁻¹.
            let inverse = products(&inverse, &inverse, side, |row| row);
            let identity = products(&matrix, &inverse, side, |_| 0);
            for (at, x) in identity.iter().enumerate() {
                let expected = if at / side == at % side { 1.0 } else { 0.0 };
                assert!((x - expected).abs() < 1e-9, "{side}: {x} at {at}");
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        assert!(Factor::of(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Factor::of(vec![0.0], 1).is_none());
        assert!(Factor::of(vec![f64::NAN], 1).is_none());
        assert!(Factor::of(vec![f64::INFINITY], 1).is_none());
    }
}
