//! What a collection costs by its size: indexing, changing, opening and searching it.
//!
//! `cargo bench --bench scale -- 10000 100000 1000000` makes a corpus of each size, takes it through all
//! phases (`phases/`), each a process of its own, and prints a table with the exponent of each cost's growth.
//! Further arguments:
//!
//! - `--out DIR` adds a line a size to `scale.jsonl` there, and writes table and drawing of all sizes in it to
//!   `scale.md` and `scale.svg`;
//! - `--graph-up-to N` says up to which size the HNSW graph is built, which is slow: 100,000 without it;
//! - `--folder DIR` is where collections are made and removed, on a disk like that of real ones: the
//!   system's folder for temporary files without it. A million passages take some 8 GB.
//!
//! Texts are made up (`corpus.rs`), words being as frequent as in a language. So are vectors (`encoder.rs`):
//! a real encoder takes 20 to 150 ms a passage, the same at any size, and would hide all else. What it takes
//! here is measured and left out of the time of indexing.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is its purpose")]

mod child;
mod corpus;
mod costs;
mod encoder;
mod phases;
mod plot;
mod process;
mod random;
mod record;
mod table;
mod words;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use phases::{GRAPH, Job, PHASES};
use record::{Record, last_of_each};

type Failure = Box<dyn Error>;

/// What the user asks for.
struct Request {
    sizes: Vec<u64>,
    out: Option<PathBuf>,
    graph_up_to: u64,
    folder: PathBuf,
}

fn main() -> Result<(), Failure> {
    // cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    if arguments.first().is_some_and(|first| first == child::PHASE) {
        return child::serve(&arguments[1..]);
    }
    let request = Request::read(arguments)?;
    if request.sizes.is_empty() && request.out.is_none() {
        println!("scale: no sizes; as in `cargo bench --bench scale -- 10000 100000`");
        return Ok(());
    }
    if let Some(out) = &request.out {
        fs::create_dir_all(out)?;
    }
    let kept = request.out.as_deref().map(|out| out.join("scale.jsonl"));
    let mut records = match &kept {
        Some(file) => Record::read_all(file)?,
        None => Vec::new(),
    };
    for &size in &request.sizes {
        let record = measure(size, &request)?;
        if let Some(file) = &kept {
            record.append(file)?;
        }
        records.push(record);
    }
    let records = last_of_each(records);
    let table = table::table(&records);
    print!("{table}");
    if let Some(out) = &request.out {
        fs::write(out.join("scale.md"), table)?;
        plot::plot(&records, &out.join("scale.svg"))?;
    }
    Ok(())
}

/// Takes a corpus of a size through all phases.
fn measure(documents: u64, request: &Request) -> Result<Record, Failure> {
    fs::create_dir_all(&request.folder)?;
    let folder = tempfile::tempdir_in(&request.folder)?;
    let job = Job { documents, folder: folder.path().to_owned() };
    let mut record = Record::begin(documents);
    for (phase, _) in PHASES {
        if *phase == GRAPH && documents > request.graph_up_to {
            continue;
        }
        let began = Instant::now();
        let costs = child::run(phase, &job)?;
        // Told at once, so that hours are not lost with a later phase.
        let (took, told) = (began.elapsed().as_secs_f64(), serde_json::to_string(&costs)?);
        eprintln!("{documents} passages, {phase}: {took:.1} s, {told}");
        record.costs.extend(costs);
    }
    Ok(record)
}

impl Request {
    fn read(arguments: Vec<String>) -> Result<Self, Failure> {
        let (sizes, out) = (Vec::new(), None);
        let mut request = Self { sizes, out, graph_up_to: 100_000, folder: std::env::temp_dir() };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                "--out" => request.out = Some(value()?.into()),
                "--graph-up-to" => request.graph_up_to = value()?.parse()?,
                "--folder" => request.folder = value()?.into(),
                size => request.sizes.push(
                    size.parse()
                        .map_err(|_| format!("expected a number of passages, got {size}"))?,
                ),
            }
        }
        Ok(request)
    }
}
