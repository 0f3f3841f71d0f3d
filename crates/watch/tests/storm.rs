//! Thousands of files that several threads make, rename and delete at random.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use support::{Index, Watched};
use trommel_watch::WatchOptions;

const THREADS: u64 = 3;

/// The xorshift generator with 64 bits.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// Returns a path of one to four names; files and folders have the same names, so that each takes the
    /// place of the other.
    fn path(&mut self, root: &Path) -> PathBuf {
        let depth = 1 + self.below(4);
        (0..depth).fold(root.to_owned(), |path, _| path.join(format!("n{}", self.below(5))))
    }
}

/// Does something at random. Whatever the others made impossible meanwhile fails.
fn act(random: &mut Random, root: &Path, outside: &Path, made: &AtomicUsize) {
    let path = random.path(root);
    let _ = match random.below(20) {
        0..=7 => {
            let number = made.fetch_add(1, Ordering::Relaxed);
            fs::write(&path, format!("{number}"))
        }
        8 | 9 => fs::create_dir_all(&path),
        10..=12 => fs::rename(&path, random.path(root)),
        13..=15 => fs::remove_file(&path),
        16 => fs::remove_dir_all(&path),
        17 => fs::rename(&path, outside.join(format!("{}", random.below(1 << 40)))),
        18 => link(root, &path),
        _ => {
            let draft = path.with_extension("draft");
            fs::write(&draft, "saved").and_then(|()| fs::rename(draft, &path))
        }
    };
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Lets a storm pass, and checks that the index is what is on disk then.
fn after_a_storm_the_index_is_the_disk(seed: u64, options: WatchOptions, files: usize) {
    let mut watched = Watched::folder(WatchOptions::default(), |_| {});
    watched.index = Index::default();
    let options = if seed.is_multiple_of(2) { watched.index.asked(options) } else { options };
    let root = watched.root().to_owned();
    watched.watch = trommel_watch::Watch::start(vec![root.clone()], options).unwrap();
    let outside = watched.scratch.path().join("outside");
    fs::create_dir(&outside).unwrap();

    let made = AtomicUsize::new(0);
    thread::scope(|scope| {
        let storm: Vec<_> = (1..=THREADS)
            .map(|thread| {
                let mut random = Random(seed * THREADS + thread);
                let (root, outside, made) = (&root, &outside, &made);
                scope.spawn(move || {
                    while made.load(Ordering::Relaxed) < files {
                        act(&mut random, root, outside, made);
                        if random.below(8) == 0 {
                            thread::sleep(Duration::from_millis(1));
                        }
                    }
                })
            })
            .collect();
        while !storm.iter().all(|thread| thread.is_finished()) {
            if let Some(changes) = watched.next_within(Duration::from_millis(50)) {
                watched.index.apply(&changes);
            }
        }
    });
    watched.follow();
    assert_eq!(watched.index.files(), watched.disk());
    let made = made.into_inner();
    assert!(made >= files, "{made}");

    // What is left is watched, every folder of it.
    let folders = folders(&root);
    for folder in &folders {
        fs::write(folder.join("late.md"), "late").unwrap();
    }
    watched.follow();
    let late = watched.index.files().into_keys().filter(|file| file.ends_with("late.md")).count();
    assert_eq!(late, folders.len());
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let below = entries.filter(|entry| entry.file_type().unwrap().is_dir());
        folders.extend(below.map(|entry| entry.path()));
        next += 1;
    }
    folders
}

#[test]
fn a_storm_is_followed() {
    after_a_storm_the_index_is_the_disk(1, WatchOptions::default(), 2_000);
}

#[test]
fn a_storm_is_followed_by_an_index_that_is_asked() {
    after_a_storm_the_index_is_the_disk(2, WatchOptions::default(), 2_000);
}

#[test]
fn a_storm_is_followed_step_by_step() {
    for seed in 3..7 {
        let options = WatchOptions {
            debounce: Duration::from_millis(1),
            most_wait: Duration::from_millis(3),
            ..WatchOptions::default()
        };
        after_a_storm_the_index_is_the_disk(seed, options, 2_000);
    }
}

#[test]
fn a_storm_is_followed_where_few_paths_are_told() {
    for seed in 7..9 {
        let options = WatchOptions {
            debounce: Duration::from_millis(30),
            most_paths: 3,
            ..WatchOptions::default()
        };
        after_a_storm_the_index_is_the_disk(seed, options, 2_000);
    }
}
