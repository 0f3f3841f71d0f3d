//! From one generation to the next.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use trommel_core::disk::Folder;
use trommel_core::{Neighbours, PassageId};

use crate::files::remove_leftover;
use crate::segment::Segment;
use crate::segment_writer::SegmentWriter;
use crate::settings::MOST_MERGED;
use crate::state::check_dimension;
use crate::sums::NewSums;
use crate::unit::{self, MAX_PASSAGE_ID};
use crate::walk::{self, Place};
use crate::{
    Ann, Owner, SegmentState, VectorError, VectorIndex, VectorSettings, VectorState, graph, index,
    neighbours, tombstones,
};

/// Rows that were added and are not yet committed.
const PENDING: &str = "pending.tmp";
/// The same, complete, while they are merged with others.
const SOURCE: &str = "source.tmp";
/// Whatever else is being written.
const NEW: &str = "new.tmp";

/// Adds and deletes vectors, and commits them as new files.
///
/// Rows go to disk as they are added, so memory holds their ids only. Those of one commit come by
/// rising id, which may be below those of earlier commits. A folder has one writer at a time;
/// readers need not know of it. After an error of [`VectorWriter::add`] or
/// [`VectorWriter::commit`] the writer is of no further use: open another at the last state.
#[derive(Debug)]
pub struct VectorWriter {
    folder: Folder,
    dimension: usize,
    settings: VectorSettings,
    segments: Vec<Held>,
    pending: Option<SegmentWriter>,
    dead: BTreeSet<PassageId>,
    tombstones: Tombstones,
    /// The neighbours of the newest generation that has them: what the next are found from.
    neighbours: Option<Neighbours>,
    /// Their file, until a row comes or goes.
    neighbours_file: Option<String>,
}

#[derive(Debug)]
struct Held {
    segment: Segment,
    state: SegmentState,
}

/// Where the dead of a writer are written down.
#[derive(Debug, PartialEq, Eq)]
enum Tombstones {
    /// In this file, or in none since there are none.
    Stored(Option<String>),
    /// Nowhere: they have changed since the last commit.
    Changed,
}

impl VectorWriter {
    /// Begins an index without vectors in a folder, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// If the dimension is 0 or beyond all reason, or the folder cannot be written.
    pub fn create(
        folder: impl Into<Folder>,
        dimension: usize,
        settings: VectorSettings,
    ) -> Result<Self, VectorError> {
        let folder = folder.into();
        folder.create().map_err(VectorError::io(&folder))?;
        Self::open(folder, &VectorState::empty(dimension), settings)
    }

    /// Goes on from a generation.
    ///
    /// # Errors
    ///
    /// If a file is missing, cannot be read, or is not what its header or `state` says.
    pub fn open(
        folder: impl Into<Folder>,
        state: &VectorState,
        settings: VectorSettings,
    ) -> Result<Self, VectorError> {
        check_dimension(state.dimension)?;
        let folder = folder.into();
        // Loaded before anything is removed: a state that cannot be opened leaves the folder as it
        // is.
        let (segments, dead) = index::load(&folder, state)?;
        let neighbours = state.neighbours(&folder)?;
        for name in [PENDING, SOURCE, NEW] {
            remove_leftover(&folder, name)?;
        }
        let held =
            |(segment, state): (Segment, &SegmentState)| Held { segment, state: state.clone() };
        Ok(Self {
            folder,
            dimension: state.dimension,
            settings,
            segments: segments.into_iter().zip(&state.segments).map(held).collect(),
            pending: None,
            dead,
            tombstones: Tombstones::Stored(state.tombstones.clone()),
            neighbours,
            neighbours_file: state.neighbours.clone(),
        })
    }

    /// Returns the numbers in a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Returns the number of passages that have a vector, uncommitted ones included.
    #[must_use]
    pub fn live(&self) -> u64 {
        (self.rows() - self.dead.len()) as u64
    }

    /// Says whether a passage has a vector, uncommitted ones included.
    #[must_use]
    pub fn has(&self, id: PassageId) -> bool {
        let there = self.is_stored(id) || self.pending.as_ref().is_some_and(|it| it.contains(id));
        there && !self.dead.contains(&id)
    }

