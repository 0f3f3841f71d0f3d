//! Fears that a figure cannot be had again, that chance is not what it claims to be, or that either
//! takes too long.

use std::time::{Duration, Instant};

use trommel_eval::{
    Comparison, EvalError, Metric, Qrels, Resampling, Run, bootstrap, evaluate, paired_t,
    randomisation,
};

/// Numbers that look like differences, without a library: a linear congruence (Knuth's MMIX).
fn noise(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..n).map(|_| next() + next() - 1.0).collect()
}

#[test]
fn the_same_seed_gives_the_same_bits_on_every_thread() {
    let values = noise(1, 100);
    let all = |seed| {
        let resampling = Resampling::seeded(seed);
        Comparison::of(&values, &vec![0.0; values.len()], resampling).unwrap()
    };
    let here = all(7);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| all(7))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), here);
        }
    });
    assert_ne!(all(8).difference, here.difference);
}

/// Published figures carry their seed: these bits may only change with the major version.
#[test]
fn the_same_seed_gives_the_bits_it_always_gave() {
    let values = noise(1, 100);
    let interval = bootstrap(&values, Resampling::seeded(42)).unwrap();
    let p = randomisation(&values, 10_000, 42).p;
    let bits = [interval.low, interval.high, p].map(f64::to_bits);
    assert_eq!(bits, BITS, "{interval:?}, {p}");
}

const BITS: [u64; 3] =
    [13_814_639_497_251_476_027, 4_588_143_553_326_175_133, 4_603_905_026_730_424_120];

/// Where nothing differs but by chance, a test at .05 should be wrong once in twenty times.
#[test]
fn false_alarms_are_as_rare_as_promised() {
    const TRIALS: u64 = 2000;
    let (mut by_flips, mut by_t, mut outside) = (0, 0, 0);
    for trial in 0..TRIALS {
        let values = noise(trial * 7919 + 1, 40);
        by_flips += u32::from(randomisation(&values, 999, trial).p <= 0.05);
        by_t += u32::from(paired_t(&values).unwrap().p <= 0.05);
        let resampling = Resampling { draws: 400, ..Resampling::seeded(trial) };
        let interval = bootstrap(&values, resampling).unwrap();
        outside += u32::from(interval.low > 0.0 || interval.high < 0.0);
    }
    // 100 are expected, with a standard deviation of 9.7; the percentile interval is known to be a
    // little narrow for 40 values.
    assert!((55..=145).contains(&by_flips), "{by_flips}");
    assert!((55..=145).contains(&by_t), "{by_t}");
    assert!((70..=180).contains(&outside), "{outside}");
}

#[test]
fn a_true_difference_is_found() {
    let values: Vec<f64> = noise(3, 200).iter().map(|d| d + 0.15).collect();
    let comparison = Comparison::of(&values, &[0.0; 200], Resampling::seeded(1)).unwrap();
    assert!(comparison.randomisation.p < 0.001 && comparison.t.unwrap().p < 0.001);
    assert!(comparison.difference.low > 0.0);
    let verdict = comparison.verdict(comparison.randomisation.p, 0.05);
    assert!(verdict.starts_with("+.") && verdict.ends_with("p < .001"), "{verdict}");
}

#[test]
fn where_there_is_nothing_to_test_nothing_is_claimed() {
    assert_eq!(randomisation(&[], 10_000, 1).p, 1.0);
    assert_eq!(randomisation(&[0.0; 50], 10_000, 1).p, 1.0);
    // One query: both signs are as far away.
    assert_eq!(randomisation(&[0.5], 10_000, 1).p, 1.0);
    // Five differences of one sign: 2 of 32 flips.
    assert_eq!(randomisation(&[0.1, 0.2, 0.3, 0.4, 0.5], 10_000, 1).p, 2.0 / 32.0);
    // The best that 10,000 flips can show.
    assert_eq!(randomisation(&[0.1; 60], 10_000, 1).p, 1.0 / 10_001.0);
    assert_eq!(randomisation(&[0.1; 60], 0, 1).p, 0.5);
    for nothing in [&[][..], &[0.5], &[0.1, 0.1, 0.1], &[0.0, 0.0], &[0.3 - 0.2, 0.4 - 0.3]] {
        assert_eq!(paired_t(nothing), None, "{nothing:?}");
    }
    assert_eq!(bootstrap(&[], Resampling::seeded(1)), None);
    let one = bootstrap(&[0.25], Resampling::seeded(1)).unwrap();
    assert_eq!((one.low, one.mean, one.high), (0.25, 0.25, 0.25));
    let unpaired = |left: &[f64], right: &[f64]| {
        Comparison::of(left, right, Resampling::seeded(1)).unwrap_err()
    };
    assert!(matches!(unpaired(&[1.0], &[]), EvalError::Unpaired { left: 1, right: 0 }));
    assert!(matches!(unpaired(&[], &[]), EvalError::Unpaired { left: 0, right: 0 }));
}

/// Half a second and a second are the budget; ten times that is allowed to a loaded machine, which
/// still finds what is quadratic, and a hundred times to a build that is not optimised.
#[test]
fn a_thousand_queries_take_no_time() {
    let (mut qrels, mut run) = (Qrels::default(), Run::default());
    for query in 0..1000 {
        let id = |n: usize| format!("document-{:07}", (n * 7919 + query * 104_729) % 1_000_003);
        let name = format!("q{query:04}");
        for n in 0..40 {
            qrels.insert(&name, &id(n * 37), (n % 4) as i32);
        }
        run.insert(name, (0..1000).map(|n| (id(n), (n % 600) as f64))).unwrap();
    }
    let names =
        ["nDCG@10", "nDCG", "AP@1000", "RR@10", "R@100", "P@10", "Success@5", "Judged@10", "RBP"];
    let metrics: Vec<Metric> = names.iter().map(|name| name.parse().unwrap()).collect();
    let start = Instant::now();
    let evaluation = evaluate(&qrels, &run, &metrics);
    let evaluated = start.elapsed();
    let ndcg = evaluation.scores(&metrics[0]).unwrap();
    let start = Instant::now();
    let comparison = Comparison::of(ndcg, &noise(1, 1000), Resampling::seeded(1)).unwrap();
    let compared = start.elapsed();
    assert!(comparison.randomisation.p > 0.0);
    let patience = if cfg!(debug_assertions) { 100 } else { 10 };
    assert!(evaluated < patience * Duration::from_millis(500), "{evaluated:?}");
    assert!(compared < patience * Duration::from_secs(1), "{compared:?}");
}
