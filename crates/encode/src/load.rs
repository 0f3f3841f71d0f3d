//! From a model of the store to an encoder.

use std::sync::Arc;

use tokenizers::utils::truncation::TruncationParams;
use tokenizers::{PostProcessor, Tokenizer};
use trommel_core::Encoder;
use trommel_models::{InstalledModel, Runtime, WeightsFormat, onnx_environment};

use crate::EncodeError;
use crate::bi_encoder::BiEncoder;
use crate::candle::{CandleWorker, Network};
use crate::kernels::KernelEncoder;
use crate::onnx::{Graph, OnnxWorker};

/// Returns an encoder that reads up to `threads` texts at a time.
///
/// A text longer than `max_tokens` of the model's entry loses its end. What one thread needs (with
/// ONNX Runtime, a session) is made now for the first thread, and for another one when it first
/// has work, so that a program that encodes one query pays for one.
///
/// # Errors
///
/// If the model is no encoder, the runtime cannot run its weights, or its files do not fit each
/// other.
pub fn load(
    model: &InstalledModel,
    runtime: &Runtime,
    threads: usize,
) -> Result<Box<dyn Encoder>, EncodeError> {
    let encoder = model.spec.encoder()?;
    let fingerprint = model.fingerprint()?;
    Ok(match runtime {
        Runtime::Onnx { library } => {
            if encoder.network.weights != WeightsFormat::Onnx {
                let (model, got) = (model.spec.id.clone(), encoder.network.weights);
                return Err(EncodeError::NotOnnx { model, got });
            }
            let graph = Graph {
                environment: onnx_environment(library)?,
                file: model.weights_file().to_owned(),
                tokenizer: tokenizer(model)?,
                pooling: encoder.pooling,
            };
            Box::new(BiEncoder::new(fingerprint, threads, move || OnnxWorker::new(&graph))?)
        }
        Runtime::Kernels { precision, isa } => {
            Box::new(KernelEncoder::new(model, *precision, *isa, threads)?)
        }
        Runtime::Candle => {
            let tokenizer = tokenizer(model)?;
            let network = Arc::new(Network::load(model, tokenizer)?);
            let make = move || CandleWorker::new(Arc::clone(&network));
            Box::new(BiEncoder::new(fingerprint, threads, make)?)
        }
    })
}

/// Returns the model's tokenizer, set to cut what is too long for the model.
pub(crate) fn tokenizer(model: &InstalledModel) -> Result<Tokenizer, EncodeError> {
    let max_tokens = model.spec.network()?.max_tokens;
    let mut tokenizer = model.tokenizer()?;
    // Otherwise a document that says "[SEP]" would end its own passage.
    tokenizer.set_encode_special_tokens(true);
    let wrong = |expected: String, got: String| EncodeError::Tokenizer {
        model: model.spec.id.clone(),
        expected,
        got,
    };
    // CLS pooling reads the first special token; and tokenizers panics if they alone are too long.
    let specials = tokenizer.get_post_processor().map_or(0, |post| post.added_tokens(false));
    if specials == 0 || specials >= max_tokens {
        return Err(wrong(
            format!("1 to {} special tokens around a text", max_tokens.saturating_sub(1)),
            specials.to_string(),
        ));
    }
    let truncation = TruncationParams { max_length: max_tokens, ..Default::default() };
    tokenizer
        .with_truncation(Some(truncation))
        .map_err(|error| wrong("truncation".into(), error.to_string()))?;
    Ok(tokenizer)
}
