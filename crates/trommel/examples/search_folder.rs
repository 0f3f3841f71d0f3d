//! Index a folder and search it: `cargo run --example search_folder -- FOLDER QUERY`.
//!
//! The second run is fast: unchanged files are not encoded again.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use trommel::{Collection, Models};

fn main() -> trommel::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "notes".into());
    let query = arguments.next().unwrap_or_else(|| "undo a release".into());

    // The default models: an encoder and a cross-encoder, fetched once and checked by hash.
    let models = Models::open_default()?.fetch_missing()?;
    let collection = Collection::open_or_create(".trommel", &models)?;
    let report = collection.index([folder])?;
    println!("{} added, {} unchanged", report.added, report.unchanged);

    for hit in collection.search(query).k(3).run()? {
        println!("{}. {}:{}", hit.rank, hit.path(), hit.location());
        println!("   {}", hit.snippet());
    }
    Ok(())
}
