//! Fears that the two indexes and the document store drift apart: random operations against a map.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use trommel_core::{Document, Encoder, Lines, Origin, Passage, Query, Retriever};
use trommel_ingest::content_hash;
use trommel_lexical::LexicalSettings;
use trommel_testkit::{FakeEncoder, FaultyDisk, LongRun};
use trommel_vector::{VectorIndex, VectorSearch};

use super::*;
use crate::collection::RootKind;
use crate::testing::table_of;
use crate::{Snapshot, Stage, check};

/// The words of all texts; none is another's stem.
const WORDS: [&str; 8] = ["pump", "seal", "valve", "leak", "motor", "filter", "water", "steam"];

/// How many sequences one seed is, and how many operations each is.
const SEQUENCES: u32 = 25;
const OPERATIONS: usize = 50;

#[derive(Debug, Clone)]
enum Operation {
    /// Adds a document, or puts it in the place of the one with its id; encodes it or does not.
    Write(u8, Vec<usize>, Depth),
    /// Predicts the vectors of all passages that are not encoded.
    Predict,
    Remove(u8),
    Commit,
    /// Drops the writer, with what was not committed, and opens another.
    Reopen,
    /// Removes every other document and commits, after which no part may keep what is dead.
    Compact,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let text = proptest::collection::vec(0..WORDS.len(), 1..14);
    let operation = prop_oneof![
        7 => (0..24_u8, text.clone())
            .prop_map(|(id, words)| Operation::Write(id, words, Depth::Encoded)),
        3 => (0..24_u8, text).prop_map(|(id, words)| Operation::Write(id, words, Depth::Lexical)),
        1 => Just(Operation::Predict),
        4 => (0..24_u8).prop_map(Operation::Remove),
        3 => Just(Operation::Commit),
        1 => Just(Operation::Reopen),
        1 => Just(Operation::Compact),
    ];
    proptest::collection::vec(operation, OPERATIONS)
}

#[test]
fn any_operations_leave_what_a_map_would_hold() {
    (0..6).for_each(sequences);
}

#[test]
#[ignore = "20,000 sequences; see docs/durability.md"]
fn any_operations_leave_what_a_map_would_hold_many_times() {
    LongRun::of("operations", 800).each(sequences);
}

