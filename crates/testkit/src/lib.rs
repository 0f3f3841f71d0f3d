//! What the tests share; never part of a release.

mod chat_api;
mod clock;
mod fake_encoder;
mod fake_reranker;
mod faulty_disk;
mod long_run;
pub mod loopback;
mod mutation;
mod plain_bert;
mod power_loss;
mod real_models;
mod rerank_api;
mod tiny_model;

pub use chat_api::{Said, chat_answer, completion, counting};
pub use clock::{Hurried, told};
pub use fake_encoder::FakeEncoder;
pub use fake_reranker::FakeReranker;
pub use faulty_disk::{Call, Fault, FaultyDisk};
pub use long_run::LongRun;
pub use mutation::{Dice, mutated};
pub use power_loss::{Kept, power_loss};
pub use real_models::{fetched, in_store, network_mut, store};
pub use rerank_api::{RerankApi, overlap};
pub use tiny_model::{TinyModel, TinyTensor};
