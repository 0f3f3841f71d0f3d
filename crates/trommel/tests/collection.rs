//! Fears of a program that embeds a collection: that it sees less than it wrote, or more than it
//! committed, or that a mistake of its own costs what was there.

use std::fs;
use std::sync::Arc;
use std::thread;

use trommel::{Collection, Document, ErrorKind, Models, Stage, Upserted};
use trommel_testkit::{FakeEncoder, FakeReranker};

fn models() -> Models {
    let encoder = Arc::new(FakeEncoder::new(16));
    Models::of_encoder(encoder.clone(), encoder).with_reranker(Arc::new(FakeReranker))
}

/// A folder with two notes, and a collection of them.
fn notes() -> (tempfile::TempDir, Collection) {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("release.md"), "# Releases\n\nRoll back to undo a release.\n").unwrap();
    fs::write(notes.join("lunch.txt"), "Lunch is at noon.\n").unwrap();
    let collection = Collection::open_or_create(folder.path().join("c"), &models()).unwrap();
    let report = collection.index([&notes]).unwrap();
    assert_eq!((report.added, report.generation), (2, 1));
    (folder, collection)
}

fn ids(collection: &Collection, query: &str, stage: Stage) -> Vec<String> {
    let answer = collection.search(query).stage(stage).run().unwrap();
    answer.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn what_was_indexed_and_handed_over_is_found_where_it_lies() {
    let (folder, notes) = notes();
    let memo = Document::new("memo-1", "Call the plumber.\nThe pump leaks.");
    assert_eq!(notes.upsert(memo).unwrap(), Upserted::Added);
    assert_eq!(notes.commit().unwrap(), 2);

    let answer = notes.search("undo a release").k(1).run().unwrap();
    assert_eq!(answer.stage, Stage::Reranked);
    let hit = &answer.hits[0];
    assert_eq!(hit.path(), folder.path().join("notes/release.md").to_string_lossy());
    assert_eq!(hit.location().to_string(), "1-3");
    assert_eq!(hit.sentence().trim(), "Roll back to undo a release.");

    let answer = notes.search("plumber").k(1).run().unwrap();
    let hit = &answer.hits[0];
    assert_eq!((hit.path().as_str(), hit.sentence().trim()), ("memo-1", "Call the plumber."));
}

#[test]
fn changes_are_seen_after_their_commit_and_not_before() {
    let (_folder, notes) = notes();
    notes.upsert(Document::new("memo-1", "Call the plumber.")).unwrap();
    assert!(ids(&notes, "plumber", Stage::LEXICAL).is_empty());
    notes.commit().unwrap();
    assert_eq!(ids(&notes, "plumber", Stage::LEXICAL), ["memo-1"]);
    assert!(notes.remove("memo-1").unwrap());
    assert_eq!(ids(&notes, "plumber", Stage::LEXICAL), ["memo-1"]);
    notes.commit().unwrap();
    assert!(ids(&notes, "plumber", Stage::LEXICAL).is_empty());
    assert!(!notes.remove("memo-1").unwrap());
}

#[test]
fn an_indexing_run_commits_what_waits_and_misses_nothing_of_it() {
    let (folder, notes) = notes();
    notes.upsert(Document::new("memo-1", "Call the plumber.")).unwrap();
    let report = notes.index([folder.path().join("notes")]).unwrap();
    assert_eq!((report.unchanged, report.removed), (2, 0));
    assert_eq!(ids(&notes, "plumber", Stage::Fused)[0], "memo-1");
}

#[test]
fn a_bad_document_is_refused_and_costs_nothing_that_waits() {
    let (_folder, notes) = notes();
    notes.upsert(Document::new("memo-1", "Call the plumber.")).unwrap();
    for bad in [Document::new("", "text"), Document::new("x", ""), Document::new("a\nb", "text")] {
        assert_eq!(notes.upsert(bad).unwrap_err().kind(), ErrorKind::Invalid);
    }
    notes.commit().unwrap();
    assert_eq!(ids(&notes, "plumber", Stage::LEXICAL), ["memo-1"]);
}

#[test]
fn the_kind_of_an_error_says_whose_trouble_it_is() {
    let (folder, notes) = notes();
    let kind = |error: trommel::Error| error.kind();
    let absent = Collection::open(folder.path().join("absent"), &models());
    assert_eq!(absent.map(|_| ()).map_err(kind), Err(ErrorKind::NotFound));
    assert_eq!(notes.search("  ").run().map(|_| ()).map_err(kind), Err(ErrorKind::Invalid));
    assert_eq!(notes.search("x").k(0).run().map(|_| ()).map_err(kind), Err(ErrorKind::Invalid));
    let missing = notes.index([folder.path().join("nowhere")]);
    assert_eq!(missing.map(|_| ()).map_err(kind), Err(ErrorKind::NotFound));

    // Another collection object is another writer.
    notes.upsert(Document::new("memo-1", "Call the plumber.")).unwrap();
    let other = Collection::open(notes.folder(), &models()).unwrap();
    let refused = other.upsert(Document::new("memo-2", "Water the plants."));
    assert_eq!(refused.map(|_| ()).map_err(kind), Err(ErrorKind::Busy));
    notes.commit().unwrap();
    other.upsert(Document::new("memo-2", "Water the plants.")).unwrap();

    let encoder = Arc::new(FakeEncoder::named("another", 16));
    let stranger =
        Collection::open(notes.folder(), &Models::of_encoder(encoder.clone(), encoder)).unwrap();
    assert_eq!(stranger.search("x").run().map(|_| ()).map_err(kind), Err(ErrorKind::Invalid));

    fs::write(notes.folder().join("manifest.json"), "{}").unwrap();
    assert_eq!(notes.search("x").run().map(|_| ()).map_err(kind), Err(ErrorKind::Damaged));
}

#[test]
fn without_a_reranker_feedback_has_the_last_word_unless_another_is_asked_for() {
    let (_folder, notes) = notes();
    let encoder = Arc::new(FakeEncoder::new(16));
    let plain =
        Collection::open(notes.folder(), &Models::of_encoder(encoder.clone(), encoder)).unwrap();
    assert_eq!(plain.search("release").run().unwrap().stage, Stage::Feedback);
    let error = plain.search("release").stage(Stage::Reranked).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn many_threads_search_one_collection_while_it_changes() {
    let (_folder, notes) = notes();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(ids(&notes, "undo a release", Stage::Fused)[0], "release.md");
                }
            });
        }
        for number in 0..10 {
            let memo = Document::new(format!("memo-{number}"), "Call the plumber.");
            notes.upsert(memo).unwrap();
            notes.commit().unwrap();
        }
    });
    assert_eq!(ids(&notes, "plumber", Stage::LEXICAL).len(), 10);
}
