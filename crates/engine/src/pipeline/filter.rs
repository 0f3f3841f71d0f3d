//! Which documents may be found.

use globset::{Glob, GlobMatcher};
use trommel_core::PassageSet;

use crate::EngineError;
use crate::collection::Root;
use crate::documents::{Catalogue, Entry};

/// A restriction that holds for all stages before they rank; an empty one allows everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    metadata: Vec<(String, String)>,
    paths: Vec<GlobMatcher>,
}

impl Filter {
    /// Returns a filter of `key=value` pairs, all of which must hold, and globs over the path, one
    /// of which must match.
    ///
    /// A value that is a JSON list holds if one of its members is the value.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] if a glob does not parse.
    pub fn new(metadata: Vec<(String, String)>, globs: &[String]) -> Result<Self, EngineError> {
        let matcher = |glob: &String| {
            Glob::new(glob).map(|glob| glob.compile_matcher()).map_err(|error| {
                EngineError::OutOfRange {
                    what: "path",
                    got: format!("{glob:?}"),
                    expected: format!("a glob: {}", error.kind()),
                }
            })
        };
        let paths = globs
            .iter()
            .flat_map(|glob| with_contents(glob))
            .map(|glob| matcher(&glob))
            .collect::<Result<_, _>>()?;
        Ok(Self { metadata, paths })
    }

    /// Returns the passages that may be found, or `None` if all may.
    pub(crate) fn allowed(&self, catalogue: &Catalogue, roots: &[Root]) -> Option<PassageSet> {
        let restricts = !self.metadata.is_empty() || !self.paths.is_empty();
        restricts.then(|| {
            let allowed = catalogue.entries().iter().filter(|entry| self.allows(entry, roots));
            allowed.flat_map(Entry::passage_ids).collect()
        })
    }

    fn allows(&self, entry: &Entry, roots: &[Root]) -> bool {
        let has = |(key, value): &(String, String)| {
            entry.metadata.get(key).is_some_and(|found| holds(found, value))
        };
        // A root that is one file has no path within itself: its name stands for it.
        let path = match roots.get(entry.root as usize) {
            Some(root) if entry.path.is_empty() => root.path.rsplit('/').next().unwrap_or("-"),
            _ => &entry.path,
        };
        self.metadata.iter().all(has)
            && (self.paths.is_empty() || self.paths.iter().any(|glob| glob.is_match(path)))
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        let globs = |filter: &Self| -> Vec<String> {
            filter.paths.iter().map(|matcher| matcher.glob().glob().to_owned()).collect()
        };
        self.metadata == other.metadata && globs(self) == globs(other)
    }
}

/// Returns a glob over paths in a root, and the one over what a folder of that name holds.
fn with_contents(glob: &str) -> [String; 2] {
    let glob = glob.strip_prefix("./").unwrap_or(glob).trim_end_matches('/');
    [glob.to_owned(), format!("{glob}/**")]
}

fn holds(found: &str, value: &str) -> bool {
    let is_value = |member: &serde_json::Value| match member.as_str() {
        Some(text) => text == value,
        None => serde_json::to_string(member).is_ok_and(|text| text == value),
    };
    found == value
        || (found.starts_with('[')
            && serde_json::from_str::<Vec<serde_json::Value>>(found)
                .is_ok_and(|members| members.iter().any(is_value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::catalogue_tests::entry;

    fn allowed(metadata: &[(&str, &str)], globs: &[&str]) -> Option<Vec<u64>> {
        let mut tagged = entry("notes/a.md", 0, 2);
        tagged.metadata.insert("tag".into(), r#"["red",7]"#.into());
        let catalogue = Catalogue::new(vec![tagged, entry("b.txt", 2, 1)]);
        let pairs = metadata.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        let globs: Vec<String> = globs.iter().map(ToString::to_string).collect();
        let set = Filter::new(pairs, &globs).unwrap().allowed(&catalogue, &[])?;
        Some(set.iter().map(|id| id.0).collect())
    }

    #[test]
    fn pairs_must_all_hold_and_one_glob_must_match() {
        assert_eq!(allowed(&[], &[]), None);
        assert_eq!(allowed(&[("lang", "en")], &[]), Some(vec![0, 1, 2]));
        assert_eq!(allowed(&[("lang", "en"), ("tag", "red")], &[]), Some(vec![0, 1]));
        assert_eq!(allowed(&[("tag", "7")], &[]), Some(vec![0, 1]));
        assert_eq!(allowed(&[("tag", "blue")], &[]), Some(vec![]));
        assert_eq!(allowed(&[], &["notes/*", "*.md"]), Some(vec![0, 1]));
        assert_eq!(allowed(&[], &["*.txt"]), Some(vec![2]));
        assert_eq!(allowed(&[], &["notes"]), Some(vec![0, 1]));
        assert_eq!(allowed(&[], &["./notes/"]), Some(vec![0, 1]));
    }

    #[test]
    fn a_bad_glob_is_an_error() {
        assert!(Filter::new(vec![], &["[".into()]).is_err());
    }
}
