//! What only comes about where the system is another one, or at its limits.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use notify::event::Flag;
use notify::{
    Config, Error, ErrorKind, Event, EventHandler, EventKind, NullWatcher, PollWatcher,
    RecursiveMode, Watcher,
};
use tempfile::TempDir;

use super::*;
use crate::PollReason;
use crate::backend::Native;
use crate::listener::Listener;

const PATIENCE: Duration = Duration::from_secs(60);

/// Returns a folder, its path without links, and a file in it.
fn folder() -> (TempDir, PathBuf, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().canonicalize().unwrap().join("root");
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::create_dir_all(root.join(".hidden/c")).unwrap();
    let file = root.join("a/b/note.md");
    fs::write(&file, "text").unwrap();
    (scratch, root, file)
}

fn quick() -> WatchOptions {
    WatchOptions { debounce: Duration::from_millis(50), ..WatchOptions::default() }
}

/// Watches a root with watchers that `make` makes.
fn watch(
    root: &Path,
    options: WatchOptions,
    one_by_one: bool,
    make: impl Fn(Listener) -> notify::Result<Native> + Send + 'static,
) -> Watch {
    let backend = Backend { make: Box::new(make), one_by_one };
    Watch::with_backend(vec![root.to_owned()], options, backend).unwrap()
}

/// Returns what is told next, if it is told in time.
fn next_within(watch: &mut Watch, time: Duration) -> Option<Changes> {
    let stop = AtomicBool::new(false);
    let (told, is_told) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        let stop = &stop;
        scope.spawn(move || {
            let _ = is_told.recv_timeout(time);
            stop.store(true, Ordering::Relaxed);
        });
        let changes = watch.next(stop);
        drop(told);
        changes
    })
}

fn next(watch: &mut Watch) -> Changes {
    next_within(watch, PATIENCE).expect("something is told")
}

/// Waits until exactly this is told. On a busy machine one step of a test may be told as two.
fn until(watch: &mut Watch, expected: &Changes) {
    let begun = Instant::now();
    let mut others = Vec::new();
    loop {
        let told = next(watch);
        if told == *expected {
            return;
        }
        others.push(told);
        assert!(begun.elapsed() < PATIENCE, "expected {expected:?}, got {others:?}");
    }
}

fn only(path: &Path, cause: Cause) -> Changes {
    Changes { paths: vec![path.to_owned()], gone: vec![], cause }
}

/// A watcher that notes the folders it is asked to watch, and has room for only so many.
struct Noting {
    watched: Arc<Mutex<Vec<PathBuf>>>,
    room: usize,
}

impl Watcher for Noting {
    fn new<F: EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Err(Error::generic("a test makes it"))
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        assert_eq!(mode, RecursiveMode::NonRecursive);
        let mut watched = self.watched.lock().unwrap();
        if watched.len() == self.room {
            return Err(Error::new(ErrorKind::MaxFilesWatch).add_path(path.to_owned()));
        }
        watched.push(path.to_owned());
        Ok(())
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> notify::WatcherKind {
        notify::WatcherKind::Inotify
    }
}

/// A watcher that takes every folder for one that is not there.
struct Elsewhere(PollWatcher);

impl Watcher for Elsewhere {
    fn new<F: EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Err(Error::generic("a test makes it"))
    }

    fn watch(&mut self, _: &Path, mode: RecursiveMode) -> notify::Result<()> {
        self.0.watch(Path::new("/no/such/folder"), mode)
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> notify::WatcherKind {
        notify::WatcherKind::PollWatcher
    }
}

#[test]
fn every_folder_is_watched_for_itself_and_those_left_out_are_not() {
    let (_scratch, root, _) = folder();
    let watched = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&watched);
    let watch = watch(&root, quick(), true, move |_| {
        Ok(Box::new(Noting { watched: Arc::clone(&shared), room: 9 }))
    });
    assert_eq!(*watched.lock().unwrap(), [root.clone(), root.join("a"), root.join("a/b")]);
    assert_eq!(watch.polled(), []);
}

#[test]
fn a_root_with_more_folders_than_can_be_watched_is_told_as_a_whole_often() {
    let (_scratch, root, _) = folder();
    let options = WatchOptions { poll: Duration::from_millis(300), ..quick() };
    let begun = Instant::now();
    let mut watch =
        watch(&root, options, true, |_| Ok(Box::new(Noting { watched: Arc::default(), room: 2 })));
    let reason = PollReason::WatchLimit;
    assert_eq!(watch.polled(), [Polled { root: root.clone(), reason }]);
    for round in 1..=3 {
        assert_eq!(next(&mut watch), only(&root, Cause::Rescan));
        assert!(begun.elapsed() >= round * Duration::from_millis(300), "{:?}", begun.elapsed());
    }
}

