//! Reranking on our own kernels.

use rayon::{ThreadPool, ThreadPoolBuilder};
use trommel_core::{BoxError, RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo};
use trommel_models::{
    Architecture, InstalledModel, Isa, Network, Pair, Precision, Sequence, WordPiece,
};

use crate::RerankError;
use crate::cross_encoder::{failed, finite, info};
use crate::pair::{FittedQuery, PairTokenizer, Pairs, query_limit};

/// A reranker that lays the tokens of all pairs end to end and shares them out over its threads.
pub(crate) struct KernelReranker {
    model: String,
    info: RerankerInfo,
    network: Network,
    tokens: Tokens,
    threads: ThreadPool,
}

/// What makes a pair of a query and a passage.
enum Tokens {
    Own { tokenizer: WordPiece, most: usize },
    Library(Box<PairTokenizer>),
}

/// A query that leaves room for a passage.
enum Query<'a> {
    Own(Vec<u32>),
    Library(Box<FittedQuery<'a>>),
}

/// Special tokens around a query and a passage: `[CLS]` and two `[SEP]`.
const SPECIALS: usize = 3;

impl Tokens {
    fn query<'a>(&self, text: &'a str) -> Result<Query<'a>, BoxError> {
        match self {
            Self::Own { tokenizer, most } => {
                let mut ids = Vec::new();
                tokenizer.first_ids(text, query_limit(*most, SPECIALS), &mut ids);
                Ok(Query::Own(ids))
            }
            Self::Library(pairs) => Ok(Query::Library(pairs.fit(text)?.into())),
        }
    }

    fn pair(&self, query: &Query<'_>, passage: &str) -> Result<Pair, BoxError> {
        match (self, query) {
            (Self::Own { tokenizer, most }, Query::Own(ids)) => {
                Ok(tokenizer.pair(ids, passage, *most))
            }
            (Self::Library(pairs), Query::Library(query)) => pairs.pair(query, passage),
            _ => Err("a query of another tokenizer".into()),
        }
    }
}

impl KernelReranker {
    pub(crate) fn new(
        model: &InstalledModel,
        architecture: Architecture,
        precision: Precision,
        isa: Isa,
        threads: usize,
    ) -> Result<Self, RerankError> {
        let spec = model.spec.reranker()?;
        let most = spec.network.max_tokens;
        let tokens = match model.wordpiece()? {
            Some(tokenizer) if most > SPECIALS + 1 => Tokens::Own { tokenizer, most },
            _ => {
                model.check()?;
                Tokens::Library(PairTokenizer::new(model, architecture)?.into())
            }
        };
        Ok(Self {
            info: info(model, spec.calibration, threads),
            model: model.spec.id.clone(),
            network: model.network(precision, isa)?,
            tokens,
            threads: ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|source| RerankError::Threads { source: source.into() })?,
        })
    }

    fn logits(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, BoxError> {
        let query = self.tokens.query(query)?;
        let pairs: Vec<Pair> = passages
            .iter()
            .map(|passage| self.tokens.pair(&query, passage))
            .collect::<Result<_, _>>()?;
        let sequences: Vec<Sequence<'_>> =
            pairs.iter().map(|pair| Sequence { ids: &pair.ids, types: &pair.types }).collect();
        let logits = self.threads.install(|| self.network.logits(&sequences))?;
        let score = |(pair, logits): (&Pair, Vec<f32>)| {
            let logit = *logits.first().ok_or("no logit")?;
            Ok(RerankScore { logit, truncated: pair.truncated })
        };
        pairs.iter().zip(logits).map(score).collect()
    }
}

impl Reranker for KernelReranker {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, RerankRequest { query, passages, .. }: RerankRequest<'_>) -> RerankResponse {
        let scores = self
            .logits(query, passages)
            .map_err(|source| failed(&self.model, "reading a query and a passage", source))
            .and_then(|scores| scores.into_iter().map(|it| finite(&self.model, it)).collect());
        RerankResponse::all_or_none(scores, passages.len())
    }
}
