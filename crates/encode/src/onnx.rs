//! Encoding through fastembed's user-defined model, on ONNX Runtime.

use std::path::PathBuf;

use fastembed::{
    InitOptionsUserDefined, Pooling as FastembedPooling, QuantizationMode, TextEmbedding,
    TokenizerFiles, UserDefinedEmbeddingModel,
};
use ort::environment::Environment;
use tokenizers::Tokenizer;
use trommel_core::BoxError;
use trommel_models::Pooling;

use crate::EncodeError;
use crate::bi_encoder::Embed;

/// What all sessions of a model are made of.
pub(crate) struct Graph {
    pub(crate) environment: Environment,
    pub(crate) file: PathBuf,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) pooling: Pooling,
}

/// One session of one thread.
pub(crate) struct OnnxWorker {
    session: TextEmbedding,
}

impl OnnxWorker {
    pub(crate) fn new(graph: &Graph) -> Result<Self, EncodeError> {
        let path = &graph.file;
        let bytes = std::fs::read(path)
            .map_err(|source| EncodeError::Read { path: path.clone(), source })?;
        // Its quantisation modes only decide whether texts may share a batch, and none do here.
        let model = UserDefinedEmbeddingModel::new(bytes, placeholder())
            .with_quantization(QuantizationMode::None)
            .with_pooling(match graph.pooling {
                Pooling::Cls => FastembedPooling::Cls,
                Pooling::Mean => FastembedPooling::Mean,
            });
        let options = InitOptionsUserDefined::new()
            .with_environment(graph.environment.clone())
            .with_intra_threads(1);
        let mut session = TextEmbedding::try_new_from_user_defined(model, options)
            .map_err(|source| EncodeError::Session { path: path.clone(), source: source.into() })?;
        session.tokenizer = graph.tokenizer.clone();
        Ok(Self { session })
    }
}

impl Embed for OnnxWorker {
    fn embed(&mut self, text: &str) -> Result<Vec<f32>, BoxError> {
        let vectors = self.session.embed([text], Some(1))?;
        Ok(vectors.into_iter().next().ok_or("no vector")?)
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
