//! Why a hit is where it is, and where a document was lost.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use trommel::{Collection, Document, Models, Stage};

fn main() -> trommel::Result<()> {
    let models = Models::open_default()?.fetch_missing()?;
    let collection = Collection::open_or_create("explain.trommel", &models)?;
    collection.upsert(Document::new("seal", "The seal of the pump leaks: replace it."))?;
    collection.upsert(Document::new("zoo", "A seal eats ten kilograms of fish a day."))?;
    collection.upsert(Document::new("letter", "The letter was closed with red wax."))?;
    collection.commit()?;

    let query = "what do seals eat";
    let answer = collection.search(query).k(2).run()?;
    for hit in &answer {
        // What every stage said of the document: a score each, and a rank where it is in the list.
        println!("{} {:.3}", hit.id, hit.score);
        for (source, said) in answer.sources.iter().zip(&hit.candidate.sources) {
            println!("  {:<8} {:?}", source.name, said.map(|said| (said.rank, said.score)));
        }
        println!("  {:<8} {:?}", "reranked", hit.candidate.last_reranked().map(|it| it.logit));
    }
    for step in &answer.trace.steps {
        println!("{:<8} {:?}", step.name, step.took);
    }

    // A document that is not among the hits: the gate at which it was lost.
    if let Some(why) = collection.search(query).k(1).stage(Stage::Fused).why("letter")? {
        println!("letter: {}", why.loss.map_or("a hit", |loss| loss.meaning()));
    }
    Ok(())
}
