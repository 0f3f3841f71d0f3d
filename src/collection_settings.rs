//! What a collection says of settings.

use trommel::reranker_for;
use trommel::settings::Given;
use trommel_engine::Manifest;
use trommel_models::Store;

use crate::folders;

/// Returns the settings that a collection fixes at its making.
pub(crate) fn fixed(manifest: &Manifest) -> Given {
    vec![
        ("encoder", manifest.encoder.model.clone()),
        ("passage-tokens", manifest.splitting.max_tokens.to_string()),
        ("overlap-tokens", manifest.splitting.overlap_tokens.to_string()),
    ]
}

/// Returns the settings that suit the languages of a collection, where nobody says anything: a reranker
/// of the store that knows them, if the default one does not.
pub(crate) fn suited(manifest: &Manifest) -> Given {
    let store = folders::home().map(Store::new);
    let is_there = |id: &str| store.as_ref().is_ok_and(|store| store.path(id).is_ok());
    let reranker = reranker_for(&manifest.lexical.languages, is_there);
    reranker.map(|id| ("reranker", id.to_owned())).into_iter().collect()
}
