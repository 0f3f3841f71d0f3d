//! BERT with a bias by distance for positions (ALiBi, Press et al. 2022) and gated layers, as
//! jina-reranker v1 has it: `logit = classifier(tanh(pooler(<s>)))`.
//!
//! The forward pass is ours. candle's makes the biases of all positions and heads when it is
//! loaded, which is 3 GB for 8192 tokens, and leaves out the types of tokens.

use candle_core::{D, Device, Module, Result, Tensor};
use candle_nn::{
    Embedding, LayerNorm, Linear, VarBuilder, embedding, layer_norm, linear, linear_no_bias,
};
use serde::Deserialize;
use trommel_models::{
    Architecture, InstalledModel, NetworkError, NetworkSizes, NetworkWeights, Pair,
};

use super::attention::{by_head, by_pair, mix};
use super::{Classifier, only};

pub(super) struct Network {
    words: Embedding,
    types: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
    /// How fast each head loses sight with the distance.
    slopes: Vec<f64>,
    pooler: Linear,
    classifier: Linear,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    norm: LayerNorm,
    up: Linear,
    down: Linear,
    last_norm: LayerNorm,
}

/// What is read of `config.json`.
#[derive(Debug, Deserialize)]
struct Config {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f64,
    position_embedding_type: String,
    #[serde(default = "geglu")]
    feed_forward_type: String,
}

fn geglu() -> String {
    "geglu".to_owned()
}

impl Config {
    fn check(&self, model: &InstalledModel) -> std::result::Result<(), NetworkError> {
        let sizes = NetworkSizes {
            vocabulary: self.vocab_size,
            hidden: self.hidden_size,
            heads: self.num_attention_heads,
            tokens: self.max_position_embeddings,
        };
        sizes.check(model)?;
        let fixed = [
            ("position_embedding_type", "alibi", &self.position_embedding_type),
            ("feed_forward_type", "geglu", &self.feed_forward_type),
        ];
        for (key, expected, got) in fixed {
            if got != expected {
                return Err(model.bad_config(format!("{key} {expected}"), got));
            }
        }
        Ok(())
    }
}

impl Network {
    pub(super) fn load(model: &InstalledModel) -> std::result::Result<Self, NetworkError> {
        let config: Config = model.network_config()?;
        config.check(model)?;
        let weights = NetworkWeights::read(model, Architecture::JinaBert)?;
        let hidden = config.hidden_size;
        let table = |name: &str, rows: usize| {
            weights.body(|tensors| embedding(rows, hidden, tensors.pp("embeddings").pp(name)))
        };
        let layer = |layer: usize| {
            weights
                .body(|tensors| Layer::load(&tensors.pp(format!("encoder.layer.{layer}")), &config))
        };
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            types: table("token_type_embeddings", config.type_vocab_size)?,
            norm: weights.body(|tensors| {
                layer_norm(hidden, config.layer_norm_eps, tensors.pp("embeddings.LayerNorm"))
            })?,
            layers: (0..config.num_hidden_layers)
                .map(layer)
                .collect::<std::result::Result<_, _>>()?,
            slopes: slopes(config.num_attention_heads),
            pooler: weights.body(|tensors| linear(hidden, hidden, tensors.pp("pooler.dense")))?,
            classifier: weights.head(|tensors| linear(hidden, 1, tensors.pp("classifier")))?,
        })
    }
}

impl Classifier for Network {
    fn logit(&self, pair: &Pair) -> Result<f32> {
        let words = self.words.forward(&Tensor::new(pair.ids.as_slice(), &Device::Cpu)?)?;
        let types = self.types.forward(&Tensor::new(pair.types.as_slice(), &Device::Cpu)?)?;
        let mut states = self.norm.forward(&(words + types)?)?;
        let distances = distances(pair.ids.len())?;
        for layer in &self.layers {
            states = layer.forward(&states, &self.slopes, &distances)?;
        }
        let pooled = self.pooler.forward(&states.narrow(0, 0, 1)?)?.tanh()?;
        only(&self.classifier, &pooled)
    }
}

impl Layer {
    fn load(tensors: &VarBuilder<'static>, config: &Config) -> Result<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let square = |name: &str| linear(hidden, hidden, tensors.pp(name));
        let norm = |name: &str| layer_norm(hidden, config.layer_norm_eps, tensors.pp(name));
        Ok(Self {
            query: square("attention.self.query")?,
            key: square("attention.self.key")?,
            value: square("attention.self.value")?,
            output: square("attention.output.dense")?,
            norm: norm("attention.output.LayerNorm")?,
            up: linear_no_bias(hidden, 2 * inner, tensors.pp("mlp.gated_layers"))?,
            down: linear(inner, hidden, tensors.pp("mlp.wo"))?,
            last_norm: norm("mlp.layernorm")?,
        })
    }

    fn forward(&self, states: &Tensor, slopes: &[f64], distances: &Tensor) -> Result<Tensor> {
        let heads = slopes.len();
        let queries = by_head(&self.query.forward(states)?, heads)?;
        let keys = by_head(&self.key.forward(states)?, heads)?;
        let values = by_head(&self.value.forward(states)?, heads)?;
        let queries = (&queries * (1.0 / (queries.dim(2)? as f64).sqrt()))?;
        let mixed = mix(&values, |head| {
            let scores = queries.get(head)?.matmul(&keys.get(head)?.t()?)?;
            scores - (distances * slopes[head])?
        })?;
        let states = self.norm.forward(&(self.output.forward(&mixed)? + states)?)?;
        let wide = self.up.forward(&states)?.chunk(2, D::Minus1)?;
        let gated = (wide[0].gelu_erf()? * &wide[1])?;
        self.last_norm.forward(&(self.down.forward(&gated)? + states)?)
    }
}

/// Returns the slopes of ALiBi: those of a power of two of heads fall by the same ratio, and what
/// is over takes every second slope of twice as many.
fn slopes(heads: usize) -> Vec<f64> {
    let even = 1 << heads.max(1).ilog2();
    let of =
        |heads: usize| (1..=heads).map(move |head| 2f64.powf(-8.0 * head as f64 / heads as f64));
    // Of 12 heads, 8 have the slopes 2^−1 to 2^−8, and the others 2^−0.5, 2^−1.5, 2^−2.5 and
    // 2^−3.5.
    of(even).chain(of(2 * even).step_by(2)).take(heads).collect()
}

/// Returns how far each two tokens are apart, of shape (tokens, tokens).
fn distances(tokens: usize) -> Result<Tensor> {
    by_pair(tokens, |from, to| from.abs_diff(to) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_paper_and_of_its_code_for_twelve_heads() {
        assert_eq!(slopes(8), [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625]);
        let root = 0.5f64.sqrt();
        assert_eq!(slopes(12)[..8], slopes(8));
        for (slope, expected) in slopes(12)[8..].iter().zip([1.0, 0.5, 0.25, 0.125]) {
            assert!((slope - expected * root).abs() < 1e-12, "{slope}");
        }
    }
}
