//! Many paths as few.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Returns `paths` without those within others, and if they are more than `most`, merged into the folders
/// that hold them, up to the `tops` and no higher.
pub(crate) fn merged(
    paths: BTreeSet<PathBuf>,
    most: usize,
    tops: &BTreeSet<PathBuf>,
) -> Vec<PathBuf> {
    let mut paths = outermost(paths);
    while paths.len() > most {
        let into = folders_to_merge_into(&paths, most, tops);
        if into.is_empty() {
            break;
        }
        paths.extend(into);
        paths = outermost(paths.into_iter().collect());
    }
    paths
}

/// Returns the paths that are not within others, in order.
fn outermost(paths: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut kept: Vec<PathBuf> = Vec::new();
    // In the order of names, a folder is followed by everything below it.
    for path in paths {
        if !kept.last().is_some_and(|outer| path.starts_with(outer)) {
            kept.push(path);
        }
    }
    kept
}

/// Returns the folders with the most of the paths, as many as it takes; and where no two paths are in one
/// folder, the folders of the deepest paths.
fn folders_to_merge_into(paths: &[PathBuf], most: usize, tops: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut numbers: BTreeMap<&Path, usize> = BTreeMap::new();
    for path in paths.iter().filter(|path| !tops.contains(*path)) {
        if let Some(folder) = path.parent() {
            *numbers.entry(folder).or_default() += 1;
        }
    }
    let depth = |folder: &Path| folder.components().count();
    let mut folders: Vec<(&Path, usize)> = numbers.into_iter().collect();
    folders.sort_by_key(|&(folder, number)| (number, depth(folder)));
    let Some(&(fullest, number)) = folders.last() else { return Vec::new() };
    if number == 1 {
        let deepest = folders.into_iter().filter(|(folder, _)| depth(folder) == depth(fullest));
        return deepest.map(|(folder, _)| folder.to_owned()).collect();
    }
    let mut left = paths.len();
    let mut into = Vec::new();
    for (folder, number) in folders.into_iter().rev() {
        if left <= most || number == 1 {
            break;
        }
        left -= number - 1;
        into.push(folder.to_owned());
    }
    into
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(paths: &[&str], most: usize, tops: &[&str]) -> Vec<String> {
        let set = |of: &[&str]| of.iter().map(PathBuf::from).collect();
        let told = merged(set(paths), most, &set(tops));
        told.iter().map(|path| path.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_is_within_another_path_is_left_out_and_what_only_begins_like_it_stays() {
        let told = merge(&["/r/a", "/r/a/x", "/r/a.md", "/r/a b", "/r/a/x/y"], 9, &["/r"]);
        assert_eq!(told, ["/r/a", "/r/a b", "/r/a.md"]);
    }

    #[test]
    fn as_many_as_allowed_stay_as_they_are() {
        assert_eq!(merge(&["/r/a/1", "/r/a/2"], 2, &["/r"]), ["/r/a/1", "/r/a/2"]);
    }

    #[test]
    fn the_folder_with_the_most_is_merged_first_and_the_others_stay() {
        let paths = ["/r/a/1", "/r/a/2", "/r/a/3", "/r/b/1", "/r/b/2", "/r/c/d/1"];
        assert_eq!(merge(&paths, 4, &["/r"]), ["/r/a", "/r/b/1", "/r/b/2", "/r/c/d/1"]);
        assert_eq!(merge(&paths, 3, &["/r"]), ["/r/a", "/r/b", "/r/c/d/1"]);
    }

    #[test]
    fn paths_that_share_no_folder_are_merged_from_the_deepest_up() {
        let paths = ["/r/a/x/1", "/r/b/y/1", "/r/c/1"];
        assert_eq!(merge(&paths, 2, &["/r"]), ["/r"]);
        let paths = ["/r/a/x/1", "/r/a/y/1", "/r/c/1"];
        assert_eq!(merge(&paths, 2, &["/r"]), ["/r/a", "/r/c/1"]);
    }

    #[test]
    fn nothing_is_merged_beyond_the_tops() {
        let paths = ["/r/a/1", "/r/b/1", "/s/1", "/s/2", "/t/file.md"];
        assert_eq!(merge(&paths, 1, &["/r", "/s", "/t/file.md"]), ["/r", "/s", "/t/file.md"]);
    }

    #[test]
    fn a_hundred_thousand_paths_become_the_seven_folders_that_hold_them() {
        let paths = (0..100_000).map(|n| format!("/r/{}/{}/{n}", n % 7, n / 4));
        let told = merged(paths.map(PathBuf::from).collect(), 64, &[PathBuf::from("/r")].into());
        let seven: Vec<PathBuf> = (0..7).map(|n| PathBuf::from(format!("/r/{n}"))).collect();
        assert_eq!(told, seven);
    }
}
