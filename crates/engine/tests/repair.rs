//! Fears that a repair loses what was whole, or removes the only copy of what was not.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use support::damage::{Damage, data_files, files};
use support::{collection, encoder, index_paths, outcome, pipeline, search, settings, write_jsonl};
use trommel_engine::{EngineError, Manifest, Repair, Repaired, Snapshot, Stage, check, remove};
use trommel_testkit::{Dice, FakeEncoder};
use trommel_vector::VectorSettings;

fn repair(collection: &Path) -> Result<Repaired, EngineError> {
    let repair = Repair::begin(collection)?;
    let encoder = encoder();
    let encoder = repair.needs_encoder().then_some(&encoder as &dyn trommel_core::Encoder);
    repair.carry_out(encoder, &settings())
}

fn answers(collection: &Path) -> Vec<Vec<(String, u32)>> {
    let pipeline = pipeline(collection).unwrap();
    [Stage::LEXICAL, Stage::VECTORS, Stage::Reranked]
        .map(|stage| outcome(&search(&pipeline, "pump leak", stage).unwrap()))
        .into()
}

fn ids(collection: &Path) -> BTreeSet<String> {
    let snapshot = Snapshot::open(collection, Stage::LEXICAL).unwrap();
    snapshot.ids().unwrap().into_iter().map(ToOwned::to_owned).collect()
}

/// Returns the contents of all files below a folder.
fn contents(folder: &Path) -> BTreeSet<Vec<u8>> {
    files(folder).iter().map(|path| fs::read(path).unwrap()).collect()
}

fn files_of(collection: &Path, kind: &str) -> Vec<PathBuf> {
    let of_kind = |path: &PathBuf| path.to_string_lossy().ends_with(kind);
    data_files(collection).into_iter().filter(of_kind).collect()
}

#[test]
fn a_collection_without_its_manifest_is_not_taken_for_an_interrupted_first_run() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let whole = answers(&collection);
    fs::remove_file(collection.join("manifest.json")).unwrap();
    let kept = contents(&collection);

    let lost = |error: EngineError| {
        assert!(matches!(&error, EngineError::LostManifest { .. }), "{error:?}");
    };
    lost(index_paths(&collection, &[folder.path().join("x.jsonl")]).unwrap_err());
    lost(Snapshot::open(&collection, Stage::LEXICAL).err().unwrap());
    lost(remove(&collection, &["d1".to_owned()], VectorSettings::default()).unwrap_err());
    let findings = check(&collection).unwrap().findings;
    assert_eq!(findings[0].path, collection.join("manifest.json"));
    assert!(contents(&collection).is_superset(&kept));

    let repaired = repair(&collection).unwrap();
    assert_eq!((repaired.documents, repaired.lost.len()), (45, 0));
    assert_eq!(check(&collection).unwrap().findings, []);
    assert_eq!(answers(&collection), whole);
    assert!(contents(&repaired.aside.unwrap()).is_superset(&data_contents(&kept)));
    // What was indexed is known still: the removed document comes back from its source, no more.
    let again = index_paths(&collection, &[]).unwrap();
    assert_eq!((again.added, again.updated, again.unchanged), (1, 0, 45));
}

/// Leaves out the empty file of the lock.
fn data_contents(contents: &BTreeSet<Vec<u8>>) -> BTreeSet<Vec<u8>> {
    contents.iter().filter(|bytes| !bytes.is_empty()).cloned().collect()
}

#[test]
fn a_file_that_no_writer_made_is_no_leftover() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    fs::write(collection.join("documents/thesis.txt"), "mine").unwrap();
    fs::write(collection.join("vectors/00000099.vec"), "left").unwrap();
    let report = check(&collection).unwrap();
    assert_eq!(report.orphans, ["vectors/00000099.vec"]);
    assert_eq!(report.foreign, ["documents/thesis.txt"]);
    index_paths(&collection, &[]).unwrap();
    assert_eq!(check(&collection).unwrap().orphans, [""; 0]);
    assert!(collection.join("documents/thesis.txt").exists());
}

