//! A small world for the tests: documents, fake models and a collection of them.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod child;
pub(crate) mod damage;
pub(crate) mod random;
pub(crate) mod rounds;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use trommel_engine::{
    Answer, CollectionSettings, EngineError, Event, Folder, IndexRequest, Report, RerankStage,
    SearchSettings, Searcher, Snapshot, Splitting, Stage, index, remove,
};
use trommel_ingest::{IngestOptions, Input};
use trommel_testkit::{FakeEncoder, FakeReranker};
use trommel_vector::VectorSettings;
#[allow(unused_imports, reason = "each test file uses a part of it")]
pub(crate) use whole::{Documents, generation, whole};

pub(crate) const WORDS: [&str; 24] = [
    "pump", "seal", "valve", "leak", "motor", "filter", "water", "steam", "boiler", "gasket",
    "wrench", "torque", "sensor", "alarm", "reset", "manual", "winter", "summer", "garden",
    "train", "ticket", "coffee", "bread", "oven",
];

/// Returns a text of `words` words that is the same for the same seed.
pub(crate) fn text(seed: u64, words: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut text = String::new();
    for place in 0..words {
        if place > 0 {
            text.push_str(if place % 12 == 0 { ". " } else { " " });
        }
        text.push_str(WORDS[(next() % WORDS.len() as u64) as usize]);
    }
    text
}

pub(crate) fn encoder() -> FakeEncoder {
    FakeEncoder::new(16)
}

pub(crate) fn settings() -> CollectionSettings {
    CollectionSettings {
        splitting: Splitting { max_tokens: 24, overlap_tokens: 0 },
        insist: false,
        vectors: VectorSettings::default(),
    }
}

pub(crate) fn request(inputs: &[PathBuf]) -> IndexRequest {
    IndexRequest {
        inputs: inputs.iter().cloned().map(Input::Path).collect(),
        ingest: IngestOptions::default(),
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: usize::MAX,
        depth: None,
        refine: true,
        late: None,
    }
}

/// Indexes paths with the fake encoder.
pub(crate) fn index_paths(
    folder: impl Into<Folder>,
    inputs: &[PathBuf],
) -> Result<Report, EngineError> {
    index_with(folder, request(inputs), &mut |_| {})
}

pub(crate) fn index_with(
    folder: impl Into<Folder>,
    request: IndexRequest,
    progress: &mut dyn FnMut(Event),
) -> Result<Report, EngineError> {
    let encoder = encoder();
    index(folder, request, &settings(), &encoder, &encoder, progress, &AtomicBool::new(false))
}

pub(crate) fn pipeline(folder: &Path) -> Result<Searcher, EngineError> {
    let snapshot = Snapshot::open(folder, Stage::Reranked)?;
    Searcher::new(
        snapshot,
        Some(Arc::new(encoder())),
        vec![RerankStage::of(Arc::new(FakeReranker))],
    )
}

pub(crate) fn search(
    pipeline: &Searcher,
    query: &str,
    stage: Stage,
) -> Result<Answer, EngineError> {
    let settings = SearchSettings { stage, k: 50, ..SearchSettings::default() };
    pipeline.search(query, &settings, &|| Duration::ZERO)
}

/// Returns ids and scores, to the last bit.
pub(crate) fn outcome(answer: &Answer) -> Vec<(String, u32)> {
    answer.hits.iter().map(|hit| (hit.id.clone(), hit.candidate.score.to_bits())).collect()
}

/// Returns the ids of an answer, best first.
pub(crate) fn ids_of(answer: &Answer) -> Vec<String> {
    answer.hits.iter().map(|hit| hit.id.clone()).collect()
}

/// Writes `count` documents as JSON lines.
pub(crate) fn write_jsonl(path: &Path, ids: std::ops::Range<u64>, salt: u64) {
    let lines: String = ids
        .map(|id| {
            let text = text(id * 31 + salt, 10 + (id % 60) as usize);
            format!("{{\"_id\":\"d{id}\",\"title\":\"T{id}\",\"text\":\"{text}\"}}\n")
        })
        .collect();
    fs::write(path, lines).unwrap();
}

/// Returns a collection of the documents d0 to d45, d2 not among them, with several segments.
pub(crate) fn collection(folder: &Path) -> PathBuf {
    let (file, collection) = (folder.join("x.jsonl"), folder.join("c"));
    write_jsonl(&file, 0..40, 1);
    index_paths(&collection, std::slice::from_ref(&file)).unwrap();
    write_jsonl(&file, 0..46, 1);
    let mut request = request(std::slice::from_ref(&file));
    request.commit_every = 4;
    index_with(&collection, request, &mut |_| {}).unwrap();
    remove(&collection, &["d2".to_owned()], VectorSettings::default()).unwrap();
    collection
}

/// Returns a collection of the documents that [`write_jsonl`] makes.
pub(crate) fn indexed(folder: &Path, ids: std::ops::Range<u64>, salt: u64) -> PathBuf {
    let (file, collection) = (folder.join("x.jsonl"), folder.join("c"));
    write_jsonl(&file, ids, salt);
    index_paths(&collection, &[file]).unwrap();
    collection
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}
