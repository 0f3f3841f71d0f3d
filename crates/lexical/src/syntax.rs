//! Queries with operators, read and scored by tantivy.

use tantivy::query::{EnableScoring, Weight};
use tantivy::{DocId, TantivyError};
use trommel_core::{PassageSet, ScoredPassage};

use crate::LexicalIndex;
use crate::best::Best;
use crate::parser::parse;

/// A longer query is read as plain words.
const MAX_BYTES: usize = 4096;

/// A query of deeper nesting is read as plain words: the parser calls itself for each level.
const MAX_DEPTH: usize = 32;

/// Says whether a query is short and flat enough to be read with operators.
pub(crate) fn is_readable(query: &str) -> bool {
    query.len() <= MAX_BYTES && query.matches(['(', '[', '{']).count() <= MAX_DEPTH
}

/// Says whether an operator cannot be followed, such as a range over a field of words, or `key:*`.
pub(crate) fn cannot_be_followed(error: &TantivyError) -> bool {
    matches!(
        error,
        TantivyError::SchemaError(_)
            | TantivyError::InvalidArgument(_)
            | TantivyError::FieldNotFound(_)
    )
}

/// Returns the best `limit` passages, of `allowed` only if it is given.
pub(crate) fn best(
    index: &LexicalIndex,
    query: &str,
    title_weight: f32,
    limit: usize,
    allowed: Option<&PassageSet>,
) -> tantivy::Result<Vec<ScoredPassage>> {
    let mut best = Best::new(limit);
    let weight = read(index, query, title_weight)?;
    for segment in &index.segments {
        weight.for_each(&segment.reader, &mut |doc, score| {
            let id = segment.ids()[doc as usize];
            let passage = ScoredPassage { id, score: finite(score) };
            let may_be = segment.is_live(doc) && best.wants(passage);
            if may_be && allowed.is_none_or(|allowed| allowed.contains(id)) {
                best.keep(passage);
            }
        })?;
    }
    Ok(best.into_sorted())
}

/// Returns the scores of the passages at `places`, each a segment and a place in it; 0 for one
/// that does not match.
pub(crate) fn scores(
    index: &LexicalIndex,
    query: &str,
    title_weight: f32,
    places: &[(usize, DocId)],
) -> tantivy::Result<Vec<f32>> {
    let mut scores = vec![0.0; places.len()];
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|&asked| places[asked]);
    let weight = read(index, query, title_weight)?;
    for asked in order.chunk_by(|&a, &b| places[a].0 == places[b].0) {
        let segment = &index.segments[places[asked[0]].0];
        // all matches are walked as in `best`: tantivy's sums depend on the way
        let mut rest = asked;
        weight.for_each(&segment.reader, &mut |doc, score| {
            while let Some((&first, others)) = rest.split_first()
                && places[first].1 <= doc
            {
                if places[first].1 == doc {
                    scores[first] = finite(score);
                }
                rest = others;
            }
        })?;
    }
    Ok(scores)
}

fn read(index: &LexicalIndex, query: &str, title_weight: f32) -> tantivy::Result<Box<dyn Weight>> {
    let fields = index.fields;
    // the metadata makes `key:value` mean the value of that key; its own words are under no key
    let mut searched = vec![fields.body, fields.metadata];
    if title_weight > 0.0 {
        searched.push(fields.title);
    }
    let query = parse(index, query, searched, (title_weight > 0.0).then_some(title_weight));
    query.weight(EnableScoring::enabled_from_statistics_provider(index, index.searcher()))
}

/// Returns the score itself unless a boost in the query made it overflow.
fn finite(score: f32) -> f32 {
    if score.is_nan() { 0.0 } else { score.clamp(f32::MIN, f32::MAX) }
}
