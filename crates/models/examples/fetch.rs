//! Fetches models into a store: `fetch FOLDER [ID…]`; without an id the default models.
#![allow(clippy::print_stderr, clippy::print_stdout)]

use std::env;

use trommel_models::{FetchOptions, ModelsError, Progress, Store, defaults};

struct Bar;

impl Progress for Bar {
    fn advance(&self, label: &str, done: u64, total: Option<u64>) {
        let total = total.map_or(String::new(), |total| format!(" of {}", total / 1_000_000));
        eprint!("\r{label}: {}{total} MB   ", done / 1_000_000);
    }
}

fn main() -> Result<(), ModelsError> {
    let mut arguments = env::args().skip(1);
    let Some(home) = arguments.next() else {
        eprintln!("usage: fetch FOLDER [ID…]");
        return Ok(());
    };
    let ids: Vec<String> = arguments.collect();
    let ids: Vec<&str> =
        if ids.is_empty() { defaults().to_vec() } else { ids.iter().map(String::as_str).collect() };
    let report = Store::new(home.into()).fetch(&ids, &FetchOptions::default(), &Bar)?;
    eprintln!();
    for id in report.present {
        println!("{id}: there");
    }
    for model in report.fetched {
        println!("{}: from {}", model.id, model.source);
        for file in model.unpinned() {
            println!("{}: nothing vouches for {} but this fetch", file.sha256, file.name);
        }
    }
    Ok(())
}
