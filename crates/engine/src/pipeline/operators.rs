//! Operators of a query hold for every stage: what a document must have, or must not, decides whether it
//! may be found at all.

use std::collections::HashSet;

use trommel_core::{PassageId, PassageSet};

use crate::{EngineError, Snapshot};

/// Returns the passages that may be found, of those that are `allowed` if it is given: all of a document
/// that meets the conditions in any of its passages. `None` if all may.
pub(super) fn allowed(
    snapshot: &Snapshot,
    query: &str,
    allowed: Option<PassageSet>,
) -> Result<Option<PassageSet>, EngineError> {
    let conditions = snapshot.lexical()?.conditions(query)?;
    if conditions.is_empty() {
        return Ok(allowed);
    }
    let mut documents: Option<HashSet<usize>> = None;
    let mut unwanted: HashSet<usize> = HashSet::new();
    for condition in conditions {
        let having = condition.passages.into_iter().map(|passage| snapshot.document_of(passage));
        let having: HashSet<usize> = having.collect::<Result<_, _>>()?;
        match (condition.wanted, &mut documents) {
            (false, _) => unwanted.extend(having),
            (true, Some(documents)) => documents.retain(|document| having.contains(document)),
            (true, none) => *none = Some(having),
        }
    }
    let mut passages = PassageSet::new();
    for span in snapshot.catalogue().spans() {
        let (place, span) = span?;
        let meets = documents.as_ref().is_none_or(|documents| documents.contains(&place));
        if !meets || unwanted.contains(&place) {
            continue;
        }
        let is_allowed = |id: &PassageId| allowed.as_ref().is_none_or(|it| it.contains(*id));
        for passage in span.passage_ids().filter(is_allowed) {
            passages.insert(passage);
        }
    }
    Ok(Some(passages))
}
