//! Measures an encoder: milliseconds to load, tokens a second, peak memory.
//!
//! `cargo run --release -p trommel-inference --example encoder_speed -- STORE MODEL RUNTIME THREADS`, where
//! the runtime is `onnx`, `candle`, or a precision of our own kernels: `int8`, `bf16` or `f32`.
#![allow(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;
use std::time::Instant;

use trommel_core::TokenCounter;
use trommel_inference::{ModelTokenCounter, load_encoder as load};
use trommel_models::{Isa, Precision, Runtime, Store};

const SENTENCE: &str =
    "The committee thanked its treasurer for nineteen years of patient service. ";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, id, runtime, threads] = arguments.as_slice() else {
        return Err("expected STORE MODEL onnx|candle|int8|bf16|f32 THREADS".into());
    };
    let store = Store::new(store.into());
    let begun = Instant::now();
    let model = store.model(id)?;
    println!("check the model's files    {:7.1} ms", milliseconds(begun));
    let runtime = if runtime == "onnx" {
        let begun = Instant::now();
        let library = store.runtime()?;
        println!("check the library          {:7.1} ms", milliseconds(begun));
        let begun = Instant::now();
        trommel_models::onnx_environment(&library)?;
        println!("load the library           {:7.1} ms", milliseconds(begun));
        Runtime::Onnx { library }
    } else {
        let precision = Precision::ALL.into_iter().find(|precision| precision.name() == runtime);
        precision
            .map_or(Runtime::Candle, |precision| Runtime::Kernels { precision, isa: Isa::best() })
    };
    let begun = Instant::now();
    let counter = ModelTokenCounter::new(&model)?;
    println!("read the tokenizer         {:7.1} ms", milliseconds(begun));
    let begun = Instant::now();
    let encoder = load(&model, &runtime, threads.parse()?)?;
    println!("load, tokenizer included   {:7.1} ms", milliseconds(begun));
    let begun = Instant::now();
    encoder.encode_query("how do I reset the password")?;
    println!("first query                {:7.1} ms", milliseconds(begun));
    let begun = Instant::now();
    encoder.encode_query("how do I reset the admin password")?;
    println!("second query               {:7.1} ms", milliseconds(begun));
    for repeat in [5, 10, 20] {
        let text = SENTENCE.repeat(repeat);
        let tokens = counter.count(&text);
        let texts = vec![text.as_str(); 4_000 / tokens];
        encoder.encode_passages(&texts[..2])?;
        let begun = Instant::now();
        encoder.encode_passages(&texts)?;
        let rate = (tokens * texts.len()) as f64 / begun.elapsed().as_secs_f64();
        println!("{:3} texts of {tokens:3} tokens   {rate:7.0} tokens/s", texts.len());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
