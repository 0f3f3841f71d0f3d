//! The phases of one size. Each is a process of its own, so that its memory and its caches are.

mod graph;
mod indexing;
mod searching;
mod updating;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trommel::{Collection, Models};

use crate::Failure;
use crate::corpus::Corpus;
use crate::costs::Costs;
use crate::encoder::WordSum;

/// How many queries are asked.
const QUERIES: usize = 200;

/// A size, and where its files are.
pub(crate) struct Job {
    pub(crate) documents: u64,
    pub(crate) folder: PathBuf,
}

/// What measures something of a size.
type Phase = fn(&Job) -> Result<Costs, Failure>;

/// The phases in their order; the last is the one of the graph.
pub(crate) const PHASES: &[(&str, Phase)] = &[
    ("corpus", indexing::corpus),
    ("lexical", indexing::lexical),
    ("index", indexing::index),
    ("search", searching::search),
    ("recall", searching::recall),
    ("add", updating::add),
    ("remove", updating::remove),
    (GRAPH, graph::build_and_search),
];

/// The phase that takes hours of a million passages.
pub(crate) const GRAPH: &str = "hnsw";

impl Job {
    /// The documents as JSON lines.
    fn corpus_file(&self) -> PathBuf {
        self.folder.join("corpus.jsonl")
    }

    /// The collection that all phases share.
    fn collection_folder(&self) -> PathBuf {
        self.folder.join("collection")
    }

    /// Opens that collection, or prepares to make it.
    fn collection(&self, encoder: &Arc<WordSum>) -> Result<Collection, Failure> {
        collection(&self.collection_folder(), encoder)
    }

    fn queries(&self) -> Vec<String> {
        Corpus::new().queries(self.documents, QUERIES)
    }
}

fn collection(folder: &Path, encoder: &Arc<WordSum>) -> Result<Collection, Failure> {
    let encoder = Arc::clone(encoder);
    let models = Models::of_encoder(encoder.clone(), encoder);
    Ok(Collection::open_or_create(folder, &models)?)
}

/// Returns all files below a folder.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(self::files(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

/// Returns how much lies on the disk below a folder, in MB.
fn disk_mb(folder: &Path) -> io::Result<f64> {
    let sizes = files(folder)?.into_iter().map(|file| Ok(fs::metadata(file)?.len()));
    Ok(sizes.sum::<io::Result<u64>>()? as f64 / 1e6)
}

/// Reads all files below a folder, so that the system has them in memory as far as they fit.
fn warm(folder: &Path) -> io::Result<()> {
    for file in files(folder)? {
        io::copy(&mut fs::File::open(file)?, &mut io::sink())?;
    }
    Ok(())
}

/// Returns named costs.
fn costs<const N: usize>(costs: [(&str, f64); N]) -> Costs {
    costs.into_iter().map(|(name, cost)| (name.to_owned(), cost)).collect()
}
