//! Tokenizers that must be left to the library.

use serde_json::{Value, json};
use trommel_models::{WordPiece, WordPieceError};

use crate::library::{Both, tiny_json};
use crate::traps::TRAPS;

/// Makes another tokenizer out of a BERT's.
type Change = fn(&mut Value);

fn read(change: impl Fn(&mut Value)) -> Result<WordPiece, WordPieceError> {
    let mut json = tiny_json();
    change(&mut json);
    WordPiece::from_json(json.to_string().as_bytes())
}

#[test]
fn what_is_no_bert_is_not_read_as_one() {
    let changes: [(&str, Change); 19] = [
        ("no normalizer", |json| json["normalizer"] = json!(null)),
        ("normalizer \"NFC\"", |json| json["normalizer"] = json!({ "type": "NFC" })),
        ("lowercase", |json| json["normalizer"]["lowercase"] = json!("yes")),
        ("strip_accents", |json| json["normalizer"]["strip_accents"] = json!(1)),
        ("no pre-tokenizer", |json| json["pre_tokenizer"] = json!(null)),
        ("pre-tokenizer \"Whitespace\"", |json| {
            json["pre_tokenizer"]["type"] = json!("Whitespace")
        }),
        ("no post-processor", |json| json["post_processor"] = json!(null)),
        ("post-processor \"RobertaProcessing\"", |json| {
            json["post_processor"]["type"] = json!("RobertaProcessing");
        }),
        ("template", |json| json["post_processor"]["single"] = json!([])),
        ("template", |json| {
            json["post_processor"]["single"][0]["SpecialToken"]["type_id"] = json!(1)
        }),
        ("template", |json| json["post_processor"]["pair"][3]["Sequence"]["type_id"] = json!(0)),
        ("template", |json| {
            json["post_processor"]["pair"][2]["SpecialToken"]["id"] = json!("[CLS]")
        }),
        ("no single id", |json| {
            json["post_processor"]["special_tokens"]["[SEP]"]["ids"] = json!([3, 3]);
        }),
        ("model \"BPE\"", |json| json["model"]["type"] = json!("BPE")),
        ("an unknown token \"<unk>\"", |json| json["model"]["unk_token"] = json!("<unk>")),
        ("the token \"soup\"", |json| json["model"]["vocab"]["soup"] = json!(-1)),
        ("the token \"so\\0up\"", |json| json["model"]["vocab"]["so\0up"] = json!(100)),
        ("not special", |json| json["added_tokens"][4]["special"] = json!(false)),
        ("continuing_subword_prefix", |json| {
            json["model"]["continuing_subword_prefix"] = json!("\0");
        }),
    ];
    for (expected, change) in changes {
        match read(change) {
            Err(WordPieceError::Unsupported { what }) => {
                assert!(what.contains(expected), "{what:?} does not say {expected:?}");
            }
            got => panic!("{expected}: {got:?}"),
        }
    }
}

#[test]
fn what_is_no_json_is_an_error_of_its_own() {
    for text in ["", "{", "\u{feff}{}", "\0"] {
        let error = WordPiece::from_json(text.as_bytes()).unwrap_err();
        assert!(matches!(error, WordPieceError::NotATokenizer { .. }), "{text:?}: {error}");
    }
    assert!(WordPiece::from_json(b"[]").is_err());
    assert!(WordPiece::from_json(b"7").is_err());
}

#[test]
fn other_forms_of_the_same_are_read() {
    let mut json = tiny_json();
    json["post_processor"] =
        json!({ "type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2] });
    json["model"]["continuing_subword_prefix"] = json!("");
    json["model"]["max_input_chars_per_word"] = json!(3);
    let both = Both::of(&json);
    assert_eq!(both.ours.single("a", 9)[..1], [2]);
    for text in TRAPS {
        both.assert_same(text);
        let pair = both.library.encode((*text, "the sun"), true).unwrap();
        let mut ids = Vec::new();
        both.ours.ids(text, &mut ids);
        let ours = both.ours.pair(&ids, "the sun", 10_000);
        assert_eq!((&ours.ids[..], &ours.types[..]), (pair.get_ids(), pair.get_type_ids()));
    }
}

#[test]
fn a_prefix_that_no_token_has_leaves_only_whole_words() {
    let mut json = tiny_json();
    json["model"]["continuing_subword_prefix"] = json!("@@");
    let both = Both::of(&json);
    both.assert_same("soup soups the a ab");
}
