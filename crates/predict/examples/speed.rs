//! What it costs to learn a table and to predict by it, over passages of 42 made-up word pieces:
//! `cargo run --release -p trommel-predict --example speed [SAMPLE] [THREADS]`.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use std::error::Error;
use std::time::Instant;

use trommel_core::{Fingerprint, PassageId, WordPieces};
use trommel_kernels::{Isa, Row};
use trommel_predict::{Frequencies, SampledPassage, Table, fit};

const VOCABULARY: usize = 30_522;
const WIDTH: usize = 384;
const PIECES: usize = 42;
const PASSAGES: usize = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let size: usize = arguments.next().map_or(Ok(1_000), |it| it.parse())?;
    let threads: usize = arguments.next().map_or(Ok(2), |it| it.parse())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let isa = Isa::best();
    println!("a sample of {size}, {threads} threads, {isa}");

    let mut random = Random(1);
    // As the default encoder has them: bfloat16 is the upper half of a number.
    let mut embedding = || (random.even().to_bits() >> 16) as u16;
    let words = Words { rows: (0..VOCABULARY * WIDTH).map(|_| embedding()).collect(), isa };
    let passages: Vec<Vec<u32>> =
        (0..PASSAGES).map(|_| (0..PIECES).map(|_| random.piece()).collect()).collect();
    let mut frequencies = Frequencies::new(VOCABULARY);
    passages.iter().for_each(|pieces| frequencies.add(pieces));
    let vectors: Vec<Vec<f32>> = passages[..size].iter().map(|it| words.vector(it)).collect();
    let sample: Vec<SampledPassage<'_>> = (0..)
        .zip(passages.iter().zip(&vectors))
        .map(|(id, (pieces, vector))| SampledPassage { id: PassageId(id), pieces, vector })
        .collect();

    let begin = Instant::now();
    let table = fit(&sample, &frequencies, &words, &fingerprint())?;
    println!("learned in {:.2} s: {:?}", begin.elapsed().as_secs_f64(), table.quality());
    let bytes = table.to_bytes();
    let begin = Instant::now();
    let table = Table::from_bytes(&bytes, &fingerprint())?;
    let time = begin.elapsed().as_secs_f64() * 1e3;
    println!("{:.1} MB, read in {time:.0} ms", bytes.len() as f64 / 1e6);
    let predictor = table.predictor(&words, isa)?;
    for _ in 0..3 {
        let begin = Instant::now();
        let predictions = predictor.predict_all(&passages);
        let seconds = begin.elapsed().as_secs_f64();
        println!("{:.0} passages a second", predictions.bases.len() as f64 / seconds);
    }
    Ok(())
}

struct Words {
    rows: Vec<u16>,
    isa: Isa,
}

impl Words {
    /// Returns a vector that the pieces nearly determine.
    fn vector(&self, pieces: &[u32]) -> Vec<f32> {
        let mut vector = vec![0.3; WIDTH];
        let weighted: Vec<(u32, f32)> = pieces.iter().map(|piece| (*piece, 0.1)).collect();
        self.add_embeddings(&weighted, &mut vector);
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter().map(|x| x / norm).collect()
    }
}

impl WordPieces for Words {
    fn split(&self, _: &str, _: &mut Vec<u32>) {}

    fn vocabulary(&self) -> usize {
        VOCABULARY
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn add_embeddings(&self, weighted: &[(u32, f32)], sum: &mut [f32]) {
        let row = |piece: u32| self.rows.get(piece as usize * WIDTH..(piece as usize + 1) * WIDTH);
        let row = |&(piece, weight): &(u32, f32)| Some((weight, Row::Bf16(row(piece)?)));
        let rows: Vec<(f32, Row<'_>)> = weighted.iter().filter_map(row).collect();
        self.isa.add_rows(&rows, sum);
    }
}

/// A linear congruential generator with Knuth's MMIX constants.
struct Random(u64);

impl Random {
    /// Returns a number, even over −1..1.
    fn even(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Returns a piece, the n-th about as often as 1/n (Zipf).
    fn piece(&mut self) -> u32 {
        (VOCABULARY as f32).powf((self.even() + 1.0) / 2.0) as u32 - 1
    }
}

fn fingerprint() -> Fingerprint {
    Fingerprint {
        model: "made-up".into(),
        weights: String::new(),
        tokenizer: String::new(),
        dimension: WIDTH,
        pooling: "cls".into(),
        query_prefix: String::new(),
        passage_prefix: String::new(),
        max_tokens: 512,
    }
}
