//! Causal language models of Llama's kind (Touvron et al. 2023) as rerankers: the logits of the
//! answers after the last token of a prompt, `logit = yes - no`, or what a head of one layer makes
//! of its state.
//!
//! The forward pass is ours, one for all families, which differ in little. candle's change with
//! every text that they read, hold the scores of all heads at once, apply a window that the config
//! switches off, and multiply by the whole vocabulary where two of its words are wanted.

use candle_core::{Device, Module, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{
    Activation, Embedding, Linear, RmsNorm, VarBuilder, embedding, linear_b, linear_no_bias,
};
use trommel_models::{Architecture, InstalledModel, NetworkError, NetworkWeights, Pair};

use super::Classifier;
use super::attention::{Rotation, Speeds, by_head, by_pair};
use super::causal_config::Config;

pub(super) struct Network {
    body: Body,
    /// What of the head is read, of shape (answers, hidden).
    answers: Tensor,
}

struct Body {
    words: Embedding,
    word_scale: f64,
    layers: Vec<Layer>,
    norm: RmsNorm,
    speeds: Speeds,
}

struct Layer {
    norm: RmsNorm,
    attention: Attention,
    mlp_norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
    activation: Activation,
    /// What is multiplied with what the layer adds.
    scale: f64,
}

struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    query_norm: Option<RmsNorm>,
    key_norm: Option<RmsNorm>,
    heads: usize,
    /// Several heads of queries share one of keys and values (Ainslie et al. 2023).
    shared_heads: usize,
}

impl Network {
    /// Reads the network of a model whose score is the logit of the first of `answers`, less that
    /// of the second, if there is one.
    pub(super) fn load(
        model: &InstalledModel,
        architecture: Architecture,
        answers: &[u32],
    ) -> std::result::Result<Self, NetworkError> {
        let config = Config::read(model, architecture)?;
        let weights = NetworkWeights::read(model, architecture)?;
        let body = weights.body(|tensors| Body::load(&tensors, &config))?;
        let (words, hidden) = (config.vocab_size, config.hidden_size);
        let rows = |head: Tensor| head.index_select(&Tensor::new(answers, &Device::Cpu)?, 0);
        let answers = weights.head(|tensors| match config.family.is_layerwise {
            true => {
                tensors.get((1, hidden), &format!("lm_head.{}.linear_head.weight", config.head()))
            }
            false if config.is_tied() => rows(body.words.embeddings().clone()),
            false => rows(tensors.get((words, hidden), "lm_head.weight")?),
        })?;
        Ok(Self { body, answers })
    }
}

impl Classifier for Network {
    fn logit(&self, pair: &Pair) -> Result<f32> {
        let logits = self.body.last_state(&pair.ids)?.matmul(&self.answers.t()?)?;
        Ok(match logits.flatten_all()?.to_vec1::<f32>()?.as_slice() {
            [yes, no] => yes - no,
            [yes] => *yes,
            other => candle_core::bail!("{} answers", other.len()),
        })
    }
}

impl Body {
    fn load(tensors: &VarBuilder<'static>, config: &Config) -> Result<Self> {
        Ok(Self {
            words: embedding(config.vocab_size, config.hidden_size, tensors.pp("embed_tokens"))?,
            word_scale: config.word_scale(),
            layers: (0..config.layers())
                .map(|layer| Layer::load(&tensors.pp(format!("layers.{layer}")), config))
                .collect::<Result<_>>()?,
            norm: norm(config.hidden_size, config, tensors.pp("norm"))?,
            speeds: Speeds::new(config.theta(), config.width())?,
        })
    }

    /// Returns the state of the last token, of shape (1, hidden).
    fn last_state(&self, ids: &[u32]) -> Result<Tensor> {
        let rotation = self.speeds.rotation(ids.len())?;
        let later = later(ids.len())?;
        let words = self.words.forward(&Tensor::new(ids, &Device::Cpu)?)?;
        let mut states = (words * self.word_scale)?;
        for layer in &self.layers {
            states = layer.forward(&states, &rotation, &later)?;
        }
        // Only what comes after the last token is asked for.
        self.norm.forward(&states.narrow(0, ids.len() - 1, 1)?)
    }
}

