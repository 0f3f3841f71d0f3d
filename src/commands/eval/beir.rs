//! A test collection in BEIR's layout, and the collection that is made of it.

use std::fs::{self, File};
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use trommel::settings::Given;
use trommel_eval::{NamedQuery, Qrels, read_queries};
use trommel_ingest::{IngestOptions, Limits};
use trommel_lexical::Analyzer;

use super::super::index::How;
use super::super::{Context, index, store};
use crate::cli::Global;
use crate::collection::FOLDER;
use crate::error::CliError;
use crate::signals::Cancel;
use crate::{folders, hints, settings, shell, terminal};

/// The settings that shape a collection; with the corpus, they name it.
const SHAPING: [&str; 10] = [
    "encoder",
    "passage-tokens",
    "overlap-tokens",
    "id-field",
    "title-field",
    "text-field",
    "ann",
    "runtime",
    "precision",
    "isa",
];
/// Says that the whole corpus was indexed.
const COMPLETE: &str = "complete";

/// A folder in BEIR's layout.
pub(super) struct Beir {
    folder: PathBuf,
    /// Which judgements; empty if only the corpus is read.
    split: String,
}

impl Beir {
    /// Checks that all files of the layout are there; without a split only the corpus, which is then
    /// all that is read.
    pub(super) fn open(folder: &Path, split: Option<&str>) -> Result<Self, CliError> {
        let beir = Self {
            folder: folders::absolute(folder.to_owned()),
            split: split.unwrap_or_default().to_owned(),
        };
        let judged = split.map(|_| [beir.queries_file(), beir.qrels_file()]);
        for path in iter::once(beir.corpus()).chain(judged.into_iter().flatten()) {
            if !path.is_file() {
                let message = format!(
                    "{} is not in BEIR's layout: expected {}",
                    folder.display(),
                    path.display()
                );
                let listed = if folder.is_dir() { folder } else { Path::new(".") };
                return Err(CliError::usage(message).hint(format!(
                    "ls {} {}",
                    shell::path(listed),
                    shell::path(&listed.join("qrels"))
                )));
            }
        }
        Ok(beir)
    }

    /// Returns the folder's name and the split, if there is one.
    pub(super) fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or(self.folder.as_os_str()).to_string_lossy();
        format!("{name} {}", self.split).trim_end().to_owned()
    }

    pub(super) fn queries(&self) -> Result<Vec<NamedQuery>, CliError> {
        // A collection may keep the queries of a split in a file of their own.
        let own = self.folder.join(format!("queries_{}.jsonl", self.split));
        let file = if own.is_file() { own } else { self.queries_file() };
        read_queries(&file).map_err(hints::eval)
    }

    pub(super) fn qrels(&self) -> Result<Qrels, CliError> {
        Qrels::read(&self.qrels_file()).map_err(hints::eval)
    }

    /// Indexes the corpus into a collection of its own, named by its content and the settings that
    /// shape it, unless that was done before.
    pub(super) fn index(
        &self,
        global: &Global,
        flags: Given,
        cancel: &Cancel,
    ) -> Result<Context, CliError> {
        // By content and not by path: a corpus that was moved is the same, one that was changed is
        // another.
        let mut hasher = blake3::Hasher::new();
        File::open(self.corpus())
            .and_then(|corpus| hasher.update_reader(corpus).map(drop))
            .map_err(|error| self.unreadable(&error))?;
        let settings = settings::load(None, flags.clone(), None)
            .map_err(|error| hints::settings(error, &|rest| format!("trommel {rest}")))?;
        for name in SHAPING {
            hasher.update(format!("\0{name}={}", settings.text(name)).as_bytes());
        }
        // What other code made of the same corpus may have other vectors.
        let (files, kernels) = (trommel_engine::FORMAT, trommel_models::KERNEL_FORMAT);
        let version = env!("CARGO_PKG_VERSION");
        let analyzer = Analyzer::NEWEST.name();
        hasher.update(format!("\0{files} {kernels} {analyzer} {version}").as_bytes());
        let hash = hasher.finalize().to_hex();
        let home = store()?.home().join("eval").join(&hash[..32]);

        let collection = Some(home.join(FOLDER));
        let global =
            Global { collection: collection.into_iter().collect(), color: global.color.clone() };
        let context = Context::new(&global, flags)?;
        // An interrupted run leaves a collection of half the corpus, which the next one goes on
        // with.
        if !home.join(COMPLETE).is_file() {
            terminal::tell(format!("indexing {}, once", self.corpus().display()));
            // A corpus is taken whole: only its fields have other names.
            let limits = Limits::default();
            let ingest = IngestOptions { limits, ..context.settings.ingest.clone() };
            index::index(&context, vec![self.corpus()], How { ingest, ..How::default() }, cancel)?;
            fs::write(home.join(COMPLETE), self.corpus().as_os_str().as_encoded_bytes())
                .map_err(|error| super::cannot_write(&home, &error))?;
        }
        Ok(context)
    }

    fn corpus(&self) -> PathBuf {
        self.folder.join("corpus.jsonl")
    }

    fn queries_file(&self) -> PathBuf {
        self.folder.join("queries.jsonl")
    }

    fn qrels_file(&self) -> PathBuf {
        self.folder.join("qrels").join(format!("{}.tsv", self.split))
    }

    fn unreadable(&self, error: &io::Error) -> CliError {
        let corpus = self.corpus();
        CliError::usage(format!("cannot read {}: {error}", corpus.display()))
            .hint(format!("ls -l {}", shell::path(&corpus)))
    }
}
