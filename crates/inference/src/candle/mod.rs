//! Networks on candle, in 32-bit floats: one file for each architecture.

mod attention;
mod bert;
mod causal;
mod causal_config;
mod deberta_v2;
mod jina_bert;
mod modernbert;
mod xlm_roberta;

use std::sync::Arc;

use candle_core::{Module, Tensor};
use candle_nn::Linear;
use rayon::ThreadPool;
use trommel_core::BoxError;
use trommel_models::{Architecture, InstalledModel, NetworkError, Pair, one_thread};

use crate::session::{Input, Worker};

/// A network that gives a pair one logit.
pub(crate) trait Classifier: Send + Sync {
    fn logit(&self, pair: &Pair) -> candle_core::Result<f32>;
}

/// Returns the one number that a head makes of a state of shape (1, hidden).
fn only(head: &Linear, state: &Tensor) -> candle_core::Result<f32> {
    head.forward(state)?.flatten_all()?.get(0)?.to_scalar()
}

/// What all threads share.
pub(crate) enum Network {
    Encoder(Box<bert::Encoder>),
    Reranker(Box<dyn Classifier>),
}

/// One thread.
pub(crate) struct CandleWorker {
    network: Arc<Network>,
    thread: ThreadPool,
}

impl Network {
    /// Reads the network of an encoder.
    pub(crate) fn encoder(model: &InstalledModel) -> Result<Self, NetworkError> {
        Ok(Self::Encoder(bert::Encoder::load(model)?.into()))
    }

    /// Reads the network of a reranker; `answers` are what a language model's score is made of.
    pub(crate) fn reranker(
        model: &InstalledModel,
        architecture: Architecture,
        answers: &[u32],
    ) -> Result<Self, NetworkError> {
        Ok(Self::Reranker(match architecture {
            Architecture::Bert => Box::new(bert::Reranker::load(model)?),
            Architecture::XlmRoberta => Box::new(xlm_roberta::Network::load(model)?),
            Architecture::DebertaV2 => Box::new(deberta_v2::Network::load(model)?),
            Architecture::ModernBert => Box::new(modernbert::Network::load(model)?),
            Architecture::JinaBert => Box::new(jina_bert::Network::load(model)?),
            Architecture::Qwen3
            | Architecture::Qwen2
            | Architecture::Gemma
            | Architecture::MiniCpm => {
                Box::new(causal::Network::load(model, architecture, answers)?)
            }
        }))
    }
}

impl CandleWorker {
    pub(crate) fn new(network: Arc<Network>) -> Result<Self, NetworkError> {
        Ok(Self { network, thread: one_thread()? })
    }
}

impl Worker for CandleWorker {
    fn run(&mut self, input: &Input<'_>) -> Result<Vec<f32>, BoxError> {
        let tokens = &input.tokens;
        // Within this pool candle's products stay on this thread.
        Ok(self.thread.install(|| match &*self.network {
            Network::Encoder(network) => network.vector(tokens),
            Network::Reranker(network) => network.logit(tokens).map(|logit| vec![logit]),
        })?)
    }
}
