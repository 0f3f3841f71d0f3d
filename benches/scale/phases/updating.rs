//! One document comes, one goes.

use std::sync::Arc;
use std::time::Instant;

use trommel::{Collection, Document};

use super::{Job, warm};
use crate::Failure;
use crate::corpus::{Corpus, Made};
use crate::costs::Costs;
use crate::encoder::WordSum;
use crate::process::{cpu_s, peak_mb, written_mb};

/// Adds the document that comes behind those of the corpus.
pub(super) fn add(job: &Job) -> Result<Costs, Failure> {
    let Made { id, title, text, group, year } = Corpus::new().document(job.documents);
    let document = Document::new(id, text).with_title(title);
    let document = document.with_metadata("group", group).with_metadata("year", year.to_string());
    measured(job, "add", |collection| Ok(collection.upsert(document).map(drop)?))
}

/// Removes a document from the middle.
pub(super) fn remove(job: &Job) -> Result<Costs, Failure> {
    let id = format!("d{}", job.documents / 2);
    measured(job, "remove", |collection| match collection.remove(&id)? {
        true => Ok(()),
        false => Err(format!("there is no document {id}").into()),
    })
}

/// Returns what a change and its commit cost, opening included.
fn measured(
    job: &Job,
    name: &str,
    change: impl FnOnce(&Collection) -> Result<(), Failure>,
) -> Result<Costs, Failure> {
    warm(&job.collection_folder())?;
    let encoder = Arc::new(WordSum::new());
    let (written, cpu, began) = (written_mb(), cpu_s(), Instant::now());
    let collection = job.collection(&encoder)?;
    change(&collection)?;
    collection.commit()?;
    let costs = [
        ("s", began.elapsed().as_secs_f64()),
        ("cpu_s", cpu_s() - cpu),
        ("written_mb", written_mb() - written),
        ("peak_mb", peak_mb()),
    ];
    Ok(costs.map(|(unit, cost)| (format!("{name}_{unit}"), cost)).into())
}
