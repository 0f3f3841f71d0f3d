//! Candidates: the best documents of one retriever.

use std::collections::HashSet;

use trommel_core::{PassageId, PassageSet, Query, Retriever};

use crate::{EngineError, Snapshot};

/// A document that a retriever found, by its best passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// The document's place in the catalogue.
    pub(super) document: usize,
    /// Its best passage.
    pub(super) passage: PassageId,
    /// That passage's score.
    pub(super) score: f32,
}

/// Reads a retriever on until `wanted` different documents are found or it is exhausted.
pub(super) fn candidates(
    snapshot: &Snapshot,
    retriever: &dyn Retriever,
    query: Query<'_>,
    wanted: usize,
    allowed: Option<&PassageSet>,
) -> Result<Vec<Found>, EngineError> {
    let mut limit = wanted + wanted / 2;
    loop {
        let passages = retriever.retrieve(query, limit, allowed)?;
        let exhausted = passages.len() < limit;
        let mut seen = HashSet::new();
        let mut found = Vec::with_capacity(wanted);
        for hit in passages {
            let document = snapshot.document_of(hit.id)?;
            if found.len() < wanted && seen.insert(document) {
                found.push(Found { document, passage: hit.id, score: hit.score });
            }
        }
        if exhausted || found.len() == wanted {
            let id = |found: &Found| &snapshot.catalogue().entries()[found.document].id;
            found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| id(a).cmp(id(b))));
            return Ok(found);
        }
        limit *= 2;
    }
}
