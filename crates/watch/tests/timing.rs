//! When changes are told.

mod support;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{PATIENCE, QUIET, Watched, quick};
use trommel_watch::{Cause, Changes, WatchOptions};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_change_is_told_in_less_than_a_second() {
    let mut watched = Watched::folder(WatchOptions::default(), |_| {});
    let mut times: Vec<Duration> = (0..20)
        .map(|n| {
            let file = watched.path(&format!("{n}.md"));
            let begun = Instant::now();
            fs::write(&file, "text").unwrap();
            // Where a write takes long, the file is told twice.
            while watched.next().paths != [file.clone()] {}
            begun.elapsed()
        })
        .collect();
    times.sort();
    assert!(times[18] < Duration::from_secs(1), "{times:?}");
    assert!(times[0] >= Duration::from_millis(300), "{times:?}");
}

#[test]
fn a_wish_to_stop_is_heard() {
    let mut watched = Watched::folder(WatchOptions::default(), |_| {});
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                let told = scope.spawn(|| (watched.watch.next(&stop), Instant::now()));
                thread::sleep(Duration::from_millis(70));
                let wished = Instant::now();
                stop.store(true, Ordering::Relaxed);
                let (changes, returned) = told.join().unwrap();
                assert_eq!(changes, None);
                returned.duration_since(wished)
            })
        })
        .collect();
    times.sort();
    assert!(times[2] < Duration::from_millis(200), "{times:?}");
}

#[test]
fn what_happened_before_a_stop_is_told_after_it() {
    let mut watched = Watched::folder(quick(), |_| {});
    fs::write(watched.path("a.md"), "a").unwrap();
    assert_eq!(watched.watch.next(&AtomicBool::new(true)), None);
    assert_eq!(watched.next().paths, [watched.path("a.md")]);
}

#[test]
fn what_happens_at_one_time_is_told_at_one_time() {
    let options = WatchOptions {
        debounce: Duration::from_secs(2),
        most_wait: HOUR,
        ..WatchOptions::default()
    };
    let mut watched = Watched::folder(options, |_| {});
    let files: Vec<_> = (0..9).map(|n| watched.path(&format!("{n}.md"))).collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            for file in &files {
                fs::write(file, "text").unwrap();
                thread::sleep(Duration::from_millis(50));
            }
        });
        assert_eq!(watched.next().paths, files);
    });
    assert_eq!(watched.next_within(QUIET), None);
}

#[test]
fn a_file_that_is_written_to_all_the_time_is_told_all_the_same() {
    let options = WatchOptions {
        debounce: HOUR,
        most_wait: Duration::from_millis(300),
        ..WatchOptions::default()
    };
    let mut watched = Watched::folder(options, |_| {});
    let log = watched.path("log.txt");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                fs::write(&log, format!("{n}")).unwrap();
                thread::sleep(Duration::from_millis(10));
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let told: Vec<_> = (0..3).map(|_| watched.next_within(PATIENCE)).collect();
        stop.store(true, Ordering::Relaxed);
        for changes in told {
            assert_eq!(changes.unwrap().paths, [watched.path("log.txt")]);
        }
    });
}

#[test]
fn roots_are_told_as_a_whole_from_time_to_time() {
    let options = WatchOptions { rescan: Duration::from_millis(500), ..quick() };
    let begun = Instant::now();
    let mut watched = Watched::folder(options, |root| {
        fs::create_dir_all(root.join("a/b")).unwrap();
    });
    let root = watched.root().to_owned();
    for round in 1..=3 {
        let expected = Changes { paths: vec![root.clone()], gone: vec![], cause: Cause::Rescan };
        assert_eq!(watched.next(), expected);
        assert!(begun.elapsed() >= round * Duration::from_millis(500), "{:?}", begun.elapsed());
    }
    // The watches that were made anew tell as the first ones did.
    fs::write(watched.path("a/b/new.md"), "new").unwrap();
    let begun = Instant::now();
    while watched.next().cause == Cause::Rescan {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert_eq!(watched.index.files(), watched.disk());
}
