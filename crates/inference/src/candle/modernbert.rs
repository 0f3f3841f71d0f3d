//! ModernBERT (Warner et al. 2024): `logit = classifier(norm(gelu(dense(pooled))))`.
//!
//! The forward pass is ours. candle's takes a layer without its norm for a layer that has none,
//! reads a config whose labels it cannot parse as one that pools by `[CLS]`, gives a probability
//! where a logit is wanted, and holds the scores of all heads at once.

use candle_core::{D, Device, Module, Result, Tensor};
use candle_nn::{
    Embedding, LayerNorm, Linear, VarBuilder, embedding, layer_norm_no_bias, linear, linear_no_bias,
};
use serde::Deserialize;
use serde_json::Value;
use trommel_models::{
    Architecture, InstalledModel, NetworkError, NetworkSizes, NetworkWeights, Pair,
};

use super::attention::{Rotation, Speeds, by_head, by_pair, mix};
use super::{Classifier, only};

pub(super) struct Network {
    body: Body,
    head: Head,
}

struct Body {
    words: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
    last_norm: LayerNorm,
    wide: Speeds,
    near: Speeds,
    reach: usize,
    heads: usize,
}

struct Head {
    pooling: Pooling,
    dense: Linear,
    norm: LayerNorm,
    classifier: Linear,
}

struct Layer {
    /// None in the first layer: the embeddings are normalised already.
    norm: Option<LayerNorm>,
    query_key_value: Linear,
    output: Linear,
    mlp_norm: LayerNorm,
    up: Linear,
    down: Linear,
    /// Whether a token sees its neighbours only.
    is_near: bool,
}

/// How states become one; every token counts, as none is padding.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Pooling {
    Cls,
    Mean,
}

/// What is read of `config.json`; defaults are the reference's.
#[derive(Debug, Deserialize)]
struct Config {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "epsilon")]
    norm_eps: f64,
    #[serde(default = "window")]
    local_attention: usize,
    #[serde(default = "cls")]
    classifier_pooling: Pooling,
    /// Older configs name the period of layers that see everything, newer ones every layer's kind.
    #[serde(default = "period")]
    global_attn_every_n_layers: usize,
    layer_types: Option<Vec<String>>,
    global_rope_theta: Option<f64>,
    local_rope_theta: Option<f64>,
    rope_parameters: Option<Value>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

fn epsilon() -> f64 {
    1e-5
}

fn window() -> usize {
    128
}

fn period() -> usize {
    3
}

fn cls() -> Pooling {
    Pooling::Cls
}

const NEAR: &str = "sliding_attention";
const WIDE: &str = "full_attention";

impl Config {
    fn check(&self, model: &InstalledModel) -> std::result::Result<(), NetworkError> {
        let sizes = NetworkSizes {
            vocabulary: self.vocab_size,
            hidden: self.hidden_size,
            heads: self.num_attention_heads,
            tokens: self.max_position_embeddings,
        };
        sizes.check(model)?;
        let width = self.hidden_size / self.num_attention_heads;
        if !width.is_multiple_of(2) {
            return Err(model.bad_config("an even width of a head", width.to_string()));
        }
        // What is not computed here is refused: scores would be wrong without a word.
        for key in ["norm_bias", "attention_bias", "mlp_bias", "classifier_bias"] {
            if self.rest.get(key).and_then(Value::as_bool) == Some(true) {
                return Err(model.bad_config(format!("no {key}"), "one"));
            }
        }
        for key in ["hidden_activation", "classifier_activation"] {
            let got = self.rest.get(key).and_then(Value::as_str).unwrap_or("gelu");
            if got != "gelu" {
                return Err(model.bad_config(format!("gelu as {key}"), got));
            }
        }
        let kinds = self.layer_types.iter().flatten();
        if let Some(kind) = kinds.into_iter().find(|kind| *kind != NEAR && *kind != WIDE) {
            return Err(model.bad_config(format!("layer_types {NEAR} and {WIDE}"), kind));
        }
        for kind in [NEAR, WIDE] {
            let rope = self.rope(kind, "rope_type").and_then(Value::as_str).unwrap_or("default");
            if rope != "default" {
                return Err(model.bad_config("the rope_type default", rope));
            }
        }
        Ok(())
    }

    fn is_near(&self, layer: usize) -> bool {
        match &self.layer_types {
            Some(kinds) => kinds.get(layer).is_some_and(|kind| kind == NEAR),
            None => !layer.is_multiple_of(self.global_attn_every_n_layers.max(1)),
        }
    }

    fn rope(&self, kind: &str, key: &str) -> Option<&Value> {
        self.rope_parameters.as_ref()?.get(kind)?.get(key)
    }

    fn theta(&self, kind: &str) -> f64 {
        let (older, default) = match kind {
            NEAR => (self.local_rope_theta, 10_000.0),
            _ => (self.global_rope_theta, 160_000.0),
        };
        self.rope(kind, "rope_theta").and_then(Value::as_f64).or(older).unwrap_or(default)
    }
}

impl Network {
    pub(super) fn load(model: &InstalledModel) -> std::result::Result<Self, NetworkError> {
        let config: Config = model.network_config()?;
        config.check(model)?;
        let weights = NetworkWeights::read(model, Architecture::ModernBert)?;
        Ok(Self {
            body: weights.body(|tensors| Body::load(&tensors, &config))?,
            head: weights.head(|tensors| Head::load(&tensors, &config))?,
        })
    }
}

