//! What the tests share; never part of a release.

mod fake_encoder;
mod fake_reranker;
mod plain_bert;
mod real_models;
mod tiny_model;

pub use fake_encoder::FakeEncoder;
pub use fake_reranker::FakeReranker;
pub use real_models::{fetched, store};
pub use tiny_model::{TinyModel, TinyTensor};
