//! Elementwise functions.

use crate::isa::simd::Simd;

/// Returns e^x with a relative error of about 2⁻²², for x clamped to −87..=88.
///
/// Reduction to r = x − n·ln 2 with |r| ≤ ln 2 / 2, ln 2 in two parts, and the degree-six
/// polynomial of the Cephes library (Moshier 1989).
#[inline(always)]
pub(crate) fn exp<S: Simd>(s: S, x: S::F) -> S::F {
    // Between these bounds n is −126 to 127, the exponents of normal numbers.
    let x = s.min(s.max(x, s.splat(-87.0)), s.splat(88.0));
    let n = s.round(s.mul(x, s.splat(std::f32::consts::LOG2_E)));
    // The first part of ln 2, 355/512, has nine bits, so that n times it is exact even where
    // multiplying and adding round one by one.
    let r = s.mul_add(n, s.splat(-0.693_359_4), x);
    let r = s.mul_add(n, s.splat(2.121_944_4e-4), r);
    let mut p = s.splat(1.987_569_1e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = s.mul_add(p, r, s.splat(c));
    }
    // e^r = 1 + r + r² · p(r).
    let e = s.mul_add(p, s.mul(r, r), s.add(r, s.splat(1.0)));
    s.scale2(e, n)
}

/// Returns x · Φ(x), the Gaussian error linear unit (Hendrycks & Gimpel 2016) in its erf form.
///
/// erf is formula 7.1.26 of Abramowitz & Stegun (1964): absolute error at most 1.5e-7.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let one = s.splat(1.0);
    let z = s.mul(x, s.splat(std::f32::consts::FRAC_1_SQRT_2));
    let a = s.abs(z);
    // For a ≥ 0, erf(a) = 1 − t · p(t) · e^(−a²) with t = 1 / (1 + .3275911 a); erf is odd.
    let t = s.div(one, s.mul_add(a, s.splat(0.327_591_1), one));
    let mut p = s.splat(1.061_405_4);
    for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = s.mul_add(p, t, s.splat(c));
    }
    let tail = s.mul(s.mul(p, t), exp(s, s.sub(s.splat(0.0), s.mul(a, a))));
    let erf = s.with_sign(s.sub(one, tail), z);
    // Φ(x) = (1 + erf(x / √2)) / 2.
    let half = s.mul(x, s.splat(0.5));
    s.mul_add(half, erf, half)
}

/// Returns x · Φ(x) within 5e-5 · max(1, |x|): enough where eight or sixteen bits follow.
///
/// Φ(x) − ½ is odd; this is its polynomial of degree 15 on −4..=4 with the smallest largest error
/// of the product (3.8e-5), found by Lawson's algorithm on 4000 points. Beyond, Φ stays as at 4.
#[inline(always)]
pub(crate) fn quick_gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let c = s.max(s.min(x, s.splat(4.0)), s.splat(-4.0));
    let t = s.mul(c, c);
    let mut p = s.splat(-1.301_291_9e-9);
    for c in [
        1.041_959_1e-7,
        -3.657_13e-6,
        7.485_502e-5,
        -1.006_490_3e-3,
        9.505_398e-3,
        -6.588_784e-2,
        3.986_734e-1,
    ] {
        p = s.mul_add(p, t, s.splat(c));
    }
    s.mul(x, s.mul_add(c, p, s.splat(0.5)))
}

