//! What measuring costs: all metrics over 1,000 queries of 1,000 results each, and a comparison of two
//! such runs with 10,000 permutations and 10,000 resamples, on one core.
//!
//! `cargo bench --bench evaluation`

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::hint::black_box;
use std::time::Instant;

use trommel_eval::{Metric, Qrels, Resampling, Run, compare, evaluate};

const QUERIES: usize = 1_000;
const RESULTS: usize = 1_000;
const JUDGED: usize = 100;
const ROUNDS: usize = 5;
const METRICS: [&str; 10] = [
    "nDCG@10",
    "nDCG@1000",
    "AP@1000",
    "RR@10",
    "R@100",
    "R@1000",
    "P@10",
    "Success@5",
    "Judged@10",
    "RBP(p=.8)",
];

fn main() {
    let metrics: Vec<Metric> = METRICS.iter().map(|name| name.parse().unwrap()).collect();
    let mut draw = draws();
    let (first, second) = (run(&mut draw), run(&mut draw));
    let qrels = qrels(&mut draw);
    let a = evaluate(&qrels, &first, &metrics);
    let b = evaluate(&qrels, &second, &metrics);
    let time = |what: &str, work: &dyn Fn()| {
        let mut seconds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                work();
                start.elapsed().as_secs_f64()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        println!("{what}: {:.3} s, median of {ROUNDS}", seconds[ROUNDS / 2]);
    };
    time("10 metrics, 1,000 queries × 1,000 results", &|| {
        black_box(evaluate(&qrels, &first, &metrics));
    });
    time("both tests and all intervals of one metric, 1,000 queries", &|| {
        black_box(compare(&a, &b, &metrics[0], Resampling::seeded(42)).unwrap());
    });
}

/// Draws numbers in [0, 1), the same ones each time (Knuth's MMIX generator).
fn draws() -> impl FnMut() -> f64 {
    let mut state = 7u64;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn run(draw: &mut impl FnMut() -> f64) -> Run {
    let mut run = Run::default();
    for query in 0..QUERIES {
        let scores = (0..RESULTS).map(|place| (format!("d{place}"), draw() as f32));
        run.insert_ranking(query.to_string(), sorted(scores.collect())).unwrap();
    }
    run
}

fn sorted(mut scores: Vec<(String, f32)>) -> Vec<(String, f32)> {
    scores.sort_by(|a, b| b.1.total_cmp(&a.1));
    scores
}

fn qrels(draw: &mut impl FnMut() -> f64) -> Qrels {
    let mut qrels = Qrels::default();
    for query in 0..QUERIES {
        for _ in 0..JUDGED {
            let document = format!("d{}", (draw() * RESULTS as f64) as usize);
            qrels.insert(&query.to_string(), &document, (draw() * 4.0) as i32);
        }
    }
    qrels
}
