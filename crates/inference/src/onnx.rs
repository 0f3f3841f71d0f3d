//! Running a model through fastembed's user-defined models, on ONNX Runtime.

use std::path::PathBuf;

use fastembed::{
    InitOptionsUserDefined, Pooling as FastembedPooling, QuantizationMode,
    RerankInitOptionsUserDefined, TextEmbedding, TextRerank, TokenizerFiles,
    UserDefinedEmbeddingModel, UserDefinedRerankingModel,
};
use ort::environment::Environment;
use tokenizers::Tokenizer;
use trommel_core::BoxError;
use trommel_models::Pooling;

use crate::InferenceError;
use crate::session::{Head, Input, Worker};

/// What all sessions of a model are made of.
pub(crate) struct Graph {
    pub(crate) environment: Environment,
    pub(crate) file: PathBuf,
    /// Cuts what is too long, as the session's own would not.
    pub(crate) tokenizer: Tokenizer,
    pub(crate) head: Head,
}

/// One session of one thread.
pub(crate) enum OnnxSession {
    Encoder(Box<TextEmbedding>),
    Reranker(Box<TextRerank>),
}

impl OnnxSession {
    pub(crate) fn new(graph: &Graph) -> Result<Self, InferenceError> {
        let path = &graph.file;
        let failed = |source: BoxError| InferenceError::Session { path: path.clone(), source };
        Ok(match graph.head {
            Head::Pooled(pooling) => {
                let bytes = std::fs::read(path)
                    .map_err(|source| InferenceError::Read { path: path.clone(), source })?;
                // Its quantisation modes only decide whether texts may share a batch, and none do
                // here.
                let model = UserDefinedEmbeddingModel::new(bytes, placeholder())
                    .with_quantization(QuantizationMode::None)
                    .with_pooling(match pooling {
                        Pooling::Cls => FastembedPooling::Cls,
                        Pooling::Mean => FastembedPooling::Mean,
                    });
                let options = InitOptionsUserDefined::new()
                    .with_environment(graph.environment.clone())
                    .with_intra_threads(1);
                let mut session = TextEmbedding::try_new_from_user_defined(model, options)
                    .map_err(|source| failed(source.into()))?;
                session.tokenizer = graph.tokenizer.clone();
                Self::Encoder(session.into())
            }
            Head::Logit => {
                let model = UserDefinedRerankingModel::new(path.clone(), placeholder());
                let options = RerankInitOptionsUserDefined::new()
                    .with_environment(graph.environment.clone())
                    .with_intra_threads(1);
                let mut session = TextRerank::try_new_from_user_defined(model, options)
                    .map_err(|source| failed(source.into()))?;
                // fastembed's own truncation shortens whichever text is longer, the query too.
                session.tokenizer = graph.tokenizer.clone();
                Self::Reranker(session.into())
            }
        })
    }
}

impl Worker for OnnxSession {
    fn run(&mut self, input: &Input<'_>) -> Result<Vec<f32>, BoxError> {
        match self {
            Self::Encoder(session) => {
                let vectors = session.embed([&*input.text], Some(1))?;
                Ok(vectors.into_iter().next().ok_or("no vector")?)
            }
            Self::Reranker(session) => {
                let results = session.rerank(input.query, [&*input.text], false, Some(1))?;
                Ok(vec![results.first().ok_or("no logit")?.score])
            }
        }
    }
}

/// Returns an empty tokenizer: fastembed parses one for every session, which is 25 ms for a real
/// one, and pads. It then gets a copy of the tokenizer that is parsed already.
fn placeholder() -> TokenizerFiles {
    let tokenizer = r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
        "normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,
        "model":{"type":"WordLevel","vocab":{"[PAD]":0},"unk_token":"[PAD]"}}"#;
    TokenizerFiles {
        tokenizer_file: tokenizer.into(),
        config_file: r#"{"pad_token_id":0}"#.into(),
        special_tokens_map_file: "{}".into(),
        tokenizer_config_file: r#"{"model_max_length":512,"pad_token":"[PAD]"}"#.into(),
    }
}