impl Layer {
    fn load(tensors: &VarBuilder<'static>, config: &Config) -> Result<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| norm(hidden, config, tensors.pp(name));
        let matrix =
            |inputs, outputs, name: &str| linear_no_bias(inputs, outputs, tensors.pp(name));
        Ok(Self {
            norm: norm("input_layernorm")?,
            attention: Attention::load(&tensors.pp("self_attn"), config)?,
            mlp_norm: norm("post_attention_layernorm")?,
            gate: matrix(hidden, inner, "mlp.gate_proj")?,
            up: matrix(hidden, inner, "mlp.up_proj")?,
            down: matrix(inner, hidden, "mlp.down_proj")?,
            activation: config.family.activation,
            scale: config.depth_scale(),
        })
    }

    fn forward(&self, states: &Tensor, rotation: &Rotation, later: &Tensor) -> Result<Tensor> {
        let mixed = self.attention.forward(&self.norm.forward(states)?, rotation, later)?;
        let states = (states + (mixed * self.scale)?)?;
        let normed = self.mlp_norm.forward(&states)?;
        let gate = self.activation.forward(&self.gate.forward(&normed)?)?;
        let gated = (gate * self.up.forward(&normed)?)?;
        states + (self.down.forward(&gated)? * self.scale)?
    }
}

impl Attention {
    fn load(tensors: &VarBuilder<'static>, config: &Config) -> Result<Self> {
        let (heads, shared_heads) = (config.num_attention_heads, config.shared_heads());
        let (hidden, width) = (config.hidden_size, config.width());
        let matrix = |heads, name: &str| {
            linear_b(hidden, heads * width, config.family.bias, tensors.pp(name))
        };
        let norm = |name: &str| {
            config.family.head_norms.then(|| norm(width, config, tensors.pp(name))).transpose()
        };
        Ok(Self {
            query: matrix(heads, "q_proj")?,
            key: matrix(shared_heads, "k_proj")?,
            value: matrix(shared_heads, "v_proj")?,
            output: linear_no_bias(heads * width, hidden, tensors.pp("o_proj"))?,
            query_norm: norm("q_norm")?,
            key_norm: norm("k_norm")?,
            heads,
            shared_heads,
        })
    }

    /// Returns what tokens take over from those before them, of shape (tokens, hidden).
    fn forward(&self, states: &Tensor, rotation: &Rotation, later: &Tensor) -> Result<Tensor> {
        let queries = by_head(&self.query.forward(states)?, self.heads)?;
        let keys = by_head(&self.key.forward(states)?, self.shared_heads)?;
        let values = by_head(&self.value.forward(states)?, self.shared_heads)?;
        let queries = rotation.turn(&normed(&queries, self.query_norm.as_ref())?)?;
        let keys = rotation.turn(&normed(&keys, self.key_norm.as_ref())?)?;
        let scale = 1.0 / (queries.dim(2)? as f64).sqrt();
        let queries = (queries * scale)?;
        let mixed = (0..self.heads)
            .map(|head| {
                // With 8 heads of queries and 2 of keys, heads 0 to 3 share the first and 4 to 7
                // the second.
                let shared = head / (self.heads / self.shared_heads);
                let scores = queries.get(head)?.matmul(&keys.get(shared)?.t()?)?;
                softmax_last_dim(&(scores + later)?)?.matmul(&values.get(shared)?)
            })
            .collect::<Result<Vec<_>>>()?;
        self.output.forward(&Tensor::cat(&mixed, 1)?)
    }
}

/// Reads a norm by the root mean square (Zhang and Sennrich 2019).
fn norm(width: usize, config: &Config, tensors: VarBuilder<'static>) -> Result<RmsNorm> {
    let weights = (tensors.get(width, "weight")? + config.family.norm_middle)?;
    Ok(RmsNorm::new(weights, config.rms_norm_eps))
}

fn normed(states: &Tensor, norm: Option<&RmsNorm>) -> Result<Tensor> {
    norm.map_or_else(|| Ok(states.clone()), |norm| norm.forward(states))
}

/// Returns what hides later tokens from earlier ones: of shape (tokens, tokens), minus infinity
/// where it does.
fn later(tokens: usize) -> Result<Tensor> {
    by_pair(tokens, |from, to| if to > from { f32::NEG_INFINITY } else { 0.0 })
}
