//! How often is advice from a few judged queries wrong? Draws some of a report's queries many times, and
//! holds what they show against what all of them say.
//!
//! `cargo run --release -p trommel-eval --example advice -- REPORT.json…`, each written by
//! `trommel eval --format json`.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use std::error::Error;
use std::{env, fs};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use trommel_eval::{AdviceVerdict, Optional, Report, Resampling, advise};

const TRIALS: u64 = 200;
/// A part, the row with it, and the row without it.
const PARTS: [(&str, &str, &str); 4] = [
    ("neighbours", "bm25+neighbours", "bm25"),
    ("vectors", "fused", "bm25+neighbours"),
    ("feedback", "feedback", "fused"),
    ("reranker", "reranked", "feedback"),
];

/// A part with the scores of all queries, with it and without it.
type Column = (&'static str, Vec<f64>, Vec<f64>);

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args().skip(1) {
        let report: Report = serde_json::from_str(&fs::read_to_string(&path)?)?;
        let columns = columns(&report);
        for queries in [10, 25, 50] {
            let (mut wrong, mut shown) = (0, 0);
            for trial in 0..TRIALS {
                let some = sample(report.per_query.len(), queries, trial);
                let told = told(&columns, &some, Resampling::seeded(trial))?;
                shown += told.len();
                wrong += told.iter().filter(|right| !**right).count();
            }
            let all = columns.len() * TRIALS as usize;
            println!(
                "{path}, {queries} queries: of {all} pieces of advice {shown} show something, {wrong} of them wrong"
            );
        }
    }
    Ok(())
}

fn columns(report: &Report) -> Vec<Column> {
    let metric = &report.metrics[0];
    let scores = |row: &str| -> Option<Vec<f64>> {
        report.per_query.iter().map(|query| query.scores.get(row)?.get(metric).copied()).collect()
    };
    PARTS
        .iter()
        .filter_map(|(part, with, without)| Some((*part, scores(with)?, scores(without)?)))
        .collect()
}

/// Returns, for every part of which some of the queries show something, whether all of them say the same.
fn told(
    columns: &[Column],
    some: &[usize],
    resampling: Resampling,
) -> Result<Vec<bool>, Box<dyn Error>> {
    let of = |all: &[f64]| -> Vec<f64> { some.iter().map(|&place| all[place]).collect() };
    let drawn: Vec<_> =
        columns.iter().map(|(part, with, without)| (*part, of(with), of(without))).collect();
    let parts: Vec<Optional<'_>> = drawn
        .iter()
        .map(|(part, with, without)| Optional { part, with, without, off: "" })
        .collect();
    let advice = advise(&parts, resampling)?;
    let right = advice.iter().zip(columns).filter_map(|(advice, (_, with, without))| {
        let (with, without): (f64, f64) = (with.iter().sum(), without.iter().sum());
        match advice.verdict {
            AdviceVerdict::Keep => Some(with > without),
            AdviceVerdict::LeaveOut => Some(with < without),
            AdviceVerdict::NotShown | AdviceVerdict::NoDifference => None,
        }
    });
    Ok(right.collect())
}

/// Returns the places of so many of all queries, drawn without putting back.
fn sample(all: usize, wanted: usize, seed: u64) -> Vec<usize> {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut places: Vec<usize> = (0..all).collect();
    for at in 0..wanted.min(all) {
        let other = at + (draws.next_u64() % (all - at) as u64) as usize;
        places.swap(at, other);
    }
    places.truncate(wanted);
    places
}
