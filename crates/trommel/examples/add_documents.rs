//! Documents that are no files: add, replace and remove them, with metadata to filter by.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use trommel::{Collection, Document, Filter, Models};

fn main() -> trommel::Result<()> {
    let models = Models::open_default()?.fetch_missing()?;
    let collection = Collection::open_or_create("memos.trommel", &models)?;

    let memos = [
        ("memo-1", "Call the plumber about the leaking seal.", "house"),
        ("memo-2", "The pump of the pond hums at night.", "garden"),
        ("memo-3", "Prune the apple tree in February.", "garden"),
    ];
    for (id, text, place) in memos {
        let outcome = collection.upsert(Document::new(id, text).with_metadata("place", place))?;
        println!("{id}: {outcome:?}");
    }
    // Nothing is searched before the commit, and all of it is after.
    println!("generation {}", collection.commit()?);

    let garden = Filter::parse(["place=garden"])?;
    for hit in collection.search("a noise in the dark").filter(garden).k(1).run()? {
        println!("found {}: {}", hit.id, hit.snippet());
    }

    collection.remove("memo-2")?;
    collection.commit()?;
    println!("{} documents are left", collection.status()?.documents);
    Ok(())
}
