//! How much text may wait between reading and encoding.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The most bytes of text that wait; a longer document waits alone.
const LIMIT: usize = 64 << 20;

/// Room for waiting text, so that memory does not grow with the corpus or with its documents.
#[derive(Debug, Default)]
pub(super) struct Room {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    closed: bool,
}

impl Room {
    /// Waits until there is room and takes it; `false` if nobody will make room any more.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let full = |state: &mut State| {
            !state.closed && state.taken > 0 && state.taken.saturating_add(bytes) > LIMIT
        };
        let mut state =
            self.freed.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        state.taken = state.taken.saturating_add(bytes);
        !state.closed
    }

    /// Gives room back.
    pub(super) fn give(&self, bytes: usize) {
        self.lock().taken -= bytes;
        self.freed.notify_all();
    }

    /// Returns what says, when it is dropped, that nobody takes from the queue any more: also when
    /// a thread ends by a panic.
    pub(super) fn closed_at_the_end(&self) -> impl Drop {
        Closing(self)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Closing<'a>(&'a Room);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_taker_waits_for_room_and_no_longer_than_there_is_a_reader() {
        let (room, went_on) = (Room::default(), AtomicBool::new(false));
        assert!(room.take(2 * LIMIT), "one document always fits");
        thread::scope(|scope| {
            scope.spawn(|| {
                assert!(room.take(1));
                went_on.store(true, Ordering::SeqCst);
                assert!(!room.take(LIMIT), "closed while it waited");
            });
            thread::sleep(Duration::from_millis(30));
            assert!(!went_on.load(Ordering::SeqCst));
            room.give(2 * LIMIT);
            while !went_on.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            room.close();
        });
    }
}
