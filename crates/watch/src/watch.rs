//! Watching roots, from events to what has to be read again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::Backend;
use crate::file_system::folder_at_or_around;
use crate::inbox::{Change, Inbox, Noted, Turn};
use crate::merge::merged;
use crate::place::Place;
use crate::root::{Root, State};
use crate::scope::Scope;
use crate::{Cause, Changes, Polled, WatchError, WatchOptions};

/// How often we look whether there is something to tell, or a wish to stop.
const TICK: Duration = Duration::from_millis(40);

/// How often we look whether roots are there and the same as before.
const LOOK: Duration = Duration::from_secs(1);

/// Watches files and folders for changes.
pub struct Watch {
    roots: Vec<Root>,
    /// The folders that are watched for the roots.
    places: BTreeMap<PathBuf, Place>,
    scope: Arc<Scope>,
    inbox: Arc<Inbox>,
    backend: Backend,
    options: WatchOptions,
    looked: Instant,
}

impl Watch {
    /// Begins to watch files and folders. What changes from now on is told, and nothing of what is there.
    ///
    /// A root that is not there is told as gone, and watched once it is there. One that is a link is
    /// followed and told as where it leads; below the roots no link is followed.
    ///
    /// # Errors
    ///
    /// If there is no root, or one that cannot be made absolute. A system that does not let us watch is no
    /// error: the roots are then told as a whole every now and then, as [`Watch::polled`] says.
    pub fn start(roots: Vec<PathBuf>, options: WatchOptions) -> Result<Self, WatchError> {
        let backend = Backend::native(options.poll);
        Self::with_backend(roots, options, backend)
    }

    fn with_backend(
        roots: Vec<PathBuf>,
        options: WatchOptions,
        backend: Backend,
    ) -> Result<Self, WatchError> {
        let roots = roots.into_iter().map(absolute).collect::<Result<BTreeSet<_>, _>>()?;
        if roots.is_empty() {
            return Err(WatchError::NoRoots);
        }
        let scope = Scope::new(roots.iter().cloned().collect(), &options);
        let mut watch = Self {
            roots: roots.into_iter().map(Root::new).collect(),
            places: BTreeMap::new(),
            scope: Arc::new(scope),
            inbox: Arc::default(),
            backend,
            options,
            looked: Instant::now(),
        };
        for root in &mut watch.roots {
            match root.look() {
                State::Gone => watch.inbox.note(&root.path, &root.path, Change::Entry),
                there => root.state = there,
            }
        }
        watch.place_anew(&BTreeSet::new(), &AtomicBool::new(false));
        Ok(watch)
    }

    /// Waits until something changed and has come to rest, until a root is due to be read as a whole, or
    /// until `stop` is set; then it returns nothing, within 100 ms.
    ///
    /// What changes while the caller is busy elsewhere is told the next time.
    pub fn next(&mut self, stop: &AtomicBool) -> Option<Changes> {
        self.next_within(Duration::MAX, stop)
    }

