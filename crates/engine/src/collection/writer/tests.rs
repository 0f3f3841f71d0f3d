//! Fears that the two indexes and the document store drift apart: random operations against a map.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use trommel_core::{ContentHash, Document, Encoder, Lines, Origin, Passage, Query, Retriever};
use trommel_lexical::LexicalSettings;
use trommel_testkit::{FakeEncoder, FaultyDisk, LongRun};
use trommel_vector::VectorSearch;

use super::*;
use crate::collection::RootKind;
use crate::{Snapshot, Stage, check};

/// The words of all texts; none is another's stem.
const WORDS: [&str; 8] = ["pump", "seal", "valve", "leak", "motor", "filter", "water", "steam"];

/// How many sequences one seed is, and how many operations each is.
const SEQUENCES: u32 = 25;
const OPERATIONS: usize = 50;

#[derive(Debug, Clone)]
enum Operation {
    /// Adds a document, or puts it in the place of the one with its id.
    Write(u8, Vec<usize>),
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
        10 => (0..24_u8, text).prop_map(|(id, words)| Operation::Write(id, words)),
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
    world.write("a", "pump seal");
    world.commit();
    let opening = crate::collection::Opening::begin(&world.folder);
    let old = Manifest::read(&world.folder).unwrap();
    for text in ["valve", "leak", "motor"] {
        world.write("a", text);
        world.commit();
    }
    let reader = Snapshot::open_generation(&world.folder, old.clone(), Stage::Reranked).unwrap();
    assert_eq!(reader.document("a").unwrap().unwrap().document.text, "pump seal");
    drop(opening);
    world.write("a", "filter");
    world.commit();
    assert_eq!(check(&world.folder).unwrap().orphans, [""; 0]);
    assert!(Snapshot::open_generation(&world.folder, old, Stage::Reranked).is_err());
    assert_eq!(reader.document("a").unwrap().unwrap().document.text, "pump seal");
}

/// A collection and the map that says what it should hold.
struct World {
    _root: tempfile::TempDir,
    folder: Folder,
    writer: Option<CollectionWriter>,
    /// Texts by id: as the writer has them, and as the last commit has.
    written: BTreeMap<String, String>,
    committed: BTreeMap<String, String>,
}

impl World {
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
            Operation::Write(id, words) => {
                let words: Vec<&str> = words.into_iter().map(|word| WORDS[word]).collect();
                self.write(&format!("d{id}"), &words.join(" "));
            }
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

    fn write(&mut self, id: &str, text: &str) {
        let stored = stored(id, text);
        let texts: Vec<&str> = stored.passages.iter().map(|it| it.text(&stored.document)).collect();
        let vectors = encoder().encode_passages(&texts).unwrap();
        let writer = self.writer();
        let root = writer.root(&Root::new("/notes", RootKind::Folder));
        let replaces = writer.write(&stored, root, None, &vectors).unwrap();
        let before = self.written.insert(id.to_owned(), text.to_owned());
        assert_eq!(replaces, before.is_some());
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
        let mut found = BTreeMap::new();
        let mut passages = BTreeMap::new();
        for entry in snapshot.catalogue().entries() {
            let stored = snapshot.read(entry).unwrap();
            for (id, passage) in entry.passage_ids().zip(&stored.passages) {
                passages.insert(id, passage.text(&stored.document).to_owned());
            }
            found.insert(entry.id.clone(), stored.document.text);
        }
        assert_eq!(found, self.committed);
        lexical_index_has(&snapshot, &passages);
        vector_index_has(&snapshot, &passages);
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

fn vector_index_has(snapshot: &Snapshot, passages: &BTreeMap<PassageId, String>) {
    let index = snapshot.vectors().unwrap();
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
    let hash = ContentHash(*blake3::hash(text.as_bytes()).as_bytes());
    let document = Document { origin, hash, ..Document::new(id, text) };
    StoredDocument { document, passages }
}
