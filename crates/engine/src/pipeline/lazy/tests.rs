//! Fears that passages of different depths are not comparable, that a search depends on what is cached,
//! and that what was encoded late is lost or counted twice.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trommel_core::{
    ContentHash, Document, Encoder, Fingerprint, Lines, ModelError, Origin, Passage, PassageId,
    Query,
};
use trommel_predict::{ScoreMatch, Table};
use trommel_testkit::FakeEncoder;
use trommel_vector::VectorSearch;

use super::super::dense::DenseRetriever;
use super::super::{Answer, SearchSettings, Searcher, Stage, VectorOrigin};
use crate::collection::{CollectionSettings, CollectionWriter, Depth, Root, RootKind};
use crate::documents::StoredDocument;
use crate::testing::table_of;
use crate::{LATE_VECTORS_LIMIT, LateVectors, Snapshot};

const WORDS: [&str; 12] = [
    "pump", "valve", "seal", "leak", "motor", "filter", "water", "steam", "gear", "belt", "fan",
    "oil",
];

/// An encoder that counts what it reads, and whose every passage takes a second of its own clock.
struct Counting {
    inner: FakeEncoder,
    read: AtomicUsize,
    seconds: AtomicU64,
    texts: Mutex<Vec<String>>,
}

impl Encoder for Counting {
    fn fingerprint(&self) -> &Fingerprint {
        self.inner.fingerprint()
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.inner.encode_query(text)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.read.fetch_add(texts.len(), Ordering::Relaxed);
        self.seconds.fetch_add(texts.len() as u64, Ordering::Relaxed);
        self.texts.lock().unwrap().extend(texts.iter().map(|text| (*text).to_owned()));
        self.inner.encode_passages(texts)
    }
}

fn encoder() -> FakeEncoder {
    FakeEncoder::new(16)
}

fn counting() -> Arc<Counting> {
    let (read, seconds, texts) = (0.into(), 0.into(), Mutex::default());
    Arc::new(Counting { inner: encoder(), read, seconds, texts })
}

/// All pairs of words.
fn pairs() -> Vec<String> {
    let pair = |a: usize, b: usize| [WORDS[a], WORDS[b]].join(" ");
    (0..WORDS.len()).flat_map(|a| (0..a).map(move |b| pair(a, b))).collect()
}

fn vector(text: &str) -> Vec<f32> {
    encoder().encode_query(text).unwrap()
}

/// A vector that is not the text's, and has to do with it.
fn told(text: &str) -> Vec<f32> {
    let mut told: Vec<f32> = vector(text).iter().map(|x| 0.4 * x + 0.2).collect();
    let norm = told.iter().map(|x| x * x).sum::<f32>().sqrt();
    told.iter_mut().for_each(|x| *x /= norm);
    told
}

/// Returns what is learned from the pairs, whose passages are numbered as they are.
fn table() -> Table {
    table_of(&encoder(), pairs())
}

fn stored(id: usize, text: &str) -> StoredDocument {
    let id = format!("d{id:03}");
    let origin = Origin { root: "/notes".into(), path: format!("{id}.txt"), line: None };
    let hash = ContentHash(*blake3::hash(text.as_bytes()).as_bytes());
    let lines = Lines { first: 1, last: 1 };
    let passage = Passage { bytes: 0..text.len(), lines, headings: Vec::new(), location: None };
    let document = Document { origin, hash, ..Document::new(&id, text) };
    StoredDocument { document, passages: vec![passage] }
}

/// A collection of one passage a document, numbered from 0.
fn collection(documents: &[(String, Depth)]) -> (tempfile::TempDir, Arc<Snapshot>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let settings = CollectionSettings::default();
    let mut writer =
        CollectionWriter::open_or_create(&path, encoder().fingerprint(), &settings).unwrap();
    let root = writer.root(&Root::new("/notes", RootKind::Folder));
    for (at, (text, depth)) in documents.iter().enumerate() {
        let vectors = if *depth == Depth::Encoded { vec![vector(text)] } else { Vec::new() };
        writer.write(&stored(at, text), root, None, &vectors).unwrap();
    }
    if documents.iter().any(|(_, depth)| *depth == Depth::Predicted) {
        writer.begin_predictions(table()).unwrap();
        for (at, (text, _)) in
            documents.iter().enumerate().filter(|(_, it)| it.1 == Depth::Predicted)
        {
            writer.predict(PassageId(at as u64), &told(text)).unwrap();
        }
    }
    writer.commit(true).unwrap();
    let snapshot = Arc::new(Snapshot::open(&path, Stage::Fused).unwrap());
    (folder, snapshot)
}

