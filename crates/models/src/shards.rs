//! Weights in one file or, as large models are published, in several.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::ModelsError;
use crate::digest::sha256;

/// The file that says which tensor is in which of several files.
pub(crate) const INDEX: &str = "model.safetensors.index.json";

#[derive(Deserialize)]
struct Index {
    weight_map: std::collections::BTreeMap<String, String>,
}

/// Returns the names of the files that an index names, sorted.
pub(crate) fn named(path: &Path, index: &[u8]) -> Result<Vec<String>, ModelsError> {
    let index: Index =
        serde_json::from_slice(index).map_err(|error| ModelsError::corrupt(path, error))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    match names.iter().find(|name| !is_shard(name)) {
        Some(name) => {
            Err(ModelsError::unrecognised(path, "names as model-1-of-2.safetensors", name))
        }
        None if names.is_empty() => Err(ModelsError::corrupt(path, "no files are named")),
        None => Ok(names.into_iter().collect()),
    }
}

/// Returns whether a file of a model is one of several with its weights: a plain name.
pub(crate) fn is_shard(name: &str) -> bool {
    let numbers = name.strip_prefix("model-").and_then(|rest| rest.strip_suffix(".safetensors"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    numbers
        .and_then(|numbers| numbers.split_once("-of-"))
        .is_some_and(|(number, count)| is_number(number) && is_number(count))
}

/// Returns one hash for the weights: the file's own, or that of all hashes of several.
pub(crate) fn joint_sha256(hashes: &[&str]) -> String {
    match hashes {
        [one] => (*one).to_owned(),
        several => sha256(several.concat().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_its_files_once_and_never_leads_out_of_the_folder() {
        let path = Path::new(INDEX);
        let read = |map: &str| named(path, format!(r#"{{"weight_map": {map}}}"#).as_bytes());
        let map = r#"{"a": "model-2-of-2.safetensors", "b": "model-1-of-2.safetensors",
            "c": "model-2-of-2.safetensors"}"#;
        assert_eq!(read(map).unwrap(), ["model-1-of-2.safetensors", "model-2-of-2.safetensors"]);
        for name in ["../model-1-of-2.safetensors", "model-1-of-2.bin", "model--of-.safetensors"] {
            assert!(read(&format!(r#"{{"a": {name:?}}}"#)).is_err(), "{name}");
        }
        assert!(read("{}").is_err());
        assert!(named(path, b"[]").is_err());
    }

    #[test]
    fn the_hash_of_one_file_is_its_own() {
        assert_eq!(joint_sha256(&["ab"]), "ab");
        // FIPS 180-4, the example "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(joint_sha256(&["a", "bc"]), abc);
    }
}