    /// Says whether something changed that is yet to be told.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.inbox.has_news()
    }

    /// Waits as [`Watch::next`] does, but not much longer than so long.
    pub fn next_within(&mut self, time: Duration, stop: &AtomicBool) -> Option<Changes> {
        let WatchOptions { debounce, most_wait, .. } = self.options;
        let began = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            self.look_at_roots();
            let noted = self.inbox.take_if_quiet(debounce, most_wait);
            let due = self.due();
            if noted.is_none() && due.is_empty() {
                // What has begun to change is waited for.
                if began.elapsed() >= time && !self.has_news() {
                    return None;
                }
                thread::sleep(TICK);
            } else if let Some(changes) = self.settle(noted.unwrap_or_default(), due, stop) {
                return Some(changes);
            }
        }
        None
    }

    /// Returns the roots whose changes the system does not tell, or not all of them. They are told as a
    /// whole every now and then, [`WatchOptions::poll`] says how often.
    pub fn polled(&self) -> Vec<Polled> {
        let polled = |root: &Root| {
            let reason = self.places.get(root.place()?)?.poll_reason()?;
            Some(Polled { root: root.path.clone(), reason })
        };
        self.roots.iter().filter_map(polled).collect()
    }

    /// Notes which roots came, went or are others now without an event that says so: nobody tells of what
    /// happens to the folders around them.
    fn look_at_roots(&mut self) {
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        for (folder, place) in &self.places {
            if place.is_replaced() {
                self.inbox.turn(folder, Turn::Replaced);
            }
        }
        for root in self.roots.iter().filter(|root| root.state != State::Unknown) {
            if root.look() != root.state {
                self.inbox.note(&root.path, &root.path, Change::Entry);
            }
        }
    }

    /// Returns the roots that are due to be told as a whole.
    fn due(&self) -> BTreeSet<PathBuf> {
        let is_due = |root: &&Root| {
            let Some(place) = root.place().and_then(|place| self.places.get(place)) else {
                return false;
            };
            let WatchOptions { rescan, poll, .. } = self.options;
            let every = if place.poll_reason().is_some() { poll.min(rescan) } else { rescan };
            root.told.elapsed() >= every
        };
        self.roots.iter().filter(is_due).map(|root| root.path.clone()).collect()
    }

    /// Brings the watches up to date with what happened, and returns what has to be read again; none if
    /// that is nothing, or after `stop`.
    fn settle(
        &mut self,
        noted: Noted,
        due: BTreeSet<PathBuf>,
        stop: &AtomicBool,
    ) -> Option<Changes> {
        let begun = Instant::now();
        let mut cause = if due.is_empty() { Cause::Events } else { Cause::Rescan };
        let mut turned = BTreeSet::new();
        let mut paths: BTreeMap<PathBuf, Change> = BTreeMap::new();
        for (place, notes) in noted {
            for (path, change) in notes.paths {
                let known = paths.entry(path).or_insert(change);
                *known = change.max(*known);
            }
            if let Some(turn) = notes.turn {
                cause = cause.max(if turn == Turn::Lost { Cause::Overflow } else { cause });
                turned.insert(place);
            }
        }
        // Watches do not last for ever either: with the root that is read anew they are made anew.
        for root in self.roots.iter().filter(|root| due.contains(&root.path)) {
            turned.extend(root.place().filter(|place| self.is_old(place)).map(Path::to_owned));
        }

        let mut whole = due;
        let mut gone = Vec::new();
        for root in &mut self.roots {
            let (before, now) = (root.state, root.look());
            root.state = now;
            if now == State::Gone && before != State::Gone {
                gone.push(root.path.clone());
            } else if now != before || paths.contains_key(&root.path) {
                whole.insert(root.path.clone());
            }
        }
        let placed = self.place_anew(&turned, stop);
        let mut tell = self.read_again(&paths, &placed, stop);
        for root in &mut self.roots {
            let Some(place) = root.place() else { continue };
            if placed.contains(place) || whole.contains(&root.path) {
                tell.insert(root.path.clone());
                root.told = begun;
            }
        }
        if stop.load(Ordering::Relaxed) {
            self.put_back();
            return None;
        }
        let tops = self.roots.iter().map(|root| root.path.clone()).collect();
        let paths = merged(tell, self.options.most_paths, &tops);
        let is_nothing = paths.is_empty() && gone.is_empty();
        (!is_nothing).then_some(Changes { paths, gone, cause })
    }

    /// Makes everything be told the next time: what was to be told now was not.
    fn put_back(&mut self) {
        self.places.keys().for_each(|place| self.inbox.turn(place, Turn::Replaced));
        for root in &mut self.roots {
            root.state = State::Unknown;
            self.inbox.note(&root.path, &root.path, Change::Entry);
        }
    }

    fn is_old(&self, place: &Path) -> bool {
        self.places.get(place).is_some_and(|it| it.since.elapsed() >= self.options.rescan)
    }

    /// Watches what the roots need and nothing else, and the `turned` places anew; returns the places that
    /// were not watched until now.
    fn place_anew(&mut self, turned: &BTreeSet<PathBuf>, stop: &AtomicBool) -> BTreeSet<PathBuf> {
        // Whether what is below the place is needed as well.
        let mut needed: BTreeMap<&Path, bool> = BTreeMap::new();
        for root in &self.roots {
            if let Some(place) = root.place() {
                *needed.entry(place).or_default() |= root.state == State::Folder;
            }
        }
        let is_useless = |folder: &PathBuf, place: &mut Place| {
            needed.get(&**folder) != Some(&place.deep) || turned.contains(folder)
        };
        self.places.extract_if(.., is_useless).for_each(|(_, place)| place.close());
        let mut placed = BTreeSet::new();
        for (folder, deep) in needed {
            if !self.places.contains_key(folder) {
                let (backend, scope, inbox) = (&self.backend, &self.scope, &self.inbox);
                let place = Place::open(folder, deep, backend, scope, inbox, stop);
                self.places.insert(folder.to_owned(), place);
                placed.insert(folder.to_owned());
            }
        }
        placed
    }

    /// Returns what of the paths, but for roots and what is in the places `placed`, has to be read again;
    /// folders that are new are watched from now on.
    fn read_again(
        &mut self,
        paths: &BTreeMap<PathBuf, Change>,
        placed: &BTreeSet<PathBuf>,
        stop: &AtomicBool,
    ) -> BTreeSet<PathBuf> {
        let twins = twins(paths);
        let mut again = BTreeSet::new();
        let mut walked: Option<&Path> = None;
        for (path, &change) in paths {
            // The outermost root, in the order of names: it has the right to the folders in between.
            let root = self.roots.iter().find(|root| self.scope.reaches(&root.path, path));
            let Some(root) = root else { continue };
            let Some(folder) = root.place() else { continue };
            let is_done = placed.contains(folder) || *path == root.path;
            if is_done || walked.is_some_and(|walked| path.starts_with(walked)) {
                continue;
            }
            let Some(place) = self.places.get_mut(folder) else { continue };
            let kind = kind_below(path, &root.path);
            let is_there_as_folder = kind.is_some_and(|kind| kind.is_dir());
            let is_there_as_file = kind.is_some_and(|kind| kind.is_file());
            if is_there_as_folder && change == Change::Content {
                // Some systems say so of a folder whenever one of its files changes.
                continue;
            }
            let was_folder = place.forget(path);
            if is_there_as_folder && place.wants_new_folders() {
                if !place.watch_below(path, stop) {
                    again.insert(root.path.clone());
                }
                walked = Some(path);
            }
            let is_twin = twins.contains(path.as_path());
            let is_same_kind = is_there_as_folder || is_there_as_file && !was_folder;
            if is_same_kind && !is_twin {
                again.insert(path.clone());
            } else if is_twin || (self.options.indexed)(path) {
                // Something went that only a reading of the folder around it finds missing.
                again.insert(folder_around(path, &root.path).to_owned());
            } else if is_there_as_file {
                again.insert(path.clone());
            }
        }
        again
    }
}

