//! XLM-RoBERTa: `logit = out_proj(tanh(dense(<s>)))`.
//!
//! The body is candle's. It numbers the positions as the reference does, from after the padding's
//! id, and knows one token type only.

use candle_core::{Device, Module, Tensor};
use candle_nn::{Activation, Linear, linear};
use candle_transformers::models::xlm_roberta::{Config as Body, XLMRobertaModel};
use serde::Deserialize;
use trommel_models::{
    Architecture, InstalledModel, NetworkError, NetworkSizes, NetworkWeights, Pair,
};

use super::{Classifier, only};

pub(super) struct Network {
    body: XLMRobertaModel,
    dense: Linear,
    out: Linear,
}

/// What is read of `config.json`; the body's own form wants what newer configs leave out.
#[derive(Debug, Deserialize)]
struct Config {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: Activation,
    max_position_embeddings: usize,
    layer_norm_eps: f64,
    type_vocab_size: usize,
    #[serde(default = "padding")]
    pad_token_id: u32,
}

fn padding() -> u32 {
    1
}

impl Config {
    fn sizes(&self) -> NetworkSizes {
        NetworkSizes {
            vocabulary: self.vocab_size,
            hidden: self.hidden_size,
            heads: self.num_attention_heads,
            tokens: self.max_position_embeddings.saturating_sub(self.pad_token_id as usize + 1),
        }
    }

    fn body(self) -> Body {
        Body {
            hidden_size: self.hidden_size,
            layer_norm_eps: self.layer_norm_eps,
            attention_probs_dropout_prob: 0.0,
            hidden_dropout_prob: 0.0,
            num_attention_heads: self.num_attention_heads,
            position_embedding_type: "absolute".to_owned(),
            intermediate_size: self.intermediate_size,
            hidden_act: self.hidden_act,
            num_hidden_layers: self.num_hidden_layers,
            vocab_size: self.vocab_size,
            max_position_embeddings: self.max_position_embeddings,
            type_vocab_size: self.type_vocab_size,
            pad_token_id: self.pad_token_id,
        }
    }
}

impl Network {
    pub(super) fn load(model: &InstalledModel) -> Result<Self, NetworkError> {
        let config: Config = model.network_config()?;
        config.sizes().check(model)?;
        let hidden = config.hidden_size;
        let config = config.body();
        let weights = NetworkWeights::read(model, Architecture::XlmRoberta)?;
        let body = weights.body(|tensors| XLMRobertaModel::new(&config, tensors))?;
        let dense =
            weights.head(|tensors| linear(hidden, hidden, tensors.pp("classifier.dense")))?;
        let out = weights.head(|tensors| linear(hidden, 1, tensors.pp("classifier.out_proj")))?;
        Ok(Self { body, dense, out })
    }
}

impl Classifier for Network {
    fn logit(&self, pair: &Pair) -> candle_core::Result<f32> {
        let ids = Tensor::new(pair.ids.as_slice(), &Device::Cpu)?.unsqueeze(0)?;
        let types = ids.zeros_like()?;
        // Nothing is padded, so every token is to be seen.
        let all = ids.ones_like()?;
        let states = self.body.forward(&ids, &all, &types, None, None, None)?;
        let first = states.squeeze(0)?.narrow(0, 0, 1)?;
        let pooled = self.dense.forward(&first)?.tanh()?;
        only(&self.out, &pooled)
    }
}
