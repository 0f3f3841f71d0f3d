//! Reranking through fastembed's user-defined reranker, on ONNX Runtime.

use std::path::PathBuf;
use std::sync::Arc;

use fastembed::{
    RerankInitOptionsUserDefined, TextRerank, TokenizerFiles, UserDefinedRerankingModel,
};
use ort::environment::Environment;
use trommel_core::BoxError;
use trommel_models::Pair;

use crate::RerankError;
use crate::cross_encoder::Judge;
use crate::pair::PairTokenizer;

/// What all sessions of a model are made of.
pub(crate) struct Graph {
    pub(crate) environment: Environment,
    pub(crate) file: PathBuf,
    pub(crate) pairs: Arc<PairTokenizer>,
}

/// One session of one thread.
pub(crate) struct OnnxWorker {
    session: TextRerank,
}

impl OnnxWorker {
    pub(crate) fn new(graph: &Graph) -> Result<Self, RerankError> {
        let failed = |source| RerankError::Session { path: graph.file.clone(), source };
        let model = UserDefinedRerankingModel::new(graph.file.clone(), placeholder());
        let options = RerankInitOptionsUserDefined::new()
            .with_environment(graph.environment.clone())
            .with_intra_threads(1);
        let mut session = TextRerank::try_new_from_user_defined(model, options)
            .map_err(|source| failed(source.into()))?;
        // fastembed's own truncation shortens whichever text is longer, the query too.
        session.tokenizer = graph.pairs.truncating().map_err(failed)?;
        Ok(Self { session })
    }
}

impl Judge for OnnxWorker {
    fn logit(&mut self, query: &str, passage: &str, _: &Pair) -> Result<f32, BoxError> {
        let results = self.session.rerank(query, [passage], false, Some(1))?;
        Ok(results.first().ok_or("no logit")?.score)
    }
}

/// Returns an empty tokenizer: fastembed parses one for every session, which is 25 ms for a real
/// one. It then gets a copy of the tokenizer that is parsed already.
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