#[test]
fn an_interrupted_first_run_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    write_jsonl(&file, 0..5, 1);
    fs::create_dir_all(collection.join("documents")).unwrap();
    fs::write(collection.join("documents/00000001.cat"), "half a catal").unwrap();
    fs::write(collection.join("first-run.tmp"), "").unwrap();
    assert!(matches!(check(&collection), Err(EngineError::NoCollection { .. })));
    assert_eq!(index_paths(&collection, &[file]).unwrap().added, 5);
    assert!(!collection.join("first-run.tmp").exists());
    assert_eq!(check(&collection).unwrap().findings, []);
}

/// The first run wrote out its segments after its files had been swept away.
#[test]
fn a_first_run_that_fails_leaves_nothing_behind() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
        fs::write(&file, "{\"_id\":\"1\",\"text\":\"pump\"}\n{oops\n").unwrap();
        index_paths(&collection, &[file]).unwrap_err();
        assert!(!collection.exists(), "{:?}", files(&collection));
    }
}

#[test]
fn a_damaged_index_is_built_anew_and_only_vectors_need_the_encoder() {
    let folder = tempfile::tempdir().unwrap();
    let pristine = collection(folder.path());
    let whole = answers(&pristine);
    for (n, file) in data_files(&pristine).into_iter().enumerate() {
        let name = file.strip_prefix(&pristine).unwrap().to_owned();
        if !(name.starts_with("lexical") || name.starts_with("vectors")) {
            continue;
        }
        for missing in [false, true] {
            let collection = folder.path().join(format!("{n}{missing}"));
            support::copy(&pristine, &collection);
            let damaged = fs::read(&file).unwrap().into_iter().rev().collect::<Vec<u8>>();
            fs::write(collection.join(&name), &damaged).unwrap();
            if missing {
                fs::remove_file(collection.join(&name)).unwrap();
            }
            let begun = Repair::begin(&collection).unwrap();
            let is_vectors = name.extension().is_some_and(|kind| kind == "vec");
            assert_eq!(begun.needs_encoder(), is_vectors, "{name:?}");
            drop(begun);
            let repaired = repair(&collection).unwrap();
            assert_eq!(repaired.lost, [""; 0]);
            assert_eq!(repaired.aside.is_some(), !missing);
            if let Some(aside) = repaired.aside {
                assert_eq!(fs::read(aside.join(&name)).unwrap(), damaged);
            }
            assert_eq!(check(&collection).unwrap().findings, [], "{name:?}");
            assert_eq!(answers(&collection), whole, "{name:?}");
        }
    }
}

#[test]
fn a_damaged_document_is_named_and_all_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let doc = files_of(&collection, ".doc").remove(0);
    let mut bytes = fs::read(&doc).unwrap();
    let id = b"{\"document\":{\"id\":\"d7\"";
    let at = bytes.windows(id.len()).position(|window| window == id).unwrap();
    bytes[at + 60] ^= 4;
    fs::write(&doc, &bytes).unwrap();

    let repaired = repair(&collection).unwrap();
    assert_eq!(repaired.lost, ["d7"]);
    assert_eq!(
        fs::read(repaired.aside.unwrap().join("documents").join(doc.file_name().unwrap())).unwrap(),
        bytes
    );
    assert_eq!(check(&collection).unwrap().findings, []);
    let expected = (0..46).filter(|id| ![2, 7].contains(id)).map(|id| format!("d{id}")).collect();
    assert_eq!(ids(&collection), expected);
    let again = index_paths(&collection, &[]).unwrap();
    assert_eq!((again.added, again.unchanged), (2, 44), "d2 and d7 come back from their source");
}

#[test]
fn without_its_catalogue_no_document_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let whole = ids(&collection);
    fs::remove_file(files_of(&collection, ".cat").remove(0)).unwrap();
    let repaired = repair(&collection).unwrap();
    assert_eq!(repaired.lost, [""; 0]);
    assert_eq!(check(&collection).unwrap().findings, []);
    assert!(ids(&collection).is_superset(&whole));
}

