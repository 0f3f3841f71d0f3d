//! A reranker of your own as the second stage: this one prefers short answers that say the words of
//! the query.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use std::sync::Arc;

use trommel::{
    Calibration, Collection, Document, Models, RerankRequest, RerankResponse, RerankScore,
    Reranker, RerankerInfo,
};

struct Brief(RerankerInfo);

impl Reranker for Brief {
    fn info(&self) -> &RerankerInfo {
        &self.0
    }

    fn score(&self, RerankRequest { query, passages, .. }: RerankRequest<'_>) -> RerankResponse {
        let score = |passage: &&str| {
            let words: Vec<&str> = passage.split_whitespace().collect();
            let said = query.split_whitespace().filter(|word| words.contains(word)).count();
            // A logit: any finite number, higher is better.
            let logit = said as f32 - words.len() as f32 / 10.0;
            RerankScore { logit, truncated: false }
        };
        RerankResponse::all_or_none(Ok(passages.iter().map(score).collect()), passages.len())
    }
}

fn main() -> trommel::Result<()> {
    let brief = Brief(RerankerInfo::local("brief@1", Calibration::SIGMOID, 1));
    let models = Models::open_default()?.fetch_missing()?.with_reranker(Arc::new(brief));
    let collection = Collection::open_or_create("brief.trommel", &models)?;
    collection
        .upsert(Document::new("long", "the pump is old and it hums and it leaks and it is loud"))?;
    collection.upsert(Document::new("short", "the pump leaks"))?;
    collection.commit()?;
    for hit in collection.search("the pump leaks").run()? {
        let said = hit.candidate.last_reranked().map(|result| result.logit);
        println!("{} {:.3} {said:?}", hit.id, hit.score);
    }
    Ok(())
}
