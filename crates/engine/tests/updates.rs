//! Fears about documents from memory: that a run loses them, that they are encoded twice, or that a
//! bad one spoils the rest.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::{encoder, ids_of, index_paths, pipeline, search, settings};
use trommel_core::Document;
use trommel_engine::{
    DocumentProblem, EngineError, FORMAT, Freshness, Manifest, RootKind, Snapshot, Stage, Updates,
    Upserted, check, forget, remove, status,
};
use trommel_ingest::Limits;
use trommel_vector::VectorSettings;

fn updates(collection: &Path) -> Updates {
    with_limits(collection, Limits::default())
}

fn with_limits(collection: &Path, limits: Limits) -> Updates {
    let encoder = Arc::new(encoder());
    Updates::begin(collection, encoder.clone(), encoder, &settings(), limits).unwrap()
}

fn memo() -> Document {
    Document::new("memo-1", "Call the plumber.").with_title("Seal").with_metadata("room", "kitchen")
}

/// A folder of one file, and a collection of it and of a memo.
fn notes_and_memo(folder: &Path) -> (PathBuf, PathBuf) {
    let (notes, collection) = (folder.join("notes"), folder.join("c"));
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("a.txt"), "pump seal").unwrap();
    index_paths(&collection, std::slice::from_ref(&notes)).unwrap();
    let mut updates = updates(&collection);
    assert_eq!(updates.upsert(memo()).unwrap(), Upserted::Added);
    assert_eq!(updates.commit().unwrap(), 2);
    (notes, collection)
}

#[test]
fn a_document_is_found_once_it_is_committed_and_says_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let (_, collection) = notes_and_memo(folder.path());
    let pipeline = pipeline(&collection).unwrap();
    for stage in [Stage::LEXICAL, Stage::VECTORS, Stage::Fused, Stage::Reranked] {
        assert_eq!(search(&pipeline, "plumber", stage).unwrap().hits[0].id, "memo-1", "{stage}");
    }
    let hit = search(&pipeline, "plumber", Stage::LEXICAL).unwrap().hits.remove(0);
    assert_eq!((hit.title.as_str(), hit.metadata["room"].as_str()), ("Seal", "kitchen"));
    assert_eq!((hit.origin.file().as_str(), hit.origin.line), ("memory/memo-1", None));
    assert_eq!(hit.freshness, Freshness::Unknown);

    let status = status(&collection).unwrap();
    let kinds: Vec<RootKind> = status.roots.iter().map(|root| root.kind).collect();
    assert_eq!((kinds, status.format), (vec![RootKind::Folder, RootKind::Memory], FORMAT));
    assert_eq!(check(&collection).unwrap().findings, []);
}

#[test]
fn nothing_is_there_before_a_commit_and_a_dropped_change_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join("c");
    let mut first = updates(&collection);
    first.upsert(memo()).unwrap();
    drop(first);
    assert!(matches!(Manifest::read(&collection), Err(EngineError::NoCollection { .. })));
    let mut second = updates(&collection);
    assert_eq!(second.commit().unwrap(), 0, "nothing to commit");
    assert_eq!(second.upsert(memo()).unwrap(), Upserted::Added);
    assert_eq!(second.commit().unwrap(), 1);
}

#[test]
fn an_unchanged_document_is_neither_encoded_nor_committed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_, collection) = notes_and_memo(folder.path());
    let mut updates = updates(&collection);
    assert_eq!(updates.upsert(memo()).unwrap(), Upserted::Unchanged);
    assert_eq!(updates.commit().unwrap(), 2);
    let other = memo().with_metadata("room", "bath");
    assert_eq!(updates.upsert(other.clone()).unwrap(), Upserted::Updated);
    assert_eq!(updates.upsert(other).unwrap(), Upserted::Unchanged, "it waits as it is");
    assert_eq!(updates.upsert(memo()).unwrap(), Upserted::Updated, "the later one wins");
    assert_eq!(updates.commit().unwrap(), 3);
    let stored = Snapshot::open(&collection, Stage::LEXICAL).unwrap().document("memo-1").unwrap();
    assert_eq!(stored.unwrap().document.metadata["room"], "kitchen");
}

#[test]
fn an_indexing_run_neither_misses_nor_reads_what_is_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (notes, collection) = notes_and_memo(folder.path());
    // A file of the name that the document's origin has is another thing.
    fs::write(notes.join("memo-1"), "another text").unwrap();
    for inputs in [&[notes.clone()][..], &[]] {
        let report = index_paths(&collection, inputs).unwrap();
        assert_eq!((report.removed, report.documents), (0, 3));
    }
    let snapshot = Snapshot::open(&collection, Stage::LEXICAL).unwrap();
    let text = |id| snapshot.document(id).unwrap().unwrap().document.text;
    assert_eq!(text("memo-1"), "Call the plumber.");
    assert_eq!(text("notes/memo-1"), "another text");
}

