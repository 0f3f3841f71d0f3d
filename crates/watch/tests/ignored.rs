//! What counts for nothing.

mod support;

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use support::{QUIET, Watched, quick};
use trommel_watch::{WatchOptions, is_hidden};

fn fill(root: &Path) {
    for folder in ["sub", ".git/objects", "collection/lexical"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::write(root.join("sub/note.md"), "text").unwrap();
    fs::write(root.join(".git/objects/ab"), "git").unwrap();
}

#[test]
fn reading_tells_nothing() {
    let mut watched = Watched::folder(quick(), fill);
    for _ in 0..3 {
        assert_eq!(support::read(watched.root()).len(), 1);
        drop(File::open(watched.path("sub/note.md")).unwrap());
    }
    assert_eq!(watched.next_within(QUIET), None);
}

#[cfg(target_os = "linux")]
#[test]
fn rights_and_times_tell_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let mut watched = Watched::folder(quick(), fill);
    let note = watched.path("sub/note.md");
    fs::set_permissions(&note, fs::Permissions::from_mode(0o600)).unwrap();
    let times = FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH);
    File::open(&note).unwrap().set_times(times).unwrap();
    assert_eq!(watched.next_within(QUIET), None);
}

#[test]
fn hidden_files_and_folders_tell_nothing() {
    let mut watched = Watched::folder(quick(), fill);
    fs::write(watched.path(".git/objects/cd"), "git").unwrap();
    fs::write(watched.path("sub/.note.md.swp"), "swap").unwrap();
    fs::remove_file(watched.path(".git/objects/ab")).unwrap();
    fs::remove_dir_all(watched.path(".git")).unwrap();
    assert_eq!(watched.next_within(QUIET), None);
}

#[test]
fn writing_the_collection_below_the_root_causes_no_loop() {
    let scratch = tempfile::tempdir().unwrap();
    let collection = scratch.path().canonicalize().unwrap().join("root/collection");
    fs::create_dir_all(collection.join("lexical")).unwrap();
    fs::write(scratch.path().join("root/note.md"), "text").unwrap();
    let ignored = {
        let collection = collection.clone();
        Arc::new(move |path: &Path| is_hidden(path) || path == collection)
    };
    let options = WatchOptions { ignored, ..quick() };
    let mut watched = Watched::folder(options.clone(), fill);
    watched.watch =
        trommel_watch::Watch::start(vec![scratch.path().join("root")], options).unwrap();
    fs::write(scratch.path().join("root/note.md"), "new text").unwrap();
    for round in 0..3 {
        let told = watched.next_within(if round == 0 { support::PATIENCE } else { QUIET });
        assert_eq!(told.is_some(), round == 0, "round {round}: {told:?}");
        // As an index does for what it is told: new files, a rename over an old one, and deletions.
        fs::create_dir_all(collection.join(format!("vectors-{round}"))).unwrap();
        fs::write(collection.join("manifest.tmp"), "manifest").unwrap();
        fs::rename(collection.join("manifest.tmp"), collection.join("manifest")).unwrap();
        fs::write(collection.join("lexical/segment"), "segment").unwrap();
        fs::remove_file(collection.join("lexical/segment")).unwrap();
    }
}

#[test]
fn a_folder_that_is_renamed_out_of_hiding_is_told() {
    let mut watched = Watched::folder(quick(), fill);
    fs::rename(watched.path(".git"), watched.path("git")).unwrap();
    assert_eq!(watched.follow_paths(), [watched.path("git")]);
    fs::write(watched.path("git/objects/cd"), "seen").unwrap();
    assert_eq!(watched.follow_paths(), [watched.path("git/objects/cd")]);
    fs::rename(watched.path("git"), watched.path(".git")).unwrap();
    assert_eq!(watched.follow_paths(), [watched.root()]);
}
