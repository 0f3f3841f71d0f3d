//! Names of rows, short enough to stand in a chart.

use trommel_core::{ceil_grapheme, floor_grapheme};
use unicode_width::UnicodeWidthStr;

/// As many columns of a name as are shown.
const LONGEST: usize = 20;

/// Returns the names as a chart has room for them.
///
/// Names of runs may be paths: where one is too long, the folder that they share is left out.
pub(super) fn shortened<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: Vec<&str> = names.collect();
    let is_long = |name: &&str| name.width() > LONGEST;
    let folder = if names.iter().any(is_long) { shared_folder(&names) } else { 0 };
    names.iter().map(|name| cut(&name[folder..])).collect()
}

/// Returns the length of the folder that all paths lie in.
fn shared_folder(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return 0;
    };
    // From the longest folder of the first name up to the shortest.
    let mut ends = first.rmatch_indices('/').map(|(at, _)| at + 1);
    ends.find(|&end| rest.iter().all(|name| name.starts_with(&first[..end]))).unwrap_or(0)
}

/// Returns a name, cut in its middle where it is too long: names often end in what sets them apart.
fn cut(name: &str) -> String {
    if name.width() <= LONGEST {
        return name.to_owned();
    }
    let half = LONGEST / 2;
    let places = || name.char_indices().map(|(at, _)| at);
    let start = places().take_while(|at| name[..*at].width() <= half).last().unwrap_or(0);
    let end = places().rev().take_while(|at| name[*at..].width() < half).last();
    let end = ceil_grapheme(name, end.unwrap_or(name.len()));
    format!("{}…{}", &name[..floor_grapheme(name, start)], &name[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        let short = cut("run-of-2026-11-23-with-dense-weight-0.5");
        assert_eq!(short, "run-of-202…eight-0.5");
        assert_eq!(short.chars().count(), LONGEST);
        assert_eq!(cut(&"漢字".repeat(6)), "漢字漢字漢…漢字漢字");
        assert_eq!(cut(&"กำ".repeat(11)), "กำกำกำกำกำ…กำกำกำกำ");
    }

    #[test]
    fn long_paths_lose_the_folder_that_they_share() {
        let names = ["/home/me/experiments/today/a.run", "/home/me/experiments/today/b/c.run"];
        assert_eq!(shortened(names.into_iter()), ["a.run", "b/c.run"]);
        let short = ["x/bm25", "x/dense"];
        assert_eq!(shortened(short.into_iter()), short);
        assert_eq!(shortened(names.into_iter().take(1)), ["/home/me/e…today/a.run"].map(cut));
    }
}
