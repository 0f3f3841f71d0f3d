//! Fears that a collection is opened by the wrong process, encoder or version.

mod support;

use std::sync::Arc;

use support::{encoder, indexed, settings};
use trommel_core::Encoder;
use trommel_engine::{
    CollectionSettings, CollectionWriter, EngineError, Searcher, Snapshot, Splitting, Stage, check,
};
use trommel_testkit::FakeEncoder;

#[test]
fn a_second_writer_is_refused_with_the_first_ones_pid() {
    let folder = tempfile::tempdir().unwrap();
    let encoder = encoder();
    let open =
        || CollectionWriter::open_or_create(folder.path(), encoder.fingerprint(), &settings());
    let first = open().unwrap();
    match open() {
        Err(EngineError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
        _ => panic!("expected Locked"),
    }
    drop(first);
    open().unwrap();
}

#[test]
fn another_encoder_of_the_same_dimension_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..5, 0);
    let other = FakeEncoder::named("other", 16);
    let snapshot = Snapshot::open(&collection, Stage::Fused).unwrap();
    let error = Searcher::new(snapshot, Some(Arc::new(other.clone())), Vec::new()).err().unwrap();
    let message = error.to_string();
    assert!(message.contains("fake (") && message.contains("other ("), "{message}");
    let refused = CollectionWriter::open_or_create(&collection, other.fingerprint(), &settings());
    assert!(matches!(refused, Err(EngineError::WrongEncoder { .. })));
}

#[test]
fn what_is_fixed_at_the_making_cannot_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..5, 0);
    let splitting = Splitting { max_tokens: 99, overlap_tokens: 0 };
    let changed = CollectionSettings { splitting, insist: true, ..settings() };
    let refused = CollectionWriter::open_or_create(&collection, encoder().fingerprint(), &changed);
    assert!(matches!(refused, Err(EngineError::FixedSetting { setting: "passage-tokens", .. })));
}

#[test]
fn an_empty_folder_is_no_collection() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(check(folder.path()), Err(EngineError::NoCollection { .. })));
    let opened = Snapshot::open(folder.path(), Stage::LEXICAL);
    assert!(matches!(opened, Err(EngineError::NoCollection { .. })));
}