    /// Adds the vector of a passage.
    ///
    /// # Errors
    ///
    /// If the id is not above those added since the last commit, has a row already or is above
    /// [`crate::MAX_PASSAGE_ID`], if the vector has another dimension, is not finite or not of norm
    /// 1 within [`crate::NORM_TOLERANCE`], or if it cannot be written. Only the last leaves the
    /// writer unusable.
    pub fn add(&mut self, id: PassageId, vector: &[f32]) -> Result<(), VectorError> {
        let last = self.pending.as_ref().and_then(|pending| pending.ids().last()).copied();
        if let Some(previous) = last.map(PassageId).filter(|&last| last >= id) {
            return Err(VectorError::IdsNotRising { previous, got: id });
        }
        // Also a dead row takes its id: tombstones name ids, so the new row would be dead, too.
        if self.is_stored(id) {
            return Err(VectorError::IdTaken { passage: id });
        }
        if id.0 > MAX_PASSAGE_ID {
            return Err(VectorError::IdTooLarge { passage: id, limit: MAX_PASSAGE_ID });
        }
        let (expected, got) = (self.dimension, vector.len());
        if expected != got {
            return Err(VectorError::Dimension { passage: id, expected, got });
        }
        unit::check_passage(id, vector)?;
        let pending = match &mut self.pending {
            Some(pending) => pending,
            none => none.insert(SegmentWriter::create(&self.folder, PENDING, self.dimension)?),
        };
        pending.add(id, vector)?;
        self.neighbours_file = None;
        Ok(())
    }

    /// Deletes the vector of a passage; returns whether there was one.
    pub fn delete(&mut self, id: PassageId) -> bool {
        let there = self.is_stored(id) || self.pending.as_ref().is_some_and(|it| it.contains(id));
        // Rows are only marked as dead, also pending ones: the file is written already, and the
        // next commit leaves them out.
        let deleted = there && self.dead.insert(id);
        if deleted {
            self.tombstones = Tombstones::Changed;
            self.neighbours_file = None;
        }
        deleted
    }

    /// Writes what has changed to new files and returns the state that names them; all are
    /// durable, names included.
    ///
    /// `generation` must be above that of every earlier commit that is still in use; files are
    /// named by it. With `finish`, segments large enough for the settings get a graph: to be
    /// asked for at the end of a run, since a graph is lost when its segment is merged. Building
    /// one takes one to three milliseconds a row and uses one thread, for the order of insertion
    /// decides what the graph is; graphs of several segments are built side by side.
    ///
    /// # Errors
    ///
    /// If a file cannot be written, or one of this generation is in use.
    pub fn commit(&mut self, generation: u64, finish: bool) -> Result<VectorState, VectorError> {
        // Rows first: a merge drops dead rows, so the tombstones are those that are left after it,
        // and graphs are built over the segments that stay.
        self.store_rows(generation)?;
        self.store_tombstones(generation)?;
        if finish {
            self.store_graphs(generation)?;
        }
        // The names must last before anyone stores the state that holds them.
        self.folder.sync().map_err(VectorError::io(&self.folder))?;
        Ok(self.state())
    }

    /// Finds the neighbours of all passages of the last commit, writes them to a file of that
    /// generation, and returns the state that names it, too.
    ///
    /// To be asked for at the end of a run, before anybody is told of the state. Only passages that are
    /// new, that lost a neighbour or that have a new passage nearer than one of theirs get others; that
    /// is what looking at all would find, but for the graphs of an index of [`DEFAULT_THRESHOLD`] rows,
    /// which may miss some.
    ///
    /// # Errors
    ///
    /// As for [`VectorWriter::commit`], and if a row is damaged.
    ///
    /// [`DEFAULT_THRESHOLD`]: crate::DEFAULT_THRESHOLD
    pub fn find_neighbours(
        &mut self,
        generation: u64,
        owner: Owner<'_>,
    ) -> Result<VectorState, VectorError> {
        if self.neighbours_file.is_none() {
            let index = VectorIndex::open(&self.folder, &self.state())?;
            let found = neighbours::find(&index, self.neighbours.as_ref(), owner)?;
            let name = format!("{generation:08}.near");
            let path = self.free_path(&name)?;
            neighbours::write(&self.folder, NEW, &path, &found)?;
            self.folder.sync().map_err(VectorError::io(&self.folder))?;
            self.neighbours = Some(found);
            self.neighbours_file = Some(name);
        }
        Ok(self.state())
    }

    /// Leaves the neighbours of the last commit out of the next one: for an owner of passages that
    /// have no vector yet.
    pub fn drop_neighbours(&mut self) {
        self.neighbours_file = None;
    }

    /// Says whether the last commit has no neighbours.
    #[must_use]
    pub fn lacks_neighbours(&self) -> bool {
        self.neighbours_file.is_none()
    }

    fn state(&self) -> VectorState {
        let tombstones = match &self.tombstones {
            Tombstones::Stored(file) => file.clone(),
            Tombstones::Changed => None,
        };
        VectorState {
            dimension: self.dimension,
            segments: self.segments.iter().map(|it| it.state.clone()).collect(),
            tombstones,
            live: self.live(),
            neighbours: self.neighbours_file.clone(),
        }
    }

