//! Fears that a run encodes what it need not, or keeps what is gone.

mod support;

use std::fs;

use support::{index_paths, index_with, outcome, pipeline, request, search, write_jsonl};
use trommel_engine::{EngineError, Stage, check, forget, remove, status};
use trommel_ingest::IngestError;
use trommel_vector::VectorSettings;

#[test]
fn only_what_changed_is_encoded_and_what_is_gone_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (notes, collection) = (folder.path().join("notes"), folder.path().join("c"));
    fs::create_dir(&notes).unwrap();
    for (name, text) in [("a.txt", "pump seal"), ("b.txt", "steam boiler"), ("c.txt", "train")] {
        fs::write(notes.join(name), text).unwrap();
    }
    let inputs = [notes.clone()];
    let first = index_paths(&collection, &inputs).unwrap();
    assert_eq!((first.added, first.passages, first.documents), (3, 3, 3));

    let again = index_paths(&collection, &[]).unwrap();
    assert_eq!((again.unchanged, again.passages, again.generation), (3, 0, first.generation));

    fs::write(notes.join("a.txt"), "pump valve").unwrap();
    fs::write(notes.join("d.txt"), "ticket").unwrap();
    fs::remove_file(notes.join("c.txt")).unwrap();
    let third = index_paths(&collection, &inputs).unwrap();
    assert_eq!((third.added, third.updated, third.unchanged, third.removed), (1, 1, 1, 1));
    assert_eq!((third.passages, third.documents), (2, 3));
    assert_eq!(check(&collection).unwrap().findings, []);

    let pipeline = pipeline(&collection).unwrap();
    for stage in [Stage::LEXICAL, Stage::VECTORS, Stage::Fused, Stage::Reranked] {
        let gone = search(&pipeline, "train", stage).unwrap();
        assert!(gone.hits.iter().all(|hit| hit.id != "c.txt"), "{stage}");
    }
    assert_eq!(search(&pipeline, "valve", Stage::LEXICAL).unwrap().hits[0].id, "a.txt");
}

#[test]
fn missing_documents_stay_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    write_jsonl(&file, 0..10, 0);
    index_paths(&collection, std::slice::from_ref(&file)).unwrap();
    write_jsonl(&file, 0..7, 0);
    let mut keeping = request(&[]);
    keeping.keep_missing = true;
    let kept = index_with(&collection, keeping, &mut |_| {}).unwrap();
    assert_eq!((kept.kept, kept.removed, kept.documents), (3, 0, 10));
    let removed = index_paths(&collection, &[]).unwrap();
    assert_eq!((removed.kept, removed.removed, removed.documents), (0, 3, 7));
}

#[test]
fn a_source_that_gives_nothing_any_more_loses_nothing_without_being_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (share, collection) = (folder.path().join("share"), folder.path().join("c"));
    fs::create_dir(&share).unwrap();
    for name in ["a.txt", "b.txt"] {
        fs::write(share.join(name), "pump").unwrap();
    }
    index_paths(&collection, std::slice::from_ref(&share)).unwrap();
    fs::remove_file(share.join("a.txt")).unwrap();
    fs::rename(share.join("b.txt"), folder.path().join("b.txt")).unwrap();
    let empty = index_paths(&collection, &[]).unwrap();
    assert_eq!((empty.kept, empty.removed, empty.documents), (2, 0, 2));
    let path = fs::canonicalize(&share).unwrap().to_str().unwrap().to_owned();
    assert_eq!(empty.emptied, [(path, 2)]);
    // What is there again is told from what is gone.
    fs::rename(folder.path().join("b.txt"), share.join("b.txt")).unwrap();
    let back = index_paths(&collection, &[]).unwrap();
    assert_eq!((back.kept, back.removed, back.documents), (0, 1, 1));
    fs::remove_file(share.join("b.txt")).unwrap();
    let mut allowed = request(&[]);
    allowed.allow_empty = true;
    let gone = index_with(&collection, allowed, &mut |_| {}).unwrap();
    assert_eq!((gone.removed, gone.documents, gone.emptied.len()), (1, 0, 0));
}

#[test]
fn a_root_is_read_again_as_it_was_read_before() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    let other_fields = |range: std::ops::Range<u32>| {
        let line = |i| format!("{{\"key\":{i},\"body\":\"pump {i}\"}}\n");
        fs::write(&file, range.map(line).collect::<String>() + "{oops\n").unwrap();
    };
    other_fields(0..3);
    let mut first = request(std::slice::from_ref(&file));
    first.ingest.id_field = "key".into();
    first.ingest.text_field = "body".into();
    first.ingest.skip_invalid = true;
    index_with(&collection, first, &mut |_| {}).unwrap();
    other_fields(0..5);
    let mut again = request(&[]);
    again.as_before = true;
    let report = index_with(&collection, again, &mut |_| {}).unwrap();
    assert_eq!((report.added, report.unchanged, report.documents), (2, 3, 5));
    // Without it the fields are the usual ones, and the file is none of ours.
    assert!(matches!(
        index_paths(&collection, &[]),
        Err(EngineError::Ingest(IngestError::BadLine { line: 1, .. }))
    ));
}

