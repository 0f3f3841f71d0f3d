//! Measures our tokenizer against the `tokenizers` library on the texts of a BEIR folder:
//!
//! ```text
//! cargo run --release -p trommel-models --example tokenizer_speed -- HOME BEIR/scifact [MODEL]
//! ```
//!
//! Both run on one thread; the library by `encode_fast`, with nothing added and nothing cut. Medians
//! of five rounds that take turns.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use trommel_models::{InstalledModel, Store, WordPiece};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(home), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("expected the folder of the store and a BEIR folder".into());
    };
    let id = arguments.next().unwrap_or_else(|| "bge-small-en-v1.5".to_owned());
    let model = Store::new(home.into()).model(&id)?;
    let ours = model.wordpiece()?.ok_or("the model's tokenizer is left to the library")?;
    opening(&model)?;

    let texts = texts(&Path::new(&folder).join("corpus.jsonl"))?;
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} texts, {:.1} MB", texts.len(), bytes as f64 / 1e6);
    let mut library = model.tokenizer()?;
    library.set_encode_special_tokens(true);
    let by_library = || -> usize {
        let tokens =
            |text: &String| library.encode_fast(text.as_str(), false).map_or(0, |e| e.len());
        texts.iter().map(tokens).sum()
    };
    let by_us = || -> usize {
        let mut ids = Vec::new();
        let each = texts.iter().map(|text| {
            ids.clear();
            ours.ids(black_box(text), &mut ids);
            ids.len()
        });
        each.sum()
    };
    let by_counting = || texts.iter().map(|text| ours.count(black_box(text))).sum();
    compare(bytes, &[("tokenizers", &by_library), ("ours", &by_us), ("ours, count", &by_counting)])
}

type Way<'a> = (&'a str, &'a dyn Fn() -> usize);

fn compare(bytes: usize, ways: &[Way<'_>]) -> Result<(), Box<dyn Error>> {
    let mut times = vec![Vec::new(); ways.len()];
    let mut tokens = Vec::new();
    for _ in 0..ROUNDS {
        for ((_, way), times) in ways.iter().zip(&mut times) {
            let start = Instant::now();
            tokens.push(way());
            times.push(start.elapsed());
        }
    }
    if tokens.iter().any(|count| *count != tokens[0]) {
        return Err(format!("the numbers of tokens differ: {tokens:?}").into());
    }
    for ((name, _), times) in ways.iter().zip(&mut times) {
        let seconds = median(times).as_secs_f64();
        println!(
            "{name:12} {:8.2} M tokens/s {:8.1} MB/s",
            tokens[0] as f64 / seconds / 1e6,
            bytes as f64 / seconds / 1e6
        );
    }
    Ok(())
}

fn opening(model: &InstalledModel) -> Result<(), Box<dyn Error>> {
    let json = fs::read(model.tokenizer_file())?;
    let (mut opened, mut made, mut parsed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(model.wordpiece()?);
        opened.push(start.elapsed());
        let start = Instant::now();
        black_box(WordPiece::from_json(&json)?);
        made.push(start.elapsed());
        let start = Instant::now();
        black_box(model.tokenizer()?);
        parsed.push(start.elapsed());
    }
    println!("opened in {:?}", median(&mut opened));
    println!("made from JSON in {:?}", median(&mut made));
    println!("parsed by tokenizers in {:?}", median(&mut parsed));
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn texts(corpus: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let read = |line: &str| -> Result<String, Box<dyn Error>> {
        let line: serde_json::Value = serde_json::from_str(line)?;
        Ok(line["text"].as_str().unwrap_or_default().to_owned())
    };
    fs::read_to_string(corpus)?.lines().map(read).collect()
}
