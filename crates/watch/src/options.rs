//! What a caller may say about watching.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A question about a path. It is asked for every event, so it must be quick and must not wait.
pub type PathTest = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// How roots are watched, and what of them counts.
#[derive(Clone)]
pub struct WatchOptions {
    /// How long nothing must happen before changes are told.
    pub debounce: Duration,
    /// How long changes wait at the most, even if more keep coming.
    pub most_wait: Duration,
    /// How often a root is told as a whole, whatever happened.
    pub rescan: Duration,
    /// How often a root is told as a whole whose changes the system does not tell, or not all of them.
    pub poll: Duration,
    /// The most paths that are told at once; more are merged into the folders that hold them.
    pub most_paths: usize,
    /// Whether a file or folder below a root is left out, with everything below it. Roots themselves are
    /// not asked about; they and what is below them are asked for as links resolve.
    pub ignored: PathTest,
    /// Whether something is indexed at a path that is gone, or below it. Where nothing is, nothing has to
    /// be removed, and so nothing is told: editors leave many a file for a moment.
    pub indexed: PathTest,
    /// Names of files that say what their folder is read for: when one changes, the folder is told. They
    /// count even if they are ignored.
    pub rules: Vec<String>,
}

impl Default for WatchOptions {
    /// Returns what fits folders of documents: hidden names are ignored, and ignore files are rules.
    fn default() -> Self {
        Self {
            debounce: Duration::from_millis(300),
            most_wait: Duration::from_secs(1),
            rescan: Duration::from_secs(600),
            poll: Duration::from_secs(30),
            most_paths: 64,
            ignored: Arc::new(is_hidden),
            indexed: Arc::new(|_| true),
            rules: [".gitignore", ".ignore", ".trommelignore"].map(str::to_owned).to_vec(),
        }
    }
}

impl fmt::Debug for WatchOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchOptions")
            .field("debounce", &self.debounce)
            .field("most_wait", &self.most_wait)
            .field("rescan", &self.rescan)
            .field("poll", &self.poll)
            .field("most_paths", &self.most_paths)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// Says whether the name of a file or folder begins with a dot.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_with_a_dot_is_hidden_and_one_below_it_is_not() {
        assert!(is_hidden(Path::new("/a/.git")));
        assert!(!is_hidden(Path::new("/a/.git/config")));
        assert!(!is_hidden(Path::new("/a/b.md")));
        assert!(!is_hidden(Path::new("/")));
    }
}
