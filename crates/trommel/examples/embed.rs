//! Index a folder, add a document of one's own, ask a question.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use trommel::{Collection, Document, Models};

fn main() -> trommel::Result<()> {
    let models = Models::open_default()?.fetch_missing()?;
    let notes = Collection::open_or_create("notes.trommel", &models)?;
    notes.index(["notes"])?;
    notes.upsert(Document::new("memo-1", "Call the plumber."))?;
    notes.commit()?;
    for hit in notes.search("undo a release").k(5).run()? {
        println!("{:.3} {}:{} {}", hit.score, hit.path(), hit.location(), hit.snippet());
    }
    Ok(())
}
