//! The tokenizer of a GGUF file: byte-level BPE, as its metadata describe it.

use candle_core::quantized::gguf_file::Value;
use serde_json::{Map, json};
use tokenizers::Tokenizer;

use super::{CONTROL, Gguf, whole};
use crate::ModelsError;
use crate::architecture::listed;

/// The type of a token that its publisher added to those of the training.
const USER_DEFINED: u64 = 4;

/// How a text is split before bytes are merged, by the format's name of it.
const SPLITS: [&str; 4] = ["gpt-2", "smollm", "llama-bpe", "qwen2"];

/// How Llama 3 splits; up to three digits stay together.
const LLAMA: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// How Qwen2 splits: as Llama 3, but for digits.
const QWEN: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl Gguf {
    /// Returns the model's tokenizer, without padding and truncation.
    ///
    /// What it encodes is read with its control tokens: `<|im_end|>` is one token.
    ///
    /// # Errors
    ///
    /// If the tokenizer is of another kind, or splits texts in a way that is not known.
    pub fn tokenizer(&self) -> Result<Tokenizer, ModelsError> {
        let kind = self.text("tokenizer.ggml.model").unwrap_or("nothing");
        if kind != "gpt2" {
            let expected = "tokenizer.ggml.model gpt2, which is byte-level BPE";
            return Err(ModelsError::unrecognised(self.path(), expected, kind));
        }
        let mut vocabulary = Map::new();
        let mut added = Vec::new();
        let types = self.list("tokenizer.ggml.token_type");
        for (id, token) in self.list("tokenizer.ggml.tokens").iter().enumerate() {
            let Value::String(text) = token else {
                return Err(self.lacks("texts", "tokenizer.ggml.tokens"));
            };
            vocabulary.insert(text.clone(), id.into());
            let kind = types.get(id).and_then(whole);
            // These are looked for in a text before it is split, as they are written.
            if kind == Some(CONTROL) || kind == Some(USER_DEFINED) {
                added.push(json!({
                    "id": id, "content": text, "special": kind == Some(CONTROL),
                    "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                }));
            }
        }
        let split = self.text("tokenizer.ggml.pre").unwrap_or("nothing");
        let (pre_tokenizer, normalizer) = self.splitting(split)?;
        let tokenizer = json!({
            "version": "1.0",
            "added_tokens": added,
            "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer,
            "decoder": byte_level(true),
            "model": {
                "type": "BPE",
                "vocab": vocabulary,
                "merges": self.merges()?,
                // A word that is a token is that token, however its merges would go.
                "ignore_merges": split == "llama-bpe",
            },
        });
        Tokenizer::from_bytes(tokenizer.to_string())
            .map_err(|error| ModelsError::corrupt(self.path(), error))
    }

    fn merges(&self) -> Result<Vec<[&str; 2]>, ModelsError> {
        const KEY: &str = "tokenizer.ggml.merges";
        let merges: Option<Vec<[&str; 2]>> = self
            .list(KEY)
            .iter()
            .map(|merge| match merge {
                Value::String(text) => text.split_once(' ').map(|(left, right)| [left, right]),
                _ => None,
            })
            .collect();
        merges.filter(|merges| !merges.is_empty()).ok_or_else(|| self.lacks("pairs", KEY))
    }

    /// Returns the steps before BPE: how a text is split, and in which form its characters are.
    fn splitting(&self, name: &str) -> Result<(serde_json::Value, serde_json::Value), ModelsError> {
        let sequence =
            |steps: [serde_json::Value; 2]| json!({"type": "Sequence", "pretokenizers": steps});
        let by = |regex: &str| {
            let split = json!({
                "type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated",
                "invert": false,
            });
            sequence([split, byte_level(false)])
        };
        let nothing = serde_json::Value::Null;
        Ok(match name {
            // `ByteLevel` splits as GPT-2 does, also behind a split of digits. Behind another
            // model's regex it only maps bytes.
            "gpt-2" => (byte_level(true), nothing),
            "smollm" => {
                let digits = json!({"type": "Digits", "individual_digits": true});
                (sequence([digits, byte_level(true)]), nothing)
            }
            "llama-bpe" => (by(LLAMA), nothing),
            "qwen2" => (by(QWEN), json!({"type": "NFC"})),
            other => {
                let expected = format!("tokenizer.ggml.pre {}", listed(SPLITS.to_vec()));
                return Err(ModelsError::unrecognised(self.path(), expected, other));
            }
        })
    }
}

/// Returns the step that makes bytes characters, and before that splits as GPT-2 does.
fn byte_level(split: bool) -> serde_json::Value {
    json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": split})
}
