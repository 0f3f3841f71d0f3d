//! The cross-encoder alone: order texts that some other engine found.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use trommel::Models;

fn main() -> trommel::Result<()> {
    let models = Models::open_default()?.fetch_missing()?;
    let query = "capital of France";
    let found = ["Rome is the capital of Italy", "Paris is the capital of France"];

    for stage in models.rerankers(None)? {
        let calibration = stage.reranker.info().calibration;
        let scores = stage.reranker.score_all(query, &found)?;
        let mut ranked: Vec<_> = found.iter().zip(scores).collect();
        ranked.sort_by(|a, b| b.1.logit.total_cmp(&a.1.logit));
        for (text, score) in ranked {
            println!("{:.4} {text}", calibration.probability(score.logit));
        }
    }
    Ok(())
}
