//! Which paths count.

use std::path::{Path, PathBuf};

use crate::WatchOptions;
use crate::options::PathTest;

/// The roots, and what of them is left out.
pub(crate) struct Scope {
    roots: Vec<PathBuf>,
    ignored: PathTest,
    rules: Vec<String>,
}

impl Scope {
    pub(crate) fn new(roots: Vec<PathBuf>, options: &WatchOptions) -> Self {
        Self { roots, ignored: options.ignored.clone(), rules: options.rules.clone() }
    }

    /// Says whether a path is a root, or below one and not left out.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| self.reaches(root, path))
    }

    /// Says whether a path is `root`, or below it and not left out.
    pub(crate) fn reaches(&self, root: &Path, path: &Path) -> bool {
        let below = || path.ancestors().take_while(|above| *above != root);
        path.starts_with(root) && !below().any(|above| (self.ignored)(above))
    }

    /// Returns the folder that a path says something about: the one around it, if it is a file of rules.
    pub(crate) fn ruled_by<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        let name = path.file_name()?;
        let is_rules = self.rules.iter().any(|rules| name == rules.as_str());
        path.parent().filter(|folder| is_rules && self.holds(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(roots: &[&str]) -> Scope {
        Scope::new(roots.iter().map(PathBuf::from).collect(), &WatchOptions::default())
    }

    #[test]
    fn hidden_names_count_nowhere_below_a_root_but_in_its_own_path() {
        let scope = scope(&["/home/.notes", "/docs", "/docs/.drafts"]);
        for held in ["/home/.notes", "/home/.notes/a.md", "/docs/a/b.md", "/docs/.drafts/c.md"] {
            assert!(scope.holds(Path::new(held)), "{held}");
        }
        for left_out in ["/home/a.md", "/docs.md", "/docs/.git/a/b", "/docs/a/.b", "/"] {
            assert!(!scope.holds(Path::new(left_out)), "{left_out}");
        }
    }

    #[test]
    fn rules_stand_for_their_folder_unless_that_is_left_out() {
        let scope = scope(&["/docs"]);
        let ruled = |path| scope.ruled_by(Path::new(path));
        assert_eq!(ruled("/docs/a/.gitignore"), Some(Path::new("/docs/a")));
        assert_eq!(ruled("/docs/.trommelignore"), Some(Path::new("/docs")));
        assert_eq!(ruled("/docs/.git/.gitignore"), None);
        assert_eq!(ruled("/.gitignore"), None);
        assert_eq!(ruled("/docs/a/.hidden"), None);
    }
}
