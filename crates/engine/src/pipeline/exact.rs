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
/// What phrases count in a passage that has all words of the query.
const PHRASES: f64 = 0.5;
/// What words count that stand in no other document, if they are all of the query.
const UNIQUE: f64 = 0.5;
/// The idf from which on that is so: that of a word in one of some 220 passages. In a collection of a
/// few passages most words stand in one of them, and it means little.
const TELLING: f64 = 5.0;

/// Returns the addition to the fused score for each of the passages, in [0, 2] times the weight.
///
/// With `w` the idf of a word of the query as a share of all of them, also of words that no passage has,
/// it is
/// `(Σ w)¹⁶ · (1 + ½ · p) + ½ · Σ w · r / n` over the words that the passage has, where `p` is its share
/// of the query's phrases, in the same way, `n` is the number of documents that have the word, and `r`
/// is `(idf / 5)²`, at most 1. So phrases tell passages apart that have all the words.
pub(super) fn additions(
    snapshot: &Snapshot,
    query: &str,
    passages: &[PassageId],
    weight: f32,
) -> Result<Vec<f32>, EngineError> {
    let index = snapshot.lexical()?;
    let terms = index.matches(query, passages)?;
    let mut unique = vec![0.0; passages.len()];
    for (term, part) in terms.iter().zip(parts(&terms)) {
        let rarity = (term.idf / TELLING).min(1.0).powi(2);
        add(&mut unique, term, part * rarity / documents(snapshot, term)?);
    }
    let words = shares(&terms, passages);
    let phrases = shares(&index.phrase_matches(query, passages)?, passages);
    let addition = |((words, phrases), unique): ((f64, f64), f64)| {
        let covered = words.min(1.0).powi(STEEPNESS) * (1.0 + PHRASES * phrases);
        weight * (covered + UNIQUE * unique) as f32
    };
    Ok(words.into_iter().zip(phrases).zip(unique).map(addition).collect())
}

/// Returns each term's share of the idf of all.
fn parts(terms: &[TermMatches]) -> impl Iterator<Item = f64> {
    let all: f64 = terms.iter().map(|term| term.idf).sum();
    terms.iter().map(move |term| term.idf / all)
}

/// Returns the share of the terms that each passage has.
fn shares(terms: &[TermMatches], passages: &[PassageId]) -> Vec<f64> {
    let mut shares = vec![0.0; passages.len()];
    terms.iter().zip(parts(terms)).for_each(|(term, part)| add(&mut shares, term, part));
    shares
}

/// Adds an amount for every passage that has a term.
fn add(sums: &mut [f64], term: &TermMatches, amount: f64) {
    sums.iter_mut().zip(&term.has).filter(|(_, has)| **has).for_each(|(sum, _)| *sum += amount);
}

/// Returns in how many documents a term stands; so many that it does not matter where these are many.
fn documents(snapshot: &Snapshot, term: &TermMatches) -> Result<f64, EngineError> {
    let Some(few) = &term.few else { return Ok(f64::INFINITY) };
    let documents: HashSet<usize> =
        few.iter().map(|passage| snapshot.document_of(*passage)).collect::<Result<_, _>>()?;
    Ok(documents.len() as f64)
}
