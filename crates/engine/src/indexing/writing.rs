//! The writing thread: it puts into the collection what was read and encoded, and commits.

use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;
use trommel_core::FileStamp;

use super::encoding::Encoded;
use super::queue::{Delivered, Work};
use super::report::{Event, Report};
use crate::EngineError;
use crate::collection::{CollectionWriter, Root};
use crate::documents::StoredDocument;

/// A run as far as it has got.
pub(super) struct Writing<'a> {
    pub(super) progress: &'a mut dyn FnMut(Event),
    pub(super) cancel: &'a AtomicBool,
    pub(super) report: Report,
    /// After how many passages to commit.
    pub(super) commit_every: usize,
    pub(super) uncommitted: usize,
}

impl Writing<'_> {
    /// Writes all that comes in, until nothing does or `cancel` is set.
    pub(super) fn write_all(
        &mut self,
        writer: &mut CollectionWriter,
        encoded: Receiver<Encoded>,
    ) -> Result<(), EngineError> {
        for Encoded { work, vectors } in encoded {
            let passages = vectors.as_ref().map_or(0, Vec::len);
            let mut rest = vectors.as_deref();
            for next in work {
                if self.cancel.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let count = match &next.work {
                    Work::Write { stored, .. } => stored.passages.len(),
                    _ => 0,
                };
                let own = rest.map(|vectors| vectors.split_at(count));
                rest = own.map(|(_, rest)| rest);
                self.take(writer, next, own.map_or(&[], |(own, _)| own))?;
            }
            if passages > 0 {
                (self.progress)(Event::Encoded { passages });
            }
            self.commit_if_due(writer)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        writer: &mut CollectionWriter,
        Delivered { work, read: bytes }: Delivered,
        vectors: &[Vec<f32>],
    ) -> Result<(), EngineError> {
        match work {
            Work::Kept => {
                self.report.unchanged += 1;
                (self.progress)(Event::Read { changed: false, bytes });
            }
            Work::Moved { id, root, line, stamp } => {
                let root = writer.root(&root);
                writer.move_to(&id, root, line, stamp)?;
                self.report.unchanged += 1;
                (self.progress)(Event::Read { changed: false, bytes });
            }
            Work::Write { stored, root, stamp } => {
                (self.progress)(Event::Read { changed: true, bytes });
                self.write(writer, &stored, (&root, stamp), vectors)?;
            }
            Work::Skipped(skipped) => {
                (self.progress)(Event::Skipped { bytes });
                self.report.skipped.push(skipped);
            }
            Work::Emptied { path, documents } => self.report.emptied.push((path, documents)),
            Work::Missing { ids, keep: true } => self.report.kept += ids.len(),
            Work::Missing { ids, keep: false } => {
                for id in ids {
                    self.report.removed += usize::from(writer.remove(&id)?);
                }
            }
            Work::ReadAll => (self.progress)(Event::ReadAll),
        }
        Ok(())
    }

    fn write(
        &mut self,
        writer: &mut CollectionWriter,
        stored: &StoredDocument,
        (root, stamp): (&Root, Option<FileStamp>),
        vectors: &[Vec<f32>],
    ) -> Result<(), EngineError> {
        let root = writer.root(root);
        match writer.write(stored, root, stamp, vectors)? {
            true => self.report.updated += 1,
            false => self.report.added += 1,
        }
        self.report.passages += vectors.len();
        self.uncommitted += stored.passages.len();
        Ok(())
    }

    fn commit_if_due(&mut self, writer: &mut CollectionWriter) -> Result<(), EngineError> {
        if self.uncommitted >= self.commit_every {
            self.uncommitted = 0;
            let generation = writer.commit(false)?;
            (self.progress)(Event::Committed { generation });
        }
        Ok(())
    }
}
