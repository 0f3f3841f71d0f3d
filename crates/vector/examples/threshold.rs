//! Measures the exact scan against HNSW: from how many rows does the graph pay?
//!
//! `cargo run --release -p trommel-vector --example threshold -- 20000 50000 [FILE.vec …]` builds
//! graphs and compares; `… -- --scan 100000 200000` measures the scan alone. Vectors are those of
//! the files, with noise when they are used up; see `docs/measurements.md` for the figures.
#![allow(clippy::print_stdout)]

#[path = "common/mod.rs"]
mod common;

use std::time::Instant;

use common::{Failure, Source};
use trommel_core::{PassageId, Query, Retriever, ScoredPassage};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorWriter};

const QUERIES: u64 = 100;
const LIMIT: usize = 100;

/// The median time of a query in ms, and what each found.
type Timed = (f64, Vec<Vec<ScoredPassage>>);

fn main() -> Result<(), Failure> {
    println!("rows threads | build s, open ms | scan ms | ef: HNSW ms, recall@100");
    let (options, files): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|it| !it.ends_with(".vec"));
    let source = Source::read(&files)?;
    let mut ann = Ann::Hnsw;
    for option in options {
        match option.as_str() {
            "--scan" => ann = Ann::Exact,
            rows => measure(rows.parse()?, ann, &source)?,
        }
    }
    Ok(())
}

fn measure(rows: u64, ann: Ann, source: &Source) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let settings = VectorSettings { ann, threshold: 2, ..VectorSettings::default() };
    let mut writer = VectorWriter::create(folder.path(), source.dimension(), settings)?;
    for id in 0..rows {
        writer.add(PassageId(id), &source.vector(rows, id))?;
    }
    let clock = Instant::now();
    let state = writer.commit(1, true)?;
    let build = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let index = VectorIndex::open(folder.path(), &state)?;
    let open = clock.elapsed().as_secs_f64() * 1e3;
    let queries: Vec<_> = (0..QUERIES).map(|at| source.query(rows, at)).collect();
    let run = |ann, ef| -> Result<Timed, Failure> {
        let retriever = index.retriever(VectorSearch { ann, ef });
        let mut times = Vec::new();
        let mut found = Vec::new();
        for vector in &queries {
            let clock = Instant::now();
            found.push(retriever.retrieve(Query { text: "", vector }, LIMIT, None)?);
            times.push(clock.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        Ok((times[times.len() / 2], found))
    };
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| -> Result<(), Failure> {
            let (scan, exact) = run(Ann::Exact, 0)?;
            print!("{rows} {threads} | {build:.1}, {open:.1} | {scan:.2} |");
            let efs = if ann == Ann::Hnsw { &[200, 256, 400, 800][..] } else { &[] };
            for &ef in efs {
                let (time, near) = run(Ann::Hnsw, ef)?;
                let hits: usize = (near.iter().zip(&exact))
                    .map(|(near, exact)| near.iter().filter(|it| exact.contains(it)).count())
                    .sum();
                print!(" {ef}: {time:.2}, {:.3};", hits as f64 / (QUERIES as usize * LIMIT) as f64);
            }
            println!();
            Ok(())
        })?;
    }
    Ok(())
}
