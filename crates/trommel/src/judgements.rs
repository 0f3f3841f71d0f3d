//! The files that judgements are kept in: `queries.jsonl` and `qrels/test.tsv` of a folder.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use thiserror::Error;
use trommel_eval::{EvalError, NamedQuery, Qrels, read_queries};

/// Says why judgements cannot be read or kept.
#[derive(Debug, Error)]
pub enum JudgementsError {
    /// A file or folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// The system's own error.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] EvalError),
    /// The folder has another query of that id.
    #[error("query {id:?} is another one in {}: expected {expected:?}, got {got:?}", file.display())]
    AnotherQuery {
        /// The id.
        id: String,
        /// The file of queries.
        file: PathBuf,
        /// Its text there.
        expected: String,
        /// Its text here.
        got: String,
    },
    /// Somebody else writes to the folder.
    #[error("another trommel judge is writing to {}", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
}

fn cannot_write(path: &Path, source: io::Error) -> JudgementsError {
    JudgementsError::Write { path: path.to_owned(), source }
}

/// What keeps `trommel index` from taking queries for documents.
const IGNORE: &str = ".trommelignore";

/// Judgements in memory and on disk; both are the same between two calls.
///
/// Whoever has them open keeps others from writing to the folder.
pub struct Judgements {
    folder: PathBuf,
    queries: Vec<NamedQuery>,
    /// The file of queries: what was in it stays, byte for byte.
    file: String,
    /// Whether the file on disk lacks queries.
    behind: bool,
    qrels: Qrels,
    /// Whether the folder is new.
    made: bool,
    /// The lock on the folder, held as long as this lives.
    _lock: Option<File>,
}

impl Judgements {
    /// Reads what a folder holds; makes the folder if it is not there.
    ///
    /// # Errors
    ///
    /// [`JudgementsError`], which says why.
    pub fn open(folder: &Path) -> Result<Self, JudgementsError> {
        // Asked before the folder is made, so that one in which nothing was saved can be taken away
        // again.
        let made = !folder.exists();
        fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
        let mut saved = Self {
            folder: folder.to_owned(),
            queries: Vec::new(),
            file: String::new(),
            behind: false,
            qrels: Qrels::default(),
            made,
            _lock: lock(folder)?,
        };
        if made {
            saved.write(&folder.join(IGNORE), b"*\n")?;
        }
        saved.queries = or_none(read_queries(&saved.queries_file()))?;
        saved.qrels = or_none(Qrels::read(&saved.qrels_file()))?;
        if !saved.queries.is_empty() {
            saved.file = fs::read_to_string(saved.queries_file())
                .map_err(|source| EvalError::Io { path: saved.queries_file(), source })?;
        }
        Ok(saved)
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the file of queries.
    #[must_use]
    pub fn queries_file(&self) -> PathBuf {
        self.folder.join("queries.jsonl")
    }

    /// Returns the file of judgements.
    #[must_use]
    pub fn qrels_file(&self) -> PathBuf {
        self.folder.join("qrels").join("test.tsv")
    }

    /// Returns all queries: those that were there, then those that came.
    #[must_use]
    pub fn queries(&self) -> &[NamedQuery] {
        &self.queries
    }

    /// Returns all judgements.
    #[must_use]
    pub fn qrels(&self) -> &Qrels {
        &self.qrels
    }

    /// Takes a query in, which is written with the next judgement.
    ///
    /// # Errors
    ///
    /// [`JudgementsError`], which says why.
    pub fn merge(&mut self, query: &NamedQuery) -> Result<(), JudgementsError> {
        if let Some(known) = self.queries.iter().find(|known| known.id == query.id) {
            if known.text.trim() == query.text.trim() {
                return Ok(());
            }
            return Err(JudgementsError::AnotherQuery {
                id: query.id.clone(),
                file: self.queries_file(),
                expected: known.text.clone(),
                got: query.text.clone(),
            });
        }
        if !self.file.is_empty() && !self.file.ends_with('\n') {
            self.file.push('\n');
        }
        self.file += &format!("{}\n", json!({ "_id": query.id, "text": query.text }));
        self.queries.push(query.clone());
        self.behind = true;
        Ok(())
    }

    /// Returns a typed query with the id that its text has here: a hash, unless it came before.
    #[must_use]
    pub fn named(&self, text: &str) -> NamedQuery {
        if let Some(known) = self.queries.iter().find(|known| known.text.trim() == text) {
            return known.clone();
        }
        let hash = blake3::hash(text.as_bytes()).to_hex();
        let taken = |id: &String| self.queries.iter().any(|known| known.id == *id);
        // Eight digits are easy to read; a query that shares them with another one gets more.
        let ids = (8..=hash.len()).map(|digits| format!("q{}", &hash[..digits]));
        let id = ids.into_iter().find(|id| !taken(id)).unwrap_or_else(|| format!("q{hash}"));
        NamedQuery { id, text: text.to_owned() }
    }

    /// Judges a document, on disk too.
    ///
    /// # Errors
    ///
    /// [`JudgementsError`], which says why.
    pub fn grade(&mut self, query: &str, document: &str, grade: u8) -> Result<(), JudgementsError> {
        self.qrels.insert(query, document, grade.into());
        self.save()
    }

    /// Takes a judgement back, on disk too.
    ///
    /// # Errors
    ///
    /// [`JudgementsError`], which says why.
    pub fn take_back(&mut self, query: &str, document: &str) -> Result<(), JudgementsError> {
        self.qrels.remove(query, document);
        self.save()
    }

    /// Writes the queries before the judgements, so that these never name an unknown one.
    fn save(&mut self) -> Result<(), JudgementsError> {
        if self.behind {
            self.write(&self.queries_file(), self.file.as_bytes())?;
            self.behind = false;
        }
        let file = self.qrels_file();
        let mut bytes = Vec::new();
        self.qrels
            .write(&mut bytes)
            .and_then(|()| file.parent().map_or(Ok(()), fs::create_dir_all))
            .map_err(|error| cannot_write(&file, error))?;
        self.write(&file, &bytes)?;
        self.made = false;
        Ok(())
    }

    /// Writes a file that is whole at every moment: the old one, then the new one.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), JudgementsError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".tmp");
        let aside = path.with_file_name(name);
        let written = File::create(&aside).and_then(|mut file| {
            file.write_all(bytes)?;
            // Before the new name: after a power cut it must not stand for an empty file.
            file.sync_all()?;
            fs::rename(&aside, path)
        });
        written.map_err(|error| cannot_write(path, error))
    }
}

