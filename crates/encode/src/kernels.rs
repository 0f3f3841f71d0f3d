//! Encoding on our own kernels.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::Tokenizer;
use trommel_core::{BoxError, Encoder, Fingerprint, ModelError};
use trommel_models::{InstalledModel, Isa, Network, Pooling, Precision, Sequence, WordPiece};

use crate::EncodeError;
use crate::bi_encoder::{failed, normalised, prefixed};

/// An encoder that lays the tokens of all texts end to end and shares them out over its threads.
pub(crate) struct KernelEncoder {
    fingerprint: Fingerprint,
    network: Network,
    tokens: Tokens,
    pooling: Pooling,
    threads: ThreadPool,
}

/// What makes `[CLS] text [SEP]` of a text, cut at the model's length.
enum Tokens {
    Own { tokenizer: WordPiece, most: usize },
    Library(Box<Tokenizer>),
}

impl Tokens {
    fn ids(&self, text: &str) -> Result<Vec<u32>, BoxError> {
        match self {
            Self::Own { tokenizer, most } => Ok(tokenizer.single(text, *most)),
            Self::Library(tokenizer) => Ok(tokenizer.encode_fast(text, true)?.get_ids().to_vec()),
        }
    }
}

impl KernelEncoder {
    pub(crate) fn new(
        model: &InstalledModel,
        precision: Precision,
        isa: Isa,
        threads: usize,
    ) -> Result<Self, EncodeError> {
        let encoder = model.spec.encoder()?;
        let tokens = match model.wordpiece()? {
            Some(tokenizer) => Tokens::Own { tokenizer, most: encoder.network.max_tokens },
            None => {
                model.check()?;
                Tokens::Library(crate::load::tokenizer(model)?.into())
            }
        };
        Ok(Self {
            fingerprint: model.fingerprint()?,
            network: model.network(precision, isa)?,
            tokens,
            pooling: encoder.pooling,
            threads: ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|source| EncodeError::Threads { source: source.into() })?,
        })
    }

    fn ids(&self, prefix: &str, text: &str) -> Result<Vec<u32>, ModelError> {
        self.tokens.ids(&prefixed(prefix, text)).map_err(|source| self.failed(source))
    }

    fn embed(&self, ids: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let sequences: Vec<Sequence<'_>> =
            ids.iter().map(|ids| Sequence { ids, types: &[] }).collect();
        let pooled = match self.pooling {
            Pooling::Cls => self.network.cls(&sequences),
            Pooling::Mean => self.network.mean(&sequences),
        };
        let pooled = pooled.map_err(|source| self.failed(source.into()))?;
        pooled.into_iter().map(|vector| normalised(&self.fingerprint, vector)).collect()
    }

    fn failed(&self, source: BoxError) -> ModelError {
        failed(&self.fingerprint.model, "encoding a text", source)
    }
}

impl Encoder for KernelEncoder {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Runs on the calling thread: one short text is not worth waking another.
    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let ids = self.ids(&self.fingerprint.query_prefix, text)?;
        Ok(self.embed(&[ids])?.swap_remove(0))
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let prefix = &self.fingerprint.passage_prefix;
        self.threads.install(|| {
            let ids: Vec<Vec<u32>> =
                texts.par_iter().map(|text| self.ids(prefix, text)).collect::<Result<_, _>>()?;
            self.embed(&ids)
        })
    }
}
