//! What neighbours cost an index, and what feedback costs a search beyond fusion, over 100,000 documents of
//! made-up words: `cargo run --release -p trommel-engine --example feedback_cost [DOCUMENTS]`.

#![allow(clippy::print_stdout)] // a program prints, the library does not

mod common;

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use trommel_core::{Encoder, PassageId};
use trommel_engine::{SearchSettings, Searcher, Snapshot, Stage};
use trommel_testkit::FakeEncoder;
use trommel_vector::{VectorSettings, VectorWriter};

use common::{index_lines, median, ms};

const ROUNDS: u64 = 51;
/// As many numbers as the default encoder gives.
const DIMENSION: usize = 384;
const WORDS: usize = 60;

fn main() -> Result<(), Box<dyn Error>> {
    let documents: u64 = std::env::args().nth(1).map_or(Ok(100_000), |it| it.parse())?;
    let encoder = FakeEncoder::new(DIMENSION);
    println!("{documents} documents of {WORDS} words");

    let folder = tempfile::tempdir()?;
    let mut writer = VectorWriter::create(folder.path(), DIMENSION, VectorSettings::default())?;
    for id in 0..documents {
        writer.add(PassageId(id), &encoder.encode_query(&text(id, WORDS))?)?;
    }
    writer.commit(1, true)?;
    let begin = Instant::now();
    writer.find_neighbours(1, &|passage| passage.0 as usize)?;
    println!("finding the neighbours of all: {:.1} s", begin.elapsed().as_secs_f64());
    drop(writer);

    let folder = tempfile::tempdir()?;
    index_lines(folder.path(), corpus(documents), &encoder)?;
    let begin = Instant::now();
    let snapshot = Snapshot::open(folder.path(), Stage::Feedback)?;
    println!("opening the collection: {:.0} ms", ms(begin.elapsed()));
    let searcher = Searcher::new(snapshot, Some(Arc::new(encoder)), Vec::new())?;
    let stages = [Stage::LEXICAL, Stage::VECTORS, Stage::NEIGHBOURS, Stage::Fused, Stage::Feedback];
    let mut times = [const { Vec::new() }; 5];
    // In turn, so that what else the machine does falls on all alike.
    for round in 0..ROUNDS {
        let query = text(documents + round, 8);
        for (stage, times) in stages.into_iter().zip(&mut times) {
            let settings = SearchSettings { stage, ..SearchSettings::default() };
            let begin = Instant::now();
            searcher.search(&query, &settings, &|| Duration::ZERO)?;
            times.push(begin.elapsed());
        }
    }
    for (stage, times) in stages.into_iter().zip(times) {
        println!("{:<16} {:>6.2} ms in the median of {ROUNDS}", stage.name(), ms(median(times)));
    }
    Ok(())
}

fn corpus(documents: u64) -> String {
    let mut lines = String::new();
    for id in 0..documents {
        // A write to a string cannot fail.
        let _ = writeln!(lines, r#"{{"_id":"d{id}","text":"{}"}}"#, text(id, WORDS));
    }
    lines
}

/// Returns a text of made-up words, the n-th of 50,000 said about as often as 1/n (Zipf).
fn text(seed: u64, words: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let word = |_| format!("w{}", 50_000f64.powf(uniform()) as u64);
    (0..words).map(word).collect::<Vec<String>>().join(" ")
}
