//! Residual addition and layer normalisation (Ba, Kiros & Hinton 2016).

use crate::error::KernelError;
use crate::image::{Image, Slab};
use crate::isa::simd::{Kernel, Simd};

/// The weights of one layer normalisation.
pub(crate) struct LayerNorm {
    gamma: Slab<f32>,
    beta: Slab<f32>,
    epsilon: f32,
}

impl LayerNorm {
    /// Reads scale and shift of `width` numbers.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where the image does not go on with them.
    pub(crate) fn open(width: usize, epsilon: f32, image: &mut Image) -> Result<Self, KernelError> {
        Ok(Self { gamma: image.take(width)?, beta: image.take(width)?, epsilon })
    }

    pub(crate) fn view(&self) -> Norm<'_> {
        Norm { gamma: &self.gamma, beta: &self.beta, epsilon: self.epsilon }
    }
}

/// Scale, shift and the ε of one layer normalisation.
#[derive(Clone, Copy)]
pub(crate) struct Norm<'a> {
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
    pub(crate) epsilon: f32,
}

/// Replaces each row x of `rows` by LayerNorm(x + r), r the same row of `residual`.
pub(crate) struct AddNorm<'a> {
    pub(crate) rows: &'a mut [f32],
    pub(crate) residual: Option<&'a [f32]>,
    pub(crate) norm: Norm<'a>,
}

impl Kernel for AddNorm<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let width = self.norm.gamma.len();
        for (i, row) in self.rows.chunks_exact_mut(width).enumerate() {
            if let Some(residual) = self.residual {
                add(s, row, &residual[i * width..][..width]);
            }
            normalise(s, row, self.norm);
        }
    }
}

#[inline(always)]
fn add<S: Simd>(s: S, row: &mut [f32], other: &[f32]) {
    let body = row.len() - row.len() % S::LANES;
    let (row, row_tail) = row.split_at_mut(body);
    let (other, other_tail) = other.split_at(body);
    for (x, y) in row.chunks_exact_mut(S::LANES).zip(other.chunks_exact(S::LANES)) {
        let sum = s.add(s.load(x), s.load(y));
        s.store(x, sum);
    }
    for (x, y) in row_tail.iter_mut().zip(other_tail) {
        *x += y;
    }
}

#[inline(always)]
fn normalise<S: Simd>(s: S, row: &mut [f32], norm: Norm<'_>) {
    let count = row.len() as f32;
    let body = row.len() - row.len() % S::LANES;
    let (vectors, tail) = row.split_at_mut(body);

    let mut sum = s.splat(0.0);
    for x in vectors.chunks_exact(S::LANES) {
        sum = s.add(sum, s.load(x));
    }
    let mean = (s.sum(sum) + tail.iter().sum::<f32>()) / count;

    // Around the mean, not Σx² − mean²: the difference would cancel where the mean is large.
    let shift = s.splat(mean);
    let mut squares = s.splat(0.0);
    for x in vectors.chunks_exact(S::LANES) {
        let d = s.sub(s.load(x), shift);
        squares = s.mul_add(d, d, squares);
    }
    let mut variance = s.sum(squares);
    for x in tail.iter() {
        variance += (x - mean) * (x - mean);
    }
    let inverse = 1.0 / (variance / count + norm.epsilon).sqrt();

    let factor = s.splat(inverse);
    let (gamma, gamma_tail) = norm.gamma.split_at(body);
    let (beta, beta_tail) = norm.beta.split_at(body);
    let scale_and_shift = gamma.chunks_exact(S::LANES).zip(beta.chunks_exact(S::LANES));
    for (x, (gamma, beta)) in vectors.chunks_exact_mut(S::LANES).zip(scale_and_shift) {
        let unit = s.mul(s.sub(s.load(x), shift), factor);
        let y = s.mul_add(unit, s.load(gamma), s.load(beta));
        s.store(x, y);
    }
    for (x, (gamma, beta)) in tail.iter_mut().zip(gamma_tail.iter().zip(beta_tail)) {
        *x = (*x - mean) * inverse * gamma + beta;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    #[test]
    fn a_row_that_fills_no_vector_is_normalised_whole() {
        // By hand: x + r = 1..=21 has mean 11 and variance (21² − 1) / 12 = 36.667.
        let width = 21;
        let norm = Norm { gamma: &vec![2.0; width], beta: &vec![0.5; width], epsilon: 0.0 };
        for isa in Isa::available() {
            let mut rows: Vec<f32> = (0..width).map(|i| i as f32).collect();
            let residual = vec![1.0; width];
            isa.run(AddNorm { rows: &mut rows, residual: Some(&residual), norm });
            for (i, x) in rows.iter().enumerate() {
                let expected = 2.0 * (i as f32 - 10.0) / (440.0_f32 / 12.0).sqrt() + 0.5;
                assert!((x - expected).abs() < 1e-5, "{isa}: {x}, not {expected}");
            }
        }
    }

    #[test]
    fn a_large_mean_does_not_swallow_the_variance() {
        let norm = Norm { gamma: &[1.0; 20], beta: &[0.0; 20], epsilon: 0.0 };
        for isa in Isa::available() {
            let mut rows: Vec<f32> = (0..20).map(|i| 10_000.0 + (i % 2) as f32).collect();
            isa.run(AddNorm { rows: &mut rows, residual: None, norm });
            for (i, x) in rows.iter().enumerate() {
                assert!((x - if i % 2 == 0 { -1.0 } else { 1.0 }).abs() < 5e-3, "{isa}: {x}");
            }
        }
    }
}
