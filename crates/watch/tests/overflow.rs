//! More events than the system keeps.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{PATIENCE, Watched, quick};
use trommel_watch::{Cause, WatchOptions, is_hidden};

/// A queue of more events than this would take too long to fill.
const MOST: usize = 200_000;

#[test]
fn an_overflow_of_the_systems_queue_leads_to_reading_the_root() {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    if limit > MOST {
        return;
    }
    // Whoever asks waits: so events stay where they are.
    let closed = Arc::new(AtomicBool::new(false));
    let ignored = {
        let closed = Arc::clone(&closed);
        Arc::new(move |path: &Path| {
            while closed.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(5));
            }
            is_hidden(path)
        })
    };
    let mut watched = Watched::folder(WatchOptions { ignored, ..quick() }, |root| {
        fs::create_dir(root.join("old")).unwrap();
        fs::create_dir(root.join("replaced")).unwrap();
    });
    closed.store(true, Ordering::Relaxed);
    let scratch = watched.path("filler");
    for _ in 0..limit / 3 + 100 {
        fs::write(&scratch, "").unwrap();
        fs::remove_file(&scratch).unwrap();
    }
    // Of these no event is left.
    fs::create_dir_all(watched.path("new/deeper")).unwrap();
    fs::write(watched.path("new/deeper/a.md"), "a").unwrap();
    fs::remove_dir(watched.path("replaced")).unwrap();
    fs::create_dir(watched.path("replaced")).unwrap();
    fs::write(watched.path("old/b.md"), "b").unwrap();
    closed.store(false, Ordering::Relaxed);

    let begun = Instant::now();
    loop {
        let changes = watched.next();
        if changes.cause == Cause::Overflow {
            assert_eq!(changes.paths, [watched.root()]);
            break;
        }
        assert!(begun.elapsed() < PATIENCE);
    }
    watched.follow();
    for folder in ["new/deeper", "replaced", "old"] {
        let late = watched.path(folder).join("late.md");
        fs::write(&late, "late").unwrap();
        assert_eq!(watched.follow_paths(), [late]);
    }
}