fn sequences(seed: u64) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: SEQUENCES, failure_persistence: None, ..Config::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let run = TestRunner::new_with_rng(config, random).run(&operations(), |operations| {
        World::new().run(operations);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
}

#[test]
fn files_that_a_reader_is_about_to_open_stay_until_it_has() {
    let mut world = World::new();
    world.write("a", "pump seal", Depth::Encoded);
    world.commit();
    let opening = crate::collection::Opening::begin(&world.folder);
    let old = Manifest::read(&world.folder).unwrap();
    for text in ["valve", "leak", "motor"] {
        world.write("a", text, Depth::Encoded);
        world.commit();
    }
    let reader = Snapshot::open_generation(&world.folder, old.clone(), Stage::Reranked).unwrap();
    assert_eq!(reader.document("a").unwrap().unwrap().document.text, "pump seal");
    drop(opening);
    world.write("a", "filter", Depth::Encoded);
    world.commit();
    assert_eq!(check(&world.folder).unwrap().orphans, [""; 0]);
    assert!(Snapshot::open_generation(&world.folder, old, Stage::Reranked).is_err());
    assert_eq!(reader.document("a").unwrap().unwrap().document.text, "pump seal");
}

#[test]
fn predictions_go_on_from_commit_to_commit() {
    let mut world = World::new();
    world.write("a", "pump seal", Depth::Encoded);
    world.write("b", "valve leak motor", Depth::Lexical);
    world.write("c", "filter water", Depth::Lexical);
    world.commit();
    world.predict();
    world.commit();
    let names = files(&world.folder);
    assert!(names.contains(&"predictions/00000002.table".to_owned()), "{names:?}");
    world.apply(Operation::Reopen);
    world.remove("b");
    world.write("a", "steam", Depth::Encoded);
    world.commit();
    let manifest = Manifest::read(&world.folder).unwrap();
    let predictions = manifest.predictions.unwrap();
    assert_eq!((predictions.table.as_str(), predictions.fitted_passages), ("00000002.table", 28));
    assert_eq!((predictions.vectors.live, manifest.vectors.live), (1, 1));
    world.writer().drop_predictions();
    world.written.get_mut("c").unwrap().1 = Depth::Lexical;
    world.commit();
    assert_eq!(Manifest::read(&world.folder).unwrap().predictions, None);
    assert!(files(&world.folder).iter().all(|name| !name.starts_with("predictions")));
}

#[test]
fn any_changed_byte_of_predictions_means_that_there_are_none() {
    let mut world = World::half_predicted();
    let names = files(&world.folder);
    let names: Vec<&String> = names.iter().filter(|it| it.starts_with("predictions")).collect();
    assert_eq!(names.len(), 3, "a table, rows and their checksums: {names:?}");
    for name in names {
        let path = world.folder.join(name);
        let whole = fs::read(&path).unwrap();
        for damaged in [None, Some(0), Some(whole.len() / 2), Some(whole.len() - 1)] {
            match damaged {
                None => fs::remove_file(&path).unwrap(),
                Some(at) => {
                    let mut bytes = whole.clone();
                    bytes[at] ^= 0x10;
                    fs::write(&path, bytes).unwrap();
                }
            }
            let findings = check(&world.folder).unwrap().findings;
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].path, path);
            let snapshot = Snapshot::open(&world.folder, Stage::Reranked).unwrap();
            if name.ends_with(".vec") && damaged == Some(whole.len() / 2) {
                // Among the rows, which are verified when they are read.
                let index = &snapshot.predictions().unwrap().index;
                let reads = index.passages().iter().map(|id| index.read(id)).collect::<Vec<_>>();
                assert!(!index.check().is_empty() || reads.iter().any(Result::is_err));
                fs::write(&path, &whole).unwrap();
                continue;
            }
            assert_eq!(snapshot.lost_predictions().unwrap().path, path, "{damaged:?}");
            assert!(snapshot.predictions().is_none());
            let writer = CollectionWriter::open(&world.folder, VectorSettings::default()).unwrap();
            assert_eq!(writer.lost_predictions().unwrap().path, path, "{damaged:?}");
            drop(writer);
            fs::write(&path, &whole).unwrap();
        }
    }
    assert_eq!(check(&world.folder).unwrap().findings, []);
    fs::write(world.folder.join("predictions/00000001.table"), "damaged").unwrap();
    world.written.get_mut("b").unwrap().1 = Depth::Lexical;
    world.commit();
    assert!(files(&world.folder).iter().all(|name| !name.starts_with("predictions")));
}

#[test]
fn a_repair_leaves_damaged_predictions_out_and_keeps_whole_ones() {
    let world = World::half_predicted();
    let folder = world.folder.clone();
    let repair = || {
        let repair = crate::Repair::begin(&folder).unwrap();
        assert!(!repair.is_whole() && !repair.needs_encoder());
        let repaired = repair.carry_out(None, &CollectionSettings::default()).unwrap();
        assert_eq!(check(&folder).unwrap().findings, []);
        (repaired.steps, Manifest::read(&folder).unwrap())
    };
    let predictions = Manifest::read(&folder).unwrap().predictions;
    let lexical = files(&folder).into_iter().find(|it| it.starts_with("lexical")).unwrap();
    fs::write(folder.join(lexical), "damaged").unwrap();
    let (steps, manifest) = repair();
    assert_eq!(steps, ["built the BM25 index from the documents"]);
    assert_eq!(manifest.predictions, predictions);
    assert_eq!(manifest.vectors.live, 1, "what is not encoded stays so");
    fs::write(folder.join("predictions/00000001.sums"), "damaged").unwrap();
    let (steps, manifest) = repair();
    assert_eq!(steps, ["left the predictions out; the next run makes them again"]);
    assert_eq!((manifest.predictions, manifest.vectors.live), (None, 1));
    assert!(folder.join("set-aside/2/predictions/00000001.sums").exists());
}

