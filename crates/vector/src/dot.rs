//! The dot product: one kernel for every score in this crate.

use pulp::{Simd, WithSimd};

/// The dot product in the widest registers of this machine.
///
/// The order of additions is fixed by the instruction set alone: not by the number of rows, the
/// thread or the caller. Scores of two instruction sets may differ in the last bits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dot {
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    Other(pulp::Arch),
}

impl Dot {
    pub(crate) fn new() -> Self {
        // Not left to `pulp::Arch`: built for gemm, it knows AVX-512 but not AVX2.
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(simd) = pulp::x86::V4::try_new() {
                return Self::Avx512(simd);
            }
            if let Some(simd) = pulp::x86::V3::try_new() {
                return Self::Avx2(simd);
            }
        }
        Self::Other(pulp::Arch::new())
    }

    fn run<W: WithSimd>(self, work: W) -> W::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => Simd::vectorize(simd, work),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => Simd::vectorize(simd, work),
            Self::Other(arch) => arch.dispatch(work),
        }
    }

    /// Returns the dot product of two vectors of one dimension.
    pub(crate) fn one(self, a: &[f32], b: &[f32]) -> f32 {
        self.run(One { a, b })
    }

    /// Writes the dot product of `query` with each row of `rows`, which lie end to end.
    pub(crate) fn rows(self, query: &[f32], rows: &[f32], out: &mut [f32]) {
        self.run(Rows { query, rows, out });
    }
}

struct One<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for One<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        dot(simd, self.a, self.b)
    }
}

struct Rows<'a> {
    query: &'a [f32],
    rows: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, out) in self.rows.chunks_exact(self.query.len()).zip(self.out) {
            *out = dot(simd, self.query, row);
        }
    }
}

/// Four running sums, so that four multiply-adds are under way at any time.
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let (a, a_tail) = S::as_simd_f32s(a);
    let (b, b_tail) = S::as_simd_f32s(b);
    let (a4, a_rest) = pulp::as_arrays::<4, _>(a);
    let (b4, b_rest) = pulp::as_arrays::<4, _>(b);
    let mut sums = [simd.splat_f32s(0.0); 4];
    for (a, b) in a4.iter().zip(b4) {
        for i in 0..4 {
            sums[i] = simd.mul_add_e_f32s(a[i], b[i], sums[i]);
        }
    }
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        sums[0] = simd.mul_add_e_f32s(a, b, sums[0]);
    }
    if !a_tail.is_empty() {
        let (a, b) = (simd.partial_load_f32s(a_tail), simd.partial_load_f32s(b_tail));
        sums[1] = simd.mul_add_e_f32s(a, b, sums[1]);
    }
    let low = simd.add_f32s(sums[0], sums[1]);
    let high = simd.add_f32s(sums[2], sums[3]);
    simd.reduce_sum_f32s(simd.add_f32s(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in -1..1 from a multiplicative congruential generator (MINSTD).
    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state * 48271 % 0x7fff_ffff;
                state as f32 / 0x3fff_ffff as f32 - 1.0
            })
            .collect()
    }

    fn plain(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }

    #[test]
    fn every_instruction_set_agrees_with_a_plain_sum_at_every_length() {
        for dimension in (1..=130).chain([384, 768, 1023]) {
            let (a, b) = (numbers(dimension, 7), numbers(dimension, 11));
            let expected = plain(&a, &b);
            let mut found = vec![("best", Dot::new().one(&a, &b))];
            found.push(("scalar", dot(pulp::Scalar, &a, &b)));
            found.push(("scalar 256", dot(pulp::Scalar256b, &a, &b)));
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                found.push(("avx2", Dot::Avx2(simd).one(&a, &b)));
            }
            for (name, got) in found {
                let error = (f64::from(got) - expected).abs();
                assert!(error < 1e-6 * dimension as f64, "{name}, {dimension}: {got} {expected}");
            }
        }
    }

    #[test]
    fn a_row_scores_the_same_alone_and_among_others() {
        for dimension in [1, 7, 33, 384] {
            let (query, rows) = (numbers(dimension, 3), numbers(9 * dimension, 5));
            let mut out = vec![0.0; 9];
            Dot::new().rows(&query, &rows, &mut out);
            for (row, got) in rows.chunks(dimension).zip(out) {
                assert_eq!(got.to_bits(), Dot::new().one(&query, row).to_bits());
            }
        }
    }
}
