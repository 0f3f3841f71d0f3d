//! The BERT network on candle, in 32-bit floats: the reference that other runtimes are held to.

use std::io;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::{Linear, VarBuilder};
use candle_transformers::models::bert::{BertModel, Config};
use rayon::{ThreadPool, ThreadPoolBuilder};
use thiserror::Error;
use tokenizers::Encoding;
use trommel_core::BoxError;
use trommel_kernels::KernelError;

use crate::{InstalledModel, ModelsError};

/// Says why a BERT model cannot be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BertError {
    /// The model's files could not be had.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// The model is of another architecture.
    #[error("model {model} has the architecture {got:?}, where \"bert\" is expected")]
    Architecture {
        /// The model.
        model: String,
        /// What it is.
        got: String,
    },
    /// `config.json` cannot be used.
    #[error("the config of model {model} has {got} where {expected} is expected")]
    Config {
        /// The model.
        model: String,
        /// What is expected, such as `max_position_embeddings of at least 512`.
        expected: String,
        /// What it says.
        got: String,
    },
    /// The weights cannot be read.
    #[error("{} cannot be read as weights", .path.display())]
    Unreadable {
        /// The weights' file.
        path: PathBuf,
        /// The reader's own error.
        #[source]
        source: BoxError,
    },
    /// A tensor is not in the weights.
    #[error("{} has no tensor {name}", .path.display())]
    MissingTensor {
        /// The weights' file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than the config says.
    #[error("tensor {name} of {} has the shape {got:?}, where {expected:?} is expected", .path.display())]
    WrongShape {
        /// The weights' file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The shape that follows from the config.
        expected: Vec<usize>,
        /// The shape that it has.
        got: Vec<usize>,
    },
    /// Our own kernels cannot run it.
    #[error("model {model} cannot be run")]
    Kernels {
        /// The model.
        model: String,
        /// What is wrong with its weights or its configuration.
        #[source]
        source: KernelError,
    },
    /// No thread could be started.
    #[error("no thread can be started")]
    Thread(#[source] BoxError),
}

/// A BERT network: tokens in, one state a token out (Devlin et al. 2019).
pub struct Bert {
    network: BertModel,
    hidden: usize,
}

/// A model's weights as they lie in the file, for what stands on top of the network.
pub struct BertWeights {
    tensors: VarBuilder<'static>,
    file: PathBuf,
}

impl Bert {
    /// Reads the network of a model; what stands on top of it is left in the weights.
    ///
    /// # Errors
    ///
    /// If the model is no BERT, its config cannot be used or does not fit the model's entry, or
    /// its weights do not fit the config.
    pub fn load(model: &InstalledModel) -> Result<(Self, BertWeights), BertError> {
        let config = config(model)?;
        let weights = BertWeights::read(model.f32_weights()?)?;
        let network = BertModel::load(weights.tensors.clone(), &config)
            .map_err(|error| weights.explain(error))?;
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
    pub fn states(&self, tokens: &Encoding) -> candle_core::Result<Tensor> {
        let ids = Tensor::new(tokens.get_ids(), &Device::Cpu)?.unsqueeze(0)?;
        let types = Tensor::new(tokens.get_type_ids(), &Device::Cpu)?.unsqueeze(0)?;
        self.network.forward(&ids, &types, None)?.squeeze(0)
    }
}

impl BertWeights {
    /// Reads a linear layer with a bias.
    ///
    /// # Errors
    ///
    /// If it is missing or of another shape.
    pub fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, BertError> {
        candle_nn::linear(inputs, outputs, self.tensors.pp(name))
            .map_err(|error| self.explain(error))
    }

    fn read(file: PathBuf) -> Result<Self, BertError> {
        let unreadable = |source: BoxError| BertError::Unreadable { path: file.clone(), source };
        let bytes = std::fs::read(&file).map_err(|error: io::Error| unreadable(error.into()))?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
            .map_err(|error| unreadable(error.into()))?;
        let tensors = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(Self { tensors, file })
    }

    fn explain(&self, error: candle_core::Error) -> BertError {
        explain(&self.file, error)
    }
}

fn explain(path: &Path, error: candle_core::Error) -> BertError {
    use candle_core::Error::{CannotFindTensor, UnexpectedShape, WithBacktrace};
    let path = path.to_owned();
    match error {
        WithBacktrace { inner, .. } => explain(&path, *inner),
        CannotFindTensor { path: name } => BertError::MissingTensor { path, name },
        UnexpectedShape { msg, expected, got } => BertError::WrongShape {
            path,
            name: msg.strip_prefix("shape mismatch for ").unwrap_or(&msg).to_owned(),
            expected: expected.into_dims(),
            got: got.into_dims(),
        },
        other => BertError::Unreadable { path, source: other.into() },
    }
}

/// Returns the config after checking what candle would panic on or only find out mid-text.
fn config(model: &InstalledModel) -> Result<Config, BertError> {
    let config = sizes(model)?;
    let tokens = model.tokenizer()?.get_vocab_size(true);
    if tokens > config.vocab_size {
        return Err(BertError::Config {
            model: model.spec.id.clone(),
            expected: format!("vocab_size of at least the {tokens} tokens of the tokenizer"),
            got: format!("{}", config.vocab_size),
        });
    }
    Ok(config)
}

/// Returns the config after checking it against itself and the model's entry.
pub(crate) fn sizes(model: &InstalledModel) -> Result<Config, BertError> {
    let spec = &model.spec;
    if spec.architecture != "bert" {
        let (model, got) = (spec.id.clone(), spec.architecture.clone());
        return Err(BertError::Architecture { model, got });
    }
    let wrong = |expected: String, got: String| {
        Err(BertError::Config { model: spec.id.clone(), expected, got })
    };
    let config: Config = match serde_json::from_str(&model.config()?) {
        Ok(config) => config,
        Err(error) => return wrong("a BERT configuration".into(), error.to_string()),
    };
    let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
    if heads == 0 || hidden == 0 || hidden % heads != 0 {
        return wrong(
            "a hidden_size that num_attention_heads divides".into(),
            format!("hidden_size {hidden} and num_attention_heads {heads}"),
        );
    }
    if spec.dimension != 0 && spec.dimension != hidden {
        return wrong(format!("hidden_size {}", spec.dimension), format!("{hidden}"));
    }
    let positions = config.max_position_embeddings;
    if positions < spec.max_tokens {
        return wrong(
            format!("max_position_embeddings of at least {}", spec.max_tokens),
            format!("{positions}"),
        );
    }
    Ok(config)
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
pub fn one_thread() -> Result<ThreadPool, BertError> {
    ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .map_err(|source| BertError::Thread(source.into()))
}