impl Classifier for Network {
    fn logit(&self, pair: &Pair) -> Result<f32> {
        self.head.logit(&self.body.states(&pair.ids)?)
    }
}

impl Body {
    fn load(tensors: &VarBuilder<'static>, config: &Config) -> Result<Self> {
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        let norm = |name: &str| layer_norm_no_bias(hidden, config.norm_eps, tensors.pp(name));
        let speeds = |kind| Speeds::new(config.theta(kind), hidden / heads);
        Ok(Self {
            words: embedding(config.vocab_size, hidden, tensors.pp("embeddings.tok_embeddings"))?,
            norm: norm("embeddings.norm")?,
            layers: (0..config.num_hidden_layers)
                .map(|layer| Layer::load(tensors, config, layer))
                .collect::<Result<_>>()?,
            last_norm: norm("final_norm")?,
            wide: speeds(WIDE)?,
            near: speeds(NEAR)?,
            // Half of the window lies to each side.
            reach: config.local_attention / 2,
            heads,
        })
    }

    /// Returns the states of all tokens, of shape (tokens, hidden).
    fn states(&self, ids: &[u32]) -> Result<Tensor> {
        let (wide, near) = (self.wide.rotation(ids.len())?, self.near.rotation(ids.len())?);
        let far = far(ids.len(), self.reach)?;
        let ids = Tensor::new(ids, &Device::Cpu)?;
        let mut states = self.norm.forward(&self.words.forward(&ids)?)?;
        for layer in &self.layers {
            let (rotation, hidden) =
                if layer.is_near { (&near, far.as_ref()) } else { (&wide, None) };
            states = layer.forward(&states, self.heads, rotation, hidden)?;
        }
        self.last_norm.forward(&states)
    }
}

impl Head {
    fn load(tensors: &VarBuilder<'static>, config: &Config) -> Result<Self> {
        let hidden = config.hidden_size;
        Ok(Self {
            pooling: config.classifier_pooling,
            dense: linear_no_bias(hidden, hidden, tensors.pp("head.dense"))?,
            norm: layer_norm_no_bias(hidden, config.norm_eps, tensors.pp("head.norm"))?,
            classifier: linear(hidden, 1, tensors.pp("classifier"))?,
        })
    }

    fn logit(&self, states: &Tensor) -> Result<f32> {
        let pooled = match self.pooling {
            Pooling::Cls => states.narrow(0, 0, 1)?,
            Pooling::Mean => states.mean_keepdim(0)?,
        };
        let pooled = self.norm.forward(&self.dense.forward(&pooled)?.gelu_erf()?)?;
        only(&self.classifier, &pooled)
    }
}

impl Layer {
    fn load(body: &VarBuilder<'static>, config: &Config, layer: usize) -> Result<Self> {
        let tensors = body.pp(format!("layers.{layer}"));
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| layer_norm_no_bias(hidden, config.norm_eps, tensors.pp(name));
        let matrix =
            |inputs, outputs, name: &str| linear_no_bias(inputs, outputs, tensors.pp(name));
        Ok(Self {
            norm: (layer > 0).then(|| norm("attn_norm")).transpose()?,
            query_key_value: matrix(hidden, 3 * hidden, "attn.Wqkv")?,
            output: matrix(hidden, hidden, "attn.Wo")?,
            mlp_norm: norm("mlp_norm")?,
            up: matrix(hidden, 2 * inner, "mlp.Wi")?,
            down: matrix(inner, hidden, "mlp.Wo")?,
            is_near: config.is_near(layer),
        })
    }

    fn forward(
        &self,
        states: &Tensor,
        heads: usize,
        rotation: &Rotation,
        hidden: Option<&Tensor>,
    ) -> Result<Tensor> {
        let normed = self.norm.as_ref().map(|norm| norm.forward(states)).transpose()?;
        let [queries, keys, values] = self.projected(normed.as_ref().unwrap_or(states), heads)?;
        let scale = 1.0 / (queries.dim(D::Minus1)? as f64).sqrt();
        let (queries, keys) = ((rotation.turn(&queries)? * scale)?, rotation.turn(&keys)?);
        let mixed = mix(&values, |head| {
            let scores = queries.get(head)?.matmul(&keys.get(head)?.t()?)?;
            match hidden {
                Some(hidden) => scores + hidden,
                None => Ok(scores),
            }
        })?;
        let states = (self.output.forward(&mixed)? + states)?;
        let wide = self.up.forward(&self.mlp_norm.forward(&states)?)?.chunk(2, D::Minus1)?;
        let gated = (wide[0].gelu_erf()? * &wide[1])?;
        self.down.forward(&gated)? + states
    }

    /// Returns queries, keys and values, each of shape (heads, tokens, width).
    fn projected(&self, states: &Tensor, heads: usize) -> Result<[Tensor; 3]> {
        let all = self.query_key_value.forward(states)?;
        let hidden = all.dim(1)? / 3;
        let part = |part: usize| by_head(&all.narrow(1, part * hidden, hidden)?, heads);
        Ok([part(0)?, part(1)?, part(2)?])
    }
}

/// Returns what hides all that is further away than `reach`: of shape (tokens, tokens), minus
/// infinity where it is; none if nothing is so far.
fn far(tokens: usize, reach: usize) -> Result<Option<Tensor>> {
    if tokens <= reach + 1 {
        return Ok(None);
    }
    let is_far = |from: usize, to: usize| from.abs_diff(to) > reach;
    by_pair(tokens, |from, to| if is_far(from, to) { f32::NEG_INFINITY } else { 0.0 }).map(Some)
}