fn files(folder: &Folder) -> Vec<String> {
    own_files(folder).unwrap()
}

/// A collection and the map that says what it should hold.
struct World {
    _root: tempfile::TempDir,
    folder: Folder,
    writer: Option<CollectionWriter>,
    /// Texts and depths by id: as the writer has them, and as the last commit has.
    written: BTreeMap<String, (String, Depth)>,
    committed: BTreeMap<String, (String, Depth)>,
}

impl World {
    /// A collection at rest, of an encoded document and a predicted one.
    fn half_predicted() -> Self {
        let mut world = Self::new();
        world.write("a", "pump seal", Depth::Encoded);
        world.write("b", "valve leak motor filter water", Depth::Lexical);
        world.predict();
        world.commit();
        world.writer = None;
        world
    }

    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::on(Arc::new(FaultyDisk::default()), &root.path().join("c"));
        Self {
            _root: root,
            folder,
            writer: None,
            written: BTreeMap::new(),
            committed: BTreeMap::new(),
        }
    }

    fn run(&mut self, operations: Vec<Operation>) {
        for operation in operations {
            self.apply(operation);
        }
        self.commit();
    }

    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Write(id, words, depth) => {
                let words: Vec<&str> = words.into_iter().map(|word| WORDS[word]).collect();
                self.write(&format!("d{id}"), &words.join(" "), depth);
            }
            Operation::Predict => self.predict(),
            Operation::Remove(id) => self.remove(&format!("d{id}")),
            Operation::Commit => self.commit(),
            Operation::Reopen => {
                self.writer = None;
                self.written.clone_from(&self.committed);
                self.verify();
            }
            Operation::Compact => {
                let ids: Vec<String> = self.written.keys().step_by(2).cloned().collect();
                ids.iter().for_each(|id| self.remove(id));
                self.commit();
            }
        }
    }

    fn writer(&mut self) -> &mut CollectionWriter {
        self.writer.get_or_insert_with(|| {
            let settings = CollectionSettings {
                splitting: Splitting::default(),
                insist: false,
                vectors: VectorSettings::default(),
            };
            let encoder = encoder();
            CollectionWriter::open_or_create(&self.folder, encoder.fingerprint(), &settings)
                .unwrap()
        })
    }

    fn write(&mut self, id: &str, text: &str, depth: Depth) {
        let stored = stored(id, text);
        let vectors = if depth == Depth::Encoded { vectors(&stored) } else { Vec::new() };
        let writer = self.writer();
        let root = writer.root(&Root::new("/notes", RootKind::Folder));
        let replaces = writer.write(&stored, root, None, &vectors).unwrap();
        let before = self.written.insert(id.to_owned(), (text.to_owned(), depth));
        assert_eq!(replaces, before.is_some());
    }

    fn predict(&mut self) {
        let entries: Vec<Entry> = self.writer().entries().collect::<Result<_, _>>().unwrap();
        let mut predicted = BTreeMap::new();
        for entry in entries {
            let Some((text, depth)) = self.written.get_mut(&entry.id) else { continue };
            if *depth != Depth::Encoded {
                *depth = Depth::Predicted;
                predicted.extend(entry.passage_ids().zip(vectors(&stored(&entry.id, text))));
            }
        }
        let writer = self.writer();
        writer.begin_predictions(table()).unwrap();
        predicted.iter().for_each(|(&id, vector)| writer.predict(id, vector).unwrap());
    }

    fn remove(&mut self, id: &str) {
        let removed = self.writer().remove(id).unwrap();
        assert_eq!(removed, self.written.remove(id).is_some());
    }

    fn commit(&mut self) {
        self.writer().commit(true).unwrap();
        self.committed.clone_from(&self.written);
        self.verify();
    }

    fn verify(&self) {
        if !self.folder.join(MANIFEST).exists() {
            assert_eq!(self.committed, BTreeMap::new());
            return;
        }
        let report = check(&self.folder).unwrap();
        assert_eq!((report.findings, report.documents), (Vec::new(), self.committed.len()));
        let snapshot = Snapshot::open(&self.folder, Stage::Reranked).unwrap();
        assert_eq!(snapshot.lost_predictions(), None);
        let mut found = BTreeMap::new();
        let mut passages = BTreeMap::new();
        let mut at =
            BTreeMap::from([Depth::Predicted, Depth::Encoded].map(|it| (it, BTreeMap::new())));
        for entry in snapshot.catalogue().entries() {
            let (_, entry) = entry.unwrap();
            let stored = snapshot.read(&entry).unwrap();
            let depth = self.committed[&entry.id].1;
            for (id, passage) in entry.passage_ids().zip(&stored.passages) {
                let text = passage.text(&stored.document).to_owned();
                at.entry(depth).or_default().insert(id, text.clone());
                passages.insert(id, text);
            }
            found.insert(entry.id.clone(), (stored.document.text, depth));
        }
        assert_eq!(found, self.committed);
        lexical_index_has(&snapshot, &passages);
        vector_index_has(snapshot.vectors().unwrap(), &at[&Depth::Encoded]);
        match snapshot.predictions() {
            Some(it) => vector_index_has(&it.index, &at[&Depth::Predicted]),
            None => assert_eq!(at[&Depth::Predicted], BTreeMap::new()),
        }
        let all_are_encoded = at[&Depth::Encoded].len() == passages.len();
        assert_eq!(snapshot.expansion().is_some(), all_are_encoded);
    }
}