#[test]
fn a_system_that_cannot_watch_is_no_error_and_is_asked_again_later() {
    let (_scratch, root, _) = folder();
    let asked = Arc::new(AtomicUsize::new(0));
    let options = WatchOptions {
        poll: Duration::from_millis(100),
        rescan: Duration::from_millis(300),
        ..quick()
    };
    let mut watch = {
        let asked = Arc::clone(&asked);
        watch(&root, options, true, move |_| match asked.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Error::generic("too many instances")),
            _ => Ok(Box::new(NullWatcher)),
        })
    };
    let detail = "too many instances".to_owned();
    let polled = Polled { root: root.clone(), reason: PollReason::NoWatcher { detail } };
    assert_eq!(watch.polled(), std::slice::from_ref(&polled));
    assert_eq!(polled.reason.to_string(), "the system cannot watch: too many instances");
    let begun = Instant::now();
    while !watch.polled().is_empty() {
        assert_eq!(next(&mut watch), only(&root, Cause::Rescan));
        assert!(begun.elapsed() < PATIENCE);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_root_that_cannot_be_watched_is_told_as_a_whole_often() {
    let (_scratch, root, _) = folder();
    let options = WatchOptions { poll: Duration::from_millis(100), ..quick() };
    // Polling refuses what is not there.
    let mut watch = watch(&root, options, false, |listener| {
        let native = PollWatcher::new(listener, Config::default().with_manual_polling())?;
        Ok(Box::new(Elsewhere(native)))
    });
    let reasons: Vec<PollReason> = watch.polled().into_iter().map(|it| it.reason).collect();
    assert!(matches!(&*reasons, [PollReason::NoWatcher { .. }]), "{reasons:?}");
    assert_eq!(next(&mut watch), only(&root, Cause::Rescan));
}

#[test]
fn a_loss_is_told_as_the_root_whose_events_were_lost() {
    let scratch = tempfile::tempdir().unwrap();
    let top = scratch.path().canonicalize().unwrap();
    let roots = ["one", "two"].map(|name| top.join(name));
    for root in &roots {
        fs::create_dir(root).unwrap();
    }
    let mut watch = Watch::start(roots.to_vec(), quick()).unwrap();
    let mut listener = Listener {
        place: roots[1].clone(),
        scope: Arc::clone(&watch.scope),
        inbox: Arc::clone(&watch.inbox),
        limited: Arc::default(),
    };
    listener.handle_event(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
    assert_eq!(next(&mut watch), only(&roots[1], Cause::Overflow));
    // Both are watched after it as before.
    for root in &roots {
        fs::write(root.join("late.md"), "late").unwrap();
        until(&mut watch, &only(&root.join("late.md"), Cause::Events));
    }
}

/// A watcher of whole trees, as on systems that have such a thing, with the slowest of all.
fn comparing(root: &Path) -> Watch {
    let config =
        Config::default().with_poll_interval(Duration::from_millis(50)).with_follow_symlinks(false);
    watch(root, quick(), false, move |listener| {
        PollWatcher::new(listener, config).map(|watcher| Box::new(watcher) as Native)
    })
}

#[test]
fn where_trees_are_watched_as_a_whole_the_same_is_told() {
    let (_scratch, root, file) = folder();
    let mut watch = comparing(&root);
    fs::write(&file, "longer text").unwrap();
    until(&mut watch, &only(&file, Cause::Events));
    fs::write(root.join(".hidden/c/d"), "ignored").unwrap();
    while let Some(changes) = next_within(&mut watch, Duration::from_millis(500)) {
        assert_eq!(changes, only(&file, Cause::Events));
    }
    fs::create_dir_all(root.join("new/deeper")).unwrap();
    fs::write(root.join("new/deeper/late.md"), "late").unwrap();
    // Polling may come between the steps.
    let begun = Instant::now();
    let mut told = BTreeSet::new();
    while !told.iter().any(|path| root.join("new/deeper/late.md").starts_with(path)) {
        told.extend(next(&mut watch).paths);
        assert!(begun.elapsed() < PATIENCE);
    }
    while next_within(&mut watch, Duration::from_millis(500)).is_some() {}
    fs::remove_dir_all(root.join("new")).unwrap();
    until(&mut watch, &only(&root, Cause::Events));
}

#[test]
fn where_trees_are_watched_as_a_whole_a_root_comes_back_too() {
    let (scratch, root, file) = folder();
    let mut watch = comparing(&root);
    fs::rename(&root, scratch.path().join("away")).unwrap();
    let gone = Changes { paths: vec![], gone: vec![root.clone()], cause: Cause::Events };
    until(&mut watch, &gone);
    fs::rename(scratch.path().join("away"), &root).unwrap();
    until(&mut watch, &only(&root, Cause::Events));
    while next_within(&mut watch, Duration::from_millis(500)).is_some() {}
    fs::write(&file, "longer text").unwrap();
    until(&mut watch, &only(&file, Cause::Events));
}

#[test]
fn what_a_stop_kept_from_being_told_is_told_later() {
    let (scratch, root, file) = folder();
    let other = scratch.path().canonicalize().unwrap().join("other.md");
    fs::write(&other, "text").unwrap();
    let mut watch = Watch::start(vec![root.clone(), other.clone()], quick()).unwrap();
    fs::create_dir(root.join("new")).unwrap();
    fs::write(&file, "new text").unwrap();
    fs::remove_file(&other).unwrap();
    thread::sleep(2 * watch.options.debounce);
    let noted = watch.inbox.take_if_quiet(Duration::ZERO, Duration::ZERO).unwrap();
    assert_eq!(watch.settle(noted, BTreeSet::new(), &AtomicBool::new(true)), None);
    let expected = Changes { paths: vec![root.clone()], gone: vec![other], cause: Cause::Events };
    assert_eq!(next(&mut watch), expected);
    fs::write(root.join("new/late.md"), "late").unwrap();
    until(&mut watch, &only(&root.join("new/late.md"), Cause::Events));
}

#[test]
fn names_of_one_folder_that_only_differ_in_case_are_twins() {
    let entries = ["/r/Ä.md", "/r/ä.md", "/r/b.md", "/r/sub/B.md", "/r/c.md", "/r/d.md"];
    let mut paths: BTreeMap<PathBuf, Change> =
        entries.iter().map(|path| (PathBuf::from(path), Change::Entry)).collect();
    // Only written to, both are there.
    paths.insert("/r/C.md".into(), Change::Content);
    let expected = ["/r/Ä.md", "/r/ä.md"].map(Path::new).into();
    assert_eq!(twins(&paths), expected);
}
