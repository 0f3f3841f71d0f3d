//! The texts of the documents that a run names.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use trommel_core::{Document, Lines, Passage};
use trommel_ingest::{IngestOptions, Item, read};

use super::super::index::input;
use crate::error::CliError;
use crate::signals::Cancel;
use crate::{hints, progress};

/// Returns what the reranker reads of each document that is `wanted`, by id; `-` is standard input.
///
/// Nothing else of the corpus is kept. Of a repeated id the first document counts.
pub(super) fn texts(
    corpus: &Path,
    wanted: &HashSet<&str>,
    options: &IngestOptions,
    cancel: &Cancel,
) -> Result<HashMap<String, String>, CliError> {
    let bar = progress::spinner("reading the corpus");
    let mut texts = HashMap::with_capacity(wanted.len());
    for item in read(input(corpus), options).map_err(hints::corpus)? {
        cancel.check()?;
        bar.inc(1);
        if let Item::Document(document) = item.map_err(hints::corpus)?
            && wanted.contains(document.id.as_str())
        {
            let text = text(&document);
            texts.entry(document.id).or_insert(text);
        }
        // All are found: the rest of a large corpus need not be read.
        if texts.len() == wanted.len() {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(texts)
}

/// Returns the text of a document as one passage.
fn text(document: &Document) -> String {
    whole(&document.text).model_text(&document.title, document.text.trim())
}

/// Returns a text as one passage.
pub(super) fn whole(text: &str) -> Passage {
    let lines = Lines { first: 1, last: 1 };
    Passage { bytes: 0..text.len(), lines, headings: Vec::new(), location: None }
}