    /// Writes the pending rows with the segments that are merged with them, and those anew of which a quarter
    /// is dead.
    fn store_rows(&mut self, generation: u64) -> Result<(), VectorError> {
        let (merged, stem) = (self.first_merged(), format!("{generation:08}"));
        let last = match self.pending.take() {
            None if merged == self.segments.len() => None,
            pending => self.write(merged..self.segments.len(), pending, &stem)?,
        };
        let mut anew = Vec::new();
        let mostly_dead = (0..merged).filter(|&at| self.is_mostly_dead(at));
        for (number, at) in (2..).zip(mostly_dead) {
            anew.push((at, self.write(at..at + 1, None, &format!("{stem}.{number}"))?));
        }
        self.segments.truncate(merged);
        for (at, held) in anew.into_iter().rev() {
            match held {
                Some(held) => self.segments[at] = held,
                None => drop(self.segments.remove(at)),
            }
        }
        self.segments.extend(last);
        self.forget_dropped();
        Ok(())
    }

    /// Writes the live rows of some segments, and of `pending`, to a new one; none if no row lives.
    fn write(
        &self,
        segments: Range<usize>,
        pending: Option<SegmentWriter>,
        stem: &str,
    ) -> Result<Option<Held>, VectorError> {
        let (name, sums) = (format!("{stem}.vec"), format!("{stem}.sums"));
        let (path, sums_path) = (self.free_path(&name)?, self.free_path(&sums)?);
        // Where nothing is merged and no pending row has died, the file of pending rows becomes the
        // segment as it is, without a copy.
        let is_clean = |it: &SegmentWriter| it.ids().iter().all(|&id| self.lives(id));
        let new = match pending {
            Some(pending) if segments.is_empty() && is_clean(&pending) => {
                Some(pending.finish(&path)?)
            }
            pending => self.merge(segments, pending, &path)?,
        };
        let Some(new) = new else { return Ok(None) };
        new.write(&self.folder, NEW, &sums_path)?;
        let (rows, graph) = (new.rows.len() as u64, Vec::new());
        let state = SegmentState { file: name, rows, graph, sums: Some(sums) };
        // Opened again, which also checks what was just written.
        let segment = Segment::open(&self.folder, &state, self.dimension)?;
        Ok(Some(Held { segment, state }))
    }

    fn is_mostly_dead(&self, at: usize) -> bool {
        let ids = self.segments[at].segment.ids();
        let dead = ids.len() - self.live_in(ids);
        dead > 0 && dead * 4 >= ids.len()
    }

    /// Says whether a segment lacks the graph that the settings want for its size.
    #[must_use]
    pub fn lacks_graph(&self) -> bool {
        self.segments.iter().any(|held| self.lacks(held))
    }

    /// Returns the first segment that the next commit merges; the number of segments if none.
    ///
    /// The pending rows take in the segments before them, one after the other, as long as the next has at
    /// most twice as many live rows as are gathered: so sizes at least halve from segment to segment, their
    /// number stays logarithmic, and so does the number of times that a row is copied. From
    /// [`MOST_MERGED`] rows on, segments stay as they are unless a graph is wanted.
    fn first_merged(&self) -> usize {
        // An example in live rows: with segments of 900, 200 and 100, 60 pending rows take in the
        // 100 (at most 120), then the 200 (at most 320), but not the 900 (more than 720).
        let Some(pending) = &self.pending else { return self.segments.len() };
        let wants_graphs = match self.settings.ann {
            Ann::Exact => false,
            Ann::Auto => self.rows() >= self.settings.threshold,
            Ann::Hnsw => true,
        };
        let most = if wants_graphs { usize::MAX } else { MOST_MERGED };
        let mut gathered = self.live_in(pending.ids());
        let mut first = self.segments.len();
        while let Some(before) = first.checked_sub(1) {
            let live = self.live_in(self.segments[before].segment.ids());
            if live > 2 * gathered || live + gathered > most {
                break;
            }
            gathered += live;
            first = before;
        }
        first
    }

