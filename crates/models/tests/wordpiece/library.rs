//! The other implementation, and vocabularies that show every difference.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tokenizers::Tokenizer;
use trommel_models::WordPiece;
use trommel_testkit::TinyModel;
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// Both implementations of one tokenizer.
pub(crate) struct Both {
    pub(crate) ours: WordPiece,
    pub(crate) library: Tokenizer,
}

impl Both {
    pub(crate) fn of(json: &Value) -> Self {
        Self::of_text(json.to_string().as_bytes())
    }

    pub(crate) fn of_text(json: &[u8]) -> Self {
        let mut library = Tokenizer::from_bytes(json).unwrap();
        library.with_padding(None);
        library.with_truncation(None).unwrap();
        library.set_encode_special_tokens(true);
        Self { ours: WordPiece::from_json(json).unwrap(), library }
    }

    pub(crate) fn assert_same(&self, text: &str) {
        let expected = self.library.encode(text, false).unwrap();
        let (mut ids, mut ends) = (vec![7], vec![7]);
        self.ours.ids_with_ends(text, &mut ids, &mut ends);
        assert_eq!((ids[0], ends[0]), (7, 7), "what was there is kept");
        assert_eq!(&ids[1..], expected.get_ids(), "ids of {text:?}");
        if text.chars().any(moves) {
            assert!(ends[1..].is_sorted(), "ends of {text:?}");
        } else {
            let expected: Vec<usize> = expected.get_offsets().iter().map(|(_, end)| *end).collect();
            assert_eq!(&ends[1..], expected, "ends of {text:?}");
        }
        assert!(ends[1..].iter().all(|end| text.is_char_boundary(*end)), "ends of {text:?}");

        let mut ids = vec![7];
        self.ours.ids(text, &mut ids);
        assert_eq!(&ids[1..], expected.get_ids(), "ids alone of {text:?}");
        assert_eq!(self.ours.count(text), expected.len(), "count of {text:?}");
        for limit in [0, 1, expected.len() / 2, expected.len()] {
            let mut first = Vec::new();
            let has_more = self.ours.first_ids(text, limit, &mut first);
            assert_eq!(first, expected.get_ids()[..limit.min(expected.len())], "{text:?}");
            assert_eq!(has_more, limit < expected.len(), "{limit} of {text:?}");
        }
    }
}

/// Returns whether a character has a mark that is not stripped and may change places with another:
/// the library then gives it the end of whatever stood in its new place.
fn moves(c: char) -> bool {
    let mut moves = false;
    decompose_canonical(c, |part| {
        moves |= canonical_combining_class(part) != 0 && !part.is_mark_nonspacing();
    });
    moves
}

/// Returns the tokenizer of the tiny models, whose words are a few and single letters.
pub(crate) fn tiny_json() -> Value {
    let folder = tempfile::tempdir().unwrap();
    TinyModel::encoder(1).write(folder.path()).unwrap();
    let text = std::fs::read(folder.path().join("tokenizer.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Returns a tokenizer with a token for every character below U+3400, at the start of words and
/// inside them, so that no two normalizations look the same.
pub(crate) fn wide_json(bits: u32) -> Value {
    let mut json = tiny_json();
    let vocabulary = json["model"]["vocab"].as_object_mut().unwrap();
    let some = ["\u{4e00}", "\u{8c48}", "\u{ac00}", "\u{1100}", "🦀", "𝒳", "the##", "un", "##able"];
    let chars = (1..0x3400).filter_map(char::from_u32).map(|c| c.to_string());
    for token in chars.chain(some.map(str::to_owned)) {
        for token in [token.clone(), format!("##{token}")] {
            let id = vocabulary.len();
            vocabulary.entry(token).or_insert(json!(id));
        }
    }
    json["normalizer"] = json!({
        "type": "BertNormalizer",
        "clean_text": bits & 1 != 0,
        "handle_chinese_chars": bits & 2 != 0,
        "strip_accents": match bits >> 3 { 0 => Value::Null, 1 => json!(true), _ => json!(false) },
        "lowercase": bits & 4 != 0,
    });
    json
}

/// Returns tokenizers with every setting of the normalizer.
pub(crate) fn wide() -> &'static [Both] {
    static WIDE: OnceLock<Vec<Both>> = OnceLock::new();
    WIDE.get_or_init(|| (0..24).map(|bits| Both::of(&wide_json(bits))).collect())
}

/// Returns the tokenizer with the settings of bert-base-uncased.
pub(crate) fn uncased() -> &'static Both {
    &wide()[0b00_111]
}
