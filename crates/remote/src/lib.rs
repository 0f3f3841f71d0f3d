//! Rerankers behind an HTTP API: Cohere, Voyage, Jina, text-embeddings-inference, and whatever
//! server speaks as Cohere's does.
//!
//! An [`Endpoint`] says which API is asked and where, [`Settings`] how long and how often, and a
//! [`HostedReranker`] asks. It sends passages in batches within the API's documented limits, a few
//! at a time, asks again when the server is busy or the connection breaks, and ends in time
//! whatever the server does. What comes back is checked before it is believed.
//!
//! These APIs answer with a probability in [0, 1], and it is kept as its logit `ln(p / (1 - p))`,
//! which the plain sigmoid turns into the probability again; [`ScoreScale`] names servers that
//! answer otherwise.
//!
//! Nothing here reads the environment, a key file or the system's clock: key, proxy, seed and
//! [`Clock`] are handed in. Query and passages leave this machine; the key is sent as a bearer
//! token and is in no error, no `Debug` and no count.
//!
//! A hosted model may be exchanged by its owner under the same name. No fingerprint can tell, so a
//! kept score is as old as the cache lets it be.

pub(crate) mod address;
mod answer;
mod batches;
pub(crate) mod client;
mod clock;
mod dialect;
mod endpoint;
mod error;
mod key;
mod reranker;
pub(crate) mod retry;
mod retry_after;
mod scale;
mod settings;
pub(crate) mod turns;
mod usage;

pub use batches::Limits;
pub use clock::{Clock, SystemClock};
pub use dialect::{Dialect, UnknownDialect};
pub use endpoint::Endpoint;
pub use error::HostedError;
pub use key::ApiKey;
pub use reranker::{HostedAnswer, HostedReranker};
pub use scale::ScoreScale;
pub use settings::Settings;
pub use usage::Usage;