/// All pairs encoded, then triples of a depth.
fn mixed(depth: Depth) -> Vec<(String, Depth)> {
    let triple = |at: usize| {
        [WORDS[at % 12], WORDS[(at * 5 + 1) % 12], WORDS[(at * 7 + 2 + at / 12) % 12]].join(" ")
    };
    let pairs = pairs().into_iter().map(|text| (text, Depth::Encoded));
    pairs.chain((0..20).map(|at| (triple(at), depth))).collect()
}

fn settings(lazy: usize) -> SearchSettings {
    SearchSettings { stage: Stage::Fused, k: 50, candidates: 50, lazy, ..SearchSettings::default() }
}

fn ask(searcher: &Searcher, query: &str, settings: &SearchSettings) -> Answer {
    searcher.search(query, settings, &|| Duration::ZERO).unwrap()
}

fn order(answer: &Answer) -> Vec<(String, f32)> {
    let hit = |hit: &super::super::Hit| {
        (hit.id.clone(), hit.candidate.fused.map_or(f32::NAN, |fused| fused.score))
    };
    answer.hits.iter().map(hit).collect()
}

#[test]
fn predictions_are_found_among_the_encoded_on_their_scale() {
    let mut documents = mixed(Depth::Predicted);
    documents.push(("belt fan oil".into(), Depth::Lexical));
    let (_folder, snapshot) = collection(&documents);
    let dense = DenseRetriever::new(&snapshot, VectorSearch::default()).unwrap();
    let asked = vector("steam fan");
    let query = Query { text: "steam fan", vector: &asked };
    let dot = |a: &[f32]| a.iter().zip(&asked).map(|(a, b)| a * b).sum::<f32>();

    let table = table();
    let known = table.left_out().iter();
    let line = ScoreMatch::new(
        known.map(|(id, told)| (dot(&vector(&documents[id.0 as usize].0)), dot(told))),
    );
    let expected: Vec<Option<f32>> = documents
        .iter()
        .map(|(text, depth)| match depth {
            Depth::Encoded => Some(dot(&vector(text))),
            Depth::Predicted => Some(line.apply(dot(&told(text)))),
            Depth::Lexical => None,
        })
        .collect();

    let ids: Vec<PassageId> = (0..documents.len() as u64).map(PassageId).collect();
    let scores = dense.score(query, &ids).unwrap();
    for (got, expected) in scores.iter().zip(&expected) {
        match (got, expected) {
            (Some(got), Some(expected)) => assert!((got - expected).abs() < 1e-5),
            (got, expected) => assert_eq!(got, expected),
        }
    }
    let all = dense.retrieve(query, 1_000, None).unwrap();
    assert_eq!(all.len(), documents.len() - 1, "what has no vector is not found");
    assert!(all.iter().any(|it| it.id.0 >= 66) && all.iter().any(|it| it.id.0 < 66));
    assert!(all.windows(2).all(|pair| pair[0].score >= pair[1].score));
    assert!(all.iter().all(|it| scores[it.id.0 as usize] == Some(it.score)));
    let few = dense.retrieve(query, 9, None).unwrap();
    assert_eq!(few, all[..9]);
}

#[test]
fn with_all_candidates_read_the_order_is_that_of_a_collection_that_is_encoded() {
    let documents = mixed(Depth::Lexical);
    let encoded: Vec<(String, Depth)> =
        documents.iter().map(|(text, _)| (text.clone(), Depth::Encoded)).collect();
    let ((_one, lexical), (_other, encoded)) = (collection(&documents), collection(&encoded));
    // Both sources name all documents, so that both pools are the same.
    let everything =
        |lazy| SearchSettings { k: 86, candidates: 86, neighbours: 0.0, ..settings(lazy) };
    let query = WORDS.join(" ");
    let reader = counting();
    let lazy = Searcher::new(lexical, Some(reader.clone() as _), Vec::new()).unwrap();
    let full = Searcher::new(encoded, Some(reader.clone() as _), Vec::new()).unwrap();
    let (lazy, full) = (ask(&lazy, &query, &everything(86)), ask(&full, &query, &everything(86)));
    assert_eq!(order(&lazy), order(&full));
    assert_eq!(lazy.lazy.map(|it| (it.read, it.of)), Some((20, 20)));
    assert_eq!((full.lazy, reader.read.load(Ordering::Relaxed)), (None, 20));
    let origins = |of| lazy.hits.iter().filter(|hit| hit.candidate.vector == Some(of)).count();
    assert_eq!((origins(VectorOrigin::EncodedNow), origins(VectorOrigin::Encoded)), (20, 66));
    assert!(full.hits.iter().all(|hit| hit.candidate.vector.is_none()));
}

