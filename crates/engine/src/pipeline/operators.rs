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
    for (place, entry) in snapshot.catalogue().entries().iter().enumerate() {
        let meets = documents.as_ref().is_none_or(|documents| documents.contains(&place));
        if !meets || unwanted.contains(&place) {
            continue;
        }
        let own = (entry.first..entry.first + u64::from(entry.passages)).map(PassageId);
        for passage in own.filter(|id| allowed.as_ref().is_none_or(|allowed| allowed.contains(*id)))
        {
            passages.insert(passage);
        }
    }
    Ok(Some(passages))
}
