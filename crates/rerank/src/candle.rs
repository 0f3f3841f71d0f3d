//! Reranking through candle, in 32-bit floats: BERT with the head for sequence classification.

use std::sync::Arc;

use candle_core::Module;
use candle_nn::Linear;
use rayon::ThreadPool;
use trommel_core::BoxError;
use trommel_models::{Bert, InstalledModel, one_thread};

use crate::RerankError;
use crate::cross_encoder::Judge;
use crate::pair::Pair;

/// What all threads share: `logit = classifier(tanh(pooler([CLS])))`.
pub(crate) struct Network {
    bert: Bert,
    pooler: Linear,
    classifier: Linear,
}

/// One thread.
pub(crate) struct CandleWorker {
    network: Arc<Network>,
    thread: ThreadPool,
}

impl Network {
    pub(crate) fn load(model: &InstalledModel) -> Result<Self, RerankError> {
        let (bert, weights) = Bert::load(model)?;
        let pooler = weights.linear("pooler.dense", bert.hidden(), bert.hidden())?;
        let classifier = weights.linear("classifier", bert.hidden(), 1)?;
        Ok(Self { bert, pooler, classifier })
    }

    fn logit(&self, pair: &Pair) -> candle_core::Result<f32> {
        let first = self.bert.states(&pair.tokens)?.narrow(0, 0, 1)?;
        let pooled = self.pooler.forward(&first)?.tanh()?;
        self.classifier.forward(&pooled)?.flatten_all()?.get(0)?.to_scalar()
    }
}

impl CandleWorker {
    pub(crate) fn new(network: Arc<Network>) -> Result<Self, RerankError> {
        Ok(Self { network, thread: one_thread()? })
    }
}

impl Judge for CandleWorker {
    fn logit(&mut self, _: &str, _: &str, pair: &Pair) -> Result<f32, BoxError> {
        Ok(self.thread.install(|| self.network.logit(pair))?)
    }
}
