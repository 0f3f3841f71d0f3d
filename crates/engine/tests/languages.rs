//! Fears that a collection is read by another language than it was told, or loses what it has when it is
//! moved over to another analyzer.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use support::{copy, ids_of, index_with, pipeline, request, search};
use trommel_engine::{EngineError, Manifest, Report, Stage, check, reanalyse, status};
use trommel_vector::VectorSettings;

/// Returns a copy of a collection that the analyzer `english-v1` made.
fn older() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join("c");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/format-4");
    copy(&fixture, &collection);
    (folder, collection)
}

fn languages(collection: &Path) -> BTreeMap<String, u64> {
    status(collection).unwrap().languages
}

fn found(collection: &Path, query: &str) -> Vec<String> {
    ids_of(&search(&pipeline(collection).unwrap(), query, Stage::LEXICAL).unwrap())
}

#[test]
fn a_collection_moves_over_to_the_newest_analyzer_with_all_that_it_has() {
    let (_folder, collection) = older();
    let before = Manifest::read(&collection).unwrap();
    assert_eq!(before.lexical.analyzer, "english-v1");
    let mut holding = found(&collection, "gasket");

    // no encoder is there to encode anything
    let vectors = VectorSettings::default();
    let done = reanalyse(&*collection, vectors, &AtomicBool::new(false)).unwrap();
    let after = Manifest::read(&collection).unwrap();
    assert_eq!((&*done.before, &*done.analyzer), ("english-v1", "languages-v1"));
    assert_eq!((done.documents, done.passages), (16, 28));
    assert_eq!((done.generation, after.generation), (before.generation + 1, done.generation));
    assert_eq!(after.vectors.segments, before.vectors.segments);
    assert_eq!(after.documents.documents, before.documents.documents);
    assert_eq!(after.lexical.languages.values().sum::<u64>(), 28);
    assert_eq!(after.roots, before.roots);
    let report = check(&collection).unwrap();
    assert_eq!((report.findings, report.orphans), (vec![], vec![]));

    let mut now = found(&collection, "gasket");
    holding.sort();
    now.sort();
    assert!(!now.is_empty());
    assert_eq!(now, holding);
}

#[test]
fn moving_over_that_is_interrupted_leaves_the_last_commit() {
    let (_folder, collection) = older();
    let before = Manifest::read(&collection).unwrap();
    let stopped = reanalyse(&*collection, VectorSettings::default(), &AtomicBool::new(true));
    assert!(matches!(stopped, Err(EngineError::Interrupted { generation: 4 })), "{stopped:?}");
    assert_eq!(Manifest::read(&collection).unwrap(), before);
    assert_eq!(check(&collection).unwrap().findings, []);
}

/// Indexes a file by a language.
fn index_by(collection: &Path, path: &Path, language: Option<&str>) -> Result<Report, EngineError> {
    let mut request = request(&[path.to_owned()]);
    request.ingest.language = language.map(ToOwned::to_owned);
    index_with(collection, request, &mut |_| {})
}

#[test]
fn a_root_is_read_by_the_language_that_is_set_and_remembers_it() {
    let folder = tempfile::tempdir().unwrap();
    let (texts, collection) = (folder.path().join("texts"), folder.path().join("c"));
    fs::create_dir(&texts).unwrap();
    fs::write(texts.join("a.txt"), "Rosen").unwrap();
    index_by(&collection, &texts, None).unwrap();
    assert_eq!(languages(&collection), [("eng".to_owned(), 1)].into());
    assert_eq!(found(&collection, "Rose"), [""; 0]);

    // what did not change is read by it, too, and is not encoded again
    let report = index_by(&collection, &texts, Some("deu")).unwrap();
    assert_eq!((report.unchanged, report.updated), (1, 0));
    assert_eq!(languages(&collection), [("deu".to_owned(), 1)].into());
    assert_eq!(found(&collection, "Rose"), ["a.txt"]);

    fs::write(texts.join("b.txt"), "Rosen und Nelken").unwrap();
    let mut again = request(&[]);
    again.as_before = true;
    index_with(&*collection, again, &mut |_| {}).unwrap();
    reanalyse(&*collection, VectorSettings::default(), &AtomicBool::new(false)).unwrap();
    assert_eq!(languages(&collection), [("deu".to_owned(), 2)].into());

    let refused = index_by(&collection, &texts.join("a.txt"), Some("fra"));
    assert!(matches!(refused, Err(EngineError::FixedSetting { setting: "language", .. })));
    index_by(&collection, &texts, None).unwrap();
    assert!(!found(&collection, "Rose").contains(&"a.txt".to_owned()));
}

#[test]
fn a_document_says_its_language_where_its_text_leaves_that_open() {
    let folder = tempfile::tempdir().unwrap();
    let (texts, collection) = (folder.path().join("texts"), folder.path().join("c"));
    fs::create_dir(&texts).unwrap();
    let long = "Der Gärtner gießt die jungen Rosen jeden Morgen, und am Abend schneidet er die verblühten ab. \
        Danach räumt er das Werkzeug in den Schuppen, schließt die Tür und geht durch den Garten nach Hause.";
    let texts_of = [
        ("front.md", "---\nlanguage: de-AT\n---\nRosen".to_owned()),
        ("wrong.md", format!("---\nlang: en\n---\n{long}")),
        ("unknown.md", "---\nlanguage: x-klingon\n---\nRosen".to_owned()),
        (
            "odd.jsonl",
            "{\"_id\":\"o\",\"text\":\"Rosen\",\"language\":[1,\"\\u0000\"]}\n".to_owned(),
        ),
        ("tag.jsonl", "{\"_id\":\"t\",\"text\":\"Rosen\",\"lang\":\"de\"}\n".to_owned()),
    ];
    // each in a collection of its own: what others are in says nothing
    for ((name, text), code) in texts_of.into_iter().zip(["deu", "deu", "eng", "eng", "deu"]) {
        let (file, collection) = (texts.join(name), collection.join(name));
        fs::write(&file, text).unwrap();
        index_by(&collection, &file, None).unwrap();
        assert_eq!(languages(&collection).into_keys().collect::<Vec<_>>(), [code], "{name}");
    }
}
