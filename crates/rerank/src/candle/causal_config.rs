//! `config.json` of causal language models of Llama's kind.

use serde::Deserialize;
use serde_json::Value;
use trommel_models::{InstalledModel, NetworkError, NetworkSizes};

/// What is read of `config.json`; defaults are the reference's.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) rms_norm_eps: f64,
    #[serde(default)]
    pub(super) tie_word_embeddings: bool,
    max_position_embeddings: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    hidden_act: String,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    use_sliding_window: bool,
    layer_types: Option<Vec<String>>,
    /// Older configs name theta, newer ones put it beside the type of the rotation.
    rope_theta: Option<f64>,
    rope_scaling: Option<Value>,
    rope_parameters: Option<Value>,
}

impl Config {
    /// Checks the config against itself, the model's entry and what is computed here.
    pub(super) fn check(&self, model: &InstalledModel) -> Result<(), NetworkError> {
        let sizes = NetworkSizes {
            vocabulary: self.vocab_size,
            hidden: self.hidden_size,
            heads: self.num_attention_heads,
            tokens: self.max_position_embeddings,
        };
        sizes.check(model)?;
        let (heads, shared) = (self.num_attention_heads, self.shared_heads());
        if shared == 0 || !heads.is_multiple_of(shared) {
            let expected = format!("num_key_value_heads that divide {heads} heads");
            return Err(model.bad_config(expected, shared.to_string()));
        }
        if self.width() == 0 || !self.width().is_multiple_of(2) {
            return Err(model.bad_config("an even head_dim", self.width().to_string()));
        }
        let kinds = self.layer_types.iter().flatten().map(String::as_str);
        let fixed = [
            ("hidden_act", "silu", self.hidden_act.as_str()),
            ("rope_type", "default", self.rope_type()),
            ("attention_bias", "false", if self.attention_bias { "true" } else { "false" }),
            ("use_sliding_window", "false", if self.use_sliding_window { "true" } else { "false" }),
        ];
        let layers = kinds.map(|kind| ("layer_types", "full_attention", kind));
        for (key, expected, got) in fixed.into_iter().chain(layers) {
            if got != expected {
                return Err(model.bad_config(format!("{key} {expected}"), got));
            }
        }
        Ok(())
    }

    /// Returns the width of a head.
    pub(super) fn width(&self) -> usize {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads.max(1))
    }

    /// Returns how many heads of keys and values there are.
    pub(super) fn shared_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    /// Returns the base of the rotation's speeds.
    pub(super) fn theta(&self) -> f64 {
        let newer = self.rope_parameters.as_ref().and_then(|rope| rope.get("rope_theta")?.as_f64());
        newer.or(self.rope_theta).unwrap_or(10_000.0)
    }

    fn rope_type(&self) -> &str {
        let rope = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        let kind = rope.and_then(|rope| rope.get("rope_type").or(rope.get("type"))?.as_str());
        kind.unwrap_or("default")
    }
}
