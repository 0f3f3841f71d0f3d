//! Fears that a new version cannot read what an old one wrote, or reads what it does not know.
//!
//! `tests/fixtures/format-N` is a collection as the first version with format N wrote it. It is
//! made once, by [`make`], and never again.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::{index_paths, index_with, pipeline, request, search, text, write_jsonl};
use trommel_core::Document;
use trommel_engine::{
    EngineError, FORMAT, Manifest, OLDEST_FORMAT, Snapshot, Stage, Updates, check, remove, status,
};
use trommel_ingest::{Input, Limits};
use trommel_vector::VectorSettings;

/// The seed of each document's text, by its id, as [`make`] left them.
fn documents(format: u32) -> BTreeMap<String, u64> {
    let first = (0..12).filter(|id| *id != 4).map(|id| (format!("d{id}"), id));
    let second = (10..16).map(|id| (format!("d{id}"), id + 100));
    // Documents from memory are what format 3 brought.
    let memory = (format >= 3).then(|| ("d20".to_owned(), 20));
    first.chain(second).chain(memory).collect()
}

/// Standard input is what is indexed, for it is a root of the same name on every machine.
fn lines(ids: std::ops::Range<u64>, salt: u64) -> Input {
    let line = |id| {
        let text = text(id + salt, 20 + id as usize);
        format!("{{\"_id\":\"d{id}\",\"title\":\"T{id}\",\"lang\":\"en\",\"text\":\"{text}\"}}\n")
    };
    Input::Stdin(Box::new(Cursor::new(ids.map(line).collect::<String>())))
}

/// Makes the fixture of the present format:
/// `TROMMEL_FIXTURE=$PWD/tests/fixtures/format-N cargo test --release --test upgrade -- --ignored make`
#[test]
#[ignore = "makes a fixture, once a format"]
fn make() {
    let folder = PathBuf::from(std::env::var_os("TROMMEL_FIXTURE").expect("TROMMEL_FIXTURE"));
    for (ids, salt) in [(0..12, 0), (10..16, 100)] {
        let mut request = request(&[]);
        request.inputs = vec![lines(ids, salt)];
        index_with(&folder, request, &mut |_| {}).unwrap();
    }
    let encoder = Arc::new(support::encoder());
    let limits = Limits::default();
    let mut updates =
        Updates::begin(&folder, encoder.clone(), encoder, &support::settings(), limits).unwrap();
    let memo = Document::new("d20", text(20, 40)).with_metadata("lang", "en");
    updates.upsert(memo).unwrap();
    updates.commit().unwrap();
    drop(updates);
    remove(&folder, &["d4".to_owned()], VectorSettings::default()).unwrap();
    fs::remove_file(folder.join("writer.lock")).unwrap();
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

fn copy_of(format: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join("c");
    support::copy(&fixtures().join(format!("format-{format}")), &collection);
    (folder, collection)
}

#[test]
fn there_is_a_fixture_of_every_format() {
    let formats: BTreeSet<String> = fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("format-"))
        .collect();
    assert_eq!(
        formats,
        (OLDEST_FORMAT..=FORMAT).map(|format| format!("format-{format}")).collect()
    );
}

#[test]
fn every_format_is_read_whole() {
    for format in OLDEST_FORMAT..=FORMAT {
        let (_folder, collection) = copy_of(format);
        assert_eq!(status(&collection).unwrap().format, format);
        assert_eq!(check(&collection).unwrap().findings, [], "format {format}");

        let snapshot = Snapshot::open(&collection, Stage::Reranked).unwrap();
        let ids: BTreeSet<String> =
            snapshot.ids().unwrap().into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(ids, documents(format).into_keys().collect());
        for (id, seed) in documents(format) {
            let number: usize = id[1..].parse().unwrap();
            let stored = snapshot.document(&id).unwrap().unwrap();
            assert_eq!(stored.document.text, text(seed, 20 + number), "{id}");
            assert_eq!(stored.document.metadata["lang"], "en");
        }

        let pipeline = pipeline(&collection).unwrap();
        let holding = documents(format)
            .into_iter()
            .filter(|(id, seed)| {
                text(*seed, 20 + id[1..].parse::<usize>().unwrap()).contains("gasket")
            })
            .map(|(id, _)| id);
        let found = search(&pipeline, "gasket", Stage::LEXICAL).unwrap();
        let found: BTreeSet<String> = found.hits.into_iter().map(|hit| hit.id).collect();
        assert_eq!(found, holding.collect(), "format {format}");
        let dense = search(&pipeline, &text(7, 27), Stage::VECTORS).unwrap();
        assert_eq!(dense.hits[0].id, "d7", "the text of a document is nearest to itself");
    }
}

#[test]
fn every_format_is_written_on_in_the_newest() {
    for format in OLDEST_FORMAT..=FORMAT {
        let (folder, collection) = copy_of(format);
        let file = folder.path().join("x.jsonl");
        write_jsonl(&file, 40..45, 9);
        assert_eq!(index_paths(&collection, &[file]).unwrap().added, 5);
        assert_eq!(Manifest::read(&collection).unwrap().format, FORMAT);
        let report = check(&collection).unwrap();
        assert_eq!((report.findings, report.documents), (vec![], documents(format).len() + 5));
    }
}

/// Returns a collection whose manifest says nothing but its format.
fn of_format(format: u32) -> (tempfile::TempDir, PathBuf) {
    let (folder, collection) = copy_of(FORMAT);
    let manifest = format!("{{\"format\":{format},\"unknown\":true}}");
    let hash = blake3::hash(manifest.as_bytes()).to_hex();
    fs::write(collection.join("manifest.json"), format!("{manifest}\n{hash}\n")).unwrap();
    (folder, collection)
}

#[test]
fn an_older_format_is_refused_with_its_path_and_the_formats_that_are_read() {
    let (_folder, collection) = of_format(OLDEST_FORMAT - 1);
    let refused = |error: EngineError| {
        assert!(matches!(error, EngineError::OlderFormat { .. }), "{error:?}");
        let path = collection.join("manifest.json");
        let expected = format!("{} has format 1, this version reads 2 to 6", path.display());
        assert_eq!(error.to_string(), expected);
    };
    refused(Snapshot::open(&collection, Stage::LEXICAL).err().unwrap());
    refused(check(&collection).unwrap_err());
    refused(index_paths(&collection, &[]).unwrap_err());
    refused(trommel_engine::Repair::begin(&collection).err().unwrap());
    assert!(collection.join("documents/00000002.doc").exists(), "nothing is removed");
}

#[test]
fn a_newer_format_is_refused_with_both_versions() {
    let (_folder, collection) = of_format(FORMAT + 1);
    let refused = |error: EngineError| {
        assert!(matches!(error, EngineError::NewerFormat { .. }), "{error:?}");
        let message = error.to_string();
        let both = format!("has format {}, this version reads up to {FORMAT}", FORMAT + 1);
        assert!(message.ends_with(&both), "{message}");
    };
    refused(Snapshot::open(&collection, Stage::LEXICAL).err().unwrap());
    refused(check(&collection).unwrap_err());
    refused(index_paths(&collection, &[]).unwrap_err());
}
