//! An instruction-tuned language model as reranker: it is asked in words, and its answer is read
//! with distrust.
//!
//! A [`ChatModel`] completes a chat: [`InProcess`] on this machine, or one behind the chat completions
//! API. A [`Strategy`] says what is asked:
//!
//! | strategy | asked | requests for n passages | published as |
//! |---|---|---|---|
//! | pointwise | is this passage relevant? | n | relevance generation, Liang et al. 2022; grades, Zhuang et al. 2023 |
//! | listwise | in which order are these passages? | about n / step | RankGPT, Sun et al. 2023 |
//! | pairwise | which of these two is better? | top · (top - 1) | PRP, Qin et al. 2023 |
//!
//! [`Prompts`] are plain text and may be replaced. An [`LlmReranker`] puts them together.
//!
//! Passages are other people's words, and some will ask the model to rank them first. Each stands
//! in a fence that it cannot close, and the prompt says that what is inside is data. That does not
//! keep a model from being persuaded; it keeps the damage small. Whatever it answers, a listwise
//! answer is read as a permutation of the passages that were asked about, a pairwise one as a
//! choice of two, and a pointwise one as a number on a fixed scale for the one passage that was
//! shown: so a persuasive passage moves itself and never drops, doubles or invents another.
//! [`Repairs`] counts how often an answer was not what was asked for.
//!
//! The order of a listwise or pairwise answer depends on all passages of the call. Their scores are
//! not to be kept from one call for another: [`Strategy::scope`] tells.
//!
//! [`ChatModel`]: trommel_core::ChatModel

mod budget;
mod error;
mod fence;
mod in_process;
mod listwise;
mod pairwise;
mod permutation;
mod pointwise;
mod prompt;
mod ranks;
mod reranker;
mod session;
mod settings;
mod usage;

pub use error::LlmError;
pub use in_process::InProcess;
pub use permutation::Repairs;
pub use prompt::{Prompt, PromptKind, Prompts};
pub use reranker::{LlmAnswer, LlmReranker};
pub use settings::{LlmSettings, Strategy};
pub use usage::LlmUsage;
