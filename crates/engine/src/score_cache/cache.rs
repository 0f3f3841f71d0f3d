//! The cache: where the scores of a query lie in the file, and which of them must go.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::OnceLock;

use trommel_core::RerankScore;

use super::file::PagedFile;
use super::keys::{Key, Keys};
use super::{CacheError, page, record};

/// The name of the cache's file in its folder.
pub const FILE: &str = "scores";

/// What a cache may take on the disk where nobody says otherwise: 64 MiB, two million scores.
pub const LIMIT: u64 = 64 << 20;

/// How many pages, side by side, a query's scores may lie in: 1024 scores, read in one call.
///
/// One page alone would do for most queries, but one that has more passages than fit would push
/// out its own scores, and every search of it the ones that the next search needs.
const WINDOW: u64 = 8;

type Page = [u8; page::SIZE];

/// Scores of a reranker in a file of bounded size, shared by any number of processes.
///
/// It never fails: a cache that cannot be read or written is off, which means that it finds
/// nothing and keeps nothing, and [`ScoreCache::problem`] says why.
#[derive(Debug)]
pub struct ScoreCache {
    file: Option<PagedFile>,
    problem: OnceLock<CacheError>,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many scores; one that two processes computed at a time may be there twice.
    pub scores: u64,
    /// How many scores at most.
    pub room: u64,
    /// What the file takes on the disk; where the system does not say so, its length.
    pub bytes: u64,
}

impl ScoreCache {
    /// Opens the cache in a folder, which is made if it is not there; the file in it is never
    /// longer than `limit` bytes.
    ///
    /// It reads 32 bytes. A file of another version or size is emptied.
    #[must_use]
    pub fn open(folder: &Path, limit: u64) -> Self {
        let cache = Self { file: None, problem: OnceLock::new() };
        match PagedFile::open(&folder.join(FILE), limit) {
            Ok((file, begun_anew)) => {
                if begun_anew {
                    let path = file.path().to_owned();
                    cache.notice(CacheError::BegunAnew { path });
                }
                Self { file: Some(file), ..cache }
            }
            Err(error) => {
                cache.notice(error);
                cache
            }
        }
    }

    /// Says whether there is a file to look in.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.file.is_some()
    }

    /// Returns the first thing that went wrong: why the cache is off, began anew or kept nothing.
    #[must_use]
    pub fn problem(&self) -> Option<&CacheError> {
        self.problem.get()
    }

    /// Returns what is known of each passage, in their order.
    #[must_use]
    pub fn find(&self, keys: &Keys) -> Vec<Option<RerankScore>> {
        let known = self.known(keys);
        keys.keys.iter().map(|key| known.get(key).copied()).collect()
    }

    /// Keeps scores, each of the passage at a place in `keys`; what is not finite is left out.
    ///
    /// In a full window, the oldest scores of its pages give way.
    pub fn keep(&self, keys: &Keys, scores: impl IntoIterator<Item = (usize, RerankScore)>) {
        let Some(file) = &self.file else { return };
        let records = scores.into_iter().filter_map(|(place, score)| {
            let key = *keys.keys.get(place)?;
            Some((key, record::write(key, score)?))
        });
        if let Err(error) = put(file, keys.place, records) {
            self.notice(CacheError::io("write", file.path())(error));
        }
    }

    /// Reads the whole file and returns what it holds; nothing if the cache is off.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let Some(file) = &self.file else { return Usage::default() };
        let per_page = (page::SIZE / record::SIZE) as u64;
        let (length, bytes) = fs::metadata(file.path()).map_or((0, 0), |m| (m.len(), on_disk(&m)));
        let pages = (length / page::SIZE as u64).min(file.pages());
        let mut scores = 0;
        let mut page = [[0; page::SIZE]];
        for number in 0..pages {
            if file.read(number, &mut page).is_ok() {
                scores += page::records(&page[0]).filter_map(record::read).count() as u64;
            }
        }
        Usage { scores, room: file.pages() * per_page, bytes }
    }

    fn known(&self, keys: &Keys) -> HashMap<Key, RerankScore> {
        let Some(file) = &self.file else { return HashMap::new() };
        let (_, pages) = match window(file, keys.place) {
            Ok(window) => window,
            Err(error) => {
                self.notice(CacheError::io("read", file.path())(error));
                return HashMap::new();
            }
        };
        let wanted: HashSet<&Key> = keys.keys.iter().collect();
        let records = pages.iter().flat_map(page::records);
        let known = records.filter_map(|bytes| {
            let key = record::key(bytes);
            if wanted.contains(&key) { Some((key, record::read(bytes)?)) } else { None }
        });
        known.collect()
    }

    fn notice(&self, problem: CacheError) {
        // The first one is the cause of those that follow.
        let _ = self.problem.set(problem);
    }
}

/// Empties and removes the cache in a folder; returns what it took on the disk, none if
/// there was no file.
///
/// A process that has the cache open goes on with a file that nobody else sees. The folder goes
/// too if nothing else is in it.
///
/// # Errors
///
/// [`CacheError::Io`] if the file cannot be removed.
pub fn clear(folder: &Path) -> Result<Option<u64>, CacheError> {
    remove(folder, FILE)
}

/// Removes a file of a cache's folder, and the folder if nothing else is in it; returns what the file
/// took on the disk.
pub(crate) fn remove(folder: &Path, name: &str) -> Result<Option<u64>, CacheError> {
    let path = folder.join(name);
    let bytes = fs::symlink_metadata(&path).map_or(0, |metadata| on_disk(&metadata));
    match fs::remove_file(&path) {
        Ok(()) => {
            let _ = fs::remove_dir(folder);
            Ok(Some(bytes))
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(CacheError::io("remove", &path)(error)),
    }
}

/// Returns what a file takes on the disk: holes take nothing.
fn on_disk(metadata: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::blocks(metadata) * 512;
    #[cfg(not(unix))]
    metadata.len()
}

/// Reads the pages that the scores of a place may lie in; returns the number of the first one.
fn window(file: &PagedFile, place: u64) -> io::Result<(u64, Vec<Page>)> {
    let wide = WINDOW.min(file.pages());
    let first = place % (file.pages() - wide + 1);
    let mut pages = vec![[0; page::SIZE]; wide as usize];
    file.read(first, &mut pages)?;
    Ok((first, pages))
}

/// Puts records into the first pages of a window that have room, and writes the pages that changed.
fn put(
    file: &PagedFile,
    place: u64,
    records: impl Iterator<Item = (Key, [u8; record::SIZE])>,
) -> io::Result<()> {
    // The window is read again: another process may have written since it was searched.
    let (first, mut pages) = window(file, place)?;
    let mut changed = BTreeSet::new();
    for (key, bytes) in records {
        let free = pages.iter().position(page::has_room);
        // In a full window the key decides, so that all pages age alike.
        let at = free.unwrap_or(usize::from(key[0]) % pages.len());
        page::push(&mut pages[at], &bytes);
        changed.insert(at);
    }
    changed.into_iter().try_for_each(|at| file.write(first + at as u64, &pages[at]))
}
