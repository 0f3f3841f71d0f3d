//! Whether a change helps: two settings over the same judged queries, with significance.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use trommel::eval::{Metric, Qrels, Resampling, Run, compare, evaluate};
use trommel::{Collection, Document, Models, SearchSettings, Stage};

const DOCUMENTS: [(&str, &str); 4] = [
    ("pump", "The pump leaks: its seal is worn."),
    ("zoo", "A seal eats ten kilograms of fish a day."),
    ("wax", "A letter is closed with wax."),
    ("tree", "Prune the apple tree in February."),
];
/// A query, its text, and the document that answers it.
const JUDGED: [(&str, &str, &str); 3] = [
    ("q1", "water drips from the machine", "pump"),
    ("q2", "diet of a marine mammal", "zoo"),
    ("q3", "when to cut fruit branches", "tree"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let models = Models::open_default()?.fetch_missing()?;
    let collection = Collection::open_or_create("evaluate.trommel", &models)?;
    for (id, text) in DOCUMENTS {
        collection.upsert(Document::new(id, text))?;
    }
    collection.commit()?;

    let mut qrels = Qrels::default();
    for (query, _, document) in JUDGED {
        qrels.insert(query, document, 1);
    }
    let metric: Metric = "nDCG@10".parse()?;
    let measure = |stage: Stage| -> Result<_, Box<dyn std::error::Error>> {
        let mut run = Run::default();
        for (query, text, _) in JUDGED {
            let settings = SearchSettings { stage, ..SearchSettings::default() };
            let answer = collection.search(text).settings(settings).run()?;
            run.insert_ranking(
                query,
                answer.hits.iter().map(|hit| (hit.id.as_str(), hit.candidate.score)),
            )?;
        }
        Ok(evaluate(&qrels, &run, &[metric]))
    };
    let (before, after) = (measure(Stage::LEXICAL)?, measure(Stage::Fused)?);
    let comparison = compare(&after, &before, &metric, Resampling::seeded(1))?;
    println!("BM25   {:.4}", before.mean(&metric).unwrap_or_default());
    println!("fused  {:.4}", after.mean(&metric).unwrap_or_default());
    println!("p      {:.3}", comparison.randomisation.p);
    Ok(())
}
