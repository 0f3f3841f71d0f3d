//! A collection that is brought from stop to stop, never anew: as a run of `index` does it, but that it waits.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use trommel::{Collection, IndexRequest, IngestOptions, Input, Models};
use trommel_engine::{Depth, Depths};

use crate::Failure;
use crate::stops::Stop;

/// As the command line commits.
const COMMIT_EVERY: usize = 2_000;

/// A collection on its way down.
pub(crate) struct Growing {
    collection: Collection,
    /// The documents, a line each.
    corpus: PathBuf,
}

impl Growing {
    /// Prepares a collection of the documents in a folder in BEIR's layout.
    pub(crate) fn new(folder: &Path, corpus: &Path, models: &Models) -> Result<Self, Failure> {
        let collection = Collection::open_or_create(folder, models)?;
        Ok(Self { collection, corpus: corpus.join("corpus.jsonl") })
    }

    /// Returns the collection as it is now.
    pub(crate) fn collection(&self) -> &Collection {
        &self.collection
    }

    /// Brings the collection to a stop that is after the last one; returns how deep passages are then, or nothing
    /// where as many were encoded before.
    pub(crate) fn reach(&self, stop: Stop) -> Result<Option<Depths>, Failure> {
        match stop {
            Stop::Words => self.index(Depth::Lexical, true)?,
            Stop::Sample => self.index(Depth::Predicted, true)?,
            Stop::Percent(share) => {
                let before = self.collection.status()?.depths;
                let wanted = before.passages() * share / 100;
                if share < 100 && wanted <= before.encoded {
                    return Ok(None);
                }
                // This encodes nothing, and says how deep `deepen` may go.
                self.index(Depth::Encoded, false)?;
                let most = usize::try_from(wanted.saturating_sub(before.encoded))?;
                self.collection.deepen(most, &mut |_| {}, &AtomicBool::new(false))?;
                let encoded = self.collection.status()?.depths.encoded;
                if encoded != wanted {
                    let lack = format!("{encoded} passages are encoded where {wanted} were wanted");
                    return Err(lack.into());
                }
            }
        }
        Ok(Some(self.collection.status()?.depths))
    }

    /// Indexes what changed of the corpus, at first all of it; `refine` says whether the run goes down to the
    /// depth itself.
    fn index(&self, depth: Depth, refine: bool) -> Result<(), Failure> {
        let request = IndexRequest {
            inputs: vec![Input::Path(self.corpus.clone())],
            ingest: IngestOptions::default(),
            keep_missing: false,
            allow_empty: false,
            as_before: false,
            commit_every: COMMIT_EVERY,
            depth: Some(depth),
            refine,
            late: None,
        };
        let report = self.collection.index_with(request, &mut |_| {}, &AtomicBool::new(false))?;
        match report.unpredicted {
            Some(why) => Err(format!("nothing can be predicted: {why}").into()),
            None => Ok(()),
        }
    }
}