#[test]
fn a_repeated_id_counts_and_the_later_wins_in_both_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    let lines = "{\"_id\":\"1\",\"text\":\"pump\"}\n{\"_id\":\"1\",\"text\":\"oven\"}\n";
    fs::write(&file, lines).unwrap();
    let report = index_paths(&collection, &[file]).unwrap();
    assert_eq!((report.duplicates, report.documents), (1, 1));
    assert_eq!(check(&collection).unwrap().findings, []);
    let pipeline = pipeline(&collection).unwrap();
    assert!(search(&pipeline, "pump", Stage::LEXICAL).unwrap().hits.is_empty());
    let dense = search(&pipeline, "oven", Stage::VECTORS).unwrap();
    assert_eq!((dense.hits.len(), dense.hits[0].passage.text.as_str()), (1, "oven"));
}

#[test]
fn a_bad_line_ends_the_run_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    write_jsonl(&file, 0..10, 0);
    index_paths(&collection, std::slice::from_ref(&file)).unwrap();
    fs::write(&file, "{\"_id\":\"1\",\"text\":\"pump\"}\n{oops\n").unwrap();
    match index_paths(&collection, std::slice::from_ref(&file)) {
        Err(EngineError::Ingest(IngestError::BadLine { line: 2, .. })) => {}
        other => panic!("expected BadLine, got {other:?}"),
    }
    assert_eq!(status(&collection).unwrap().documents, 10);
    assert_eq!(check(&collection).unwrap().findings, []);
}

#[test]
fn removal_is_one_commit_in_both_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    write_jsonl(&file, 0..30, 0);
    let before = index_paths(&collection, &[file]).unwrap().generation;
    let ids = ["d3", "d4", "nobody"].map(str::to_owned);
    let removed = remove(&collection, &ids, VectorSettings::default()).unwrap();
    assert_eq!((removed.removed.len(), removed.unknown.len()), (2, 1));
    assert_eq!(removed.generation, before + 1);
    let status = status(&collection).unwrap();
    assert_eq!((status.documents, status.passages), (28, status.vectors));
    assert_eq!(check(&collection).unwrap().findings, []);
}

#[test]
fn a_missing_path_makes_no_collection() {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join("c");
    let nowhere = folder.path().join("nowhere");
    let error = index_paths(&collection, &[nowhere]).unwrap_err();
    assert!(matches!(error, EngineError::Ingest(IngestError::NotFound { .. })), "{error:?}");
    assert!(!collection.exists());
}

/// However a state was reached, the same documents give the same answers to the last bit.
#[test]
fn history_does_not_show_in_answers() {
    let folder = tempfile::tempdir().unwrap();
    let (file, fresh) = (folder.path().join("x.jsonl"), folder.path().join("fresh"));
    let worn = folder.path().join("worn");
    for (salt, range) in [(7, 0..90), (8, 20..130), (9, 50..60)] {
        write_jsonl(&file, range, salt);
        let mut in_steps = request(std::slice::from_ref(&file));
        in_steps.commit_every = 16;
        in_steps.keep_missing = true;
        index_with(&worn, in_steps, &mut |_| {}).unwrap();
    }
    write_jsonl(&file, 0..120, 3);
    index_paths(&worn, std::slice::from_ref(&file)).unwrap();
    index_paths(&fresh, std::slice::from_ref(&file)).unwrap();
    let (worn, fresh) = (pipeline(&worn).unwrap(), pipeline(&fresh).unwrap());
    for query in ["pump leak", "winter garden train", "coffee coffee oven", "T7 manual"] {
        for stage in [Stage::LEXICAL, Stage::VECTORS, Stage::Fused, Stage::Reranked] {
            let [worn, fresh] = [&worn, &fresh].map(|p| outcome(&search(p, query, stage).unwrap()));
            assert_eq!(worn, fresh, "{query} at {stage}");
            assert!(!fresh.is_empty());
        }
    }
}

