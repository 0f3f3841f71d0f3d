//! Reranking through candle, in 32-bit floats: one file for each architecture.

mod attention;
mod bert;
mod causal;
mod causal_config;
mod deberta_v2;
mod jina_bert;
mod modernbert;
mod rotary;
mod xlm_roberta;

use std::sync::Arc;

use rayon::ThreadPool;
use trommel_core::BoxError;
use trommel_models::{Architecture, InstalledModel, NetworkError, Pair, one_thread};

use crate::cross_encoder::Judge;

/// A network that gives a pair one logit.
trait Classifier: Send + Sync {
    fn logit(&self, pair: &Pair) -> candle_core::Result<f32>;
}

/// What all threads share.
pub(crate) struct Network(Box<dyn Classifier>);

/// One thread.
pub(crate) struct CandleWorker {
    network: Arc<Network>,
    thread: ThreadPool,
}

impl Network {
    /// Reads the network of a model; `answers` are what a language model's score is made of.
    pub(crate) fn load(
        model: &InstalledModel,
        architecture: Architecture,
        answers: &[u32],
    ) -> Result<Self, NetworkError> {
        Ok(Self(match architecture {
            Architecture::Bert => Box::new(bert::Network::load(model)?),
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

impl Judge for CandleWorker {
    fn logit(&mut self, _: &str, _: &str, pair: &Pair) -> Result<f32, BoxError> {
        Ok(self.thread.install(|| self.network.0.logit(pair))?)
    }
}
