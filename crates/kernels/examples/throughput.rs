//! Prints tokens per second of the MiniLM-L6 shape on every instruction set of this machine.
//!
//! `cargo run --release -p trommel-kernels --example throughput [THREADS [ISA]]`; 2 threads
//! and every instruction set by default.
//! The weights are random: the arithmetic takes the same time whatever they are. Each figure is
//! the median of three rounds, every setting once a round, so that a busy moment of the machine
//! falls on all of them.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use trommel_kernels::{Bert, Config, Isa, Precision, Sequence};

const ROUNDS: usize = 3;
const LENGTHS: [usize; 3] = [64, 128, 256];
const BATCH: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let threads = std::env::args().nth(1).map_or(Ok(2), |threads| threads.parse())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let config = Config {
        vocabulary: 1000,
        positions: 512,
        types: 2,
        hidden: 384,
        layers: 6,
        heads: 12,
        intermediate: 1536,
        epsilon: 1e-12,
        labels: 0,
    };
    let mut models = Vec::new();
    let all = std::env::args()
        .nth(2)
        .map_or(Ok(Isa::available()), |name| Isa::named(&name).map(|isa| vec![isa]))?;
    for isa in all {
        for precision in [Precision::Int8, Precision::F32] {
            models.push(Bert::new(config.clone(), |name| tensor(&config, name), precision, isa)?);
        }
    }

    let mut rates = vec![[const { Vec::new() }; LENGTHS.len()]; models.len()];
    for round in 0..=ROUNDS {
        for (model, rates) in models.iter().zip(&mut rates) {
            for (length, rates) in LENGTHS.iter().zip(rates) {
                let ids: Vec<u32> = (0..*length as u32).map(|i| i * 7 % 1000).collect();
                let batch = vec![Sequence { ids: &ids, types: &[] }; BATCH];
                let start = Instant::now();
                pool.install(|| model.mean(&batch))?;
                // The first round warms the caches and the threads.
                if round > 0 {
                    rates.push((BATCH * length) as f64 / start.elapsed().as_secs_f64());
                }
            }
        }
    }

    println!("tokens/s, {threads} threads, batches of {BATCH}, median of {ROUNDS}");
    println!("{:<12} {:<9} {:>9} {:>9} {:>9}", "", "", "64 tokens", "128", "256");
    for (model, rates) in models.iter().zip(&mut rates) {
        let [short, middle, long] = rates.each_mut().map(|rates| median(rates));
        let (isa, precision) = (model.isa().name(), format!("{:?}", model.precision()));
        println!("{isa:<12} {precision:<9} {short:>9.0} {middle:>9.0} {long:>9.0}");
    }
    Ok(())
}

/// Returns random weights of the shape that the configuration gives to `name`.
fn tensor(config: &Config, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
    let Config { hidden, intermediate, .. } = *config;
    let bias = name.ends_with("bias");
    let shape = match name {
        "embeddings.word_embeddings.weight" => vec![config.vocabulary, hidden],
        "embeddings.position_embeddings.weight" => vec![config.positions, hidden],
        "embeddings.token_type_embeddings.weight" => vec![config.types, hidden],
        _ if name.contains("LayerNorm") => return Some((vec![hidden], vec![1.0; hidden])),
        _ if name.contains("intermediate") && bias => vec![intermediate],
        _ if bias => vec![hidden],
        _ if name.contains("intermediate") => vec![intermediate, hidden],
        _ if name.contains("attention") => vec![hidden, hidden],
        _ => vec![hidden, intermediate],
    };
    // A linear congruential generator (Knuth's MMIX constants), its top bits as −0.05..0.05.
    let mut state = name.len() as u64;
    let numbers = (0..shape.iter().product()).map(|_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1 << 24) as f32 - 0.5) * 0.1
    });
    Some((shape, numbers.collect()))
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