/// Returns the absolute path of a root, without links if it is there.
fn absolute(path: PathBuf) -> Result<PathBuf, WatchError> {
    fs::canonicalize(&path)
        .or_else(|_| std::path::absolute(&path))
        .map_err(|source| WatchError::NotAbsolute { path, source })
}

/// Returns the nearest folder around a path below `root` that is there and that no link leads to.
fn folder_around<'a>(path: &'a Path, root: &'a Path) -> &'a Path {
    path.parent().map_or(root, |around| folder_at_or_around(around, root))
}

/// Returns what is at a path below `root`; none if there is nothing, or only by way of a link: what a link
/// leads to belongs where it is.
fn kind_below(path: &Path, root: &Path) -> Option<FileType> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    (path.parent()? == folder_around(path, root)).then_some(kind)
}

/// Returns the entries that only their case tells from another one of their folder. Where case makes no
/// difference, both names lead to the one file that is there, and one of them is not its name any more.
fn twins(paths: &BTreeMap<PathBuf, Change>) -> BTreeSet<&Path> {
    let mut first: BTreeMap<(Option<&Path>, String), &Path> = BTreeMap::new();
    let mut twins = BTreeSet::new();
    for (path, _) in paths.iter().filter(|(_, change)| **change == Change::Entry) {
        let Some(name) = path.file_name() else { continue };
        let key = (path.parent(), name.to_string_lossy().to_lowercase());
        if let Some(twin) = first.insert(key, path) {
            twins.extend([twin, path]);
        }
    }
    twins
}

#[cfg(test)]
mod tests;
