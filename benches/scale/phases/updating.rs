//! One document comes, one goes.

use std::sync::Arc;
use std::time::Instant;

use trommel::{Collection, Document};

use super::{Job, costs, warm};
use crate::Failure;
use crate::corpus::{Corpus, Made};
use crate::costs::Costs;
use crate::encoder::WordSum;
use crate::process::{peak_mb, written_mb};

/// Adds the document that comes behind those of the corpus.
pub(super) fn add(job: &Job) -> Result<Costs, Failure> {
    let Made { id, title, text, group, year } = Corpus::new().document(job.documents);
    let document = Document::new(id, text).with_title(title);
    let document = document.with_metadata("group", group).with_metadata("year", year.to_string());
    let (took, written) = timed(job, |collection| Ok(collection.upsert(document).map(drop)?))?;
    Ok(costs([("add_s", took), ("add_written_mb", written), ("add_peak_mb", peak_mb())]))
}

/// Removes a document from the middle.
pub(super) fn remove(job: &Job) -> Result<Costs, Failure> {
    let id = format!("d{}", job.documents / 2);
    let (took, written) = timed(job, |collection| match collection.remove(&id)? {
        true => Ok(()),
        false => Err(format!("there is no document {id}").into()),
    })?;
    Ok(costs([("remove_s", took), ("remove_written_mb", written), ("remove_peak_mb", peak_mb())]))
}

/// Returns how long a change and its commit take, opening included, in seconds, and how much they write,
/// in MB.
fn timed(
    job: &Job,
    change: impl FnOnce(&Collection) -> Result<(), Failure>,
) -> Result<(f64, f64), Failure> {
    warm(&job.collection_folder())?;
    let encoder = Arc::new(WordSum::new());
    let written = written_mb();
    let began = Instant::now();
    let collection = job.collection(&encoder)?;
    change(&collection)?;
    collection.commit()?;
    Ok((began.elapsed().as_secs_f64(), written_mb() - written))
}
