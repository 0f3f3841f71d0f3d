//! Indexes a collection in BEIR layout, each document as one passage, answers its queries and
//! writes a TREC run.
//!
//! ```text
//! cargo run --release -p trommel-lexical --example beir_run -- FOLDER QUERIES.jsonl OUT.run [TITLE_WEIGHT]
//! ```

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;
use trommel_core::{Metadata, PassageId, Query, Retriever};
use trommel_lexical::{LexicalIndex, LexicalPassage, LexicalSettings, LexicalWriter};

const USAGE: &str = "usage: beir_run FOLDER QUERIES.jsonl OUT.run [TITLE_WEIGHT]";

/// A line of `corpus.jsonl` or `queries.jsonl`.
#[derive(Deserialize)]
struct Line {
    _id: String,
    #[serde(default)]
    title: String,
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, queries, out, rest @ ..] = arguments.as_slice() else { return Err(USAGE.into()) };
    let title_weight =
        rest.first().map_or(Ok(LexicalSettings::default().title_weight), |w| w.parse())?;

    let documents = lines(&Path::new(folder).join("corpus.jsonl"))?;
    let index_folder = tempfile::tempdir()?;
    let started = Instant::now();
    let index = index(&documents, index_folder.path())?;
    let indexed = started.elapsed();

    let retriever = index.retriever(LexicalSettings { title_weight, syntax: false });
    let mut run = BufWriter::new(File::create(out)?);
    let mut times: Vec<Duration> = Vec::new();
    for query in lines(Path::new(queries))? {
        let started = Instant::now();
        let found = retriever.retrieve(Query { text: &query.text, vector: &[] }, 100, None)?;
        times.push(started.elapsed());
        for (rank, hit) in found.iter().enumerate() {
            let document = &documents[hit.id.0 as usize]._id;
            // the rank as score: a run's scores must fall strictly
            writeln!(run, "{} Q0 {document} {} {} bm25", query._id, rank + 1, 1000 - rank)?;
        }
    }
    run.flush()?;
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let mut bytes = 0;
    for file in fs::read_dir(index_folder.path())? {
        bytes += file?.metadata()?.len();
    }
    let mut words = std::io::stderr().lock();
    writeln!(
        words,
        "{} documents indexed in {indexed:?}, {bytes} bytes, median query {median:?}",
        documents.len()
    )?;
    Ok(())
}

fn lines(path: &Path) -> Result<Vec<Line>, Box<dyn Error>> {
    BufReader::new(File::open(path)?)
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect()
}

fn index(documents: &[Line], folder: &Path) -> Result<LexicalIndex, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let mut writer = LexicalWriter::create(folder)?;
    let metadata = Metadata::new();
    for (id, document) in documents.iter().enumerate() {
        writer.add(&LexicalPassage {
            id: PassageId(id as u64),
            title: &document.title,
            headings: "",
            body: &document.text,
            path: "",
            metadata: &metadata,
            language: None,
            read_as: None,
        })?;
    }
    let state = writer.commit()?;
    Ok(LexicalIndex::open(folder, &state)?)
}
