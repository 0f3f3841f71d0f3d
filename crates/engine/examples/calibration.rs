//! How far the probabilities of hits can be trusted: fits the coefficients of `pipeline/relevance.rs` to
//! judged hits, leaving out one collection at a time, and holds what they say of it against the judgements.
//!
//! `cargo run --release -p trommel-engine --example calibration -- HITS.jsonl QRELS.tsv [HITS.jsonl QRELS.tsv…]`,
//! each pair a collection: `trommel search --queries QUERIES.jsonl --format jsonl > HITS.jsonl`.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::{env, fs};

use serde_json::Value;
use trommel_lexical::Analyzer;

/// A constant, the reranker's log odds, the cosine and the share of the query's words.
const EVIDENCE: usize = 4;
const BINS: usize = 10;

/// A judged hit: what is known of it, and whether it is relevant; without a judgement it is not.
type Judged = ([f64; EVIDENCE], bool);

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<String> = env::args().skip(1).collect();
    let read = |pair: &[String]| judged(&pair[0], &pair[1]);
    let collections: Vec<Vec<Judged>> =
        paths.chunks_exact(2).map(read).collect::<Result<_, _>>()?;
    // The reranker with words and with all, the cosine with words, and words alone.
    for used in [
        [true, true, false, true],
        [true, true, true, true],
        [true, false, true, true],
        [true, false, false, true],
    ] {
        report(&paths, &collections, used);
    }
    Ok(())
}

fn report(paths: &[String], collections: &[Vec<Judged>], used: [bool; EVIDENCE]) {
    let all: Vec<&[Judged]> = collections.iter().map(Vec::as_slice).collect();
    println!("constant, reranker, cosine, share: {:.3?}", fit(&all, used));
    let mut told: Vec<(f64, bool)> = Vec::new();
    for (place, own) in collections.iter().enumerate() {
        let others: Vec<&[Judged]> = all
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place)
            .map(|(_, it)| *it)
            .collect();
        let coefficients = fit(&others, used);
        let here: Vec<(f64, bool)> = own
            .iter()
            .map(|(evidence, relevant)| (probability(&coefficients, evidence), *relevant))
            .collect();
        println!("  {}: error {:.3} of {} hits", paths[2 * place], error(&here), own.len());
        told.extend(here);
    }
    println!("  all: error {:.3}", error(&told));
    for (bin, (said, seen, count)) in bins(&told) {
        println!(
            "  {:.1} to {:.1}: {said:.2} said, {seen:.2} relevant, of {count}",
            bin as f64 / 10.0,
            (bin + 1) as f64 / 10.0
        );
    }
}

/// Reads hits and judgements of one collection; hits that not all evidence is there of are left out.
fn judged(hits: &str, qrels: &str) -> Result<Vec<Judged>, Box<dyn Error>> {
    let mut queries: HashSet<String> = HashSet::new();
    let mut relevant: HashMap<(String, String), bool> = HashMap::new();
    for line in fs::read_to_string(qrels)?.lines().skip(1) {
        if let [query, document, grade] = line.split('\t').collect::<Vec<_>>()[..] {
            queries.insert(query.into());
            relevant.insert((query.into(), document.into()), grade.parse::<i64>()? > 0);
        }
    }
    let mut judged = Vec::new();
    for line in fs::read_to_string(hits)?.lines() {
        let hit: Value = serde_json::from_str(line)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let query = text(&hit["query_id"]);
        let stages = &hit["stages"];
        let cosine =
            stages["dense"]["score"].as_f64().filter(|_| stages["dense"]["imputed"] != true);
        let reranked = stages["reranked"]["probability"].as_f64();
        if let (Some(p), Some(cosine), true) = (reranked, cosine, queries.contains(&query)) {
            let p = p.clamp(1e-9, 1.0 - 1e-7);
            let evidence = [1.0, (p / (1.0 - p)).ln(), cosine, share(&hit)];
            let pair = (query, text(&hit["id"]));
            judged.push((evidence, relevant.get(&pair).copied().unwrap_or(false)));
        }
    }
    Ok(judged)
}

