//! Roots of every kind.

mod support;

use std::fs;
use std::slice;

use support::{QUIET, Watched, quick};
use trommel_watch::{Cause, Changes, Watch, WatchError, WatchOptions};

#[test]
fn a_root_that_is_deleted_is_told_as_gone_once_and_as_a_path_when_it_is_back() {
    let mut watched = Watched::folder(quick(), |root| fs::write(root.join("a.md"), "a").unwrap());
    let root = watched.root().to_owned();
    fs::remove_dir_all(&root).unwrap();
    let told = watched.follow();
    let gone: Vec<_> = told.into_iter().flat_map(|changes| changes.gone).collect();
    assert_eq!(gone, slice::from_ref(&root));
    fs::create_dir(&root).unwrap();
    fs::write(root.join("b.md"), "b").unwrap();
    watched.follow();
    assert_eq!(watched.index.files(), [(root.join("b.md"), b"b".to_vec())].into());
    fs::write(root.join("c.md"), "c").unwrap();
    assert_eq!(watched.follow_paths(), [root.join("c.md")]);
}

#[test]
fn a_root_that_is_renamed_away_is_not_followed_there() {
    let mut watched = Watched::folder(quick(), |root| fs::write(root.join("a.md"), "a").unwrap());
    let (root, away) = (watched.root().to_owned(), watched.scratch.path().join("away"));
    fs::rename(&root, &away).unwrap();
    let expected = Changes { paths: vec![], gone: vec![root.clone()], cause: Cause::Events };
    assert_eq!(watched.next(), expected);
    fs::write(away.join("b.md"), "b").unwrap();
    assert_eq!(watched.next_within(2 * QUIET), None);
    fs::rename(&away, &root).unwrap();
    let expected = Changes { paths: vec![root.clone()], gone: vec![], cause: Cause::Events };
    assert_eq!(watched.next(), expected);
    assert_eq!(watched.index.files().len(), 2);
}

#[test]
fn a_root_below_a_folder_that_is_renamed_is_gone_though_no_event_says_so() {
    let mut watched = Watched::roots(&["above/root", "other"], quick(), |scratch| {
        fs::create_dir_all(scratch.join("above/root/sub")).unwrap();
        fs::create_dir(scratch.join("other")).unwrap();
        fs::write(scratch.join("above/root/sub/a.md"), "a").unwrap();
    });
    let (above, root) = (watched.scratch.path().join("above"), watched.root().to_owned());
    fs::rename(&above, watched.scratch.path().join("elsewhere")).unwrap();
    assert_eq!(watched.next().gone, slice::from_ref(&root));
    // Another folder of that name is another root.
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::write(root.join("sub/b.md"), "b").unwrap();
    watched.follow();
    fs::write(root.join("sub/c.md"), "c").unwrap();
    assert_eq!(watched.follow_paths(), [root.join("sub/c.md")]);
}

#[test]
fn a_root_that_is_replaced_between_two_looks_is_told_and_watched() {
    let mut watched = Watched::folder(quick(), |root| fs::write(root.join("a.md"), "a").unwrap());
    let fresh = watched.scratch.path().join("fresh");
    fs::create_dir_all(fresh.join("sub")).unwrap();
    fs::rename(watched.root(), watched.scratch.path().join("old")).unwrap();
    fs::rename(&fresh, watched.root()).unwrap();
    watched.follow();
    fs::write(watched.path("sub/b.md"), "b").unwrap();
    assert_eq!(watched.follow_paths(), [watched.path("sub/b.md")]);
}

#[test]
fn a_root_whose_surroundings_are_replaced_between_two_looks_is_told_and_watched() {
    let mut watched = Watched::roots(&["above/root"], quick(), |scratch| {
        fs::create_dir_all(scratch.join("above/root/sub")).unwrap();
        fs::create_dir_all(scratch.join("fresh/root/sub")).unwrap();
        fs::write(scratch.join("fresh/root/sub/a.md"), "a").unwrap();
    });
    let scratch = watched.scratch.path().to_owned();
    // No event tells of this.
    fs::rename(scratch.join("above"), scratch.join("old")).unwrap();
    fs::rename(scratch.join("fresh"), scratch.join("above")).unwrap();
    while watched.next().paths != watched.roots {}
    fs::write(watched.path("sub/b.md"), "b").unwrap();
    assert_eq!(watched.follow_paths(), [watched.path("sub/b.md")]);
}

#[test]
fn a_root_that_was_never_there_is_told_as_gone_and_watched_once_it_is_there() {
    let mut watched = Watched::roots(&["folder", "file.md"], quick(), |_| {});
    let mut gone = watched.roots.clone();
    gone.sort();
    assert_eq!(watched.next().gone, gone);
    fs::write(&watched.roots[1], "text").unwrap();
    fs::create_dir(&watched.roots[0]).unwrap();
    fs::write(watched.roots[0].join("a.md"), "a").unwrap();
    watched.follow();
    assert_eq!(watched.index.files().len(), 2);
    for late in [watched.roots[0].join("a.md"), watched.roots[1].clone()] {
        fs::write(&late, "late").unwrap();
        assert_eq!(watched.follow_paths(), [late]);
    }
}

