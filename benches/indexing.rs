//! What indexing costs beyond the encoder: reading, splitting, BM25 and committing.
//!
//! Indexes a corpus with the default encoder and encodes the same passages without an index, in
//! turn, and prints both times and their ratio. `cargo bench --bench indexing [-- FILE [DOCUMENTS]]`
//! reads the first documents of a JSONL file or, without one, the sample corpus. The default models
//! must be in the store (`trommel models fetch`).

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use trommel_core::Encoder;
use trommel_engine::{CollectionSettings, IndexRequest, Splitting, index};
use trommel_inference::ModelTokenCounter;
use trommel_ingest::{IngestOptions, Input, Item, SplitSettings, Splitter, read};
use trommel_models::Runtime;

const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(&arguments, folder.path());
    let store = trommel_testkit::store();
    let model = store.model(trommel_models::DEFAULT_ENCODER).unwrap();
    let runtime = Runtime::Onnx { library: store.runtime().unwrap() };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let encoder = trommel_inference::load_encoder(&model, &runtime, threads).unwrap();
    let counter = ModelTokenCounter::new(&model).unwrap();

    let passages = passages(&corpus, &counter);
    println!("{} passages, {threads} threads", passages.len());
    encoder
        .encode_passages(
            &passages[..passages.len().min(8)].iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .unwrap();
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let bare = encode(&passages, &*encoder);
        let whole = index_all(&corpus, &folder.path().join(round.to_string()), &*encoder, &counter);
        let ratio = whole.as_secs_f64() / bare.as_secs_f64();
        println!("encoder {bare:.2?}, indexing {whole:.2?}, ratio {ratio:.3}");
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.3}", ratios[ROUNDS / 2]);
}

/// Returns the sample corpus, or a copy of the first lines of the file that was named.
fn corpus(arguments: &[String], folder: &Path) -> PathBuf {
    let Some(file) = arguments.first() else {
        return Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/corpus");
    };
    let lines = arguments.get(1).map_or(usize::MAX, |number| number.parse().unwrap());
    let text = std::fs::read_to_string(file).unwrap();
    let head: Vec<&str> = text.lines().take(lines).collect();
    let copy = folder.join("corpus.jsonl");
    std::fs::write(&copy, head.join("\n")).unwrap();
    copy
}

fn passages(corpus: &Path, counter: &ModelTokenCounter) -> Vec<String> {
    let Splitting { max_tokens, overlap_tokens } = Splitting::default();
    let splitter = Splitter::new(counter, SplitSettings { max_tokens, overlap_tokens });
    let items = read(Input::Path(corpus.to_owned()), &IngestOptions::default()).unwrap();
    items
        .filter_map(|item| match item.unwrap() {
            Item::Document(document) => Some(document),
            Item::Skipped(_) | Item::Unchanged(_) => None,
        })
        .flat_map(|document| {
            let above = |passage: &trommel_core::Passage| {
                format!("{}\n{}", passage.context(&document.title), passage.text(&document))
            };
            splitter.split(&document).iter().map(above).collect::<Vec<_>>()
        })
        .collect()
}

fn encode(passages: &[String], encoder: &dyn Encoder) -> Duration {
    let texts: Vec<&str> = passages.iter().map(String::as_str).collect();
    let start = Instant::now();
    encoder.encode_passages(&texts).unwrap();
    start.elapsed()
}

fn index_all(
    corpus: &Path,
    folder: &Path,
    encoder: &dyn Encoder,
    counter: &ModelTokenCounter,
) -> Duration {
    let request = IndexRequest {
        inputs: vec![Input::Path(corpus.to_owned())],
        ingest: IngestOptions::default(),
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: 2_000,
        depth: None,
        refine: true,
        late: None,
    };
    let settings = CollectionSettings {
        splitting: Splitting::default(),
        insist: false,
        vectors: Default::default(),
    };
    let never = AtomicBool::new(false);
    let start = Instant::now();
    index(folder, request, &settings, encoder, counter, &mut |_| {}, &never).unwrap();
    start.elapsed()
}
