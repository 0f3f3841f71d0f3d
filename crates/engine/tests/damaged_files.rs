//! Fears that a damaged file answers queries.

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use support::damage::{Damage, data_files, files};
use support::{collection, encoder, index_paths, outcome, pipeline, search, write_jsonl};
use trommel_engine::{EngineError, Manifest, RerankStage, Searcher, Snapshot, Stage, check};
use trommel_testkit::{Dice, FakeReranker, LongRun};

const STAGES: [Stage; 3] = [Stage::LEXICAL, Stage::VECTORS, Stage::Reranked];

fn answer(collection: &Path, stage: Stage) -> Result<Vec<(String, u32)>, EngineError> {
    let snapshot = Snapshot::open(collection, stage)?;
    let passes = vec![RerankStage::of(Arc::new(FakeReranker))];
    let pipeline = Searcher::new(snapshot, Some(Arc::new(encoder())), passes)?;
    search(&pipeline, "pump leak", stage).map(|answer| outcome(&answer))
}

/// What a search under damage may do: give the very same answer, or name a damaged file.
fn answers_or_names(
    collection: &Path,
    is_damaged: impl Fn(&Path) -> bool,
    whole: &[Vec<(String, u32)>],
    what: &str,
) -> usize {
    let mut named = 0;
    for (stage, whole) in STAGES.into_iter().zip(whole) {
        match answer(collection, stage) {
            Ok(answer) => assert_eq!(answer, *whole, "{stage}: {what}"),
            Err(EngineError::Corrupt { path, .. } | EngineError::LostManifest { path }) => {
                assert!(is_damaged(&path), "{} at {stage}: {what}", path.display());
                named += 1;
            }
            Err(error) => panic!("{stage}: {what}: expected Corrupt, got {error:?}"),
        }
    }
    named
}

fn whole_answers(collection: &Path) -> Vec<Vec<(String, u32)>> {
    let pipeline = pipeline(collection).unwrap();
    STAGES.map(|stage| outcome(&search(&pipeline, "pump leak", stage).unwrap())).into()
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
                answers_or_names(&collection, |path| path == file, &whole, "");
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
            answers_or_names(&collection, |path| path == file, &whole, "");
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(check(&collection).unwrap().findings[0].path, file);
        fs::write(&file, &bytes).unwrap();
    }
}

/// A merge would give what it copies a new hash, and nobody could tell any more.
#[test]
fn no_writer_makes_damage_pass_for_whole() {
    let folder = tempfile::tempdir().unwrap();
    let pristine = collection(folder.path());
    let more = folder.path().join("more.jsonl");
    // As many documents as there are, so that all parts are merged.
    write_jsonl(&more, 100..150, 3);
    let copy = folder.path().join("copy");
    support::copy(&pristine, &copy);
    index_paths(&copy, std::slice::from_ref(&more)).unwrap();
    let grown = whole_answers(&copy);
    fs::remove_dir_all(&copy).unwrap();
    let mut refused = 0;
    for file in data_files(&pristine) {
        let name = file.strip_prefix(&pristine).unwrap();
        let bytes = fs::read(&file).unwrap();
        let step = (bytes.len() / 12).max(1);
        for place in (0..bytes.len()).step_by(step).filter(|_| !name.ends_with("config.toml")) {
            support::copy(&pristine, &copy);
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << (place % 8);
            fs::write(copy.join(name), damaged).unwrap();
            let what = format!("byte {place} of {}", name.display());
            match index_paths(&copy, std::slice::from_ref(&more)) {
                Err(EngineError::Corrupt { path, .. }) => {
                    assert_eq!(path, copy.join(name), "{what}");
                    refused += 1;
                }
                Err(error) => panic!("{what}: {error:?}"),
                // Nothing came of the damage: it is found still, or it was of nothing that counts.
                Ok(_) => {
                    let findings = check(&copy).unwrap().findings;
                    match findings.first() {
                        Some(finding) => assert_eq!(finding.path, copy.join(name), "{what}"),
                        None => assert_eq!(whole_answers(&copy), grown, "{what}"),
                    }
                }
            }
            fs::remove_dir_all(&copy).unwrap();
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

/// Of large files a search verifies the blocks that it reads, and no others.
#[test]
fn files_that_are_read_by_blocks_answer_nothing_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("many.jsonl");
    let collection = folder.path().join("c");
    write_jsonl(&source, 0..8_000, 1);
    index_paths(&collection, &[source]).unwrap();
    let whole = whole_answers(&collection);
    let manifest = Manifest::read(&collection).unwrap();
    let by_blocks = manifest.files.iter().filter(|(_, record)| record.blocks.is_some());
    let names: Vec<&String> = by_blocks.map(|(name, _)| name).collect();
    let are = |what: &str| names.iter().any(|name| name.contains(what));
    assert!(are(".cat") && are("lexical/"), "{names:?}");
    let (mut named, mut dice) = (0, Dice::new(7));
    for name in &names {
        let file = collection.join(name);
        let bytes = fs::read(&file).unwrap();
        for _ in 0..12 {
            let (place, bit) = (dice.below(bytes.len()), dice.below(8));
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            fs::write(&file, &damaged).unwrap();
            let findings = check(&collection).unwrap().findings;
            assert_eq!(findings.first().map(|finding| &finding.path), Some(&file), "byte {place}");
            let what = format!("bit {bit} of byte {place} of {name}");
            named += answers_or_names(&collection, |path| path == file, &whole, &what);
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert!(named > 0, "no search met the damage");
    assert_eq!(check(&collection).unwrap().findings, []);
}

/// Does one kind of damage after the other, each to the whole collection.
fn damages(seeds: std::ops::Range<u64>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let whole = whole_answers(&collection);
    let files = data_files(&collection);
    let mut named = 0;
    for seed in seeds.clone() {
        let damage = Damage::do_one(&files, &mut Dice::new(seed));
        let findings = check(&collection).unwrap().findings;
        assert!(!findings.is_empty(), "seed {seed}: check finds nothing: {}", damage.what);
        for finding in &findings {
            assert!(damage.is_of(&finding.path), "seed {seed}: {}: {finding:?}", damage.what);
        }
        let what = format!("seed {seed}: {}", damage.what);
        named += answers_or_names(&collection, |path| damage.is_of(path), &whole, &what);
        damage.undo();
    }
    assert_eq!(check(&collection).unwrap().findings, []);
    let searches = STAGES.len() * seeds.count();
    format!("{named} of {searches} searches named a damaged file, all others were right")
}

#[test]
fn damage_of_any_kind_is_found_and_answers_nothing_wrong() {
    damages(0..1_000);
}

/// `TROMMEL_SEED=1000 TROMMEL_COUNT=19000 cargo test --release --test damaged_files -- --ignored`
#[test]
#[ignore = "the long run"]
fn much_damage_of_any_kind() {
    let run = LongRun::of("damaged_files", 20_000);
    run.record(&damages(run.seeds()));
}
