//! Fears that a p-value or an interval is not what a statistician would have computed.
//!
//! `golden/make_scipy.py` made the cases and asked scipy and statsmodels.

use serde::Deserialize;
use trommel_eval::{Resampling, bootstrap, holm, mean, paired_t, randomisation};

const GOLDEN: &str = include_str!("golden/scipy.jsonl");
const DRAWS: u32 = 10_000;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Case {
    T {
        values: Vec<f64>,
        t: f64,
        p: f64,
    },
    Exact {
        values: Vec<f64>,
        p: f64,
    },
    Drawn {
        values: Vec<f64>,
        p: f64,
    },
    Bootstrap {
        values: Vec<f64>,
        level: f64,
        low: f64,
        high: f64,
    },
    Holm {
        values: Vec<f64>,
        adjusted: Vec<f64>,
    },
    /// The words of the random stream, which the crate's own tests look at.
    Cipher {},
}

/// Holds every case of one kind to `check`, which says whether a case was of that kind.
fn each(least: usize, check: impl Fn(Case) -> bool) {
    let cases = GOLDEN.lines().map(|line| serde_json::from_str(line).unwrap());
    let count = cases.filter_map(|case| check(case).then_some(())).count();
    assert!(count >= least, "only {count} cases");
}

#[test]
fn paired_t_is_scipys_to_nine_digits() {
    each(20, |case| {
        let Case::T { values, t, p } = case else { return false };
        let got = paired_t(&values).unwrap();
        assert_eq!(got.degrees, values.len() - 1);
        assert!((got.t - t).abs() <= 1e-9 * t.abs().max(1.0), "t: expected {t}, got {}", got.t);
        // Relative: a p-value of 1e-30 must be one, too.
        assert!((got.p - p).abs() <= 1e-9 * p, "p: expected {p}, got {}", got.p);
        true
    });
}

#[test]
fn few_differences_are_counted_out_exactly_as_scipy_does() {
    each(30, |case| {
        let Case::Exact { values, p } = case else { return false };
        let got = randomisation(&values, DRAWS, 1);
        assert!(got.exact);
        assert!((got.p - p).abs() <= 1e-12, "{values:?}: expected {p}, got {}", got.p);
        true
    });
}

/// Both sides draw, so the bound is five standard errors of the two shares together, and the one
/// flip that both count for the flip seen.
#[test]
fn drawn_flips_agree_with_scipys_but_for_chance() {
    each(10, |case| {
        let Case::Drawn { values, p } = case else { return false };
        for (draws, seed) in [(DRAWS, 1), (DRAWS, 2), (200_000, 3)] {
            let got = randomisation(&values, draws, seed);
            // 200,000 flips are all of some.
            assert!(draws > DRAWS || !got.exact);
            let shares = 1.0 / f64::from(draws) + 1.0 / 200_000.0;
            let bound = 5.0 * (p * (1.0 - p) * shares).sqrt() + shares;
            assert!((got.p - p).abs() <= bound, "expected {p} ± {bound}, got {}", got.p);
        }
        true
    });
}

/// The quantile of a bell curve at share `a`, drawn `n` times, has a standard error of
/// `√(a (1 - a) / n) / density`: at .025, .027 standard errors of the mean for 10,000 draws, and
/// .0084 for 100,000, as scipy drew. Five of both together are .14 and .06. Small samples have
/// fewer different means than that, so their quantiles may jump by a step between two of them.
#[test]
fn intervals_agree_with_scipys_but_for_chance() {
    each(10, |case| {
        let Case::Bootstrap { values, level, low, high } = case else { return false };
        let n = values.len() as f64;
        let spread = values.iter().map(|v| (v - mean(&values)).powi(2)).sum::<f64>() / (n - 1.0);
        let step = if values.len() < 20 { 0.15 } else { 0.0 };
        for (draws, bound) in [(DRAWS, 0.14 + step), (100_000, 0.06 + step)] {
            let resampling = Resampling { draws, level, seed: 1 };
            let got = bootstrap(&values, resampling).unwrap();
            let bound = bound * (spread / n).sqrt();
            assert_eq!(got.mean, mean(&values));
            assert!((got.low - low).abs() <= bound, "low: expected {low}, got {}", got.low);
            assert!((got.high - high).abs() <= bound, "high: expected {high}, got {}", got.high);
        }
        true
    });
}

#[test]
fn holm_is_statsmodels() {
    each(10, |case| {
        let Case::Holm { values, adjusted } = case else { return false };
        for (got, expected) in holm(&values).iter().zip(&adjusted) {
            assert!((got - expected).abs() <= 1e-12, "expected {adjusted:?}, got {got}");
        }
        assert_eq!(holm(&values).len(), values.len());
        true
    });
}
