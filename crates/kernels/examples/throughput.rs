//! Prints tokens per second and core of the MiniLM-L6 shape, for every instruction set of this
//! machine and every precision, and the share of the machine's own ceiling that is.
//!
//! `cargo run --release -p trommel-kernels --example throughput [ROUNDS [ISA]]`; 3 rounds and every
//! instruction set by default. The weights are random: the arithmetic takes the same time
//! whatever they are. Every setting runs once a round, the ceilings too, so that a busy moment of
//! the machine falls on all of them; figures are medians. Time is processor time of the thread
//! where the system tells (Linux), and wall time elsewhere.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use trommel_kernels::{Bert, Config, Isa, KernelError, Precision, Sequence};

const LENGTHS: [usize; 3] = [64, 128, 256];
/// Tokens of one measurement.
const TOKENS: usize = 1024;
const CEILING_STEPS: usize = 10_000_000;

/// What is measured of one model.
struct Row {
    model: Bert,
    /// Operations per second of the bare multiply-adds.
    ceiling: Vec<f64>,
    /// Tokens per second, by length.
    rates: [Vec<f64>; LENGTHS.len()],
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args().nth(1).map_or(Ok(3), |rounds| rounds.parse())?;
    let sets = std::env::args()
        .nth(2)
        .map_or(Ok(Isa::available()), |name| Isa::named(&name).map(|isa| vec![isa]))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let config = minilm();
    let mut rows = Vec::new();
    for isa in sets {
        for precision in [Precision::Int8, Precision::Bf16, Precision::F32] {
            let model = Bert::new(config.clone(), |name| tensor(&config, name), precision, isa)?;
            rows.push(Row { model, ceiling: Vec::new(), rates: Default::default() });
        }
    }
    // The first round warms caches and threads.
    for round in 0..=rounds {
        for row in &mut rows {
            let measured = pool.install(|| measure(&row.model))?;
            if round > 0 {
                row.ceiling.push(measured.0);
                row.rates.iter_mut().zip(measured.1).for_each(|(rates, rate)| rates.push(rate));
            }
        }
    }
    println!(
        "tokens/s a core (share of the ceiling), batches of {TOKENS} tokens, medians of {rounds}"
    );
    println!(
        "{:<12} {:<5} {:>9} {:>15} {:>15} {:>15}",
        "", "", "ceiling", "64 tokens", "128", "256"
    );
    for mut row in rows {
        let (isa, precision) = (row.model.isa().name(), row.model.precision().name());
        let ceiling = median(&mut row.ceiling);
        print!("{isa:<12} {precision:<5} {:>5.0} G/s", ceiling / 1e9);
        for (length, rates) in LENGTHS.iter().zip(&mut row.rates) {
            let rate = median(rates);
            let share = 100.0 * rate * operations(&config, *length) / ceiling;
            print!(" {rate:>9.0} {:>5}", format!("({share:.0}%)"));
        }
        println!();
    }
    Ok(())
}

/// Returns the ceiling in operations per second, and tokens per second by length.
fn measure(model: &Bert) -> Result<(f64, [f64; LENGTHS.len()]), KernelError> {
    let mut ceiling = 0;
    let seconds = timed(|| ceiling = model.isa().ceiling(model.precision(), CEILING_STEPS));
    let mut rates = [0.0; LENGTHS.len()];
    for (length, rate) in LENGTHS.into_iter().zip(&mut rates) {
        let ids: Vec<u32> = (0..length as u32).map(|i| i * 7 % 1000).collect();
        let batch = vec![Sequence { ids: &ids, types: &[] }; TOKENS / length];
        let mut result = Ok(Vec::new());
        *rate = TOKENS as f64 / timed(|| result = model.mean(&batch));
        result?;
    }
    Ok((ceiling as f64 / seconds, rates))
}

/// Returns the multiplications and additions of one token: the linear layers, and two products of
/// attention with every token of its sequence.
fn operations(config: &Config, length: usize) -> f64 {
    let Config { hidden, intermediate, layers, .. } = *config;
    let products = 4 * hidden * hidden + 2 * hidden * intermediate + 2 * length * hidden;
    (2 * layers * products) as f64
}

/// Returns the seconds that `work` takes this thread.
fn timed(work: impl FnOnce()) -> f64 {
    let (start, before) = (Instant::now(), processor_time());
    work();
    match before.zip(processor_time()) {
        Some((before, after)) => after - before,
        None => start.elapsed().as_secs_f64(),
    }
}

/// Returns the seconds this thread has run on a processor: the first number, in nanoseconds.
fn processor_time() -> Option<f64> {
    // The system brings the number up to date when a thread gives way, or else some milliseconds late.
    std::thread::yield_now();
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    numbers.split_whitespace().next()?.parse().ok().map(|nanoseconds: f64| nanoseconds / 1e9)
}

/// Returns the shape of MiniLM-L6, with a smaller table of words.
fn minilm() -> Config {
    Config {
        vocabulary: 1000,
        positions: 512,
        types: 2,
        hidden: 384,
        layers: 6,
        heads: 12,
        intermediate: 1536,
        epsilon: 1e-12,
        labels: 0,
    }
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
