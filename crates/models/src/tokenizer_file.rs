//! `tokenizer.json`, looked at before the `tokenizers` library reads it.
//!
//! The library takes for granted what a file may lack: a decoder that is no JSON, and a template of
//! special tokens that are not there, make it panic. Decoders are never used here. A token makes
//! a tree as deep as it is long, and dropping a tree of many thousand levels overflows the stack.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;

/// The longest token of a scored vocabulary, in bytes; published ones have less than a hundred.
const MAX_TOKEN_BYTES: usize = 4096;

/// The parts of the file that the library trusts.
#[derive(Deserialize)]
struct Trusted {
    #[serde(default)]
    model: Model,
    #[serde(default)]
    post_processor: Value,
    // Read for no other reason than that it can be.
    #[serde(default, rename = "decoder")]
    _decoder: Value,
}

#[derive(Default, Deserialize)]
struct Model {
    #[serde(default)]
    vocab: Longest,
}

/// The length of the longest token of a vocabulary that is a list of tokens and scores, in bytes; 0
/// for any other vocabulary.
#[derive(Default)]
struct Longest(usize);

impl<'de> Deserialize<'de> for Longest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LongestVisitor)
    }
}

struct LongestVisitor;

impl<'de> Visitor<'de> for LongestVisitor {
    type Value = Longest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vocabulary")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Longest, A::Error> {
        let mut longest = 0;
        while let Some((token, _)) = list.next_element::<(Cow<'_, str>, IgnoredAny)>()? {
            longest = longest.max(token.len());
        }
        Ok(Longest(longest))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Longest, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Longest(0))
    }

    fn visit_unit<E>(self) -> Result<Longest, E> {
        Ok(Longest(0))
    }
}

/// Checks what the library would panic on.
///
/// # Errors
///
/// A sentence that says what is wrong with the file.
pub(crate) fn check(json: &[u8]) -> Result<(), String> {
    let trusted: Trusted = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let Longest(longest) = trusted.model.vocab;
    if longest > MAX_TOKEN_BYTES {
        return Err(format!("a token of {longest} bytes, expected at most {MAX_TOKEN_BYTES}"));
    }
    check_processor(&trusted.post_processor)
}

fn check_processor(processor: &Value) -> Result<(), String> {
    // It ends: serde_json refuses more than 128 levels.
    for part in list(&processor["processors"]) {
        check_processor(part)?;
    }
    let specials = &processor["special_tokens"];
    for template in ["single", "pair"] {
        for piece in list(&processor[template]) {
            if let Some(name) = piece["SpecialToken"]["id"].as_str() {
                let special = &specials[name];
                let (ids, tokens) = (list(&special["ids"]).len(), list(&special["tokens"]).len());
                if !special.is_object() || ids != tokens {
                    return Err(format!("the template has {name:?}, which is no special token"));
                }
            }
            if template == "single" && piece["Sequence"]["id"] == "B" {
                return Err("the template of a single text has a second one".to_owned());
            }
        }
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use tokenizers::Tokenizer;
    use trommel_testkit::TinyModel;

    use super::*;

    fn tokenizer() -> Value {
        let folder = tempfile::tempdir().unwrap();
        TinyModel::encoder(1).write(folder.path()).unwrap();
        let json = std::fs::read(folder.path().join("tokenizer.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    fn refused(change: impl FnOnce(&mut Value)) -> bool {
        let mut json = tokenizer();
        change(&mut json);
        check(json.to_string().as_bytes()).is_err()
    }

    #[test]
    fn a_template_of_a_special_token_that_is_not_there_is_refused() {
        assert!(!refused(|_| ()));
        assert!(refused(
            |json| json["post_processor"]["single"][0]["SpecialToken"]["id"] = "x".into()
        ));
        assert!(refused(|json| json["post_processor"]["special_tokens"] = Value::Null));
        assert!(refused(|json| json["post_processor"]["single"][1]["Sequence"]["id"] = "B".into()));
        assert!(refused(|json| {
            let mut inner = json["post_processor"].take();
            inner["special_tokens"]["[SEP]"]["tokens"] = Value::Null;
            json["post_processor"] =
                serde_json::json!({ "type": "Sequence", "processors": [inner] });
        }));
    }

    #[test]
    fn a_scored_token_without_end_is_refused_and_does_not_overflow_the_stack() {
        let with = |token: &str| {
            let mut json = tokenizer();
            json["model"] = serde_json::json!({ "type": "Unigram", "unk_id": 0,
                "vocab": [["<unk>", 0.0], [token, -1.5]] });
            check(json.to_string().as_bytes())
        };
        assert_eq!(with(&"a".repeat(4096)), Ok(()));
        let words = with(&"a".repeat(4097)).unwrap_err();
        assert_eq!(words, "a token of 4097 bytes, expected at most 4096");
    }

    #[test]
    fn a_decoder_that_is_no_json_is_refused_and_does_not_panic_the_library() {
        let json = tokenizer().to_string();
        let deep = format!("\"decoder\":{}", "[".repeat(200));
        for decoder in ["\"decoder\":{", "\"decoder\":{\"a", "\"decoder\":1e999,\"x\":{", &deep] {
            let broken = json.replacen("\"decoder\":{", decoder, 1);
            let cut = &broken.as_bytes()[..broken.find(decoder).unwrap() + decoder.len()];
            assert!(check(cut).is_err(), "{decoder}");
        }
        // Any decoder that is JSON is an error of the library's own.
        let odd = json.replacen("\"decoder\":{", "\"decoder\":{\"x\":[{}],", 1);
        assert!(check(odd.as_bytes()).is_ok());
        Tokenizer::from_bytes(odd.as_bytes()).ok();
    }
}
