//! How programs save files.

mod support;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use support::{Watched, quick};
use trommel_watch::Cause;

/// Watches a folder with a file and a neighbour, for an index that is asked.
fn watched() -> Watched {
    Watched::asked(quick(), |root| {
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("sub/note.md"), "old").unwrap();
        fs::write(root.join("sub/other.md"), "other").unwrap();
    })
}

/// Saves the note in some way, and checks that the file alone is told and the index has its new text.
fn only_the_file_is_told(save: impl FnOnce(&Path)) {
    let mut watched = watched();
    let note = watched.path("sub/note.md");
    save(&note);
    assert_eq!(fs::read(&note).unwrap(), b"new");
    let paths = watched.follow_paths();
    assert_eq!(watched.index.files()[&note], b"new");
    assert_eq!(watched.index.files().len(), 2);
    assert_eq!(paths, [note]);
}

#[test]
fn a_file_that_is_written_in_place_is_told() {
    only_the_file_is_told(|note| fs::write(note, "new").unwrap());
}

#[test]
fn a_file_that_is_appended_to_is_told() {
    let mut watched = watched();
    let note = watched.path("sub/note.md");
    OpenOptions::new().append(true).open(&note).unwrap().write_all(b" and new").unwrap();
    let changes = watched.next();
    assert_eq!((changes.paths, changes.gone.len()), (vec![note.clone()], 0));
    assert_eq!(changes.cause, Cause::Events);
    assert_eq!(watched.index.files()[&note], b"old and new");
}

#[test]
fn a_file_that_may_have_been_written_through_memory_is_told_when_it_is_closed() {
    let mut watched = watched();
    let note = watched.path("sub/note.md");
    drop(OpenOptions::new().write(true).open(&note).unwrap());
    assert_eq!(watched.follow_paths(), [note]);
}

#[test]
fn a_file_that_is_replaced_by_a_hidden_one_is_told() {
    only_the_file_is_told(|note| {
        let draft = note.with_file_name(".note.md.tmp");
        fs::write(&draft, "new").unwrap();
        fs::rename(draft, note).unwrap();
    });
}

#[test]
fn a_file_that_is_replaced_by_a_visible_one_is_told_and_the_other_is_not() {
    only_the_file_is_told(|note| {
        let draft = note.with_file_name("note.md.tmp-1234");
        fs::write(&draft, "new").unwrap();
        fs::rename(draft, note).unwrap();
    });
}

#[test]
fn a_file_that_is_deleted_and_written_anew_is_in_the_index() {
    let mut watched = watched();
    let note = watched.path("sub/note.md");
    fs::remove_file(&note).unwrap();
    fs::write(&note, "new").unwrap();
    watched.follow();
    assert_eq!(watched.index.files()[&note], b"new");
}

/// What vim does by default: it tries whether a file can be made, renames the old one, writes the new one,
/// and deletes the old one; its swap file is hidden.
fn save_as_vim_does(note: &Path) {
    let folder = note.parent().unwrap();
    fs::write(folder.join(".note.md.swp"), "swap").unwrap();
    fs::write(folder.join("4913"), "").unwrap();
    fs::remove_file(folder.join("4913")).unwrap();
    let backup = folder.join("note.md~");
    fs::rename(note, &backup).unwrap();
    fs::write(note, "new").unwrap();
    fs::remove_file(backup).unwrap();
    fs::remove_file(folder.join(".note.md.swp")).unwrap();
}

#[test]
fn of_what_vim_does_the_file_alone_is_told() {
    only_the_file_is_told(save_as_vim_does);
}

#[test]
fn without_knowing_the_index_the_folder_is_told_for_what_is_gone() {
    let mut watched = Watched::folder(quick(), |root| {
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("sub/note.md"), "old").unwrap();
    });
    let note = watched.path("sub/note.md");
    save_as_vim_does(&note);
    let paths = watched.follow_paths();
    assert!(paths.contains(&watched.path("sub")), "{paths:?}");
    assert_eq!(watched.index.files(), [(note, b"new".to_vec())].into());
}

#[test]
fn a_backup_that_stays_is_told_as_the_file_that_it_is() {
    let mut watched = watched();
    let (note, backup) = (watched.path("sub/note.md"), watched.path("sub/note.md~"));
    fs::rename(&note, &backup).unwrap();
    fs::write(&note, "new").unwrap();
    watched.follow();
    let files = watched.index.files();
    assert_eq!((&*files[&note], &*files[&backup]), (&b"new"[..], &b"old"[..]));
}

#[test]
fn a_file_that_is_deleted_is_told_as_its_folder() {
    let mut watched = watched();
    fs::remove_file(watched.path("sub/note.md")).unwrap();
    assert_eq!(watched.follow_paths(), [watched.path("sub")]);
    let other = (watched.path("sub/other.md"), b"other".to_vec());
    assert_eq!(watched.index.files(), [other].into());
}

#[test]
fn a_file_that_is_renamed_is_told_as_its_folder() {
    let mut watched = watched();
    fs::rename(watched.path("sub/note.md"), watched.path("sub/letter.md")).unwrap();
    assert!(watched.follow_paths().contains(&watched.path("sub")));
    let names: Vec<_> = watched.index.files().into_keys().collect();
    assert_eq!(names, [watched.path("sub/letter.md"), watched.path("sub/other.md")]);
}

#[test]
fn a_file_whose_name_changes_only_in_case_is_indexed_under_the_new_name() {
    let mut watched = watched();
    fs::rename(watched.path("sub/note.md"), watched.path("sub/Note.md")).unwrap();
    assert!(watched.follow_paths().contains(&watched.path("sub")));
    let names: Vec<_> = watched.index.files().into_keys().collect();
    assert_eq!(names, [watched.path("sub/Note.md"), watched.path("sub/other.md")]);
}

#[test]
fn what_no_longer_is_a_file_is_told_as_its_folder() {
    let mut watched = watched();
    let note = watched.path("sub/note.md");
    fs::remove_file(&note).unwrap();
    fs::create_dir(&note).unwrap();
    fs::write(note.join("inside.md"), "inside").unwrap();
    watched.follow();
    assert!(watched.index.files().contains_key(&note.join("inside.md")));
    // And back: a file where a folder was, of which nothing else tells.
    fs::rename(&note, watched.scratch.path().join("elsewhere")).unwrap();
    fs::write(&note, "file again").unwrap();
    watched.follow();
    assert_eq!(watched.index.files()[&note], b"file again");
    assert_eq!(watched.index.files().len(), 2);
}
