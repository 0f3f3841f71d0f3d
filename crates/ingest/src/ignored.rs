//! What `.gitignore`, `.ignore` and `.trommelignore` files say.
//!
//! They are opened here and not by the walk: that one would follow a link out of the root, and wait
//! for whoever writes to a pipe of that name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::{IgnoreRule, SkipReason};

/// The names of the files, the strongest first.
const NAMES: [&str; 3] = [".trommelignore", ".ignore", GIT];

/// The file that a nested repository does not take over from around it.
const GIT: &str = ".gitignore";
/// Its place among [`NAMES`].
const GIT_PLACE: usize = 2;

/// The largest file of rules that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The rules of the folders around the root, and from there down to where a walk is.
pub(crate) struct IgnoreRules {
    root: PathBuf,
    /// How many of the open folders are above the root: these stay open.
    above: usize,
    open: Vec<Folder>,
}

/// The rules of one folder.
struct Folder {
    path: PathBuf,
    /// One for each of [`NAMES`].
    rules: [Gitignore; 3],
    is_repository: bool,
}

impl IgnoreRules {
    /// Returns the rules above `root` and below it.
    ///
    /// Above it they are those that git and ripgrep would hear: `.gitignore` files up to the repository's
    /// own folder and none without a repository, the others of all folders.
    pub(crate) fn new(root: &Path) -> Self {
        let mut above: Vec<Folder> =
            root.ancestors().skip(1).map(|it| Folder::open(it.into())).collect();
        let in_repository = |folder: &Folder| folder.is_repository;
        let own = fs::symlink_metadata(root.join(".git")).is_ok();
        let outermost = if own { None } else { above.iter().position(in_repository) };
        for (distance, folder) in above.iter_mut().enumerate() {
            if outermost.is_none_or(|outermost| distance > outermost) {
                folder.rules[GIT_PLACE] = Gitignore::empty();
            }
        }
        above.reverse();
        Self { above: above.len(), root: root.to_owned(), open: above }
    }

    /// Returns the rule that leaves an entry of a folder out, if one does; walks ask folder by folder.
    ///
    /// A file of a stronger name is heard first, and of one name that of the nearest folder.
    pub(crate) fn leave_out(&mut self, path: &Path, is_folder: bool) -> Option<IgnoreRule> {
        let parent = path.parent()?;
        self.descend(parent);
        // The first rule that says anything decides: names outside, folders inside, so a
        // `.trommelignore` at the root outdoes a `.gitignore` right beside the file.
        for (place, name) in NAMES.into_iter().enumerate() {
            for folder in self.open.iter().rev() {
                match folder.rules[place].matched(path, is_folder) {
                    Match::Ignore(rule) => {
                        let file = folder.path.join(name).to_string_lossy().into_owned();
                        return Some(IgnoreRule { file, rule: rule.original().to_owned() });
                    }
                    Match::Whitelist(_) => return None,
                    // Git does the same: what stands around a repository does not rule within it.
                    Match::None if name == GIT && folder.is_repository => break,
                    Match::None => {}
                }
            }
        }
        None
    }

    /// Opens the rules from the root down to `folder`, and closes all others.
    fn descend(&mut self, folder: &Path) {
        while self.open.len() > self.above
            && self.open.last().is_some_and(|open| !folder.starts_with(&open.path))
        {
            self.open.pop();
        }
        // A walk goes down one folder at a time or back up, so mostly one folder at the most is
        // missing. `ancestors` begins with the deepest one, and `pop` takes the uppermost first.
        let below = self.open[self.above..].last();
        let from = below.map_or(self.root.as_path(), |open| open.path.as_path());
        let mut missing: Vec<PathBuf> = folder
            .ancestors()
            .take_while(|above| above.starts_with(from))
            .filter(|above| self.open.last().is_none_or(|open| open.path != *above))
            .map(Path::to_owned)
            .collect();
        while let Some(path) = missing.pop() {
            self.open.push(Folder::open(path));
        }
    }
}

impl Folder {
    fn open(path: PathBuf) -> Self {
        let rules = NAMES.map(|name| rules(&path, name));
        let is_repository = fs::symlink_metadata(path.join(".git")).is_ok();
        Self { path, rules, is_repository }
    }
}

/// Returns why a file of rules is not read, if it is one and is not.
pub(crate) fn refusal(path: &Path) -> Option<SkipReason> {
    let name = path.file_name()?;
    let metadata = NAMES.iter().any(|rules| name == *rules).then(|| fs::symlink_metadata(path));
    let metadata = metadata?.ok()?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Some(SkipReason::Symlink)
    } else if kind.is_file() {
        let bytes = metadata.len();
        (bytes > MAX_BYTES).then_some(SkipReason::TooLarge { bytes, limit: MAX_BYTES })
    } else {
        (!kind.is_dir()).then_some(SkipReason::NotAFile)
    }
}

/// Returns what the file `name` of a folder says; nothing if there is none that may be read, and
/// without the lines that are no rules.
fn rules(folder: &Path, name: &str) -> Gitignore {
    let path = folder.join(name);
    let Ok(text) = read(&path) else { return Gitignore::empty() };
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        // A line that is no rule is passed over, as git does.
        builder.add_line(None, line).ok();
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn read(path: &Path) -> io::Result<String> {
    let metadata = fs::symlink_metadata(path)?;
    // `symlink_metadata` and not `File::open` first: opening a pipe would wait for a writer.
    if !metadata.is_file() || refusal(path).is_some() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
