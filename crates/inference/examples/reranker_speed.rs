//! Measures a reranker: milliseconds to load, tokens a second, peak memory.
//!
//! `cargo run --release -p trommel-inference --example reranker_speed -- STORE MODEL onnx|candle THREADS`
#![allow(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;
use std::time::Instant;

use trommel_inference::load_reranker as load;
use trommel_models::Runtime;
use trommel_models::Store;

const QUERY: &str = "how long has the treasurer served";
const SENTENCE: &str =
    "The committee thanked its treasurer for nineteen years of patient service. ";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, id, runtime, threads] = arguments.as_slice() else {
        return Err("expected STORE MODEL onnx|candle THREADS".into());
    };
    let store = Store::new(store.into());
    let begun = Instant::now();
    let model = store.model(id)?;
    println!("check the model's files    {:7.1} ms", milliseconds(begun));
    let runtime = if runtime == "onnx" {
        let library = store.runtime()?;
        let begun = Instant::now();
        trommel_models::onnx_environment(&library)?;
        println!("load the library           {:7.1} ms", milliseconds(begun));
        Runtime::Onnx { library }
    } else {
        Runtime::Candle
    };
    let tokenizer = model.tokenizer()?;
    let begun = Instant::now();
    let reranker = load(&model, &runtime, threads.parse()?)?;
    println!("load, tokenizer included   {:7.1} ms", milliseconds(begun));
    for repeat in [5, 10, 20] {
        let text = SENTENCE.repeat(repeat);
        let tokens = tokenizer
            .encode_fast((QUERY, text.as_str()), true)
            .map_err(|error| error.to_string())?;
        let texts = vec![text.as_str(); 4_000 / tokens.len()];
        reranker.score_all(QUERY, &texts[..2])?;
        let begun = Instant::now();
        reranker.score_all(QUERY, &texts)?;
        let seconds = begun.elapsed().as_secs_f64();
        let (pairs, tokens) = (texts.len(), tokens.len());
        let rate = (tokens * pairs) as f64 / seconds;
        let each = seconds * 1e3 / pairs as f64;
        println!("{pairs:3} pairs of {tokens:3} tokens   {rate:7.0} tokens/s, {each:.1} ms a pair");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
