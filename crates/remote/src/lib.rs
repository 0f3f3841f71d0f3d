//! Models behind an HTTP API: rerankers (Cohere, Voyage, Jina, text-embeddings-inference, and whatever
//! server speaks as Cohere's does), encoders (OpenAI's embeddings and text-embeddings-inference) and
//! language models behind the chat completions API.
//!
//! An [`Endpoint`] says which rerank API is asked and where, [`Settings`] how long and how often. A
//! [`HostedReranker`] sends passages in batches within the API's documented limits, a few at a time,
//! asks again when the server is busy or the connection breaks, and ends in time whatever the server
//! does. What comes back is checked before it is believed. [`OpenAi`] asks in the same way.
//!
//! These rerank APIs answer with a probability in [0, 1], and it is kept as its logit `ln(p / (1 - p))`,
//! which the plain sigmoid turns into the probability again; [`ScoreScale`] names servers that
//! answer otherwise.
//!
//! Nothing here reads the environment, a key file or the system's clock: key, proxy, seed and
//! [`Clock`](trommel_core::Clock) are handed in. Texts leave this machine; the key is sent as a bearer
//! token and is in no error, no `Debug` and no count.
//!
//! A hosted model may be exchanged by its owner under the same name. An [`HttpEncoder`] knows it by the
//! vectors of two texts; no fingerprint of a reranker can tell, so a kept score is as old as the cache
//! lets it be.

mod address;
mod answer;
mod batches;
mod chat;
mod client;
mod dialect;
mod embeddings;
mod encoder;
mod endpoint;
mod error;
mod key;
mod reranker;
mod retry;
mod retry_after;
mod scale;
mod semaphore;
mod settings;
mod usage;

pub use batches::Limits;
pub use chat::OpenAi;
pub use dialect::{Dialect, UnknownDialect};
pub use embeddings::{EmbeddingsApi, EmbeddingsEndpoint};
pub use encoder::{EstimatedTokens, HTTP_ENCODER, HttpEncoder, Prefixes};
pub use endpoint::Endpoint;
pub use error::RemoteError;
pub use key::ApiKey;
pub use reranker::{HostedAnswer, HostedReranker};
pub use scale::ScoreScale;
pub use settings::Settings;
pub use usage::Usage;