#[test]
fn a_folder_of_other_things_is_refused_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let (file, mine) = (folder.path().join("x.jsonl"), folder.path().join("mine"));
    write_jsonl(&file, 0..3, 0);
    fs::create_dir_all(mine.join("documents")).unwrap();
    fs::write(mine.join("documents/thesis.txt"), "years of work").unwrap();
    match index_paths(&mine, std::slice::from_ref(&file)) {
        Err(EngineError::NotACollection { found, .. }) => {
            assert_eq!(found, "documents/thesis.txt");
        }
        other => panic!("expected NotACollection, got {other:?}"),
    }
    assert_eq!(fs::read(mine.join("documents/thesis.txt")).unwrap(), b"years of work");
    assert!(!mine.join("writer.lock").exists());

    // What comes into a collection's folders later is not ours to remove either.
    let collection = folder.path().join("c");
    index_paths(&collection, std::slice::from_ref(&file)).unwrap();
    fs::write(collection.join("documents/thesis.txt"), "years of work").unwrap();
    write_jsonl(&file, 0..4, 0);
    index_paths(&collection, &[file]).unwrap();
    assert!(collection.join("documents/thesis.txt").exists());
    assert_eq!(check(&collection).unwrap().foreign, ["documents/thesis.txt"]);
}

#[test]
fn a_stream_adds_and_never_removes() {
    let folder = tempfile::tempdir().unwrap();
    let stream = |lines: &'static str| {
        let mut request = request(&[]);
        request.inputs = vec![trommel_ingest::Input::Stdin(Box::new(lines.as_bytes()))];
        index_with(&folder.path().join("c"), request, &mut |_| {}).unwrap()
    };
    assert_eq!(stream("{\"_id\":\"1\",\"text\":\"pump\"}\n").documents, 1);
    let second = stream("{\"_id\":\"2\",\"text\":\"oven\"}\n");
    assert_eq!((second.documents, second.removed), (2, 0));
    assert_eq!(stream("").documents, 2);
}

#[test]
fn a_forgotten_root_takes_its_documents_along_and_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let (a, b, collection) = (root.join("a.jsonl"), root.join("b.jsonl"), root.join("c"));
    write_jsonl(&a, 0..5, 0);
    write_jsonl(&b, 5..9, 0);
    index_paths(&collection, &[a.clone(), b]).unwrap();
    let forgotten =
        forget(&collection, a.to_str().unwrap(), VectorSettings::default()).unwrap().unwrap();
    assert_eq!(forgotten.removed.len(), 5);
    let status = status(&collection).unwrap();
    assert_eq!((status.documents, status.roots.len()), (4, 1));
    assert_eq!(check(&collection).unwrap().findings, []);
    assert_eq!(index_paths(&collection, &[]).unwrap().unchanged, 4);
    assert!(forget(&collection, "/nowhere", VectorSettings::default()).unwrap().is_none());
}

#[test]
fn a_document_that_moves_between_sources_is_never_lost_and_shows_its_new_place() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    let collection = folder.path().join("c");
    let line = |id: u32| format!("{{\"_id\":\"{id}\",\"text\":\"pump {id}\"}}\n");
    fs::write(&a, line(1) + &line(7)).unwrap();
    fs::write(&b, line(2)).unwrap();
    index_paths(&collection, &[a.clone(), b.clone()]).unwrap();
    fs::write(&a, line(1)).unwrap();
    fs::write(&b, line(3) + &line(2) + &line(7)).unwrap();
    assert_eq!(index_paths(&collection, &[]).unwrap().documents, 4);
    let answer = search(&pipeline(&collection).unwrap(), "pump", Stage::Reranked).unwrap();
    let lines: Vec<_> = answer
        .hits
        .iter()
        .map(|hit| (hit.id.as_str(), hit.origin.file().ends_with("b.jsonl"), hit.origin.line))
        .collect();
    for expected in
        [("1", false, Some(1)), ("2", true, Some(2)), ("3", true, Some(1)), ("7", true, Some(3))]
    {
        assert!(lines.contains(&expected), "{expected:?} in {lines:?}");
    }
    assert_eq!(check(&collection).unwrap().findings, []);
}

#[test]
fn a_path_within_another_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    fs::create_dir_all(notes.join("sub")).unwrap();
    fs::write(notes.join("sub/a.txt"), "pump").unwrap();
    let collection = folder.path().join("c");
    let report = index_paths(&collection, &[notes.join("sub"), notes.clone(), notes]).unwrap();
    assert_eq!((report.added, report.duplicates, report.documents), (1, 0, 1));
}

#[test]
fn a_collection_does_not_index_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("a.txt"), folder.path().join("c"));
    fs::write(&file, "pump").unwrap();
    index_paths(&collection, &[file]).unwrap();
    fs::write(collection.join("note.txt"), "oven").unwrap();
    let report = index_paths(&collection, std::slice::from_ref(&collection)).unwrap();
    assert_eq!((report.added, report.documents), (1, 2));
}