/// Returns the share of the query's words that title, headings and text of a hit have.
fn share(hit: &Value) -> f64 {
    let words = Analyzer::NEWEST.terms(hit["query"].as_str().unwrap_or_default());
    let passage = &hit["passage"];
    let headings = passage["headings"].as_array().into_iter().flatten();
    let parts = [&hit["title"], &passage["text"]].into_iter().chain(headings);
    let found: HashSet<usize> = parts
        .filter_map(Value::as_str)
        .flat_map(|part| Analyzer::NEWEST.occurrences(&words, part))
        .map(|(word, _)| word)
        .collect();
    if words.is_empty() { 0.5 } else { found.len() as f64 / words.len() as f64 }
}

fn probability(coefficients: &[f64; EVIDENCE], evidence: &[f64; EVIDENCE]) -> f64 {
    let odds: f64 = coefficients.iter().zip(evidence).map(|(a, b)| a * b).sum();
    1.0 / (1.0 + (-odds).exp())
}

/// Returns the coefficients of a logistic regression in which every collection counts the same, by
/// Newton's method; 0 for evidence that is not used.
fn fit(collections: &[&[Judged]], used: [bool; EVIDENCE]) -> [f64; EVIDENCE] {
    let mut coefficients = [0.0; EVIDENCE];
    for _ in 0..25 {
        // The gradient stands in the last column.
        let mut system = [[0.0; EVIDENCE + 1]; EVIDENCE];
        for collection in collections {
            let weight = 1.0 / (collection.len() * collections.len()) as f64;
            for (evidence, relevant) in *collection {
                let p = probability(&coefficients, evidence);
                let off = p - f64::from(u8::from(*relevant));
                for row in (0..EVIDENCE).filter(|row| used[*row]) {
                    for column in (0..EVIDENCE).filter(|column| used[*column]) {
                        system[row][column] +=
                            weight * p * (1.0 - p) * evidence[row] * evidence[column];
                    }
                    system[row][EVIDENCE] += weight * off * evidence[row];
                }
            }
        }
        // What is not used stays 0; a little on the diagonal keeps the rest from running away.
        (0..EVIDENCE).for_each(|row| system[row][row] += if used[row] { 1e-9 } else { 1.0 });
        let step = solved(system);
        coefficients.iter_mut().zip(step).for_each(|(coefficient, step)| *coefficient -= step);
    }
    coefficients
}

/// Solves a system of equations with a positive definite matrix, the right side in the last column.
fn solved(mut system: [[f64; EVIDENCE + 1]; EVIDENCE]) -> [f64; EVIDENCE] {
    for pivot in 0..EVIDENCE {
        let own = system[pivot];
        for (_, other) in system.iter_mut().enumerate().filter(|(row, _)| *row != pivot) {
            let factor = other[pivot] / own[pivot];
            other.iter_mut().zip(own).for_each(|(cell, own)| *cell -= factor * own);
        }
    }
    std::array::from_fn(|row| system[row][EVIDENCE] / system[row][row])
}

/// Returns what was said on average, the share that is relevant and the number of hits in each tenth.
fn bins(told: &[(f64, bool)]) -> Vec<(usize, (f64, f64, usize))> {
    let of = |bin: usize| {
        let here = told.iter().filter(|(p, _)| ((p * BINS as f64) as usize).min(BINS - 1) == bin);
        let (said, seen, count) = here.fold((0.0, 0.0, 0), |(said, seen, count), (p, relevant)| {
            (said + p, seen + f64::from(u8::from(*relevant)), count + 1)
        });
        (bin, (said / count as f64, seen / count as f64, count))
    };
    (0..BINS).map(of).filter(|(_, (.., count))| *count > 0).collect()
}

/// Returns the expected calibration error (Naeini, Cooper & Hauskrecht, AAAI 2015), in tenths.
fn error(told: &[(f64, bool)]) -> f64 {
    let off =
        |(_, (said, seen, count)): (usize, (f64, f64, usize))| (said - seen).abs() * count as f64;
    bins(told).into_iter().map(off).sum::<f64>() / told.len() as f64
}
