//! A BERT small enough to write to a folder in every test, with weights that mean nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

/// The length of a token's state.
pub(crate) const HIDDEN: usize = 32;
/// How many attention heads share it.
pub(crate) const HEADS: usize = 4;
/// How many layers there are.
pub(crate) const LAYERS: usize = 2;
/// The width of a layer's feed-forward part.
pub(crate) const INTERMEDIATE: usize = 64;
/// How many tokens there are.
pub(crate) const VOCABULARY: usize = 100;
/// How many tokens a text may have, special tokens included.
pub(crate) const POSITIONS: usize = 64;
/// The small number under the root of a layer norm.
pub(crate) const EPSILON: f64 = 1e-12;

const WORDS: [&str; 43] = [
    "the", "of", "and", "an", "to", "in", "is", "how", "many", "people", "live", "berlin", "city",
    "water", "boils", "stock", "soup", "bread", "oven", "hot", "cold", "red", "green", "blue",
    "engine", "search", "index", "query", "passage", "score", "disk", "full", "node", "backup",
    "train", "ticket", "error", "code", "door", "key", "rain", "sun", "wind",
];

/// A tensor of the tiny model, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct TinyTensor {
    /// The shape.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: Vec<f32>,
}

/// A BERT with random weights: an encoder, or a reranker with pooler and classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct TinyModel {
    /// Its tensors by their usual names.
    pub tensors: BTreeMap<String, TinyTensor>,
    is_reranker: bool,
}

impl TinyModel {
    /// Returns an encoder whose weights follow from the seed.
    #[must_use]
    pub fn encoder(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut tensors = BTreeMap::new();
        let mut add = |name: &str, shape: &[usize]| {
            let tensor = TinyTensor::random(name, shape, &mut dice);
            tensors.insert(name.to_owned(), tensor);
        };
        add("embeddings.word_embeddings.weight", &[VOCABULARY, HIDDEN]);
        add("embeddings.position_embeddings.weight", &[POSITIONS, HIDDEN]);
        add("embeddings.token_type_embeddings.weight", &[2, HIDDEN]);
        add("embeddings.LayerNorm.weight", &[HIDDEN]);
        add("embeddings.LayerNorm.bias", &[HIDDEN]);
        for layer in 0..LAYERS {
            let mut linear = |name: &str, outputs: usize, inputs: usize| {
                add(&format!("encoder.layer.{layer}.{name}.weight"), &[outputs, inputs]);
                add(&format!("encoder.layer.{layer}.{name}.bias"), &[outputs]);
            };
            linear("attention.self.query", HIDDEN, HIDDEN);
            linear("attention.self.key", HIDDEN, HIDDEN);
            linear("attention.self.value", HIDDEN, HIDDEN);
            linear("attention.output.dense", HIDDEN, HIDDEN);
            linear("intermediate.dense", INTERMEDIATE, HIDDEN);
            linear("output.dense", HIDDEN, INTERMEDIATE);
            for norm in ["attention.output", "output"] {
                add(&format!("encoder.layer.{layer}.{norm}.LayerNorm.weight"), &[HIDDEN]);
                add(&format!("encoder.layer.{layer}.{norm}.LayerNorm.bias"), &[HIDDEN]);
            }
        }
        Self { tensors, is_reranker: false }
    }

    /// Returns a reranker whose weights follow from the seed.
    #[must_use]
    pub fn reranker(seed: u64) -> Self {
        let mut model = Self::encoder(seed);
        let mut dice = Dice(!seed);
        let top: [(&str, &[usize]); 4] = [
            ("pooler.dense.weight", &[HIDDEN, HIDDEN]),
            ("pooler.dense.bias", &[HIDDEN]),
            ("classifier.weight", &[1, HIDDEN]),
            ("classifier.bias", &[1]),
        ];
        for (name, shape) in top {
            model.tensors.insert(name.to_owned(), TinyTensor::random(name, shape, &mut dice));
        }
        model.is_reranker = true;
        model
    }

