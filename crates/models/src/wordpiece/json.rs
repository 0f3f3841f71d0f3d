//! Reading `tokenizer.json`, as far as it describes a BERT.

use std::collections::BTreeMap;

use serde_json::Value;

use super::WordPieceError;
use super::rules::Rules;

/// What a BERT's `tokenizer.json` says. Padding and truncation are the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) rules: Rules,
    pub(super) vocabulary: BTreeMap<String, u32>,
    pub(super) unk: u32,
    pub(super) cls: u32,
    pub(super) sep: u32,
    /// What tokens inside a word begin with, such as `##`.
    pub(super) prefix: String,
    /// Words of more characters are unknown.
    pub(super) max_word_chars: u32,
}

impl Description {
    pub(super) fn read(json: &[u8]) -> Result<Self, WordPieceError> {
        let file: Value = serde_json::from_slice(json)
            .map_err(|error| WordPieceError::NotATokenizer { detail: error.to_string() })?;
        check_added_tokens(&file["added_tokens"])?;
        let rules = rules(&file["normalizer"])?;
        if kind(&file["pre_tokenizer"]) != "BertPreTokenizer" {
            return Err(other("pre-tokenizer", &file["pre_tokenizer"]));
        }
        let (cls, sep) = specials(&file["post_processor"])?;
        let model = &file["model"];
        if kind(model) != "WordPiece" {
            return Err(other("model", model));
        }
        let vocabulary = vocabulary(&model["vocab"])?;
        let unk = text(model, "unk_token")?;
        let unk = *vocabulary.get(unk).ok_or_else(|| {
            WordPieceError::unsupported(format!("an unknown token {unk:?} outside its vocabulary"))
        })?;
        let max_word_chars = model["max_input_chars_per_word"]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| odd("max_input_chars_per_word", &model["max_input_chars_per_word"]))?;
        let prefix = text(model, "continuing_subword_prefix")?.to_owned();
        // Byte 0 marks empty slots of the trie, so it can be in no token.
        if prefix.contains('\0') {
            return Err(odd("continuing_subword_prefix", &model["continuing_subword_prefix"]));
        }
        Ok(Self { rules, vocabulary, unk, cls, sep, prefix, max_word_chars })
    }
}

/// Special tokens are not looked for in texts; any others would be.
fn check_added_tokens(tokens: &Value) -> Result<(), WordPieceError> {
    for token in tokens.as_array().into_iter().flatten() {
        if token["special"] != Value::Bool(true) {
            return Err(odd("an added token that is not special,", &token["content"]));
        }
    }
    if tokens.is_array() || tokens.is_null() { Ok(()) } else { Err(odd("added_tokens", tokens)) }
}

fn rules(normalizer: &Value) -> Result<Rules, WordPieceError> {
    if kind(normalizer) != "BertNormalizer" {
        return Err(other("normalizer", normalizer));
    }
    let switch =
        |name: &str| normalizer[name].as_bool().ok_or_else(|| odd(name, &normalizer[name]));
    let lowercase = switch("lowercase")?;
    let strip_accents = match &normalizer["strip_accents"] {
        // As in the library: where nothing is said, accents go with the capitals.
        Value::Null => lowercase,
        _ => switch("strip_accents")?,
    };
    Ok(Rules {
        clean_text: switch("clean_text")?,
        handle_chinese_chars: switch("handle_chinese_chars")?,
        strip_accents,
        lowercase,
    })
}

/// Returns the ids around `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.
fn specials(processor: &Value) -> Result<(u32, u32), WordPieceError> {
    let found = match kind(processor) {
        // Each is written as a pair of token and id.
        "BertProcessing" => (id(&processor["cls"][1]), id(&processor["sep"][1])),
        "TemplateProcessing" => {
            let (cls, sep) = template(processor).ok_or_else(|| {
                WordPieceError::unsupported("a template other than [CLS] A [SEP] B [SEP]")
            })?;
            let of = |name: &str| match processor["special_tokens"][name]["ids"].as_array()?[..] {
                [ref only] => id(only),
                _ => None,
            };
            (of(cls), of(sep))
        }
        _ => return Err(other("post-processor", processor)),
    };
    match found {
        (Some(cls), Some(sep)) => Ok((cls, sep)),
        _ => Err(WordPieceError::unsupported("special tokens of no single id")),
    }
}

/// Returns the names of the two special tokens if the template is BERT's.
fn template(processor: &Value) -> Option<(&str, &str)> {
    let [cls, a, sep] = &processor["single"].as_array()?[..] else { return None };
    let (cls_name, sep_name) = (special(cls, 0)?, special(sep, 0)?);
    let [pair_cls, pair_a, middle, b, end] = &processor["pair"].as_array()?[..] else {
        return None;
    };
    let is_bert = sequence(a, 0)? == "A"
        && special(pair_cls, 0)? == cls_name
        && sequence(pair_a, 0)? == "A"
        && special(middle, 0)? == sep_name
        && sequence(b, 1)? == "B"
        && special(end, 1)? == sep_name;
    is_bert.then_some((cls_name, sep_name))
}

fn special(piece: &Value, type_id: u32) -> Option<&str> {
    named(&piece["SpecialToken"], type_id)
}

fn sequence(piece: &Value, type_id: u32) -> Option<&str> {
    named(&piece["Sequence"], type_id)
}

fn named(piece: &Value, type_id: u32) -> Option<&str> {
    (piece["type_id"] == type_id).then(|| piece["id"].as_str()).flatten()
}

fn vocabulary(vocabulary: &Value) -> Result<BTreeMap<String, u32>, WordPieceError> {
    let entries = vocabulary.as_object().ok_or_else(|| odd("vocab", vocabulary))?;
    entries
        .iter()
        .map(|(token, value)| match id(value) {
            Some(id) if !token.contains('\0') => Ok((token.clone(), id)),
            _ => Err(WordPieceError::unsupported(format!("the token {token:?} as {value}"))),
        })
        .collect()
}

/// The highest number is left out: it marks where no token is.
fn id(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|id| u32::try_from(id).ok()).filter(|id| *id != u32::MAX)
}

fn kind(part: &Value) -> &str {
    part["type"].as_str().unwrap_or_default()
}

fn text<'a>(model: &'a Value, name: &str) -> Result<&'a str, WordPieceError> {
    model[name].as_str().ok_or_else(|| odd(name, &model[name]))
}

fn other(part: &str, got: &Value) -> WordPieceError {
    if got.is_null() {
        return WordPieceError::unsupported(format!("no {part}"));
    }
    WordPieceError::unsupported(format!("{part} {:?}", kind(got)))
}

fn odd(what: &str, got: &Value) -> WordPieceError {
    WordPieceError::unsupported(format!("{what} {got}"))
}
