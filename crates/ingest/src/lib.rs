//! From files, folders and JSON lines to documents, and from documents to passages.
//!
//! [`read`] turns an [`Input`] into a stream of [`Item`]s: documents, and whatever was skipped with
//! the reason why. [`Splitter`] cuts a document's text into passages that fit an encoder.

mod error;
mod extraction;
mod file;
mod format;
mod hash;
mod ignored;
mod jsonl;
mod jsonl_line;
mod known_files;
mod options;
mod own_extractor;
mod reader;
mod skip;
mod split;
mod unextracted;
mod unread;
mod walk;

pub use error::IngestError;
pub use hash::content_hash;
pub use known_files::{KnownFiles, is_costly};
pub use options::{IngestOptions, Limits};
pub use own_extractor::{OwnExtractor, own_versions};
pub use reader::{Input, Item, Reader, file_sizes, read, why_skipped};
pub use skip::{IgnoreRule, LineProblem, SkipReason, Skipped};
pub use split::{SplitSettings, Splitter};
pub use trommel_extract::versions as extractor_versions;
pub use unextracted::{KnownUnextracted, Unextracted};