#[test]
fn what_was_read_stands_before_what_was_not() {
    let documents = mixed(Depth::Predicted);
    let (_folder, snapshot) = collection(&documents);
    let reader = counting();
    let searcher = Searcher::new(snapshot, Some(reader.clone() as _), Vec::new()).unwrap();
    let before = ask(&searcher, "steam fan oil", &settings(0));
    assert_eq!((before.lazy, reader.read.load(Ordering::Relaxed)), (None, 0));
    let after = ask(&searcher, "steam fan oil", &settings(3));
    assert_eq!(reader.read.load(Ordering::Relaxed), 3);
    let origin = |hit: &super::super::Hit| hit.candidate.vector;
    let is_told = |hit: &&super::super::Hit| origin(hit) == Some(VectorOrigin::Predicted);
    let read: Vec<&str> =
        before.hits.iter().filter(is_told).take(3).map(|hit| hit.id.as_str()).collect();
    let window = 1 + before.hits.iter().position(|hit| hit.id == read[2]).unwrap();
    let now = |hit: &&super::super::Hit| origin(hit) == Some(VectorOrigin::EncodedNow);
    let mut got: Vec<&str> = after.hits.iter().filter(now).map(|hit| hit.id.as_str()).collect();
    got.sort_unstable();
    let mut expected = read.clone();
    expected.sort_unstable();
    assert_eq!(got, expected);
    assert!(after.hits[..window].iter().all(|hit| !is_told(&hit)));
    let rest = |answer: &Answer| -> Vec<String> {
        answer.hits[window..].iter().map(|hit| hit.id.clone()).collect()
    };
    assert_eq!(rest(&after), rest(&before), "the others keep their order");
    let scores = order(&after);
    assert!(scores.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{scores:?}");
}

#[test]
fn a_second_search_reads_nothing_and_answers_the_same() {
    let (folder, snapshot) = collection(&mixed(Depth::Predicted));
    let late = || {
        let folder = folder.path().join("cache");
        Arc::new(LateVectors::open(&folder, encoder().fingerprint(), LATE_VECTORS_LIMIT))
    };
    let reader = counting();
    let open = |late| {
        let searcher = Searcher::new(snapshot.clone(), Some(reader.clone() as _), Vec::new());
        searcher.unwrap().with_late_vectors(late)
    };
    let first = ask(&open(late()), "steam fan oil", &settings(3));
    assert_eq!(reader.read.load(Ordering::Relaxed), 3);
    let second = ask(&open(late()), "steam fan oil", &settings(3));
    assert_eq!(reader.read.load(Ordering::Relaxed), 3);
    assert_eq!((&first.hits, first.lazy), (&second.hits, second.lazy));
    // One more is read, and no more.
    ask(&open(late()), "steam fan oil", &settings(4));
    assert_eq!(reader.read.load(Ordering::Relaxed), 4);
    let texts = reader.texts.lock().unwrap().clone();
    let kept = late().all();
    assert_eq!(kept.len(), 4);
    assert!(kept.iter().zip(&texts).all(|(kept, text)| kept.is_of(text)));
}

#[test]
fn a_budget_ends_the_reading_and_the_answer_says_so() {
    let (_folder, snapshot) = collection(&mixed(Depth::Lexical));
    let reader = counting();
    let searcher = Searcher::new(snapshot, Some(reader.clone() as _), Vec::new()).unwrap();
    let budget = Some(Duration::from_secs(9));
    let clock = || Duration::from_secs(reader.seconds.load(Ordering::Relaxed));
    let query = WORDS.join(" ");
    let asked = SearchSettings { budget, ..settings(20) };
    let answer = searcher.search(&query, &asked, &clock).unwrap();
    // Four at a time, a second each: the third four would end too late.
    assert_eq!(answer.lazy.map(|it| (it.read, it.of)), Some((8, 20)));
    assert_eq!(answer.hits.len(), 50);
    let none = SearchSettings { budget: Some(Duration::ZERO), ..settings(20) };
    let answer = searcher.search(&query, &none, &clock).unwrap();
    assert_eq!(answer.lazy.map(|it| (it.read, it.of)), Some((4, 20)), "the first are always read");
}

#[test]
fn words_alone_rank_where_nothing_is_encoded_and_nothing_may_be() {
    let documents: Vec<(String, Depth)> =
        mixed(Depth::Lexical).into_iter().map(|(text, _)| (text, Depth::Lexical)).collect();
    let (_folder, snapshot) = collection(&documents);
    let searcher = Searcher::new(snapshot, Some(counting() as _), Vec::new()).unwrap();
    let fused = ask(&searcher, "steam fan oil", &settings(0));
    let lexical = SearchSettings { stage: Stage::LEXICAL, ..settings(0) };
    let words = ask(&searcher, "steam fan oil", &lexical);
    let first =
        |answer: &Answer| answer.hits.iter().take(10).map(|hit| hit.id.clone()).collect::<Vec<_>>();
    assert!(!first(&words).is_empty());
    assert_eq!(first(&fused), first(&words));
    assert_eq!(fused.sources[1].found, None, "vectors took no part");
}
