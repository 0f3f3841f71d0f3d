//! What a filter costs beyond the search, over 100,000 documents of which it keeps one in a hundred:
//! `cargo run --release -p trommel-engine --example filter_cost [DOCUMENTS]`.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use trommel_engine::{Filter, SearchSettings, Searcher, Snapshot, Stage};
use trommel_testkit::FakeEncoder;

use common::{index_lines, median, ms};

const ROUNDS: usize = 101;

fn main() -> Result<(), Box<dyn Error>> {
    let documents: usize = std::env::args().nth(1).map_or(Ok(100_000), |it| it.parse())?;
    let folder = tempfile::tempdir()?;
    let encoder = FakeEncoder::new(16);
    index_lines(folder.path(), corpus(documents), &encoder)?;
    let snapshot = Snapshot::open(folder.path(), Stage::Fused)?;
    let pipeline = Searcher::new(snapshot, Some(Arc::new(encoder)), Vec::new())?;

    println!("{documents} documents; ms: filter the first time, then medians of {ROUNDS}");
    println!("condition              kept  first  later  search with  without");
    for condition in
        ["tag=t7", "tag in (t7, t8)", "year in 1900..1900", "date < 2000-01-05", "id ~ d1??7*"]
    {
        let filter = Filter::parse([condition])?;
        let begin = Instant::now();
        let kept = pipeline.snapshot().allowed(&filter)?.map_or(documents, |kept| kept.len());
        let first = begin.elapsed();
        let all = SearchSettings { stage: Stage::Fused, ..SearchSettings::default() };
        let some = SearchSettings { filter: filter.clone(), ..all.clone() };
        let (mut later, mut with, mut without) = (Vec::new(), Vec::new(), Vec::new());
        // In turn, so that what else the machine does falls on all three alike.
        for _ in 0..ROUNDS {
            later.push(time(|| pipeline.snapshot().allowed(&filter).map(drop))?);
            for (settings, times) in [(&some, &mut with), (&all, &mut without)] {
                let search = || pipeline.search("pump seal", settings, &|| Duration::ZERO);
                times.push(time(|| search().map(drop))?);
            }
        }
        println!(
            "{condition:<20} {kept:>6} {:>6.1} {:>6.3} {:>12.2} {:>8.2}",
            ms(first),
            ms(median(later)),
            ms(median(with)),
            ms(median(without)),
        );
    }
    Ok(())
}

fn time<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed())
}

/// Returns JSON lines whose fields each have a value that one document in a hundred has.
fn corpus(documents: usize) -> String {
    let mut lines = String::new();
    for id in 0..documents {
        let (tag, year) = (id % 100, 1900 + id % 100);
        let (month, day) = (1 + id / 31 % 12, 1 + id % 31 % 28);
        let date = format!("{}-{month:02}-{day:02}T10:30:00Z", 2000 + id % 10);
        let text = format!("pump {} seal {} valve {}", id % 13, id % 7, id % 101);
        // A write to a string cannot fail.
        let _ = writeln!(
            lines,
            r#"{{"_id":"d{id}","text":"{text}","tag":["t{tag}","all"],"year":{year},"date":"{date}"}}"#
        );
    }
    lines
}
