//! Fears that a damaged file answers queries.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{index_paths, index_with, outcome, pipeline, request, search, write_jsonl};
use trommel_engine::{EngineError, Stage, check, remove};
use trommel_vector::VectorSettings;

/// Returns a collection with several segments, tombstones and all kinds of files.
fn collection(folder: &Path) -> PathBuf {
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

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What a search under damage may do: give the very same answer, or name the file.
fn answers_or_names(collection: &Path, file: &Path, whole: &[Vec<(String, u32)>]) {
    let stages = [Stage::Bm25, Stage::Dense, Stage::Reranked];
    let answer = |stage| {
        let snapshot = trommel_engine::Snapshot::open(collection, stage)?;
        let encoder = std::sync::Arc::new(support::encoder());
        let reranker = std::sync::Arc::new(trommel_testkit::FakeReranker);
        let pipeline = trommel_engine::Pipeline::new(
            snapshot,
            Some(encoder),
            vec![trommel_engine::Pass::of(reranker)],
        )?;
        search(&pipeline, "pump leak", stage)
    };
    for (stage, whole) in stages.into_iter().zip(whole) {
        match answer(stage) {
            Ok(answer) => assert_eq!(outcome(&answer), *whole, "{} at {stage}", file.display()),
            Err(EngineError::Corrupt { path, .. }) => assert_eq!(path, file),
            Err(error) => panic!("expected Corrupt, got {error:?}"),
        }
    }
}

fn whole_answers(collection: &Path) -> Vec<Vec<(String, u32)>> {
    let pipeline = pipeline(collection).unwrap();
    [Stage::Bm25, Stage::Dense, Stage::Reranked]
        .map(|stage| outcome(&search(&pipeline, "pump leak", stage).unwrap()))
        .into()
}

#[test]
fn no_changed_byte_goes_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let whole = whole_answers(&collection);
    let mut changed = 0;
    for file in files(&collection) {
        let bytes = fs::read(&file).unwrap();
        if bytes.is_empty() {
            assert!(file.ends_with("writer.lock"), "{} is empty", file.display());
            continue;
        }
        let step = (bytes.len() / 12).max(1);
        for place in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << (place % 8);
            fs::write(&file, &damaged).unwrap();
            let findings = check(&collection).unwrap().findings;
            assert_eq!(findings.len(), 1, "byte {place} of {}", file.display());
            assert_eq!(findings[0].path, file);
            if place % 3 == 0 {
                answers_or_names(&collection, &file, &whole);
            }
            changed += 1;
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert!(changed > 200, "only {changed} bytes were changed");
    assert_eq!(check(&collection).unwrap().findings, []);
}

#[test]
fn truncated_lengthened_and_missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let whole = whole_answers(&collection);
    for file in files(&collection) {
        let bytes = fs::read(&file).unwrap();
        if bytes.is_empty() {
            continue;
        }
        let longer = [&bytes[..], b"x"].concat();
        for damaged in [&bytes[..bytes.len() / 2], &bytes[..0], &longer] {
            fs::write(&file, damaged).unwrap();
            let findings = check(&collection).unwrap().findings;
            assert_eq!(findings.first().map(|finding| &finding.path), Some(&file));
            answers_or_names(&collection, &file, &whole);
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(check(&collection).unwrap().findings[0].path, file);
        fs::write(&file, &bytes).unwrap();
    }
}
