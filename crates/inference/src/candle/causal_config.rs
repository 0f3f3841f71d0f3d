//! `config.json` of causal language models of Llama's kind.

use candle_nn::Activation;
use serde::Deserialize;
use serde_json::Value;
use trommel_models::{Architecture, InstalledModel, NetworkError, NetworkSizes};

/// What sets a family of these networks apart; the default is Llama's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    /// Whether queries, keys and values have a bias.
    pub(super) bias: bool,
    /// Whether queries and keys are normalised, head by head.
    pub(super) head_norms: bool,
    /// What the weights of norms are stored as differences from.
    pub(super) norm_middle: f64,
    /// Whether embeddings are multiplied by the root of their width.
    wide_words: bool,
    /// What the gate of a layer is put through.
    pub(super) activation: Activation,
    /// What configs call that.
    activations: &'static [&'static str],
    /// Whether the head is the table of words where the config does not say.
    is_tied: bool,
    /// Whether later layers have heads of their own, and the head of words is not there.
    pub(super) is_layerwise: bool,
}

impl Default for Family {
    fn default() -> Self {
        Self {
            bias: false,
            head_norms: false,
            norm_middle: 0.0,
            wide_words: false,
            activation: Activation::Silu,
            activations: &["silu"],
            is_tied: false,
            is_layerwise: false,
        }
    }
}

impl Family {
    fn of(architecture: Architecture) -> Self {
        match architecture {
            Architecture::Qwen3 => Self { head_norms: true, ..Self::default() },
            Architecture::Qwen2 => Self { bias: true, ..Self::default() },
            Architecture::Gemma => Self {
                norm_middle: 1.0,
                wide_words: true,
                activation: Activation::GeluPytorchTanh,
                // Older configs say gelu, and the library takes that for the other.
                activations: &["gelu", "gelu_pytorch_tanh"],
                is_tied: true,
                ..Self::default()
            },
            Architecture::MiniCpm => Self { is_layerwise: true, ..Self::default() },
            _ => Self::default(),
        }
    }
}

/// The layer that the examples of the card of bge-reranker-v2-minicpm-layerwise leave the network
/// at.
const EXIT: usize = 28;

/// What is read of `config.json`; defaults are the reference's.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    #[serde(skip)]
    pub(super) family: Family,
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) rms_norm_eps: f64,
    tie_word_embeddings: Option<bool>,
    max_position_embeddings: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    hidden_act: String,
    hidden_activation: Option<String>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    use_sliding_window: bool,
    layer_types: Option<Vec<String>>,
    /// Older configs name theta, newer ones put it beside the type of the rotation.
    rope_theta: Option<f64>,
    rope_scaling: Option<Value>,
    rope_parameters: Option<Value>,
    /// What embeddings, and what layers add, are multiplied by: MiniCPM.
    scale_emb: Option<f64>,
    scale_depth: Option<f64>,
    start_layer: Option<usize>,
    head_type: Option<String>,
    head_multi: Option<bool>,
}

impl Config {
    /// Reads the config of a model and checks it against itself, the model's entry and what is
    /// computed here.
    pub(super) fn read(
        model: &InstalledModel,
        architecture: Architecture,
    ) -> Result<Self, NetworkError> {
        let config = Self { family: Family::of(architecture), ..model.network_config()? };
        config.check(model)?;
        Ok(config)
    }

    fn check(&self, model: &InstalledModel) -> Result<(), NetworkError> {
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
        // Rotary positions turn the numbers of a head two by two.
        if self.width() == 0 || !self.width().is_multiple_of(2) {
            return Err(model.bad_config("an even head_dim", self.width().to_string()));
        }
        let activations = [Some(&self.hidden_act), self.hidden_activation.as_ref()];
        for got in activations.into_iter().flatten() {
            if !self.family.activations.contains(&got.as_str()) {
                let expected = format!("hidden_act {}", self.family.activations.join(" or "));
                return Err(model.bad_config(expected, got));
            }
        }
        let kinds = self.layer_types.iter().flatten().map(String::as_str);
        // What is not computed here is refused: scores would be wrong without a word.
        let fixed = [
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
        if self.family.is_layerwise {
            let heads = (self.head_type.as_deref(), self.head_multi);
            if heads != (Some("simple"), Some(true)) {
                let expected = "head_type simple and head_multi true";
                return Err(model.bad_config(expected, format!("{heads:?}")));
            }
            if self.start_layer.is_none_or(|start| start > self.layers()) {
                let expected = format!("a start_layer of at most {}", self.layers());
                return Err(model.bad_config(expected, format!("{:?}", self.start_layer)));
            }
        }
        Ok(())
    }

    /// Returns how many layers are read.
    pub(super) fn layers(&self) -> usize {
        if self.family.is_layerwise {
            self.num_hidden_layers.min(EXIT)
        } else {
            self.num_hidden_layers
        }
    }

    /// Returns which of the heads of layers is read.
    pub(super) fn head(&self) -> usize {
        self.layers() - self.start_layer.unwrap_or(0)
    }

    /// Returns what is multiplied with what a layer adds.
    pub(super) fn depth_scale(&self) -> f64 {
        // By all layers of the model, read or not.
        self.scale_depth.map_or(1.0, |scale| scale / (self.num_hidden_layers as f64).sqrt())
    }

    /// Returns whether the head is the table of words.
    pub(super) fn is_tied(&self) -> bool {
        self.tie_word_embeddings.unwrap_or(self.family.is_tied)
    }

    /// Returns what embeddings are multiplied by.
    pub(super) fn word_scale(&self) -> f64 {
        match self.family.wide_words {
            true => (self.hidden_size as f64).sqrt(),
            false => self.scale_emb.unwrap_or(1.0),
        }
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