fn lexical_index_has(snapshot: &Snapshot, passages: &BTreeMap<PassageId, String>) {
    let retriever = snapshot.lexical().unwrap().retriever(LexicalSettings::default());
    for word in WORDS {
        let with_word = |text: &String| text.split(' ').any(|it| it == word);
        let expected: BTreeSet<PassageId> =
            passages.iter().filter(|(_, text)| with_word(text)).map(|(&id, _)| id).collect();
        let query = Query { text: word, vector: &[] };
        let found = retriever.retrieve(query, 1_000, None).unwrap();
        let ids: BTreeSet<PassageId> = found.iter().map(|it| it.id).collect();
        assert_eq!((ids, found.len()), (expected.clone(), expected.len()), "{word}");
    }
}

fn vector_index_has(index: &VectorIndex, passages: &BTreeMap<PassageId, String>) {
    assert_eq!(index.passages().iter().count(), passages.len());
    let retriever = index.retriever(VectorSearch::default());
    for (&id, text) in passages {
        let vector = encoder().encode_query(text).unwrap();
        let score = retriever.score(Query { text, vector: &vector }, &[id]).unwrap()[0];
        assert!((score - 1.0).abs() < 1e-5, "passage {id} has another's vector: {score}");
    }
}

fn encoder() -> FakeEncoder {
    FakeEncoder::new(16)
}

/// Returns the vectors of all passages of a document.
fn vectors(stored: &StoredDocument) -> Vec<Vec<f32>> {
    let texts: Vec<&str> = stored.passages.iter().map(|it| it.text(&stored.document)).collect();
    encoder().encode_passages(&texts).unwrap()
}

/// Returns what was learned from texts of two words each.
fn table() -> Table {
    let pair = |a: usize, b: usize| [WORDS[a], WORDS[b]].join(" ");
    table_of(&encoder(), (0..WORDS.len()).flat_map(|a| (0..a).map(move |b| pair(a, b))))
}

/// Returns a document that is cut into passages of up to four words.
fn stored(id: &str, text: &str) -> StoredDocument {
    let mut passages = Vec::new();
    let mut begin = 0;
    while begin < text.len() {
        let spaces = text[begin..].match_indices(' ').nth(3);
        let end = spaces.map_or(text.len(), |(space, _)| begin + space);
        let lines = Lines { first: 1, last: 1 };
        passages.push(Passage { bytes: begin..end, lines, headings: Vec::new(), location: None });
        begin = end + 1;
    }
    let origin = Origin { root: "/notes".into(), path: format!("{id}.txt"), line: None };
    let mut document = Document { origin, ..Document::new(id, text) };
    document.hash = content_hash(&document);
    StoredDocument { document, passages }
}
