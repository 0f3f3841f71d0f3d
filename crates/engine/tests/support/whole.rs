//! Whether a collection is whole, and what it holds.

use std::collections::BTreeMap;
use std::path::Path;

use trommel_engine::{EngineError, Manifest, Snapshot, Stage, check, status};

/// Texts by document id.
pub(crate) type Documents = BTreeMap<String, String>;

/// Returns the generation in force; 0 if there is no collection.
pub(crate) fn generation(collection: &Path) -> u64 {
    match Manifest::read(collection) {
        Ok(manifest) => manifest.generation,
        Err(EngineError::NoCollection { .. }) => 0,
        Err(error) => panic!("{error:?}"),
    }
}

/// Returns the generation and the documents of a collection, in which nothing may be damaged and
/// both indexes must have the passages of the documents, each once.
pub(crate) fn whole(collection: &Path) -> (u64, Documents) {
    if generation(collection) == 0 {
        return (0, Documents::new());
    }
    let report = check(collection).unwrap();
    assert_eq!(report.findings, []);
    let status = status(collection).unwrap();
    assert_eq!((status.passages, status.vectors), (report.passages as u64, status.passages));
    let snapshot = Snapshot::open(collection, Stage::Reranked).unwrap();
    let ids = snapshot.ids().unwrap();
    let documents: Documents = ids
        .iter()
        .map(|id| ((*id).to_owned(), snapshot.document(id).unwrap().unwrap().document.text))
        .collect();
    assert_eq!(documents.len(), ids.len(), "an id is there twice");
    assert_eq!(snapshot.manifest().generation, report.generation);
    (report.generation, documents)
}
