//! The sizes of a language model's network, as its file states them.

use trommel_models::{Decoder, Gguf, NetworkError};

/// The most tokens that are read and written together, whatever the model was made for: no question
/// about passages comes near.
const CONTEXT: usize = 1 << 13;

/// The longest head; known models have up to 256.
const HEAD: usize = 1 << 10;

/// A network's sizes, which fit each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Config {
    pub(super) decoder: Decoder,
    pub(super) layers: usize,
    /// The length of a token's state.
    pub(super) hidden: usize,
    /// The length of a token's state inside the feed-forward layers.
    pub(super) intermediate: usize,
    /// How many heads have queries of their own.
    pub(super) heads: usize,
    /// How many heads have keys and values, each for the queries of as many others.
    pub(super) groups: usize,
    /// The length of a head's query, key or value.
    pub(super) head: usize,
    /// How many tokens the model reads and writes together.
    pub(super) context: usize,
    /// What is added to a mean square before its root is taken.
    pub(super) epsilon: f32,
    /// The wavelength of the slowest rotation is this, times 2π.
    pub(super) rope_base: f32,
}

impl Config {
    /// Reads the sizes.
    pub(super) fn read(model: &str, gguf: &Gguf) -> Result<Self, NetworkError> {
        let decoder = gguf.decoder()?;
        let size = |key: &str| gguf.size(key);
        let hidden = size("embedding_length")?;
        let heads = size("attention.head_count")?;
        let config = Self {
            decoder,
            layers: size("block_count")?,
            hidden,
            intermediate: size("feed_forward_length")?,
            heads,
            groups: size("attention.head_count_kv").unwrap_or(heads),
            head: size("attention.key_length").unwrap_or(hidden / heads),
            context: size("context_length")?.min(CONTEXT),
            epsilon: fraction(gguf, decoder, "attention.layer_norm_rms_epsilon").unwrap_or(1e-6),
            rope_base: fraction(gguf, decoder, "rope.freq_base").unwrap_or(10_000.0),
        };
        config.check(model, gguf)?;
        Ok(config)
    }

    /// Checks what would end in a panic or in wrong logits without a word.
    fn check(&self, model: &str, gguf: &Gguf) -> Result<(), NetworkError> {
        let wrong = |expected: &str, got: String| {
            let (model, expected) = (model.to_owned(), expected.to_owned());
            Err(NetworkError::Config { model, expected, got })
        };
        let Self { decoder, heads, groups, head, .. } = *self;
        if heads % groups != 0 {
            let got = format!("attention.head_count {heads}, attention.head_count_kv {groups}");
            return wrong("a number of heads that its number of keys divides", got);
        }
        if head == 0 || head % 2 != 0 || head > HEAD {
            let expected = format!("heads of an even length up to {HEAD}");
            return wrong(&expected, format!("a length of {head}"));
        }
        // Heads that are turned in part, or have values of another length, are not computed here.
        let unlike = |key: &str| gguf.size(key).ok().filter(|&size| size != head);
        for key in ["rope.dimension_count", "attention.value_length"] {
            if let Some(got) = unlike(key) {
                return wrong(&format!("{key} {head}"), got.to_string());
            }
        }
        let scaling = gguf.text(&format!("{decoder}.rope.scaling.type")).unwrap_or("none");
        if scaling != "none" {
            return wrong("rope.scaling.type none", scaling.to_owned());
        }
        if let Ok(experts) = gguf.size("expert_count") {
            return wrong("no experts", format!("{experts} experts"));
        }
        Ok(())
    }
}

fn fraction(gguf: &Gguf, decoder: Decoder, key: &str) -> Option<f32> {
    gguf.fraction(&format!("{decoder}.{key}"))
}
