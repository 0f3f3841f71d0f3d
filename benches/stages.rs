//! How long each stage of a search takes, and each step of indexing that is not the encoder.
//!
//! Everything here runs on generated text and fake models; the models have their own benches.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use trommel_core::Document;
use trommel_engine::fusion::{Method, SourceScores, fuse};
use trommel_engine::{
    CollectionSettings, IndexRequest, RerankStage, SearchSettings, Searcher, Snapshot, Splitting,
    Stage, index,
};
use trommel_ingest::{IngestOptions, Input, SplitSettings, Splitter};
use trommel_testkit::{FakeEncoder, FakeReranker};

const DOCUMENTS: usize = 5_000;
const DIMENSION: usize = 384;

/// Returns a text of `words` words, the frequent ones being frequent as in a language.
fn text(seed: usize, words: usize) -> String {
    let mut state = seed as u64 * 2 + 1;
    let mut word = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let uniform = (state >> 11) as f64 / (1u64 << 53) as f64;
        format!("w{}", (uniform.powi(3) * 20_000.0) as u32)
    };
    let sentences: Vec<String> = (0..words.div_ceil(12))
        .map(|_| (0..12).map(|_| word()).collect::<Vec<_>>().join(" "))
        .collect();
    sentences.join(". ")
}

fn collection(folder: &Path, encoder: &FakeEncoder) {
    let lines: String = (0..DOCUMENTS)
        .map(|id| format!("{{\"_id\":\"{id}\",\"text\":\"{}\"}}\n", text(id, 150)))
        .collect();
    let corpus = folder.join("corpus.jsonl");
    std::fs::write(&corpus, lines).unwrap();
    let request = IndexRequest {
        inputs: vec![Input::Path(corpus)],
        ingest: IngestOptions::default(),
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: usize::MAX,
        depth: None,
        refine: true,
        late: None,
    };
    let settings = CollectionSettings {
        splitting: Splitting { max_tokens: 256, overlap_tokens: 0 },
        insist: false,
        vectors: Default::default(),
    };
    let never = AtomicBool::new(false);
    index(&folder.join("c"), request, &settings, encoder, encoder, &mut |_| {}, &never).unwrap();
}

fn searching(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let encoder = FakeEncoder::new(DIMENSION);
    collection(folder.path(), &encoder);
    let folder = folder.path().join("c");
    criterion.bench_function("open 5,000 documents", |bench| {
        bench.iter(|| Snapshot::open(&folder, Stage::Reranked).unwrap());
    });
    let snapshot = Snapshot::open(&folder, Stage::Reranked).unwrap();
    let pipeline = Searcher::new(
        snapshot,
        Some(Arc::new(encoder)),
        vec![RerankStage::of(Arc::new(FakeReranker))],
    )
    .unwrap();
    for stage in Stage::ALL {
        let settings = SearchSettings { stage, ..SearchSettings::default() };
        criterion.bench_function(&format!("search 5,000 documents, {stage}"), |bench| {
            let query = text(7, 9);
            bench.iter(|| pipeline.search(&query, &settings, &|| Duration::ZERO).unwrap());
        });
    }
}

fn fusing(criterion: &mut Criterion) {
    let column = |weight, score: fn(i32) -> f32| SourceScores {
        weight,
        scores: (0..200).map(|i| Some(score(i))).collect(),
    };
    let sources =
        [column(0.5, |i| (i * 37 % 101) as f32), column(0.5, |i| (i * 53 % 97) as f32 / 97.0)];
    for method in [Method::MinMax, Method::RRF] {
        criterion.bench_function(&format!("fuse 200 candidates, {method:?}"), |bench| {
            bench.iter(|| fuse(black_box(&sources), method));
        });
    }
}

fn splitting(criterion: &mut Criterion) {
    let encoder = FakeEncoder::new(8);
    let splitter = Splitter::new(&encoder, SplitSettings { max_tokens: 256, overlap_tokens: 32 });
    let document = Document::new("a", text(1, 10_000)).with_title("A");
    criterion.bench_function("split 10,000 words", |bench| {
        bench.iter(|| splitter.split(black_box(&document)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = searching, fusing, splitting
}
criterion_main!(benches);