    /// Writes `config.json`, `tokenizer.json` and `model.safetensors` to a folder.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        std::fs::write(folder.join("config.json"), self.config().to_string())?;
        std::fs::write(folder.join("tokenizer.json"), tokenizer().to_string())?;
        let bytes: Vec<(&str, &[usize], Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                let bytes = tensor.values.iter().flat_map(|x| x.to_le_bytes()).collect();
                (name.as_str(), tensor.shape.as_slice(), bytes)
            })
            .collect();
        let views: Vec<(&str, TensorView<'_>)> = bytes
            .iter()
            .map(|(name, shape, bytes)| {
                TensorView::new(Dtype::F32, shape.to_vec(), bytes).map(|view| (*name, view))
            })
            .collect::<Result<_, _>>()
            .map_err(io::Error::other)?;
        let file = safetensors::serialize(views, None).map_err(io::Error::other)?;
        std::fs::write(folder.join("model.safetensors"), file)
    }

    fn config(&self) -> serde_json::Value {
        let architecture =
            if self.is_reranker { "BertForSequenceClassification" } else { "BertModel" };
        let mut config = json!({
            "architectures": [architecture],
            "model_type": "bert",
            "vocab_size": VOCABULARY,
            "hidden_size": HIDDEN,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "intermediate_size": INTERMEDIATE,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "max_position_embeddings": POSITIONS,
            "type_vocab_size": 2,
            "initializer_range": 0.02,
            "layer_norm_eps": EPSILON,
            "pad_token_id": 0,
        });
        if self.is_reranker {
            config["id2label"] = json!({ "0": "LABEL_0" });
            config["label2id"] = json!({ "LABEL_0": 0 });
        }
        config
    }
}

impl TinyTensor {
    fn random(name: &str, shape: &[usize], dice: &mut Dice) -> Self {
        // Wide enough that attention is far from even and the activation far from linear.
        let (middle, width) = match name.rsplit('.').next() {
            Some("bias") => (0.0, 0.2),
            _ if name.contains("LayerNorm") => (1.0, 0.3),
            _ if name.starts_with("embeddings") => (0.0, 1.0),
            _ => (0.0, 3.0 / (shape[shape.len() - 1] as f32).sqrt()),
        };
        let count = shape.iter().product();
        let values = (0..count).map(|_| middle + width * dice.throw()).collect();
        Self { shape: shape.to_vec(), values }
    }
}

/// A linear congruential generator (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    /// Returns a number in [-1, 1).
    fn throw(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Returns a WordPiece tokenizer of some words and, for all others, letters.
///
/// Like one that is published with a reranker, it is set to pad everything to its full length and
/// to shorten the longer text of a pair.
fn tokenizer() -> serde_json::Value {
    let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    let letters = ('a'..='z').map(|letter| letter.to_string());
    let endings = ('a'..='z').map(|letter| format!("##{letter}"));
    let words = WORDS.iter().map(ToString::to_string);
    let tokens = specials.into_iter().chain(letters).chain(endings).chain(words);
    let vocabulary: serde_json::Map<_, _> =
        tokens.enumerate().map(|(id, token)| (token, json!(id))).collect();
    let special = |id: u32, content: &str| {
        json!({ "id": id, "content": content, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true })
    };
    let cls = json!({ "SpecialToken": { "id": "[CLS]", "type_id": 0 } });
    let text = |id: &str, types: u32| json!({ "Sequence": { "id": id, "type_id": types } });
    let sep = |types: u32| json!({ "SpecialToken": { "id": "[SEP]", "type_id": types } });
    json!({
        "version": "1.0",
        "truncation": { "direction": "Right", "max_length": POSITIONS, "strategy": "LongestFirst",
            "stride": 0 },
        "padding": { "strategy": { "Fixed": POSITIONS }, "direction": "Right",
            "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]" },
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"),
            special(3, "[SEP]"), special(4, "[MASK]")],
        "normalizer": { "type": "BertNormalizer", "clean_text": true,
            "handle_chinese_chars": true, "strip_accents": null, "lowercase": true },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [cls, text("A", 0), sep(0)],
            "pair": [cls, text("A", 0), sep(0), text("B", 1), sep(1)],
            "special_tokens": {
                "[CLS]": { "id": "[CLS]", "ids": [2], "tokens": ["[CLS]"] },
                "[SEP]": { "id": "[SEP]", "ids": [3], "tokens": ["[SEP]"] },
            },
        },
        "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary },
    })
}
