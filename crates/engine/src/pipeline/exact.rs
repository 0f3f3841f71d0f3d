//! Exact hits: what it counts that a passage has the very words of the query.
//!
//! Vectors know what words mean, and hardly what they are: a code, a name or a number stands near many
//! others. And the scale of a pool makes the nearest vector 1, however far it is. So a document that
//! has all words of the query, or one that no other document has, gets an addition that does not
//! depend on the rest of the pool.

use std::collections::HashSet;

use trommel_core::PassageId;
use trommel_lexical::TermMatches;

use crate::{EngineError, Snapshot};

/// How steeply the addition falls with the share of the query that a passage lacks: .9 of it counts a
/// fifth of all of it. Chosen on scifact's train queries and the sample corpus (`docs/measurements.md`).
const STEEPNESS: i32 = 16;
/// What words count that stand in no other document, if they are all of the query.
const UNIQUE: f64 = 0.5;
/// The idf from which on that is so: that of a word in one of some 220 passages. In a collection of a
/// few passages most words stand in one of them, and it means little.
const TELLING: f64 = 5.0;

/// Returns the addition to the fused score for each of the passages, in [0, 1.5] times the weight.
///
/// With `w` the idf of a word of the query as a share of all of them, also of words that no passage has,
/// it is
/// `(Σ w)¹⁶ + ½ · Σ w · r / n` over the words that the passage has, where `n` is the number of documents
/// that have the word, and `r` is `(idf / 5)²`, at most 1.
pub(super) fn additions(
    snapshot: &Snapshot,
    query: &str,
    passages: &[PassageId],
    weight: f32,
) -> Result<Vec<f32>, EngineError> {
    let terms = snapshot.lexical()?.matches(query, passages)?;
    let all: f64 = terms.iter().map(|term| term.idf).sum();
    let mut covered = vec![0.0; passages.len()];
    let mut unique = vec![0.0; passages.len()];
    for term in &terms {
        let part = term.idf / all;
        let rarity = (term.idf / TELLING).min(1.0).powi(2);
        let of_each = part * rarity / documents(snapshot, term)?;
        for (at, _) in term.has.iter().enumerate().filter(|(_, has)| **has) {
            covered[at] += part;
            unique[at] += of_each;
        }
    }
    let addition =
        |(covered, unique): (f64, f64)| (covered.min(1.0).powi(STEEPNESS) + UNIQUE * unique) as f32;
    let addition = |pair| weight * addition(pair);
    Ok(covered.into_iter().zip(unique).map(addition).collect())
}

/// Returns in how many documents a term stands; so many that it does not matter where these are many.
fn documents(snapshot: &Snapshot, term: &TermMatches) -> Result<f64, EngineError> {
    let Some(few) = &term.few else { return Ok(f64::INFINITY) };
    let documents: HashSet<usize> =
        few.iter().map(|passage| snapshot.document_of(*passage)).collect::<Result<_, _>>()?;
    Ok(documents.len() as f64)
}
