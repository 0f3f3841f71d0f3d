//! A decoder on candle: tokens in, the logits of the next one out.

use candle_core::quantized::QMatMul;
use candle_core::{Device, IndexOp, Module, Result, Tensor};
use candle_nn::ops::{rms_norm, silu};
use trommel_models::{Gguf, GgufWeights, NetworkError};

use super::attention::{Attention, Heads};
use super::config::Config;

/// The network of a [`Decoder`](trommel_models::Decoder), in 32-bit floats.
///
/// It is the same for every text; what was read of one is in a [`Memory`].
pub(super) struct Network {
    config: Config,
    embeddings: Tensor,
    layers: Vec<Layer>,
    norm: Tensor,
    output: QMatMul,
}

/// What a network keeps of the tokens that it has read: the keys and values of every layer.
///
/// A clone shares them, so that many texts can go on from one beginning.
#[derive(Clone, Default)]
pub(super) struct Memory {
    layers: Vec<(Tensor, Tensor)>,
    tokens: usize,
}

struct Layer {
    attention_norm: Tensor,
    attention: Attention,
    feed_norm: Tensor,
    gate: QMatMul,
    up: QMatMul,
    down: QMatMul,
}

impl Network {
    /// Reads the network of a model's file, `vocabulary` tokens large.
    pub(super) fn load(
        model: &str,
        gguf: &Gguf,
        vocabulary: usize,
    ) -> std::result::Result<Self, NetworkError> {
        let config = Config::read(model, gguf)?;
        let mut weights = gguf.weights()?;
        let Config { hidden, .. } = config;
        let embeddings = weights.tensor("token_embd.weight", &[vocabulary, hidden])?;
        // A file without a head uses the table of words for it.
        let output = match weights.has("output.weight") {
            true => weights.linear("output.weight", [vocabulary, hidden])?,
            false => QMatMul::Tensor(embeddings.clone()),
        };
        let heads = Heads::new(&config, &mut weights)?;
        let layers = (0..config.layers).map(|n| Layer::load(n, &config, &heads, &mut weights));
        Ok(Self {
            layers: layers.collect::<std::result::Result<_, _>>()?,
            norm: weights.tensor("output_norm.weight", &[hidden])?,
            config,
            embeddings,
            output,
        })
    }

    /// Returns the network's sizes.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Reads at least one token more, and returns the logits of the next, one for each token of the
    /// vocabulary.
    ///
    /// Memory and tokens together must not be more than the context.
    pub(super) fn read(&self, tokens: &[u32], memory: &mut Memory) -> Result<Vec<f32>> {
        let last = tokens.len() - 1;
        let ids = Tensor::new(tokens, &Device::Cpu)?;
        let mut states = self.embeddings.index_select(&ids, 0)?;
        for (n, layer) in self.layers.iter().enumerate() {
            let before = memory.layers.get(n).cloned();
            let (after, kept) =
                layer.forward(&states, before, memory.tokens, self.config.epsilon)?;
            states = after;
            match memory.layers.get_mut(n) {
                Some(place) => *place = kept,
                None => memory.layers.push(kept),
            }
        }
        memory.tokens += tokens.len();
        // The head is as large as the vocabulary, so it sees the last token alone.
        let state = states.i(last..=last)?;
        let state = rms_norm(&state, &self.norm, self.config.epsilon)?;
        self.output.forward(&state)?.squeeze(0)?.to_vec1()
    }
}

impl Layer {
    fn load(
        n: usize,
        config: &Config,
        heads: &Heads,
        weights: &mut GgufWeights<'_>,
    ) -> std::result::Result<Self, NetworkError> {
        let Config { hidden, intermediate, .. } = *config;
        let name = |part: &str| format!("blk.{n}.{part}.weight");
        Ok(Self {
            attention_norm: weights.tensor(&name("attn_norm"), &[hidden])?,
            attention: Attention::load(n, config, heads, weights)?,
            feed_norm: weights.tensor(&name("ffn_norm"), &[hidden])?,
            gate: weights.linear(&name("ffn_gate"), [intermediate, hidden])?,
            up: weights.linear(&name("ffn_up"), [intermediate, hidden])?,
            down: weights.linear(&name("ffn_down"), [hidden, intermediate])?,
        })
    }

    /// States are of shape (tokens, hidden), `position` that of the first.
    fn forward(
        &self,
        states: &Tensor,
        before: Option<(Tensor, Tensor)>,
        position: usize,
        epsilon: f32,
    ) -> Result<(Tensor, (Tensor, Tensor))> {
        let normed = rms_norm(states, &self.attention_norm, epsilon)?;
        let (attended, kept) = self.attention.forward(&normed, before, position)?;
        let states = (states + attended)?;
        let normed = rms_norm(&states, &self.feed_norm, epsilon)?;
        let gated = (silu(&self.gate.forward(&normed)?)? * self.up.forward(&normed)?)?;
        Ok(((states + self.down.forward(&gated)?)?, kept))
    }
}
