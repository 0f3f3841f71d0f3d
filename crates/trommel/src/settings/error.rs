//! What can be wrong with settings.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use trommel_models::KernelError;

use super::Origin;

/// What can be wrong with settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file of settings cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file of settings is no TOML, or has something in it that is no setting.
    #[error("{}:{place}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, and the column where it matters.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// There is no such setting.
    #[error("unknown setting {name}{}", near(*nearest))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The name that looks most like it, if one does.
        nearest: Option<&'static str>,
    },
    /// A text is no value of its setting.
    #[error("{}: expected {expected}, got {got:?}", place(name, origin))]
    Misfit {
        /// The setting.
        name: &'static str,
        /// Who said so.
        origin: Origin,
        /// What was expected.
        expected: String,
        /// What was given.
        got: String,
    },
    /// A value is out of its range.
    #[error("{name} is {got}, expected {expected}{}", whence(origin))]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Who said so.
        origin: Origin,
        /// The range.
        expected: String,
        /// What was given.
        got: String,
    },
    /// This machine lacks the instruction set, or nobody knows it.
    #[error(transparent)]
    Isa(#[from] KernelError),
    /// The stage that was asked for reranks, and there is no reranker.
    #[error("stage reranked needs a reranker: expected a model's id, got none")]
    NoReranker,
    /// Passages cannot share all of their tokens.
    #[error("--overlap-tokens: expected less than --passage-tokens, got {overlap} and {passage}")]
    Overlap {
        /// How many tokens are shared.
        overlap: usize,
        /// How many there are.
        passage: usize,
    },
}

fn near(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", the nearest is {name}"))
}

/// Returns how a value's place is called.
fn place(name: &str, origin: &Origin) -> String {
    match origin {
        Origin::Flag => format!("--{name}"),
        Origin::Environment(variable) => format!("${variable}"),
        Origin::File(path) => format!("{}: {name}", path.display()),
        Origin::Manifest | Origin::Nearest | Origin::Languages | Origin::Default => name.to_owned(),
    }
}

/// Returns where a value comes from, if it was not typed.
fn whence(origin: &Origin) -> String {
    match origin {
        Origin::Environment(variable) => format!(", in ${variable}"),
        Origin::File(path) => format!(", in {}", path.display()),
        Origin::Flag | Origin::Manifest | Origin::Nearest | Origin::Languages | Origin::Default => {
            String::new()
        }
    }
}