#[test]
fn a_document_takes_the_id_of_a_file_and_leaves_it_when_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let (notes, collection) = notes_and_memo(folder.path());
    let mut taking = updates(&collection);
    let taken = taking.upsert(Document::new("a.txt", "pump seal")).unwrap();
    assert_eq!(taken, Upserted::Updated);
    taking.commit().unwrap();
    drop(taking);
    // The file is still there and gets the next name that is free.
    assert_eq!(index_paths(&collection, std::slice::from_ref(&notes)).unwrap().added, 1);
    let mut leaving = updates(&collection);
    assert!(leaving.remove("a.txt").unwrap());
    assert!(!leaving.remove("a.txt").unwrap());
    leaving.commit().unwrap();
    let found = search(&pipeline(&collection).unwrap(), "pump", Stage::LEXICAL).unwrap();
    assert_eq!(ids_of(&found), ["notes/a.txt"]);
}

#[test]
fn documents_are_removed_by_id_before_and_after_a_commit_and_all_at_once_by_their_root() {
    let folder = tempfile::tempdir().unwrap();
    let (_, collection) = notes_and_memo(folder.path());
    let mut changing = updates(&collection);
    changing.upsert(Document::new("memo-2", "Buy bread.")).unwrap();
    assert!(changing.remove("memo-2").unwrap(), "it waited");
    changing.upsert(Document::new("memo-3", "Sell bread.")).unwrap();
    changing.commit().unwrap();
    drop(changing);
    let vectors = VectorSettings::default;
    let done = remove(&collection, &["memo-1".into(), "memo-2".into()], vectors()).unwrap();
    assert_eq!((done.removed, done.unknown), (vec!["memo-1".into()], vec!["memo-2".to_owned()]));
    let forgotten = forget(&collection, "memory", vectors()).unwrap().unwrap();
    assert_eq!(forgotten.removed, ["memo-3"]);
    assert_eq!(check(&collection).unwrap().findings, []);
}

#[test]
fn a_bad_document_is_refused_by_name_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join("c");
    let limits =
        Limits { max_passages: 2, max_metadata_bytes: 8, max_file_bytes: 400, ..Limits::default() };
    let mut updates = with_limits(&collection, limits);
    updates.upsert(Document::new("good", "train")).unwrap();
    let long = "word ".repeat(60);
    let bad = [
        (Document::new("", "text"), DocumentProblem::EmptyId),
        (Document::new("a\nb", "text"), DocumentProblem::ControlInId { character: '\n', at: 1 }),
        (Document::new("a", " \n").with_title(" "), DocumentProblem::NoText),
        (
            Document::new("a", "text").with_metadata("name", "value"),
            DocumentProblem::TooMuchMetadata { bytes: 9, limit: 8 },
        ),
        (Document::new("a", long), DocumentProblem::TooManyPassages { passages: 3, limit: 2 }),
        (Document::new("a", "x".repeat(401)), DocumentProblem::TooLong { bytes: 401, limit: 400 }),
    ];
    for (document, expected) in bad {
        match updates.upsert(document) {
            Err(EngineError::BadDocument { problem, .. }) => assert_eq!(problem, expected),
            other => panic!("expected {expected:?}, got {other:?}"),
        }
    }
    let message = updates.upsert(Document::new("a\u{1b}b", "text")).unwrap_err().to_string();
    assert_eq!(
        message,
        r#"document "a\u{1b}b": expected an id without control characters, got '\u{1b}' at byte 1"#
    );
    updates.upsert(Document::new("title", "").with_title("only")).unwrap();
    updates.commit().unwrap();
    assert_eq!(status(&collection).unwrap().documents, 2);
}

#[test]
fn many_documents_are_encoded_in_batches_and_get_the_vectors_of_their_own_texts() {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join("c");
    let mut updates = updates(&collection);
    for id in 0..600 {
        let document = Document::new(format!("d{id}"), support::text(id, 40));
        assert_eq!(updates.upsert(document).unwrap(), Upserted::Added);
    }
    updates.commit().unwrap();
    assert_eq!(check(&collection).unwrap().findings, []);
    let pipeline = pipeline(&collection).unwrap();
    for id in [0, 255, 256, 599] {
        // The first passage of a document has its first 24 words, at most.
        let query: Vec<String> = support::text(id, 24).split(' ').map(ToOwned::to_owned).collect();
        let found = search(&pipeline, &query.join(" "), Stage::VECTORS).unwrap();
        assert_eq!(found.hits[0].id, format!("d{id}"));
    }
}

#[test]
fn a_repair_without_a_manifest_still_knows_which_documents_no_file_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (_, collection) = notes_and_memo(folder.path());
    fs::remove_file(collection.join("manifest.json")).unwrap();
    let repair = trommel_engine::Repair::begin(&collection).unwrap();
    repair.carry_out(Some(&encoder()), &settings()).unwrap();
    let roots = Manifest::read(&collection).unwrap().roots;
    assert!(roots.iter().any(|root| root.kind == RootKind::Memory && root.path == "memory"));
    assert_eq!(index_paths(&collection, &[]).unwrap().documents, 2);
}
