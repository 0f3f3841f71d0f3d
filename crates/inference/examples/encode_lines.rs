//! Encodes the lines of a file as passages, for comparing vectors and speed with another program.
//!
//! `cargo run --release -p trommel-inference --example encode_lines -- STORE MODEL PRECISION THREADS FILE OUT
//! ROUNDS` writes the vectors to OUT, as numbers of 32 bits one behind another, and says how long it took.
#![allow(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;
use std::fs;
use std::time::Instant;

use trommel_inference::load_encoder as load;
use trommel_models::{Isa, Precision, Runtime, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, id, precision, threads, file, out, rounds] = arguments.as_slice() else {
        return Err("expected STORE MODEL int8|bf16|f32 THREADS FILE OUT ROUNDS".into());
    };
    let model = Store::new(store.into()).model(id)?;
    let precision = Precision::ALL.into_iter().find(|known| known.name() == precision);
    let precision = precision.ok_or("expected int8, bf16 or f32")?;
    let begun = Instant::now();
    let runtime = Runtime::Kernels { precision, isa: Isa::best() };
    let encoder = load(&model, &runtime, threads.parse()?)?;
    println!("load                {:8.1} ms", milliseconds(begun));
    resident();

    let text = fs::read_to_string(file)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut times = Vec::new();
    let mut vectors = Vec::new();
    for _ in 0..rounds.parse()? {
        let begun = Instant::now();
        vectors = encoder.encode_passages(&lines)?;
        times.push(milliseconds(begun));
    }
    println!("{:6} passages     {:8.1} ms, median of {rounds}", lines.len(), median(times));
    let mut times = Vec::new();
    for line in lines.iter().take(100) {
        let begun = Instant::now();
        encoder.encode_query(line)?;
        times.push(milliseconds(begun));
    }
    println!("a query             {:8.2} ms, median of {}", median(times.clone()), times.len());
    resident();
    let bytes: Vec<u8> = vectors.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
    Ok(fs::write(out, bytes)?)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Prints how much memory the process has, and how much of it is no file; on Linux.
fn resident() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for name in ["VmRSS", "RssAnon", "VmHWM"] {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        if let Some(size) = line {
            println!("{name:8}{}", size.trim_start_matches(':'));
        }
    }
}
