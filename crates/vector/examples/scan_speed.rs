//! Measures the exact scan against what memory allows and against the scan of 32-bit numbers.
//!
//! `cargo run --release -p trommel-vector --example scan_speed -- 50000 [FILE.vec …]`
//!
//! *Floor* is the time that adding up the bytes of the rounded rows takes; *f32* scans the vectors
//! themselves. The three take turns, query by query. *Memory*: other memory is swept before each,
//! so that it comes from there. *Cache*: each runs once unmeasured before, so that as much as fits
//! is in the caches.
#![allow(clippy::print_stdout)]

#[path = "common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Instant;

use common::{Failure, Source};
use rayon::prelude::*;
use trommel_core::disk::Mapped;
use trommel_core::{PassageId, Query, Retriever};
use trommel_kernels::Isa;
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorWriter};

const QUERIES: u64 = 41;
const LIMIT: usize = 100;
/// Numbers of 8 bytes that no cache holds.
const OTHER: usize = 16 << 20;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 = arguments.next().ok_or("usage: scan_speed ROWS [FILE.vec ...]")?.parse()?;
    let source = Source::read(&arguments.collect::<Vec<_>>())?;
    let dimension = source.dimension();
    let folder = tempfile::tempdir()?;
    let settings = VectorSettings { ann: Ann::Exact, ..VectorSettings::default() };
    let mut writer = VectorWriter::create(folder.path(), dimension, settings)?;
    let mut vectors = Vec::new();
    for id in 0..rows {
        let vector = source.vector(rows, id);
        writer.add(PassageId(id), &vector)?;
        vectors.extend(vector);
    }
    let state = writer.commit(1, false)?;
    let index = VectorIndex::open(folder.path(), &state)?;
    let retriever = index.retriever(VectorSearch { ann: Ann::Exact, ..VectorSearch::default() });
    // The rounded rows lie behind the vectors; see docs/file-format.md.
    let map = Mapped::open(&folder.path().join(&state.segments[0].file))?;
    let first = (64 + 4 * vectors.len()).next_multiple_of(64);
    let len = rows.div_ceil(64) as usize * (512 + 64 * dimension.next_multiple_of(4));
    let rounded: &[u64] = bytemuck::cast_slice(&map[first..first + len]);
    let queries: Vec<_> = (0..QUERIES).map(|at| source.query(rows, at)).collect();

    let other: Vec<u64> = (0..OTHER as u64).collect();
    println!("{rows} x {dimension}, rounded rows of {:.1} MB, best {LIMIT}", len as f64 / 1e6);
    println!(
        "from, threads | floor ms, GB/s | scan ms | f32 ms | scan / floor, f32 / scan | recall"
    );
    for (from, threads) in [("memory", 1), ("memory", 2), ("cache", 1), ("cache", 2)] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| -> Result<(), Failure> {
            let sweep = || {
                black_box(read(&other));
            };
            let ahead = |work: &dyn Fn()| if from == "memory" { sweep() } else { work() };
            let (mut floor, mut scan, mut plain) = (vec![], vec![], vec![]);
            let mut hits = 0;
            for vector in &queries {
                let query = Query { text: "", vector };
                let retrieve = || retriever.retrieve(query, LIMIT, None);
                ahead(&|| {
                    black_box(read(rounded));
                });
                floor.push(timed(|| read(rounded)).0);
                ahead(&|| drop(black_box(retrieve())));
                let (time, found) = timed(retrieve);
                scan.push(time);
                ahead(&|| drop(black_box(plain_scan(vector, &vectors))));
                let (time, best) = timed(|| plain_scan(vector, &vectors));
                plain.push(time);
                let found = found?;
                let same = |(id, score): &&(u64, f32)| {
                    found.iter().any(|it| it.id.0 == *id && it.score.to_bits() == score.to_bits())
                };
                hits += best.iter().filter(same).count();
            }
            let (floor, scan, plain) = (median(floor), median(scan), median(plain));
            println!(
                "{from}, {threads} | {:.2}, {:.1} | {:.2} | {:.2} | {:.2}, {:.2} | {:.4}",
                floor * 1e3,
                len as f64 / floor / 1e9,
                scan * 1e3,
                plain * 1e3,
                scan / floor,
                plain / scan,
                hits as f64 / (QUERIES as usize * LIMIT) as f64
            );
            Ok(())
        })?;
    }
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let clock = Instant::now();
    let result = black_box(work());
    (clock.elapsed().as_secs_f64(), result)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Adds up all numbers, cut among threads like the scan: memory is waited for, not the sums.
fn read(numbers: &[u64]) -> u64 {
    let sum = |part: &[u64]| part.iter().fold(0, |sum: u64, it| sum.wrapping_add(*it));
    numbers.par_chunks(200_704).map(sum).reduce(|| 0, u64::wrapping_add)
}

/// Scores every vector and returns the best, ties by id: with scores of blocks at a time and a
/// sorted list of the best, since hardly any row comes to be one of them.
fn plain_scan(query: &[f32], vectors: &[f32]) -> Vec<(u64, f32)> {
    const BLOCK: usize = 256;
    let (isa, dimension) = (Isa::best(), query.len());
    let task = |(task, part): (usize, &[f32])| {
        let mut best: Vec<(u64, f32)> = Vec::new();
        let mut scores = [0.0; BLOCK];
        for (block, rows) in part.chunks(BLOCK * dimension).enumerate() {
            isa.dots(query, rows, &mut scores);
            for (at, &score) in scores[..rows.len() / dimension].iter().enumerate() {
                if best.len() < LIMIT || score > best[LIMIT - 1].1 {
                    let place = best.partition_point(|it| it.1 >= score);
                    best.insert(place, ((task * 16 * BLOCK + block * BLOCK + at) as u64, score));
                    best.truncate(LIMIT);
                }
            }
        }
        best
    };
    let tasks = vectors.par_chunks(16 * BLOCK * dimension).enumerate();
    let mut best: Vec<_> = tasks.flat_map_iter(task).collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(LIMIT);
    best
}
