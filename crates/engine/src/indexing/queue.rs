//! What the threads of a run hand on, and the way from the reading to the encoding one.

use crossbeam_channel::Sender;
use trommel_core::FileStamp;
use trommel_ingest::Skipped;

use super::room::Room;
use crate::collection::Root;
use crate::documents::StoredDocument;

/// What the reading thread hands on.
pub(super) enum Work {
    Kept,
    Moved { id: String, root: Root, line: Option<u64>, stamp: Option<FileStamp> },
    Write { stored: Box<StoredDocument>, root: Root, stamp: Option<FileStamp> },
    Skipped(Skipped),
    Missing { ids: Vec<String>, keep: bool },
    Emptied { path: String, documents: usize },
    ReadAll,
}

/// Work, and how many bytes of the sources it stands for.
pub(super) struct Delivered {
    pub(super) work: Work,
    pub(super) read: u64,
}

impl Work {
    /// Returns how many bytes of text wait with it.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Write { stored, .. } => stored.document.text.len(),
            _ => 0,
        }
    }
}

/// The way from the reading thread to the encoding one.
pub(super) struct Queue<'a> {
    pub(super) work: Sender<Delivered>,
    pub(super) room: &'a Room,
}

impl Queue<'_> {
    /// Waits for room and hands work over; returns whether anybody takes it.
    pub(super) fn send(&self, work: Work, read: u64) -> bool {
        self.room.take(work.bytes()) && self.work.send(Delivered { work, read }).is_ok()
    }
}
