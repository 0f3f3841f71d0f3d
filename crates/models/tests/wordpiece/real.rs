//! The tokenizers that people will use, over texts that people wrote.

use std::env;
use std::fs;
use std::path::Path;

use crate::library::Both;
use crate::traps::{TRAPS, long};

const MODELS: [&str; 3] = ["bge-small-en-v1.5", "ms-marco-MiniLM-L-12-v2", "all-MiniLM-L6-v2"];

fn real(id: &str) -> Both {
    let model = trommel_testkit::fetched(&MODELS).model(id).unwrap();
    Both::of_text(&fs::read(model.tokenizer_file()).unwrap())
}

#[test]
fn published_vocabularies_give_the_same_tokens() {
    for id in MODELS {
        let both = real(id);
        for text in TRAPS {
            both.assert_same(text);
        }
        for text in long() {
            both.assert_same(&text);
        }
    }
}

/// Every text of the BEIR folders in `$TROMMEL_BEIR_DIR`: those of scifact and nfcorpus are over a
/// million words. Without the variable there is nothing to read.
#[test]
fn a_million_words_have_the_same_tokens() {
    let Some(folder) = env::var_os("TROMMEL_BEIR_DIR") else { return };
    let both = real(MODELS[0]);
    let mut words = 0;
    for collection in fs::read_dir(folder).unwrap() {
        let collection = collection.unwrap().path();
        for name in ["corpus.jsonl", "queries.jsonl"] {
            for text in texts(&collection.join(name)) {
                words += text.split_whitespace().count();
                let expected = both.library.encode_fast(text.as_str(), false).unwrap();
                let mut ids = Vec::new();
                both.ours.ids(&text, &mut ids);
                assert_eq!(ids, expected.get_ids(), "{text}");
            }
        }
    }
    assert!(words > 0, "no text in any folder");
}

fn texts(path: &Path) -> Vec<String> {
    let Ok(lines) = fs::read_to_string(path) else { return Vec::new() };
    lines
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            format!(
                "{}\n{}",
                line["title"].as_str().unwrap_or_default(),
                line["text"].as_str().unwrap()
            )
        })
        .collect()
}
