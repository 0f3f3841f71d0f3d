//! What an index is worth before all of it is encoded: quality by the share of passages that the encoder has
//! read.
//!
//! `cargo bench --bench depths -- --memo FILE DIR/scifact DIR/nfcorpus` takes each collection, a folder in
//! BEIR's layout, down from its words to vectors of all its passages (`growing.rs`), stops on the way
//! (`stops.rs`), and asks its judged queries there, with `--lazy 0` and with `--lazy 20`. It prints a table a
//! collection. Arguments beside folders:
//!
//! - `--memo FILE` keeps what the encoder said of each text (`memo.rs`), so that each is encoded once ever: the
//!   first run of scifact takes some minutes, the next one seconds;
//! - `--folder DIR` is where collections are made, DIR/NAME for each, and stay: they must not be there yet.
//!   Without it they are made in the system's folder for temporary files, and removed.
//!
//! The encoder is the default one of the store in `$TROMMEL_HOME`, loaded as the command line loads it. Nothing
//! here is timed, so that it may run beside other work.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is its purpose")]

mod growing;
mod judged;
mod memo;
mod stops;
mod table;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trommel::Models;

use growing::Growing;
use judged::Judged;
use memo::Memo;
use stops::STOPS;
use table::{Row, Table};

type Failure = Box<dyn Error>;

/// How many candidates are encoded for a search in the second measurement of each stop, as by default.
const LAZY: usize = 20;

/// What the user asks for.
#[derive(Default)]
struct Request {
    /// Collections in BEIR's layout.
    corpora: Vec<PathBuf>,
    /// Where vectors are kept.
    memo: Option<PathBuf>,
    /// Where collections are made and stay.
    folder: Option<PathBuf>,
}

fn main() -> Result<(), Failure> {
    // cargo adds `--bench`.
    let arguments = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let request = Request::read(arguments)?;
    if request.corpora.is_empty() {
        println!(
            "depths: no folders; as in `cargo bench --bench depths -- --memo FILE DIR/scifact`"
        );
        return Ok(());
    }
    let store = Models::open_default()?;
    let id = store.encoder_id(None);
    let precision = store.settings().precision;
    let memo = Memo::open(store.encoder(id)?, precision, request.memo.as_deref())?;
    let memo = Arc::new(memo);
    let models = Models::of_encoder(memo.clone(), store.counter(id)?);
    for corpus in &request.corpora {
        let table = match &request.folder {
            Some(folder) => measure(corpus, &empty(folder, corpus)?, &models)?,
            None => measure(corpus, tempfile::tempdir()?.path(), &models)?,
        };
        println!("{}", table.markdown());
        eprintln!("{} texts were encoded so far, the others known", memo.encoded());
    }
    Ok(())
}

/// Takes a collection through all stops.
fn measure(corpus: &Path, folder: &Path, models: &Models) -> Result<Table, Failure> {
    let judged = Judged::read(corpus)?;
    let growing = Growing::new(folder, corpus, models)?;
    let mut table = Table::new(name(corpus), judged.queries());
    for &stop in STOPS {
        let Some(depths) = growing.reach(stop)? else {
            table.left_out.push(stop);
            continue;
        };
        let alone = judged.quality(growing.collection(), 0)?;
        let lazy = judged.quality(growing.collection(), LAZY)?;
        let row = Row { stop, depths, alone, lazy };
        // Told at once, so that it is not lost with a later stop.
        eprintln!("{}: {}", name(corpus), row.in_words());
        table.rows.push(row);
    }
    Ok(table)
}

/// Returns the folder of a collection that is to stay, in which nothing may be yet.
fn empty(folder: &Path, corpus: &Path) -> Result<PathBuf, Failure> {
    let folder = folder.join(name(corpus));
    match folder.exists() {
        true => Err(format!("{} is there already", folder.display()).into()),
        false => Ok(fs::create_dir_all(&folder).map(|()| folder)?),
    }
}

/// Returns the name of a collection: that of its folder.
fn name(corpus: &Path) -> String {
    corpus.file_name().unwrap_or(corpus.as_os_str()).to_string_lossy().into_owned()
}

impl Request {
    /// Reads the arguments of the command line.
    fn read(arguments: Vec<String>) -> Result<Self, Failure> {
        let mut request = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                "--memo" => request.memo = Some(value()?.into()),
                "--folder" => request.folder = Some(value()?.into()),
                flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}").into()),
                corpus => request.corpora.push(corpus.into()),
            }
        }
        Ok(request)
    }
}
