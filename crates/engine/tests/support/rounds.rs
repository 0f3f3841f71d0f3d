//! A collection whose every generation is known: what it holds is a function of its number.

use std::fs;
use std::path::Path;

use trommel_engine::{EngineError, Folder, remove};
use trommel_vector::VectorSettings;

use super::{Documents, index_paths, text};

/// Returns what generation `round` holds; generation 0 is no collection.
///
/// From round to round documents are added, changed and removed; each fifth removes half of them,
/// which compacts all parts.
pub(crate) fn documents(round: u64) -> Documents {
    if round == 0 {
        return Documents::new();
    }
    if is_removal(round) {
        let mut documents = documents(round - 1);
        let mut place = 0;
        documents.retain(|_, _| {
            place += 1;
            place % 2 == 0
        });
        return documents;
    }
    let first = round % 3 * 4;
    let mut documents: Documents = (first..first + 12 + round % 4 * 3)
        .map(|id| (format!("d{id}"), text(id * 31 + (round + id) / 4, 10 + (id % 60) as usize)))
        .collect();
    documents.insert("round".into(), format!("round {round} of the pump"));
    documents
}

fn is_removal(round: u64) -> bool {
    round % 5 == 4
}

/// Makes generation `round` of the one before it; returns the generation that was committed.
///
/// `source` is a file outside the collection that is written anew.
pub(crate) fn advance(folder: &Folder, source: &Path, round: u64) -> Result<u64, EngineError> {
    let new = documents(round);
    if is_removal(round) {
        let ids: Vec<String> =
            documents(round - 1).into_keys().filter(|id| !new.contains_key(id)).collect();
        return Ok(remove(folder, &ids, VectorSettings::default())?.generation);
    }
    let lines: String = new
        .iter()
        .map(|(id, text)| format!("{{\"_id\":\"{id}\",\"text\":\"{text}\"}}\n"))
        .collect();
    fs::write(source, lines).unwrap();
    Ok(index_paths(folder, &[source.to_owned()])?.generation)
}

/// Asserts that a collection is whole and holds exactly what its generation should; returns that.
pub(crate) fn assert_round(collection: &Path) -> u64 {
    let (generation, found) = super::whole(collection);
    assert_eq!(found, documents(generation), "generation {generation}");
    generation
}
