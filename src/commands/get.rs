//! `trommel get`: the text of a document, as it was read from its file.

use clap::Args;
use trommel::DocumentPart;
use trommel_engine::{Snapshot, Stage, StoredDocument};

use super::Context;
use super::document_name::{document, unknown};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::hints;
use crate::terminal::{self, Screen};

/// Print the text of a document, whole or in part
///
/// It is what was read from the file: of a PDF the text of its pages, of a page its readable part. A
/// part is lines, as in notes.md:3-9, or pages, slides, sheets, chapters or cells, as in report.pdf#12 or
/// sums.xlsx#Sheet2.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// The document's id or path, as search shows it, with or without a part
    #[arg(value_name = "ID[:LINES|#PAGE]")]
    name: String,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &GetArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    // No index is needed to read a document.
    let engine = |error| hints::engine(error, &context);
    let snapshot = Snapshot::open(&context.folder, Stage::LEXICAL).map_err(engine)?;
    let (stored, part) = find(&args.name, &snapshot, &context)?;
    let part = part.unwrap_or(DocumentPart::Whole);
    let range = part.range(&stored).ok_or_else(|| {
        let has = DocumentPart::all_of(&stored);
        let id = crate::shell::word(&stored.document.id);
        CliError::usage(format!("{}: no such part: the document has {has}", args.name))
            .hint(format!("trommel get {id}"))
    })?;
    let text = stored.document.text[range.clone()].trim_end();
    if args.json {
        let mut screen = Screen::open();
        trommel::json::document(&mut screen, &stored, &range).map_err(CliError::stdout)?;
    } else {
        terminal::text(text)?;
    }
    Ok(Exit::Done)
}

/// Returns the document of a name, and which part of it is meant. Names may have `:` and `#` in them, so
/// that the whole is a name first.
fn find(
    name: &str,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<(StoredDocument, Option<DocumentPart>), CliError> {
    if let Some(stored) = document(name, snapshot, context)? {
        return Ok((stored, None));
    }
    for at in ['#', ':'] {
        if let Some((id, part)) = name.rsplit_once(at)
            && let Some(part) = DocumentPart::parse(at, part)
            && let Some(stored) = document(id, snapshot, context)?
        {
            return Ok((stored, Some(part)));
        }
    }
    Err(unknown(name, snapshot, context))
}
