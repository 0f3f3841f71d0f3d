//! A retriever of your own as a third source: another engine, or what you know yourself. This one
//! knows which documents people asked for before.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use std::sync::Arc;

use trommel::{Collection, Document, DocumentRetriever, Models, RetrieverError, Source, Stage};

/// What people opened after a query.
const OPENED: [(&str, &str, f32); 2] = [("heating", "boiler", 7.0), ("heating", "blanket", 1.0)];

struct Opened;

impl DocumentRetriever for Opened {
    fn retrieve(&self, query: &str, limit: usize) -> Result<Vec<(String, f32)>, RetrieverError> {
        let of_query = OPENED.iter().filter(|(asked, _, _)| *asked == query);
        Ok(of_query.map(|(_, id, times)| ((*id).to_owned(), *times)).take(limit).collect())
    }
}

fn main() -> trommel::Result<()> {
    let models = Models::open_default()?.fetch_missing()?;
    let opened = Source { name: "opened".into(), weight: 0.5, retriever: Arc::new(Opened) };
    let collection = Collection::open_or_create("house.trommel", &models)?.with_source(opened);
    collection.upsert(Document::new("boiler", "The boiler is lit with a long match."))?;
    collection.upsert(Document::new("blanket", "The electric blanket is in the cupboard."))?;
    collection.upsert(Document::new("bill", "The heating bill of last winter."))?;
    collection.commit()?;

    let answer = collection.search("heating").stage(Stage::Fused).run()?;
    for hit in &answer {
        println!("{} {:.3}", hit.id, hit.candidate.score);
        for (source, said) in answer.sources.iter().zip(&hit.candidate.sources) {
            // A source that cannot score a document that it did not find stands in with its lowest.
            let imputed = said.is_some_and(|said| said.imputed);
            println!(
                "  {:<7} {:?}{}",
                source.name,
                said.map(|said| said.score),
                if imputed { " imputed" } else { "" }
            );
        }
    }
    Ok(())
}
