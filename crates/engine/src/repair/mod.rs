//! Making a damaged collection whole again, out of what is still whole in it.
//!
//! Documents are the source of everything else: an index that is damaged is written anew from them,
//! and vectors that are whole are taken over rather than encoded again. Nothing that exists once
//! only is removed: what is damaged goes to a folder of its own inside the collection.

mod aside;
mod diagnosis;
mod rebuild;
mod salvage;

use std::path::PathBuf;

use trommel_core::Encoder;
use trommel_core::disk::Folder;

use crate::EngineError;
use crate::collection::{CollectionSettings, Manifest, WriterLock, end_first_run, sweep};
use aside::Aside;
use diagnosis::{Diagnosis, Parts};
use rebuild::Rebuild;

/// A repair that knows what is to be done and has the right to do it: it holds the writer's lock.
pub struct Repair {
    folder: Folder,
    diagnosis: Diagnosis,
    _lock: WriterLock,
}

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The generation that the collection is now at.
    pub generation: u64,
    /// How many documents it has.
    pub documents: u64,
    /// How many passages it has.
    pub passages: u64,
    /// What was done, in words; empty if there was nothing to do.
    pub steps: Vec<String>,
    /// The ids of documents whose record is damaged beyond reading: they are gone until their
    /// source is indexed again. Documents of a lost catalogue are not known by name and not listed.
    pub lost: Vec<String>,
    /// The folder, inside the collection, that damaged files were put into; `None` if there were
    /// none.
    pub aside: Option<PathBuf>,
}

impl Repair {
    /// Finds out what is damaged. Reads every file of the collection and changes none.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoCollection`] if there is nothing to repair, [`EngineError::Locked`] if
    /// another process writes, [`EngineError::NewerFormat`] or
    /// [`EngineError::OlderFormat`], or [`EngineError::Io`].
    pub fn begin(folder: impl Into<Folder>) -> Result<Self, EngineError> {
        let folder = folder.into();
        if let Err(error @ EngineError::NoCollection { .. }) = Manifest::read(&folder) {
            return Err(error);
        }
        let lock = WriterLock::take(&folder)?;
        let diagnosis = Diagnosis::of(&folder)?;
        Ok(Self { folder, diagnosis, _lock: lock })
    }

    /// Says whether there is nothing to repair.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.diagnosis, Diagnosis::Whole(_))
    }

    /// Says whether passages must be encoded: their vectors are damaged, or nobody knows any more
    /// which encoder made them.
    #[must_use]
    pub fn needs_encoder(&self) -> bool {
        matches!(&self.diagnosis, Diagnosis::Damaged(parts) if parts.vectors.is_none())
    }

    /// Repairs what is damaged in one commit. A crash leaves the collection as it was.
    ///
    /// # Errors
    ///
    /// [`EngineError::ModelNotLoaded`] if [`Repair::needs_encoder`] and none is given,
    /// [`EngineError::WrongEncoder`] if the collection was made with another one, or whatever
    /// reading, encoding or writing reports.
    pub fn carry_out(
        self,
        encoder: Option<&dyn Encoder>,
        settings: &CollectionSettings,
    ) -> Result<Repaired, EngineError> {
        match self.diagnosis {
            Diagnosis::Whole(manifest) => Ok(Repaired::at(&manifest)),
            Diagnosis::Pending(manifest) => adopt(&self.folder, &manifest),
            Diagnosis::Damaged(parts) => build(&self.folder, *parts, encoder, settings),
        }
    }
}

impl Repaired {
    fn at(manifest: &Manifest) -> Self {
        Self {
            generation: manifest.generation,
            documents: manifest.documents.documents,
            passages: manifest.documents.passages,
            steps: Vec::new(),
            lost: Vec::new(),
            aside: None,
        }
    }
}

/// Finishes a commit that lacks nothing but its rename.
fn adopt(folder: &Folder, manifest: &Manifest) -> Result<Repaired, EngineError> {
    let aside = Aside::new(folder)?.keep_manifest()?.finish()?;
    manifest.commit(folder)?;
    let step = format!("finished the commit of generation {}", manifest.generation);
    Ok(Repaired { steps: vec![step], aside, ..Repaired::at(manifest) })
}

fn build(
    folder: &Folder,
    parts: Parts,
    encoder: Option<&dyn Encoder>,
    settings: &CollectionSettings,
) -> Result<Repaired, EngineError> {
    let Rebuild { manifest, steps } = rebuild::rebuild(folder, &parts, encoder, settings)?;
    // From here on every damaged file has a second name, so that the sweep behind the commit
    // takes only the first away.
    let aside = Aside::new(folder)?;
    let aside = if parts.manifest.is_none() { aside.keep_manifest()? } else { aside };
    let aside = aside.keep(&parts.damaged)?.finish()?;
    manifest.commit(folder)?;
    // What cannot be removed now, the next writer removes.
    let _ = sweep(folder, &manifest.files.keys().map(String::as_str).collect());
    end_first_run(folder);
    Ok(Repaired { steps, lost: parts.lost, aside, ..Repaired::at(&manifest) })
}
