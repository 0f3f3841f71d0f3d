//! Encoding through candle, in 32-bit floats.

use std::sync::Arc;

use candle_core::Tensor;
use rayon::ThreadPool;
use tokenizers::Tokenizer;
use trommel_core::BoxError;
use trommel_models::{Bert, InstalledModel, Pooling, one_thread};

use crate::EncodeError;
use crate::bi_encoder::Embed;

/// What all threads share.
pub(crate) struct Network {
    bert: Bert,
    tokenizer: Tokenizer,
    pooling: Pooling,
}

/// One thread.
pub(crate) struct CandleWorker {
    network: Arc<Network>,
    thread: ThreadPool,
}

impl Network {
    pub(crate) fn load(model: &InstalledModel, tokenizer: Tokenizer) -> Result<Self, EncodeError> {
        let (bert, _) = Bert::load(model)?;
        Ok(Self { bert, tokenizer, pooling: model.spec.encoder()?.pooling })
    }

    fn embed(&self, text: &str) -> Result<Vec<f32>, BoxError> {
        let tokens = self.tokenizer.encode_fast(text, true)?;
        let states = self.bert.states(tokens.get_ids(), tokens.get_type_ids())?;
        Ok(pooled(&states, self.pooling)?.to_vec1()?)
    }
}

impl CandleWorker {
    pub(crate) fn new(network: Arc<Network>) -> Result<Self, EncodeError> {
        Ok(Self { network, thread: one_thread()? })
    }
}

impl Embed for CandleWorker {
    fn embed(&mut self, text: &str) -> Result<Vec<f32>, BoxError> {
        self.thread.install(|| self.network.embed(text))
    }
}

/// Returns one vector from states of shape (tokens, hidden), none of which is padding.
fn pooled(states: &Tensor, pooling: Pooling) -> candle_core::Result<Tensor> {
    match pooling {
        Pooling::Cls => states.get(0),
        Pooling::Mean => states.mean(0),
    }
}
