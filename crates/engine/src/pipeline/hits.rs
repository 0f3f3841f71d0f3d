//! From candidates to hits: the documents are read and the best sentences are found.

use trommel_core::Encoder;
use trommel_lexical::LexicalIndex;

use super::answer::{Hit, HitPassage};
use super::candidate::Candidate;
use super::freshness::Freshness;
use super::reader::DocumentReader;
use super::sentence::{Choice, QueryWords, choose};
use crate::documents::StoredDocument;
use crate::{EngineError, Snapshot};

/// Reads the documents of the first `k` candidates; returns how many sentences were encoded, too.
///
/// Without an index of words all words weigh the same. The encoder comes with the query's vector; without both the sentences' words decide which are shown.
pub(super) fn read(
    snapshot: &Snapshot,
    query: &str,
    index: Option<&LexicalIndex>,
    encoder: Option<(&dyn Encoder, &[f32])>,
    candidates: Vec<Candidate>,
    documents: &mut DocumentReader<'_>,
    k: usize,
) -> Result<(Vec<Hit>, usize), EngineError> {
    let words = match index {
        Some(index) => QueryWords::weighted(query, index)?,
        None => QueryWords::unweighted(query),
    };
    let read = |(rank, candidate)| read_one(snapshot, rank, candidate, documents);
    let hits = (1..).zip(candidates.into_iter().take(k)).map(read);
    let mut hits = hits.collect::<Result<Vec<Hit>, _>>()?;
    let choice = |hit: &Hit| Choice::new(&words, &hit.title, &hit.passage.text);
    let choices = hits.iter().map(|hit| (choice(hit), hit.passage.text.as_str())).collect();
    let (shown, encoded) = choose(choices, encoder);
    for (hit, (sentence, matches)) in hits.iter_mut().zip(shown) {
        hit.passage.sentence = sentence;
        hit.passage.matches = matches;
    }
    Ok((hits, encoded))
}

/// Reads the document of a candidate; its sentence is yet to be chosen.
fn read_one(
    snapshot: &Snapshot,
    rank: usize,
    candidate: Candidate,
    documents: &mut DocumentReader<'_>,
) -> Result<Hit, EngineError> {
    let entry = &snapshot.catalogue().entries()[candidate.document];
    let stored = documents.take(candidate.document)?;
    // A candidate has a passage: every document has at least one.
    let id = candidate.passage().unwrap_or(trommel_core::PassageId(entry.first));
    let passage = documents.passage(candidate.document, &stored, id)?.clone();
    let StoredDocument { document, .. } = stored;
    let text = passage.text(&document).to_owned();
    let (lines, headings) = (passage.lines, passage.headings);
    Ok(Hit {
        rank,
        id: document.id.clone(),
        score: candidate.score,
        passage: HitPassage { id, lines, headings, text, sentence: 0..0, matches: Vec::new() },
        title: document.title,
        freshness: Freshness::of(&document.origin, entry.stamp),
        origin: document.origin,
        metadata: document.metadata,
        candidate,
    })
}
