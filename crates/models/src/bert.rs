//! The BERT network on candle, in 32-bit floats: the reference that other runtimes are held to.

use candle_core::{Device, Tensor};
use candle_transformers::models::bert::{BertModel, Config};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{Architecture, InstalledModel, NetworkError, NetworkSizes, NetworkWeights};

/// A BERT network: tokens in, one state a token out (Devlin et al. 2019).
pub struct Bert {
    network: BertModel,
    hidden: usize,
}

impl Bert {
    /// Reads the network of a model; what stands on top of it is left in the weights.
    ///
    /// # Errors
    ///
    /// If the model is no BERT, its config cannot be used or does not fit the model's entry, or
    /// its weights do not fit the config.
    pub fn load(model: &InstalledModel) -> Result<(Self, NetworkWeights), NetworkError> {
        let config = config(model)?;
        sizes(&config).check(model)?;
        let weights = NetworkWeights::read(model, Architecture::Bert)?;
        let network = weights.body(|tensors| BertModel::load(tensors, &config))?;
        Ok((Self { network, hidden: config.hidden_size }, weights))
    }

    /// Returns the length of a token's state.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Returns the states of a text's or pair's tokens, of shape (tokens, hidden).
    ///
    /// One text at a time: nothing is padded, and no state depends on another text.
    ///
    /// # Errors
    ///
    /// If a token lies outside the model's vocabulary or positions.
    pub fn states(&self, ids: &[u32], types: &[u32]) -> candle_core::Result<Tensor> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let types = Tensor::new(types, &Device::Cpu)?.unsqueeze(0)?;
        self.network.forward(&ids, &types, None)?.squeeze(0)
    }
}

fn config(model: &InstalledModel) -> Result<Config, NetworkError> {
    let got = model.spec.network()?.architecture;
    if got != Architecture::Bert {
        let (model, expected) = (model.spec.id.clone(), Architecture::Bert.to_string());
        return Err(NetworkError::Architecture { model, expected, got });
    }
    model.network_config()
}

fn sizes(config: &Config) -> NetworkSizes {
    NetworkSizes {
        vocabulary: config.vocab_size,
        hidden: config.hidden_size,
        heads: config.num_attention_heads,
        tokens: config.max_position_embeddings,
    }
}

/// Returns a pool of one thread, in which candle multiplies matrices on that thread alone: texts
/// on different threads do not wait for, or work on, each other.
///
/// Element-wise operations on more than 64k numbers still go to a pool of candle's own, which the
/// whole process shares and which has a thread a core.
///
/// # Errors
///
/// If the system starts no thread.
pub fn one_thread() -> Result<ThreadPool, NetworkError> {
    ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .map_err(|source| NetworkError::Thread(source.into()))
}