    /// Writes the live rows of some segments and of `pending`, if there are any.
    fn merge(
        &self,
        segments: Range<usize>,
        pending: Option<SegmentWriter>,
        path: &Path,
    ) -> Result<Option<NewSums>, VectorError> {
        let source = match pending {
            None => None,
            Some(pending) => {
                let rows = pending.finish(&self.folder.join(SOURCE))?.rows.len() as u64;
                let (file, graph) = (SOURCE.to_owned(), Vec::new());
                // It is read once and removed: checksums would protect nothing.
                let state = SegmentState { file, rows, graph, sums: None };
                Some(Segment::open(&self.folder, &state, self.dimension)?)
            }
        };
        let stored = self.segments[segments].iter().map(|held| &held.segment);
        let segments: Vec<&Segment> = stored.chain(&source).collect();
        let new = self.copy_live(&segments)?;
        remove_leftover(&self.folder, SOURCE)?;
        if new.ids().is_empty() {
            remove_leftover(&self.folder, NEW)?;
            return Ok(None);
        }
        new.finish(path).map(Some)
    }

    /// Copies the live rows of segments, by rising id.
    fn copy_live(&self, segments: &[&Segment]) -> Result<SegmentWriter, VectorError> {
        let mut new = SegmentWriter::create(&self.folder, NEW, self.dimension)?;
        for Place { id, segment, row } in walk::by_rising_id(segments) {
            if !self.dead.contains(&id) {
                new.add(id, segments[segment].vector(row))?;
            }
        }
        // Without this a damaged row would get a new checksum, and nobody could tell any more.
        segments.iter().try_for_each(|segment| segment.damage())?;
        Ok(new)
    }

    /// Forgets the dead whose rows were not copied.
    fn forget_dropped(&mut self) {
        let segments = &self.segments;
        let before = self.dead.len();
        self.dead.retain(|&id| segments.iter().any(|it| it.segment.row(id).is_some()));
        if self.dead.len() != before {
            self.tombstones = Tombstones::Changed;
        }
    }

    fn store_tombstones(&mut self, generation: u64) -> Result<(), VectorError> {
        if self.tombstones != Tombstones::Changed {
            return Ok(());
        }
        let file = if self.dead.is_empty() {
            None
        } else {
            let name = format!("{generation:08}.dead");
            let path = self.free_path(&name)?;
            tombstones::write(&self.folder, NEW, &path, &self.dead)?;
            Some(name)
        };
        self.tombstones = Tombstones::Stored(file);
        Ok(())
    }

    /// Builds the graphs that are missing, one thread to each, and writes them in order.
    fn store_graphs(&mut self, generation: u64) -> Result<(), VectorError> {
        let lacking: Vec<usize> =
            (0..self.segments.len()).filter(|&at| self.lacks(&self.segments[at])).collect();
        let build = |&at: &usize| (at, graph::build(&self.segments[at].segment, self.settings));
        // Building only reads, so it runs side by side; writing goes through one temporary name.
        let built: Vec<_> = lacking.par_iter().map(build).collect();
        for (at, links) in built {
            let file = &self.segments[at].state.file;
            let name = format!("{}.{generation:08}.hnsw", file.trim_end_matches(".vec"));
            let path = self.free_path(&name)?;
            links.write(&self.folder, NEW, &path)?;
            self.segments[at].state.graph = vec![name];
        }
        Ok(())
    }

    fn lacks(&self, held: &Held) -> bool {
        held.state.graph.is_empty() && held.segment.rows() >= self.settings.graph_from()
    }

    /// Returns the path of a new file, whose name must not be that of one in use. A file that is
    /// not in use, left by a commit that never came to count, is replaced.
    fn free_path(&self, name: &str) -> Result<PathBuf, VectorError> {
        let path = self.folder.join(name);
        if self.state().files().any(|file| file == name) {
            return Err(VectorError::InUse { path });
        }
        Ok(path)
    }

    fn rows(&self) -> usize {
        let pending = self.pending.as_ref().map_or(0, |it| it.ids().len());
        self.segments.iter().map(|it| it.segment.rows()).sum::<usize>() + pending
    }

    fn lives(&self, id: u64) -> bool {
        !self.dead.contains(&PassageId(id))
    }

    fn is_stored(&self, id: PassageId) -> bool {
        self.segments.iter().any(|held| held.segment.row(id).is_some())
    }

    /// Counts the live ones among ids that rise.
    fn live_in(&self, ids: &[u64]) -> usize {
        let dead = match ids {
            // The dead between these two ids may be rows of other segments.
            [first, .., last] | [first @ last] => {
                let between = self.dead.range(PassageId(*first)..=PassageId(*last));
                between.filter(|dead| ids.binary_search(&dead.0).is_ok()).count()
            }
            [] => 0,
        };
        ids.len() - dead
    }
}

impl Drop for VectorWriter {
    fn drop(&mut self) {
        if self.pending.take().is_some() {
            // Whoever opens the next writer removes it too, so a failure here costs nothing.
            let _ = remove_leftover(&self.folder, PENDING);
        }
    }
}