/// Returns `factor` · 2^x with a relative error of 8e-5, for x up to 127; under −126 it counts as
/// −126.
///
/// 2^⌊x⌋ by the exponent, the rest by the cubic of the smallest largest relative error on 0..1,
/// found by Lawson's algorithm.
#[inline(always)]
pub(crate) fn quick_exp2<S: Simd>(s: S, x: S::F, factor: f32) -> S::F {
    let x = s.max(x, s.splat(-126.0));
    let n = s.floor(x);
    let r = s.sub(x, n);
    // The factor is part of the coefficients, which are constants: it costs nothing.
    let mut p = s.splat(factor * 7.802_452e-2);
    for c in [2.260_671_6e-1, 6.958_335e-1, 9.999_252e-1] {
        p = s.mul_add(p, r, s.splat(factor * c));
    }
    s.scale2(p, n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;
    use crate::isa::simd::{Kernel, MAX_LANES};

    #[derive(Clone, Copy)]
    enum Function {
        Exp,
        Gelu,
        QuickGelu,
        QuickExp2,
    }

    struct Apply<'a> {
        x: &'a mut [f32],
        function: Function,
    }

    impl Kernel for Apply<'_> {
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            for x in self.x.chunks_exact_mut(S::LANES) {
                let v = s.load(x);
                let v = match self.function {
                    Function::Exp => exp(s, v),
                    Function::Gelu => gelu(s, v),
                    Function::QuickGelu => quick_gelu(s, v),
                    Function::QuickExp2 => quick_exp2(s, v, 1.0),
                };
                s.store(x, v);
            }
        }
    }

    fn apply(isa: Isa, x: &[f32], function: Function) -> Vec<f32> {
        let mut y = x.to_vec();
        y.resize(x.len().next_multiple_of(MAX_LANES), 0.0);
        isa.run(Apply { x: &mut y, function });
        y.truncate(x.len());
        y
    }

    /// Returns Φ(x) by its Maclaurin series in f64; beyond 7 it is 0 or 1 to f32.
    fn normal(x: f64) -> f64 {
        if x.abs() > 7.0 {
            return f64::from(u8::from(x > 0.0));
        }
        let z = x / 2_f64.sqrt();
        let (mut term, mut sum) = (z, z);
        for n in 1..200 {
            term *= -z * z / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        0.5 + sum / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn the_quick_gelu_stays_within_its_error() {
        let x: Vec<f32> = (-2400..=2400).map(|i| i as f32 / 200.0).collect();
        for isa in Isa::available() {
            for (&x, y) in x.iter().zip(apply(isa, &x, Function::QuickGelu)) {
                let wide = f64::from(x);
                let error = (f64::from(y) - wide * normal(wide)).abs();
                assert!(error <= 5e-5 * wide.abs().max(1.0), "{isa}: gelu {x} is off by {error}");
            }
        }
    }

    #[test]
    fn the_quick_power_of_two_stays_within_its_error() {
        let x: Vec<f32> = (-12_599..=12_699).map(|i| i as f32 / 100.0).collect();
        for isa in Isa::available() {
            for (&x, y) in x.iter().zip(apply(isa, &x, Function::QuickExp2)) {
                let error = (f64::from(y) / f64::from(x).exp2() - 1.0).abs();
                assert!(error <= 8e-5, "{isa}: 2 to the {x} is off by {error}");
            }
        }
    }

    #[test]
    fn scores_far_below_the_peak_weigh_nothing_and_are_no_garbage() {
        for isa in Isa::available() {
            for y in apply(isa, &[-1e30, f32::MIN, -127.5, -1000.0], Function::QuickExp2) {
                assert!((0.0..=2e-38).contains(&y), "{isa}: {y}");
            }
        }
    }

    #[test]
    fn exp_agrees_with_the_standard_library() {
        let x: Vec<f32> = (-8600..=8700).map(|i| i as f32 / 100.0).collect();
        for isa in Isa::available() {
            for (x, y) in x.iter().zip(apply(isa, &x, Function::Exp)) {
                let expected = f64::from(*x).exp();
                assert!((f64::from(y) / expected - 1.0).abs() < 4e-7, "{isa}: exp {x} = {y}");
            }
        }
    }

    #[test]
    fn gelu_agrees_with_the_published_values() {
        // x · Φ(x), Φ from the standard normal table to seven digits.
        let x = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 12.0, -12.0];
        let expected = [
            -0.004_049_7,
            -0.158_655_3,
            -0.154_268_8,
            0.0,
            0.345_731_2,
            0.841_344_7,
            1.954_499_7,
            2.995_950_3,
            12.0,
            0.0,
        ];
        for isa in Isa::available() {
            for ((x, y), expected) in x.iter().zip(apply(isa, &x, Function::Gelu)).zip(expected) {
                assert!((y - expected).abs() < 1e-6, "{isa}: gelu {x} = {y}, not {expected}");
            }
        }
    }
}
