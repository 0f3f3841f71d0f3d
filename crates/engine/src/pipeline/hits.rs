//! From candidates to hits: the documents are read and the best sentence is found.

use trommel_lexical::terms;

use super::answer::{Hit, HitPassage};
use super::candidate::Candidate;
use super::freshness::Freshness;
use super::reader::DocumentReader;
use super::sentence::best_sentence;
use crate::documents::StoredDocument;
use crate::{EngineError, Snapshot};

/// Reads the documents of the first `k` candidates.
pub(super) fn read(
    snapshot: &Snapshot,
    query: &str,
    candidates: Vec<Candidate>,
    documents: &mut DocumentReader<'_>,
    k: usize,
) -> Result<Vec<Hit>, EngineError> {
    let terms = terms(query);
    let read = |(rank, candidate): (usize, Candidate)| {
        let entry = &snapshot.catalogue().entries()[candidate.document];
        let stored = documents.take(candidate.document)?;
        // A candidate has a passage: every document has at least one.
        let id = candidate.passage().unwrap_or(trommel_core::PassageId(entry.first));
        let passage = documents.passage(candidate.document, &stored, id)?.clone();
        let StoredDocument { document, .. } = stored;
        let text = passage.text(&document).to_owned();
        let (sentence, matches) = best_sentence(&terms, &document.title, &text);
        let (lines, headings) = (passage.lines, passage.headings);
        Ok(Hit {
            rank,
            id: document.id.clone(),
            score: candidate.score,
            passage: HitPassage { id, lines, headings, text, sentence, matches },
            title: document.title,
            freshness: Freshness::of(&document.origin, entry.stamp),
            origin: document.origin,
            metadata: document.metadata,
            candidate,
        })
    };
    (1..).zip(candidates.into_iter().take(k)).map(read).collect()
}
