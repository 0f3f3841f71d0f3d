//! From a model of the store to a reranker.

use std::sync::Arc;

use trommel_core::Reranker;
use trommel_models::{
    Architecture, InstalledModel, NetworkSpec, Runtime, WeightsFormat, onnx_environment,
};

use crate::RerankError;
use crate::candle::{CandleWorker, Network};
use crate::cross_encoder::CrossEncoder;
use crate::kernels::KernelReranker;
use crate::onnx::{Graph, OnnxWorker};
use crate::pair::{PairTokenizer, Pairs};
use crate::prompt::{Prompt, PromptTokenizer};

/// Returns a reranker that reads up to `threads` pairs at a time.
///
/// A passage that does not fit beside the query loses its end. The query is whole up to 64 tokens
/// below the model's length; a longer one loses its end too. What one thread needs (with ONNX
/// Runtime, a session) is made now for the first thread, and for another one when it first has
/// work.
///
/// # Errors
///
/// If the model is no reranker, the runtime cannot run its weights, or its files do not fit each
/// other.
pub fn load(
    model: &InstalledModel,
    runtime: &Runtime,
    threads: usize,
) -> Result<Box<dyn Reranker>, RerankError> {
    let NetworkSpec { architecture, weights, .. } = model.spec.reranker()?.network;
    Ok(match runtime {
        Runtime::Onnx { library } => {
            if weights != WeightsFormat::Onnx {
                return Err(RerankError::NotOnnx { model: model.spec.id.clone(), got: weights });
            }
            let environment = onnx_environment(library)?;
            let pairs = Arc::new(PairTokenizer::new(model, architecture)?);
            let file = model.weights_file().to_owned();
            let graph = Graph { environment, file, pairs: Arc::clone(&pairs) };
            let make = move || OnnxWorker::new(&graph);
            Box::new(CrossEncoder::new(model, pairs, threads, make)?)
        }
        Runtime::Kernels { precision, isa } => {
            Box::new(KernelReranker::new(model, architecture, *precision, *isa, threads)?)
        }
        Runtime::Candle => {
            let pairs = pairs(model, architecture)?;
            let network = Arc::new(Network::load(model, architecture, pairs.answers())?);
            let make = move || CandleWorker::new(Arc::clone(&network));
            Box::new(CrossEncoder::new(model, pairs, threads, make)?)
        }
    })
}

/// Returns what makes sequences of queries and passages as the architecture is trained with.
pub(crate) fn pairs(
    model: &InstalledModel,
    architecture: Architecture,
) -> Result<Arc<dyn Pairs>, RerankError> {
    Ok(match Prompt::of(architecture) {
        Some(prompt) => Arc::new(PromptTokenizer::new(model, prompt)?),
        None => Arc::new(PairTokenizer::new(model, architecture)?),
    })
}