#[test]
fn a_commit_that_lacked_only_its_rename_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let (whole, generation) =
        (answers(&collection), Manifest::read(&collection).unwrap().generation);
    let [manifest, pending] = ["manifest.json", "manifest.tmp"].map(|name| collection.join(name));
    fs::rename(&manifest, &pending).unwrap();
    fs::write(&manifest, "{}").unwrap();
    let repaired = repair(&collection).unwrap();
    assert_eq!(repaired.generation, generation);
    assert_eq!(fs::read(repaired.aside.unwrap().join("manifest.json")).unwrap(), b"{}");
    assert_eq!(answers(&collection), whole);
}

/// Set aside under a second name, the pending manifest was written over by the commit of the repair.
#[test]
fn a_damaged_pending_manifest_is_set_aside_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    fs::write(collection.join("manifest.json"), "half a manif").unwrap();
    fs::write(collection.join("manifest.tmp"), "the other half").unwrap();
    let aside = repair(&collection).unwrap().aside.unwrap();
    assert_eq!(fs::read(aside.join("manifest.json")).unwrap(), b"half a manif");
    assert_eq!(fs::read(aside.join("manifest.tmp")).unwrap(), b"the other half");
    assert_eq!(check(&collection).unwrap().findings, []);
}

#[test]
fn what_is_whole_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    let before = contents(&collection);
    let begun = Repair::begin(&collection).unwrap();
    assert!(begun.is_whole() && !begun.needs_encoder());
    assert_eq!(begun.carry_out(None, &settings()).unwrap().steps, [""; 0]);
    assert_eq!(contents(&collection), before);
    let nothing = folder.path().join("nothing");
    assert!(matches!(Repair::begin(&nothing), Err(EngineError::NoCollection { .. })));
    assert!(!nothing.exists());
}

#[test]
fn another_encoder_may_not_make_the_vectors_anew() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path());
    fs::remove_file(files_of(&collection, ".vec").remove(0)).unwrap();
    let other = FakeEncoder::named("other", 16);
    let refused = Repair::begin(&collection).unwrap().carry_out(Some(&other), &settings());
    assert!(matches!(refused, Err(EngineError::WrongEncoder { .. })));
    let refused = Repair::begin(&collection).unwrap().carry_out(None, &settings());
    assert!(matches!(refused, Err(EngineError::ModelNotLoaded { .. })));
}

#[test]
fn any_damage_is_repaired_and_nothing_damaged_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let pristine = collection(folder.path());
    let whole = ids(&pristine);
    for seed in 0..100 {
        let collection = folder.path().join("damaged");
        support::copy(&pristine, &collection);
        let files = data_files(&collection);
        let mut dice = Dice::new(seed);
        let damages: Vec<Damage> = (0..1 + seed % 3)
            .map(|_| {
                let there: Vec<PathBuf> = files
                    .iter()
                    .filter(|file| fs::metadata(file).is_ok_and(|it| it.len() > 0))
                    .cloned()
                    .collect();
                Damage::do_one(&there, &mut dice)
            })
            .collect();
        let what: Vec<&str> = damages.iter().map(|damage| damage.what.as_str()).collect();
        let damaged: Vec<Vec<u8>> = files
            .iter()
            .filter(|file| damages.iter().any(|damage| damage.is_of(file)))
            .filter_map(|file| fs::read(file).ok())
            .collect();
        let repaired = repair(&collection).unwrap_or_else(|error| panic!("{what:?}: {error:?}"));
        assert_eq!(check(&collection).unwrap().findings, [], "seed {seed}: {what:?}");
        let there = contents(&collection);
        for bytes in damaged {
            assert!(there.contains(&bytes), "seed {seed}: a damaged file is gone: {what:?}");
        }
        let lost: BTreeSet<String> = repaired.lost.into_iter().collect();
        let now = ids(&collection);
        let missing: BTreeSet<String> = whole.difference(&now).cloned().collect();
        let whole_documents = !what.iter().any(|it| it.contains(".doc"));
        assert!(!whole_documents || missing.is_empty(), "seed {seed}: {missing:?}: {what:?}");
        let listed = missing.is_subset(&lost);
        let nothing_to_list = what.iter().any(|it| it.contains(".cat") || it.contains("manifest"));
        assert!(listed || nothing_to_list, "seed {seed}: {missing:?} were lost silently: {what:?}");
        fs::remove_dir_all(&collection).unwrap();
    }
}
