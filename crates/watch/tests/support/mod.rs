//! An index of files that follows a watch as an indexer does: it reads what it is told, and nothing else.

// Each test binary uses what it needs of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use trommel_watch::{Changes, Watch, WatchOptions, is_hidden};

/// How long a test waits for what must come, on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long nothing must come for a test to believe that nothing will.
pub(crate) const QUIET: Duration = Duration::from_millis(900);

/// Files and what is in them.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Returns the files at and below a path, without hidden ones and what links lead to.
pub(crate) fn read(path: &Path) -> Files {
    let mut files = Files::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(kind) = fs::symlink_metadata(&path).map(|metadata| metadata.file_type()) else {
            continue;
        };
        if kind.is_file() {
            files.extend(fs::read(&path).ok().map(|bytes| (path, bytes)));
        } else if kind.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            open.extend(entries.map(|entry| entry.path()).filter(|path| !is_hidden(path)));
        }
    }
    files
}

/// What is indexed, for a watch that asks.
#[derive(Clone, Default)]
pub(crate) struct Index(Arc<Mutex<Files>>);

impl Index {
    /// Returns what is in the index.
    pub(crate) fn files(&self) -> Files {
        self.0.lock().unwrap().clone()
    }

    /// Returns the options of a watch that asks the index what it has.
    pub(crate) fn asked(&self, options: WatchOptions) -> WatchOptions {
        let files = Arc::clone(&self.0);
        let indexed =
            move |path: &Path| files.lock().unwrap().keys().any(|file| file.starts_with(path));
        WatchOptions { indexed: Arc::new(indexed), ..options }
    }

    /// Reads what is told: of a folder everything, forgetting what is not there, and of a file that file.
    pub(crate) fn apply(&self, changes: &Changes) {
        for path in &changes.gone {
            self.0.lock().unwrap().retain(|file, _| !file.starts_with(path));
        }
        for path in &changes.paths {
            let found = read(path);
            let mut files = self.0.lock().unwrap();
            if path.is_dir() {
                files.retain(|file, _| !file.starts_with(path));
            }
            files.extend(found);
        }
    }
}

/// A watch, the index that follows it, and the folder that everything happens in.
pub(crate) struct Watched {
    pub(crate) scratch: TempDir,
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) watch: Watch,
    pub(crate) index: Index,
}

impl Watched {
    /// Watches the folder `root` in a new folder, after `prepare` has filled it.
    pub(crate) fn folder(options: WatchOptions, prepare: impl FnOnce(&Path)) -> Self {
        Self::roots(&["root"], options, |scratch| {
            fs::create_dir(scratch.join("root")).unwrap();
            prepare(&scratch.join("root"));
        })
    }

    /// Watches roots in a new folder, after `prepare` has filled that.
    pub(crate) fn roots(
        roots: &[&str],
        options: WatchOptions,
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let top = scratch.path().canonicalize().unwrap();
        prepare(&top);
        let roots: Vec<PathBuf> = roots.iter().map(|root| top.join(root)).collect();
        let watch = Watch::start(roots.clone(), options).unwrap();
        let index = Index::default();
        let files = roots.iter().flat_map(|root| read(root)).collect();
        *index.0.lock().unwrap() = files;
        Self { scratch, roots, watch, index }
    }

    /// Watches `root` with an index that the watch may ask.
    pub(crate) fn asked(options: WatchOptions, prepare: impl FnOnce(&Path)) -> Self {
        let index = Index::default();
        let watched = Self::folder(index.asked(options), prepare);
        *index.0.lock().unwrap() = watched.index.files();
        Self { index, ..watched }
    }

    /// Returns the path of the first root.
    pub(crate) fn root(&self) -> &Path {
        &self.roots[0]
    }

    /// Returns a path below the first root.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Returns what is on disk at the roots.
    pub(crate) fn disk(&self) -> Files {
        self.roots.iter().flat_map(|root| read(root)).collect()
    }

    /// Returns what is told next, if it is told in time.
    pub(crate) fn next_within(&mut self, time: Duration) -> Option<Changes> {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let (told, is_told) = mpsc::channel::<()>();
            let stop = &stop;
            scope.spawn(move || {
                let _ = is_told.recv_timeout(time);
                stop.store(true, Ordering::Relaxed);
            });
            let changes = self.watch.next(stop);
            drop(told);
            changes
        })
    }

    /// Returns what is told next, after the index has followed.
    pub(crate) fn next(&mut self) -> Changes {
        let changes = self.next_within(PATIENCE).expect("something is told");
        self.index.apply(&changes);
        changes
    }

    /// Follows until the index is what is on disk and nothing is told any more; returns all that was told.
    pub(crate) fn follow(&mut self) -> Vec<Changes> {
        let begun = Instant::now();
        let mut all = Vec::new();
        loop {
            match self.next_within(QUIET) {
                Some(changes) => {
                    self.index.apply(&changes);
                    all.push(changes);
                }
                None if self.index.files() == self.disk() => return all,
                None => assert!(
                    begun.elapsed() < PATIENCE,
                    "index {:?}, disk {:?}, told {all:?}",
                    self.index.files().keys(),
                    self.disk().keys()
                ),
            }
        }
    }

    /// Follows as [`Self::follow`] does, and returns the paths that were told, each once.
    pub(crate) fn follow_paths(&mut self) -> Vec<PathBuf> {
        let told = self.follow();
        let mut paths: Vec<PathBuf> = told.into_iter().flat_map(|changes| changes.paths).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

/// Returns options that wait less than the usual ones.
pub(crate) fn quick() -> WatchOptions {
    WatchOptions { debounce: Duration::from_millis(100), ..WatchOptions::default() }
}
