//! Folders that come, go and move, and links.

mod support;

use std::fs;
use std::path::Path;

use support::{QUIET, Watched, quick};
use trommel_watch::WatchOptions;

/// Makes a folder with files at several depths.
fn fill(folder: &Path) {
    fs::create_dir_all(folder.join("a/b")).unwrap();
    for file in ["1.md", "a/2.md", "a/b/3.md"] {
        fs::write(folder.join(file), file).unwrap();
    }
}

fn watched() -> Watched {
    Watched::folder(quick(), |root| fill(&root.join("top")))
}

/// Returns the files of the index, by their paths below the root.
fn names(watched: &Watched) -> Vec<String> {
    let files = watched.index.files();
    let within = |file: &Path| file.strip_prefix(watched.root()).unwrap().to_owned();
    files.keys().map(|file| within(file).to_str().unwrap().to_owned()).collect()
}

#[test]
fn files_of_a_new_folder_are_told_also_those_that_were_there_before_its_watch() {
    let mut watched = watched();
    fill(&watched.path("new/deeper"));
    watched.follow();
    assert_eq!(names(&watched).len(), 6);
    let late = watched.path("new/deeper/a/b/late.md");
    fs::write(&late, "late").unwrap();
    assert_eq!(watched.follow_paths(), [late]);
}

#[test]
fn a_renamed_folder_is_indexed_under_its_new_name_and_watched_there() {
    let mut watched = watched();
    fs::rename(watched.path("top"), watched.path("bottom")).unwrap();
    watched.follow();
    assert_eq!(names(&watched), ["bottom/1.md", "bottom/a/2.md", "bottom/a/b/3.md"]);
    let late = watched.path("bottom/a/b/late.md");
    fs::write(&late, "late").unwrap();
    assert_eq!(watched.follow_paths(), [late]);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_folder_hides_what_was_in_that() {
    let mut watched = watched();
    let moved = watched.path("moved");
    fs::write(watched.path("top/a/2.md"), "changed").unwrap();
    fs::create_dir(watched.path("top/a/new")).unwrap();
    fs::rename(watched.path("top"), &moved).unwrap();
    std::os::unix::fs::symlink(&moved, watched.path("top")).unwrap();
    watched.follow();
    assert_eq!(names(&watched), ["moved/1.md", "moved/a/2.md", "moved/a/b/3.md"]);
    let late = moved.join("a/new/late.md");
    fs::write(&late, "late").unwrap();
    assert_eq!(watched.follow_paths(), [late]);
}

#[test]
fn a_folder_that_takes_the_name_of_another_is_watched_under_it() {
    let mut watched = watched();
    fs::rename(watched.path("top/a"), watched.path("top/old")).unwrap();
    fill(&watched.path("fresh"));
    fs::rename(watched.path("fresh"), watched.path("top/a")).unwrap();
    watched.follow();
    for (folder, in_it) in [("top/a/a", "told"), ("top/old/b", "told too")] {
        let late = watched.path(folder).join("late.md");
        fs::write(&late, in_it).unwrap();
        assert_eq!(watched.follow_paths(), [late]);
    }
}

#[test]
fn a_folder_moved_in_and_out_again_comes_and_goes() {
    let mut watched = watched();
    let outside = watched.scratch.path().join("outside");
    fill(&outside);
    fs::rename(&outside, watched.path("in")).unwrap();
    watched.follow();
    assert_eq!(names(&watched).len(), 6);
    fs::rename(watched.path("in"), &outside).unwrap();
    assert_eq!(watched.follow_paths(), [watched.root()]);
    assert_eq!(names(&watched), ["top/1.md", "top/a/2.md", "top/a/b/3.md"]);
    fs::write(outside.join("1.md"), "not ours any more").unwrap();
    assert_eq!(watched.next_within(QUIET), None);
}

#[test]
fn a_deleted_folder_is_told_as_the_nearest_folder_that_is_there() {
    let mut watched = watched();
    fs::remove_dir_all(watched.path("top/a")).unwrap();
    let told = watched.follow();
    assert_eq!(told.last().unwrap().paths, [watched.path("top")]);
    assert_eq!(names(&watched), ["top/1.md"]);
}

#[test]
fn a_folder_that_comes_and_goes_all_the_time_is_as_it_is_in_the_end() {
    let mut watched = watched();
    for round in 0..40 {
        fill(&watched.path("flicker"));
        if round % 3 == 0 {
            watched.next_within(std::time::Duration::ZERO);
        }
        fs::remove_dir_all(watched.path("flicker")).unwrap();
    }
    fill(&watched.path("flicker"));
    watched.follow();
    assert_eq!(names(&watched).len(), 6);
    let late = watched.path("flicker/a/b/late.md");
    fs::write(&late, "late").unwrap();
    assert_eq!(watched.follow_paths(), [late]);
}

#[test]
fn more_paths_than_allowed_are_told_as_the_folders_that_hold_them() {
    let long = std::time::Duration::from_millis(1500);
    let options = WatchOptions { debounce: long, most_wait: 20 * long, ..quick() };
    let mut watched = Watched::folder(options, |root| fill(&root.join("top")));
    fs::write(watched.path("single.md"), "one").unwrap();
    for n in 0..65 {
        fs::write(watched.path("top/a").join(format!("{n}.md")), "many").unwrap();
    }
    let changes = watched.next();
    assert_eq!(changes.paths, [watched.path("single.md"), watched.path("top/a")]);
    assert_eq!(watched.index.files(), watched.disk());
}

#[test]
fn a_folder_of_rules_is_told_when_they_change() {
    let mut watched = watched();
    fs::write(watched.path("top/a/.gitignore"), "*.tmp").unwrap();
    assert_eq!(watched.follow_paths(), [watched.path("top/a")]);
    fs::write(watched.path(".trommelignore"), "*.tmp").unwrap();
    assert_eq!(watched.follow_paths(), [watched.root()]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let mut watched = watched();
    let outside = watched.scratch.path().join("outside");
    fill(&outside);
    symlink(&outside, watched.path("top/link")).unwrap();
    symlink(watched.root(), watched.path("top/circle")).unwrap();
    watched.follow();
    fs::write(outside.join("a/2.md"), "changed outside").unwrap();
    fs::write(outside.join("new.md"), "new outside").unwrap();
    assert_eq!(watched.next_within(QUIET), None);
    assert_eq!(names(&watched).len(), 3);
    // A link in the place of a file: what was indexed there is gone.
    fs::remove_file(watched.path("top/1.md")).unwrap();
    symlink(outside.join("1.md"), watched.path("top/1.md")).unwrap();
    assert_eq!(watched.follow_paths(), [watched.path("top")]);
    assert_eq!(names(&watched), ["top/a/2.md", "top/a/b/3.md"]);
}