#[test]
fn of_a_root_that_is_a_file_only_that_file_is_told_however_it_is_saved() {
    let mut watched = Watched::roots(&["a.md", "b.md"], quick(), |scratch| {
        fs::write(scratch.join("a.md"), "a").unwrap();
        fs::write(scratch.join("b.md"), "b").unwrap();
    });
    let (a, neighbour) = (watched.roots[0].clone(), watched.scratch.path().join("neighbour.md"));
    fs::write(&neighbour, "no root").unwrap();
    fs::write(&a, "in place").unwrap();
    assert_eq!(watched.follow_paths(), slice::from_ref(&a));
    for text in ["once", "twice"] {
        fs::write(&neighbour, text).unwrap();
        fs::rename(&neighbour, &a).unwrap();
        assert_eq!(watched.follow_paths(), slice::from_ref(&a));
        assert_eq!(watched.index.files()[&a], text.as_bytes());
    }
    fs::remove_file(&a).unwrap();
    let expected = Changes { paths: vec![], gone: vec![a.clone()], cause: Cause::Events };
    assert_eq!(watched.next(), expected);
    fs::write(&a, "back").unwrap();
    assert_eq!(watched.follow_paths(), [a]);
}

#[test]
fn a_file_whose_folder_is_replaced_is_told_and_watched() {
    let mut watched = Watched::roots(&["sub/a.md"], quick(), |scratch| {
        fs::create_dir(scratch.join("sub")).unwrap();
        fs::write(scratch.join("sub/a.md"), "a").unwrap();
    });
    let sub = watched.scratch.path().join("sub");
    fs::rename(&sub, watched.scratch.path().join("old")).unwrap();
    fs::create_dir(&sub).unwrap();
    fs::write(sub.join("a.md"), "another").unwrap();
    watched.follow();
    fs::write(watched.root(), "late").unwrap();
    let root = watched.root().to_owned();
    assert_eq!(watched.follow_paths(), [root]);
}

#[test]
fn a_root_that_turns_from_a_file_into_a_folder_and_back_is_watched_as_what_it_is() {
    let mut watched = Watched::roots(&["it"], quick(), |scratch| {
        fs::write(scratch.join("it"), "a file").unwrap();
    });
    let root = watched.root().to_owned();
    fs::remove_file(&root).unwrap();
    fs::create_dir_all(root.join("sub")).unwrap();
    watched.follow();
    assert!(watched.index.files().is_empty());
    fs::write(root.join("sub/a.md"), "a").unwrap();
    assert_eq!(watched.follow_paths(), [root.join("sub/a.md")]);
    fs::remove_dir_all(&root).unwrap();
    watched.follow();
    fs::write(&root, "a file again").unwrap();
    watched.follow();
    assert_eq!(watched.index.files(), [(root, b"a file again".to_vec())].into());
}

#[test]
fn roots_within_each_other_are_told_once_also_where_the_inner_one_is_hidden() {
    let mut watched = Watched::roots(&["a", "a/b", "a/.c"], quick(), |scratch| {
        fs::create_dir_all(scratch.join("a/b")).unwrap();
        fs::create_dir_all(scratch.join("a/.c")).unwrap();
    });
    for file in [watched.path("b/1.md"), watched.path(".c/2.md"), watched.path("3.md")] {
        fs::write(&file, "text").unwrap();
        assert_eq!(watched.follow_paths(), [file]);
    }
    // The outer root does not reach the hidden one, whose folder is told.
    fs::remove_file(watched.path(".c/2.md")).unwrap();
    assert_eq!(watched.next().paths, [watched.path(".c")]);
}

#[cfg(unix)]
#[test]
fn a_root_that_is_a_link_is_told_as_where_it_leads() {
    let scratch = tempfile::tempdir().unwrap();
    let real = scratch.path().canonicalize().unwrap().join("real");
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, scratch.path().join("link")).unwrap();
    let mut watched = Watched::folder(quick(), |_| {});
    watched.watch = Watch::start(vec![scratch.path().join("link")], quick()).unwrap();
    fs::write(real.join("a.md"), "a").unwrap();
    assert_eq!(watched.next().paths, [real.join("a.md")]);
}

#[test]
fn without_a_root_or_with_one_that_has_no_name_nothing_is_watched() {
    let start = |roots| Watch::start(roots, WatchOptions::default()).err().unwrap();
    assert!(matches!(start(vec![]), WatchError::NoRoots));
    let error = start(vec!["".into()]);
    assert_eq!(error.to_string(), "cannot make \"\" an absolute path");
    assert!(matches!(error, WatchError::NotAbsolute { .. }));
}
