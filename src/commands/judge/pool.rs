//! What there is to judge for one query.

use trommel_engine::{Rankings, SearchSettings, Searcher};
use trommel_eval::NamedQuery;

use super::Context;
use crate::error::CliError;
use crate::{hints, progress, terminal};
use trommel::SteadyClock;

/// A document to judge, and which of its passages speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pooled {
    pub(super) id: String,
    pub(super) passage: usize,
}

/// Returns the first `depth` documents of every stage, each once, in an order that the seed decides
/// and that says nothing of the stage.
pub(super) fn pool(
    pipeline: &Searcher,
    query: &NamedQuery,
    settings: &SearchSettings,
    (depth, seed): (usize, u64),
    context: &Context,
) -> Result<Vec<Pooled>, CliError> {
    let waiting = progress::waiting("searching");
    let rankings = pipeline
        .rankings(&query.text, settings, &SteadyClock::start())
        .map_err(|error| hints::engine(error, context))?;
    drop(waiting);
    if let Some(failure) = rankings.failure {
        // What it would have found would be missing from the judgements, and nobody would know.
        return Err(CliError::usage(format!("the reranker failed: {failure}"))
            .hint("trommel judge --stage fused …"));
    }
    let mut pool = merge(&rankings, depth);
    let found = pool.len();
    // A line of judgements could not hold these.
    pool.retain(|document| !document.id.contains(['\t', '\n', '\r']));
    if pool.len() < found {
        let lost = found - pool.len();
        terminal::note(format!("{lost} documents have a tab or an end of line in their id"));
    }
    // A hash orders them at random but always in the same way, so that a judge who goes on another
    // day finds the order of the day before.
    pool.sort_by_cached_key(|document| {
        let key = format!("{seed}\0{}\0{}", query.id, document.id);
        *blake3::hash(key.as_bytes()).as_bytes()
    });
    Ok(pool)
}

/// The last stage that has a document says which passage speaks for it.
fn merge(rankings: &Rankings, depth: usize) -> Vec<Pooled> {
    let mut pool: Vec<Pooled> = Vec::new();
    for document in rankings.stages.iter().flat_map(|list| list.documents.iter().take(depth)) {
        if pool.iter().any(|pooled| pooled.id == document.id) {
            continue;
        }
        let places = rankings.stages.iter().rev();
        let best = places.filter_map(|list| rankings.find(list.stage, &document.id)).next();
        let passage = best.map_or(document.passage, |(_, document)| document.passage);
        pool.push(Pooled { id: document.id.clone(), passage });
    }
    pool
}

#[cfg(test)]
mod tests {
    use trommel_engine::{RankedDocument, Stage, StageRanking};

    use super::*;

    #[test]
    fn a_document_that_two_stages_found_is_judged_once_by_the_later_ones_passage() {
        let document = |(id, passage): (&str, usize)| RankedDocument {
            id: id.into(),
            score: 1.0,
            passages: 9,
            passage,
            feedback: None,
            reranked: Vec::new(),
        };
        let list = |stage, documents: &[(&str, usize)]| StageRanking {
            stage,
            documents: documents.iter().copied().map(document).collect(),
        };
        let stages = vec![
            list(Stage::LEXICAL, &[("a", 1), ("b", 2), ("c", 3)]),
            list(Stage::VECTORS, &[("d", 4), ("a", 5), ("b", 6)]),
        ];
        let pool = merge(&Rankings { stages, ..Rankings::default() }, 2);
        let pooled = |id: &str, passage| Pooled { id: id.into(), passage };
        assert_eq!(pool, [pooled("a", 5), pooled("b", 6), pooled("d", 4)]);
    }
}
