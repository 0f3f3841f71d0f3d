//! From lines of JSON to a collection.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use trommel::{Event, IndexRequest, IngestOptions, Input};
use trommel_engine::Depth;

use super::{Job, collection, costs, disk_mb};
use crate::Failure;
use crate::corpus::Corpus;
use crate::costs::Costs;
use crate::encoder::WordSum;
use crate::process::{OwnPeak, cpu_s, peak_mb, written_mb};

/// As the command line commits.
const COMMIT_EVERY: usize = 2_000;

/// Writes the documents; nothing of this is measured.
pub(super) fn corpus(job: &Job) -> Result<Costs, Failure> {
    Corpus::new().write(job.documents, &job.corpus_file())?;
    Ok(Costs::new())
}

/// Makes a collection that is found by words alone, and removes it.
pub(super) fn lexical(job: &Job) -> Result<Costs, Failure> {
    let folder = job.folder.join("lexical");
    let own = OwnPeak::watch();
    let took = run(job, &folder, Some(Depth::Lexical))?.all;
    let measured = costs([
        ("lexical_s", took),
        ("lexical_cpu_s", cpu_s()),
        ("lexical_peak_mb", peak_mb()),
        ("lexical_own_mb", own.mb()),
        ("lexical_disk_mb", disk_mb(&folder)?),
    ]);
    fs::remove_dir_all(&folder)?;
    Ok(measured)
}

/// Makes the collection of all further phases.
pub(super) fn index(job: &Job) -> Result<Costs, Failure> {
    let folder = job.collection_folder();
    let own = OwnPeak::watch();
    let took = run(job, &folder, None)?;
    Ok(costs([
        ("index_s", took.all),
        ("index_words_s", took.words),
        ("index_predict_s", took.predicted - took.words),
        ("index_store_s", took.stored - took.predicted),
        ("index_finish_s", took.all - took.stored),
        ("index_rate", job.documents as f64 / took.all),
        ("index_encoding_s", took.encoding),
        ("index_cpu_s", cpu_s()),
        ("index_peak_mb", peak_mb()),
        ("index_own_mb", own.mb()),
        ("index_written_mb", written_mb()),
        ("disk_mb", disk_mb(&folder)?),
    ]))
}

/// When a run was how far, in seconds since it began without those of the encoder.
#[derive(Default)]
struct Took {
    words: f64,
    predicted: f64,
    stored: f64,
    all: f64,
    encoding: f64,
}

fn run(job: &Job, folder: &Path, depth: Option<Depth>) -> Result<Took, Failure> {
    let encoder = Arc::new(WordSum::new());
    let collection = collection(folder, &encoder)?;
    let request = IndexRequest {
        inputs: vec![Input::Path(job.corpus_file())],
        ingest: IngestOptions::default(),
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: COMMIT_EVERY,
        depth,
        refine: true,
        late: None,
    };
    let mut took = Took::default();
    let began = Instant::now();
    let now = || (began.elapsed().saturating_sub(encoder.spent())).as_secs_f64();
    let mut progress = |event| match event {
        Event::Lexical { .. } => (took.words, took.predicted) = (now(), now()),
        Event::Predicted { .. } => took.predicted = now(),
        Event::Encoded { .. } => took.stored = now(),
        _ => {}
    };
    let report = collection.index_with(request, &mut progress, &AtomicBool::new(false))?;
    (took.all, took.encoding) = (now(), encoder.spent().as_secs_f64());
    let passages = collection.status()?.passages;
    if report.documents != job.documents || passages != job.documents {
        let (documents, wanted) = (report.documents, job.documents);
        return Err(format!("{wanted} documents became {documents} of {passages} passages").into());
    }
    Ok(took)
}
