//! A folder that is watched, with the folders below it or without.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use notify::{ErrorKind, RecursiveMode, WatchPathConfig};

use crate::PollReason;
use crate::backend::{Backend, Native};
use crate::file_system::{Identity, folder_at_or_around, identity, is_shared};
use crate::inbox::Inbox;
use crate::listener::Listener;
use crate::scope::Scope;

/// How long a watcher that ends is waited for, so that its watches are free for the next one.
const MOST_ENDING: Duration = Duration::from_millis(50);

/// A folder that is watched.
pub(crate) struct Place {
    folder: PathBuf,
    /// Whether what is below its folders is watched as well.
    pub(crate) deep: bool,
    /// When it began to be watched.
    pub(crate) since: Instant,
    identity: Option<Identity>,
    scope: Arc<Scope>,
    native: Result<Native, String>,
    /// Whether each folder has a watch of its own.
    one_by_one: bool,
    /// The folders that have one.
    watched: BTreeSet<PathBuf>,
    /// Set once a folder could not be watched because of the system's limit.
    limited: Arc<AtomicBool>,
    is_shared: bool,
}

impl Place {
    /// Begins to watch a folder.
    pub(crate) fn open(
        folder: &Path,
        deep: bool,
        backend: &Backend,
        scope: &Arc<Scope>,
        inbox: &Arc<Inbox>,
        stop: &AtomicBool,
    ) -> Self {
        let limited = Arc::new(AtomicBool::new(false));
        let listener = Listener {
            place: folder.to_owned(),
            scope: Arc::clone(scope),
            inbox: Arc::clone(inbox),
            limited: Arc::clone(&limited),
        };
        let mut place = Self {
            folder: folder.to_owned(),
            deep,
            since: Instant::now(),
            // Before the watch: whoever takes the folder's place meanwhile is found out later.
            identity: identity(folder),
            scope: Arc::clone(scope),
            native: (backend.make)(listener).map_err(|error| error.to_string()),
            one_by_one: backend.one_by_one,
            watched: BTreeSet::new(),
            limited,
            is_shared: is_shared(folder),
        };
        // Whoever opens a place reads all of it afterwards.
        if place.one_by_one && deep {
            place.watch_below(folder, stop);
        } else {
            place.watch(folder);
        }
        place
    }

    /// Watches a folder and all below it that count, and says whether all that happened to them since is told
    /// under their names. Of folders that come while it runs, either their parent tells or they are met.
    pub(crate) fn watch_below(&mut self, top: &Path, stop: &AtomicBool) -> bool {
        let mut is_right = true;
        let mut open = vec![top.to_owned()];
        while let Some(folder) = open.pop() {
            if stop.load(Ordering::Relaxed) || self.limited.load(Ordering::Relaxed) {
                break;
            }
            let is_watched = self.watch(&folder);
            if folder_at_or_around(&folder, &self.folder) != folder {
                // It is gone again, or a link took the place of a folder and led the watch elsewhere. Below
                // the top that is told by the folder around it.
                is_right &= !is_watched && folder != top;
                self.forget(&folder);
                continue;
            }
            // A folder that is gone or cannot be read has nothing to watch.
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let path = entry.path();
                if is_folder && self.scope.holds(&path) {
                    open.push(path);
                }
            }
        }
        is_right
    }

    /// Watches a folder, and says whether it is watched now.
    fn watch(&mut self, folder: &Path) -> bool {
        let Ok(native) = &mut self.native else { return false };
        let all = self.deep && !self.one_by_one;
        let mode = if all { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        // A link is followed where it is the place itself.
        let is_place = folder == self.folder;
        let config = WatchPathConfig::new(mode).with_dereference_symlinks(is_place);
        let watched = native.watch_with(folder, config);
        let is_watched = watched.is_ok();
        match watched {
            Ok(()) if self.one_by_one => drop(self.watched.insert(folder.to_owned())),
            Ok(()) => {}
            Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                self.limited.store(true, Ordering::Relaxed);
            }
            Err(error) if is_place => self.native = Err(error.to_string()),
            // A folder that is gone was told of or will be; one that cannot be watched because it cannot
            // be read has nothing to tell.
            Err(_) => {}
        }
        is_watched
    }

    /// Ends the watches of a folder that is gone or another one now, and of all below it; says whether the
    /// folder itself had one.
    pub(crate) fn forget(&mut self, folder: &Path) -> bool {
        let from = self.watched.range::<Path, _>((Bound::Included(folder), Bound::Unbounded));
        let known: BTreeSet<PathBuf> =
            from.take_while(|path| path.starts_with(folder)).cloned().collect();
        for path in &known {
            self.watched.remove(path);
        }
        self.end_watches(&known);
        known.contains(folder)
    }

    /// Ends the watches that are left of these folders. Most went with the events that told of it. But a
    /// folder that was moved while the one around it was not watched is still watched under the name it
    /// had, and whatever gets that name next would pass for it.
    fn end_watches(&mut self, folders: &BTreeSet<PathBuf>) {
        let Ok(native) = &mut self.native else { return };
        if folders.is_empty() {
            return;
        }
        // Asked once, because each end of a watch looks through all the others.
        let Ok(left) = native.watched_paths() else { return };
        for (path, _) in left.iter().filter(|(path, _)| folders.contains(path)) {
            // It fails if the watch went meanwhile.
            let _ = native.unwatch(path);
        }
    }

    /// Says whether each folder has to be watched for itself, also those that come later.
    pub(crate) fn wants_new_folders(&self) -> bool {
        self.one_by_one && self.deep
    }

    /// Says whether another folder is there now, or none.
    pub(crate) fn is_replaced(&self) -> bool {
        identity(&self.folder) != self.identity
    }

    /// Returns why not all of its changes are noticed, if they are not.
    pub(crate) fn poll_reason(&self) -> Option<PollReason> {
        match &self.native {
            Err(detail) => Some(PollReason::NoWatcher { detail: detail.clone() }),
            Ok(_) if self.limited.load(Ordering::Relaxed) => Some(PollReason::WatchLimit),
            Ok(_) if self.is_shared => Some(PollReason::NetworkFileSystem),
            Ok(_) => None,
        }
    }

    /// Ends the watching, and waits a little until the system has its watches back.
    pub(crate) fn close(self) {
        let Self { native, limited, .. } = self;
        drop(native);
        let begun = Instant::now();
        // The listener, which holds the other one, ends with its thread.
        while Arc::strong_count(&limited) > 1 && begun.elapsed() < MOST_ENDING {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
