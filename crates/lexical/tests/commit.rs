//! Fears for the files: a state that changes, a file that stays, damage that nobody sees.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use support::{BODY, add, ids, search};
use trommel_core::PassageId;
use trommel_lexical::{Analyzer, LexicalError, LexicalIndex, LexicalState, LexicalWriter};

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Returns a folder with one committed state of two passages.
fn committed() -> (tempfile::TempDir, LexicalState) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    add(&mut writer, 0, "soup", "apple banana");
    add(&mut writer, 1, "", "cherry");
    let state = writer.commit().unwrap();
    (folder, state)
}

#[test]
fn an_earlier_state_stays_whole_through_later_commits() {
    let (folder, first) = committed();
    let mut writer = LexicalWriter::open(folder.path(), &first).unwrap();
    writer.delete(PassageId(0));
    add(&mut writer, 2, "", "apple");
    let second = writer.commit().unwrap();
    drop(writer);
    let found = |state| {
        let index = LexicalIndex::open(folder.path(), state).unwrap();
        assert!(index.verify().is_empty());
        ids(&search(&index, BODY, "apple cherry", 10))
    };
    assert_eq!(found(&second), [1, 2]);
    assert_eq!(found(&first), [1, 0]);
}

#[test]
fn the_folder_holds_the_files_of_states_and_nothing_else() {
    let (folder, first) = committed();
    assert_eq!(names(folder.path()), first.files.iter().cloned().collect());
    let mut writer = LexicalWriter::open(folder.path(), &first).unwrap();
    let mut expected = names(folder.path());
    for id in 2..6 {
        add(&mut writer, id, "", "durian");
        writer.delete(PassageId(id - 1));
        expected.extend(writer.commit().unwrap().files);
    }
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn what_was_not_committed_is_not_there() {
    let (folder, state) = committed();
    let mut writer = LexicalWriter::open(folder.path(), &state).unwrap();
    add(&mut writer, 2, "", "durian");
    writer.delete(PassageId(0));
    drop(writer);
    let mut writer = LexicalWriter::open(folder.path(), &state).unwrap();
    let again = writer.commit().unwrap();
    assert_eq!((&again.files, again.passages), (&state.files, 2));
    let index = LexicalIndex::open(folder.path(), &again).unwrap();
    assert_eq!(ids(&search(&index, BODY, "durian apple", 10)), [0]);
}

#[test]
fn a_state_survives_its_text_form() {
    let (_folder, state) = committed();
    assert_eq!(state.analyzer, Analyzer::NEWEST.name());
    assert!(state.files.is_sorted());
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<LexicalState>(&text).unwrap(), state);
}

#[test]
fn a_flipped_bit_in_the_content_of_any_file_is_named() {
    let (folder, state) = committed();
    let index = LexicalIndex::open(folder.path(), &state).unwrap();
    assert!(index.verify().is_empty());
    for path in state.files.iter().map(|name| folder.path().join(name)) {
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        bytes[0] ^= 1;
        overwrite(&path, &bytes);
        assert_eq!(index.verify(), [path.as_path()]);
        overwrite(&path, &whole);
    }
    assert!(index.verify().is_empty());
}

/// Changes a file in place, under the open index, without cutting it.
fn overwrite(path: &Path, bytes: &[u8]) {
    fs::OpenOptions::new().write(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_missing_file_is_damage_and_has_a_name() {
    let (folder, state) = committed();
    let missing = folder.path().join(&state.files[0]);
    fs::remove_file(&missing).unwrap();
    match LexicalIndex::open(folder.path(), &state) {
        Err(LexicalError::Corrupt { path, .. }) => assert_eq!(path, missing),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("opened"),
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let (folder, state) = committed();
    let refused = |state: &LexicalState| LexicalIndex::open(folder.path(), state).err().unwrap();
    let other = LexicalState { analyzer: "german-v1".into(), ..state.clone() };
    assert!(matches!(refused(&other), LexicalError::Analyzer { got, .. } if got == "german-v1"));
    assert!(LexicalWriter::open(folder.path(), &other).is_err());
    let fewer = LexicalState { passages: 1, ..state.clone() };
    assert!(matches!(refused(&fewer), LexicalError::Corrupt { .. }));
    for meta in ["", "{", "{}", &state.meta[..state.meta.len() / 2]] {
        let cut = LexicalState { meta: meta.into(), ..state.clone() };
        assert!(matches!(refused(&cut), LexicalError::Corrupt { .. }), "{meta}");
    }
    let fields =
        LexicalState { meta: state.meta.replace("\"title\"", "\"heading\""), ..state.clone() };
    assert!(matches!(refused(&fields), LexicalError::Corrupt { .. }));
    let nowhere = folder.path().join("nowhere");
    let error = LexicalIndex::open(&nowhere, &state).err().unwrap();
    assert!(matches!(error, LexicalError::Corrupt { path, .. } if path == nowhere));
}

#[test]
fn a_file_where_the_folder_should_be_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    fs::write(&path, "").unwrap();
    let error = LexicalWriter::create(&path).err().unwrap();
    assert!(matches!(error, LexicalError::Io { path: named, .. } if named == path));
}
