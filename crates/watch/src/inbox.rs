//! What happened and was not told yet.

use std::collections::BTreeMap;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most paths that are kept for a place, some tens of MiB of them; beyond that it is read as a whole.
const MOST_KEPT: usize = 1 << 16;

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// What is in the file.
    Content,
    /// It came, went, or is another one now.
    Entry,
}

/// What happened to a watched place itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// It went, or is another folder now.
    Replaced,
    /// Events of it were lost.
    Lost,
}

/// What happened in one place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) paths: BTreeMap<PathBuf, Change>,
    pub(crate) turn: Option<Turn>,
}

/// What happened, by place.
pub(crate) type Noted = BTreeMap<PathBuf, Notes>;

/// Where the threads that the system tells of events leave them.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    noted: Noted,
    /// When the first and the last of it came.
    times: Option<(Instant, Instant)>,
}

impl Inbox {
    /// Notes what happened to a path in a place.
    pub(crate) fn note(&self, place: &Path, path: &Path, change: Change) {
        self.with(place, |notes| {
            // Who reads the whole place reads the path.
            if notes.turn == Some(Turn::Lost) {
                return;
            }
            if let Some(noted) = notes.paths.get_mut(path) {
                *noted = change.max(*noted);
            } else if notes.paths.len() < MOST_KEPT {
                notes.paths.insert(path.to_owned(), change);
            } else {
                *notes = Notes { paths: BTreeMap::new(), turn: Some(Turn::Lost) };
            }
        });
    }

    /// Notes what happened to a place itself.
    pub(crate) fn turn(&self, place: &Path, turn: Turn) {
        self.with(place, |notes| notes.turn = notes.turn.max(Some(turn)));
    }

    fn with(&self, place: &Path, note: impl FnOnce(&mut Notes)) {
        let now = Instant::now();
        let mut state = self.lock();
        let first = state.times.map_or(now, |(first, _)| first);
        state.times = Some((first, now));
        match state.noted.get_mut(place) {
            Some(notes) => note(notes),
            None => note(state.noted.entry(place.to_owned()).or_default()),
        }
    }

    /// Takes everything, if nothing came for the time `debounce` or the first of it waits for `most_wait`.
    pub(crate) fn take_if_quiet(&self, debounce: Duration, most_wait: Duration) -> Option<Noted> {
        let mut state = self.lock();
        let (first, last) = state.times?;
        if last.elapsed() < debounce && first.elapsed() < most_wait {
            return None;
        }
        Some(mem::take(&mut *state).noted)
    }

    /// Says whether anything is noted.
    pub(crate) fn has_news(&self) -> bool {
        self.lock().times.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn nothing_is_taken_before_it_is_quiet_or_has_waited() {
        let inbox = Inbox::default();
        assert_eq!(inbox.take_if_quiet(Duration::ZERO, LONG), None);
        inbox.note(Path::new("/p"), Path::new("/p/a"), Change::Content);
        assert_eq!(inbox.take_if_quiet(LONG, LONG), None);
        assert!(inbox.take_if_quiet(LONG, Duration::ZERO).is_some());
        assert_eq!(inbox.take_if_quiet(Duration::ZERO, LONG), None, "it is taken once");
        inbox.turn(Path::new("/p"), Turn::Replaced);
        assert!(inbox.take_if_quiet(Duration::ZERO, LONG).is_some());
    }

    #[test]
    fn of_all_that_happens_to_a_path_or_a_place_the_most_is_kept() {
        let inbox = Inbox::default();
        let (place, path) = (Path::new("/p"), Path::new("/p/a"));
        for change in [Change::Content, Change::Entry, Change::Content] {
            inbox.note(place, path, change);
        }
        inbox.turn(place, Turn::Lost);
        inbox.turn(place, Turn::Replaced);
        let noted = inbox.take_if_quiet(Duration::ZERO, LONG).unwrap();
        let paths = [(path.to_owned(), Change::Entry)].into();
        assert_eq!(noted, [(place.to_owned(), Notes { paths, turn: Some(Turn::Lost) })].into());
    }

    #[test]
    fn a_place_with_too_many_paths_is_lost_and_its_neighbours_are_not() {
        let inbox = Inbox::default();
        let place = Path::new("/p");
        inbox.note(Path::new("/q"), Path::new("/q/a"), Change::Content);
        for n in 0..=MOST_KEPT {
            inbox.note(place, &place.join(n.to_string()), Change::Entry);
        }
        inbox.note(place, &place.join("late"), Change::Entry);
        let noted = inbox.take_if_quiet(Duration::ZERO, LONG).unwrap();
        assert_eq!(noted[place], Notes { paths: BTreeMap::new(), turn: Some(Turn::Lost) });
        assert_eq!((noted[Path::new("/q")].paths.len(), noted.len()), (1, 2));
    }
}
