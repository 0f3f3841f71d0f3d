//! Measures the exact scan against HNSW: from how many rows does the graph pay?
//!
//! `cargo run --release -p trommel-vector --example threshold -- 20000 50000` builds graphs and
//! compares; `… -- --scan 100000 200000` measures the scan alone.
//!
//! Median ms a query for the best 100 of vectors of 384 numbers, M 16, efConstruction 200, on an
//! AMD EPYC with AVX-512, 2 cores shared with other work (load 2.5 to 5: trust the ratios):
//!
//! | rows | scan | ef 200 | ef 400 | ef 800 | build |
//! |---|---|---|---|---|---|
//! | 20,000 | 1.2 | 0.76 (recall .975) | 1.5 (.992) | 2.7 (.999) | 56 s |
//! | 50,000 | 3.6–4.1 | 1.0 (.942) | 2.0 (.975) | 3.8 (.993) | 312 s |
//! | 100,000 | 7.4–12.8 | | | | |
//! | 200,000 | 23–31 | | | | |
//!
//! By query time alone the lines cross near 20,000 rows. The default threshold is higher: what a
//! graph saves below it is less than encoding the query takes, it costs recall, and building it
//! takes as long as tens of thousands of scans.
#![allow(clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::clustered;
use trommel_core::{PassageId, Query, Retriever, ScoredPassage};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorWriter};

const DIMENSION: usize = 384;
const QUERIES: u64 = 100;
const LIMIT: usize = 100;

/// The median time of a query in ms, and what each found.
type Timed = (f64, Vec<Vec<ScoredPassage>>);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("rows threads | build s, open ms | scan ms | ef: HNSW ms, recall@100");
    let mut ann = Ann::Hnsw;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--scan" => ann = Ann::Exact,
            rows => measure(rows.parse()?, ann)?,
        }
    }
    Ok(())
}

fn measure(rows: u64, ann: Ann) -> Result<(), Box<dyn std::error::Error>> {
    // As many subjects as a collection of this size would have; passages of one have a cosine of
    // about .6, as those of real encoders do.
    let clusters = rows / 50;
    let folder = tempfile::tempdir()?;
    let settings = VectorSettings { ann, ..VectorSettings::default() };
    let mut writer = VectorWriter::create(folder.path(), DIMENSION, settings)?;
    for id in 0..rows {
        writer.add(PassageId(id), &clustered(DIMENSION, clusters, id))?;
    }
    let clock = Instant::now();
    let state = writer.commit(1, true)?;
    let build = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let index = VectorIndex::open(folder.path(), &state)?;
    let open = clock.elapsed().as_secs_f64() * 1e3;
    let queries: Vec<_> =
        (0..QUERIES).map(|id| clustered(DIMENSION, clusters, (1 << 30) + id)).collect();
    let run = |ann, ef| -> Result<Timed, Box<dyn std::error::Error>> {
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
        pool.install(|| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let (scan, exact) = run(Ann::Exact, 0).map_err(|it| it.to_string())?;
            print!("{rows} {threads} | {build:.1}, {open:.1} | {scan:.2} |");
            let efs = if ann == Ann::Hnsw { &[200, 256, 400, 800][..] } else { &[] };
            for &ef in efs {
                let (time, near) = run(Ann::Hnsw, ef).map_err(|it| it.to_string())?;
                let hits: usize = (near.iter().zip(&exact))
                    .map(|(near, exact)| near.iter().filter(|it| exact.contains(it)).count())
                    .sum();
                print!(" {ef}: {time:.2}, {:.3};", hits as f64 / (QUERIES as usize * LIMIT) as f64);
            }
            println!();
            Ok(())
        })
        .map_err(|it| it.to_string())?;
    }
    Ok(())
}
