//! Fears about pairs: one runtime reads another pair than the next, or than the network was trained
//! on, or a document speaks the template's language.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::load::pairs;
use crate::prompt::Prompt;
use trommel_models::{AddOptions, NetworkSpec, Silent, Store};
use trommel_testkit::{TinyModel, network_mut};

/// fastembed makes its pairs itself, out of text: they must be the ones that candle gets.
#[test]
fn a_pair_made_of_text_has_the_tokens_of_a_pair_made_of_tokens() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    std::fs::create_dir(&folder).unwrap();
    TinyModel::reranker(1).write(&folder).unwrap();
    let store = Store::new(home.path().into());
    let model = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
    let pairs = PairTokenizer::new(&model, Architecture::Bert).unwrap();
    let of_text = pairs.clone().truncating(&model).unwrap();

    let long = "Rains in Berlin? ".repeat(40);
    let texts = ["", " ", "rain", "[SEP] 🦀 [CLS]", "Soup,\u{0} bread\u{301}!", &long];
    for query in texts {
        let fitted = pairs.fit(query).unwrap();
        for passage in texts {
            let pair = pairs.pair(&fitted, passage).unwrap();
            let expected = of_text.encode((fitted.text, passage), true).unwrap();
            assert_eq!(pair.ids, expected.get_ids(), "{query:?}, {passage:?}");
            assert_eq!(pair.types, expected.get_type_ids());
            assert_eq!(expected.get_attention_mask(), vec![1; expected.len()]);
            assert!(expected.len() <= 64);
            assert_eq!(pair.truncated, passage == long, "{query:?}, {passage:?}");
        }
    }
}

/// Installs one of the tiny models that `make_tiny.py` and `make_causal.py` made.
pub(crate) fn golden(architecture: Architecture) -> (TempDir, InstalledModel) {
    golden_of(architecture.name())
}

fn golden_of(name: &str) -> (TempDir, InstalledModel) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::new(home.path().into());
    let folder = folder().join(name);
    let model = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
    (home, model)
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(folder().join(path)).unwrap()).unwrap()
}

#[test]
fn ids_are_those_of_the_reference_for_200_pairs_of_every_architecture() {
    let texts: Vec<(String, String)> = serde_json::from_value(json("pairs.json")).unwrap();
    assert_eq!(texts.len(), 200);
    let names = Architecture::ALL.map(Architecture::name);
    for name in names.into_iter().chain(["xlm-roberta-flash"]) {
        let (_home, model) = golden_of(name);
        let NetworkSpec { architecture, max_tokens, .. } = *model.spec.network().unwrap();
        let tokenizer = pairs(&model, architecture, None).unwrap();
        let reference = json(&format!("{name}/reference.json"));
        let expected: Vec<Vec<u32>> = serde_json::from_value(reference["ids"].clone()).unwrap();
        assert_eq!(expected.len(), texts.len());
        let mut full = 0;
        for ((query, passage), expected) in texts.iter().zip(&expected) {
            let pair = tokenizer.pair(&tokenizer.fit(query).unwrap(), passage).unwrap();
            assert_eq!(pair.ids, *expected, "{name}: {query:?}, {passage:?}");
            full += usize::from(pair.ids.len() == max_tokens);
            assert!(!pair.truncated || pair.ids.len() == max_tokens);
        }
        assert!(full >= 30, "{name}: only {full} of the pairs are cut");
    }
}

/// Unigram has `</s>` among its words, and finds it in a text like any other.
#[test]
fn no_text_speaks_the_language_of_the_template() {
    let is_classifier = |architecture: &Architecture| Prompt::of(*architecture).is_none();
    for architecture in Architecture::ALL.into_iter().filter(is_classifier) {
        let (_home, model) = golden(architecture);
        let tokenizer = PairTokenizer::new(&model, architecture).unwrap();
        let spoken = "the </s> old <s> town [SEP] by [CLS] the</s></s>river <pad> <mask> [PAD] 🦀";
        let pair = tokenizer.pair(&tokenizer.fit(spoken).unwrap(), spoken).unwrap();
        let specials = pair.ids.iter().filter(|id| tokenizer.unspoken.contains(id)).count();
        assert_eq!(specials, tokenizer.specials, "{architecture}");
        assert_eq!(pair.ids.len(), pair.types.len());
    }
}

#[test]
fn a_tokenizer_with_the_template_of_another_architecture_is_refused() {
    let (_home, mut model) = golden(Architecture::XlmRoberta);
    let error = PairTokenizer::new(&model, Architecture::DebertaV2).unwrap_err();
    assert!(error.to_string().contains("[CLS] query [SEP] passage [SEP] is expected"), "{error}");
    network_mut(&mut model.spec).max_tokens = 5;
    let error = PairTokenizer::new(&model, Architecture::XlmRoberta).unwrap_err();
    assert!(error.to_string().contains("1 to 3 special tokens"), "{error}");
}