impl Drop for Judgements {
    /// Leaves no folder behind in which nothing was saved.
    fn drop(&mut self) {
        if self.made {
            let _ = fs::remove_file(self.folder.join(IGNORE));
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// Locks a folder, so that nobody else's judgements are overwritten; where folders cannot be locked,
/// there is no lock.
fn lock(folder: &Path) -> Result<Option<File>, JudgementsError> {
    let Ok(file) = File::open(folder) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(JudgementsError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// A file that is not there, or that holds nothing, is empty.
fn or_none<T: Default>(read: Result<T, EvalError>) -> Result<T, JudgementsError> {
    match read {
        Err(EvalError::Empty { .. }) => Ok(T::default()),
        Err(EvalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(T::default())
        }
        read => Ok(read?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(id: &str, text: &str) -> NamedQuery {
        NamedQuery { id: id.into(), text: text.into() }
    }

    #[test]
    fn old_lines_stay_as_they_are_and_new_ones_come_behind_them() {
        let folder = tempfile::tempdir().unwrap();
        let old = "{\"_id\": \"a\", \"text\": \"first\", \"metadata\": {\"by\": \"x\"}}";
        fs::write(folder.path().join("queries.jsonl"), old).unwrap();
        let mut saved = Judgements::open(folder.path()).unwrap();
        saved.merge(&query("a", "first ")).unwrap();
        saved.merge(&query("b", "second \"one\"")).unwrap();
        assert!(saved.merge(&query("a", "other")).is_err());
        saved.grade("b", "doc 1", 2).unwrap();
        let file = fs::read_to_string(saved.queries_file()).unwrap();
        assert_eq!(file, format!("{old}\n{{\"_id\":\"b\",\"text\":\"second \\\"one\\\"\"}}\n"));
        let judged = fs::read_to_string(saved.qrels_file()).unwrap();
        assert_eq!(judged, "query-id\tcorpus-id\tscore\nb\tdoc 1\t2\n");
        // A folder that was there is nothing of ours to hide.
        assert!(!folder.path().join(IGNORE).exists());
    }

    #[test]
    fn an_id_follows_from_the_text_and_is_never_anothers() {
        let folder = tempfile::tempdir().unwrap();
        let mut saved = Judgements::open(folder.path()).unwrap();
        let first = saved.named("water the plants");
        assert_eq!(first, saved.named("water the plants"));
        saved.merge(&query(&first.id, "something else")).unwrap();
        let other = saved.named("water the plants");
        assert!(other.id.starts_with(&first.id) && other.id != first.id);
        saved.merge(&query("mine", "water the roses")).unwrap();
        assert_eq!(saved.named("water the roses").id, "mine");
    }

    #[test]
    fn a_folder_in_which_nothing_was_judged_goes_away() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("judgements");
        drop(Judgements::open(&folder).unwrap());
        assert!(!folder.exists());
        let mut saved = Judgements::open(&folder).unwrap();
        saved.grade("q", "d", 1).unwrap();
        saved.take_back("q", "d").unwrap();
        drop(saved);
        assert!(folder.join(IGNORE).exists());
        assert!(Judgements::open(&folder).unwrap().qrels().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn two_cannot_write_to_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Judgements::open(folder.path()).unwrap();
        let second = Judgements::open(folder.path()).err();
        assert!(matches!(second, Some(JudgementsError::Locked { .. })), "{second:?}");
    }
}
