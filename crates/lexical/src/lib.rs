//! BM25 on tantivy: schema, analyzer, writer and searcher over one immutable generation.
//!
//! A [`LexicalWriter`] writes segment files into a folder and describes what it wrote as a
//! [`LexicalState`]; a [`LexicalIndex`] opens exactly that state. Nothing in the folder says which
//! state is the present one: whoever owns the collection commits it, in the same rename as all
//! else.
//!
//! ```
//! use trommel_core::{Metadata, PassageId, Query, Retriever};
//! use trommel_lexical::{LexicalIndex, LexicalPassage, LexicalSettings, LexicalWriter};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let mut writer = LexicalWriter::create(folder.path())?;
//! let metadata = Metadata::new();
//! for (id, body) in ["Soup is eaten hot.", "Revenge is a dish best served cold."].iter().enumerate() {
//!     let id = PassageId(id as u64);
//!     let (title, headings, path, metadata) = ("", "", "", &metadata);
//!     let (language, read_as) = (None, None);
//!     writer.add(&LexicalPassage { id, title, headings, body, path, metadata, language, read_as })?;
//! }
//! let state = writer.commit()?;
//!
//! let index = LexicalIndex::open(folder.path(), &state)?;
//! let query = Query { text: "cold dishes", vector: &[] };
//! let found = index.retriever(LexicalSettings::default()).retrieve(query, 10, None)?;
//! assert_eq!(found[0].id, PassageId(1));
//! # Ok(())
//! # }
//! ```

mod analyzer;
mod bag;
mod best;
mod bm25;
mod checked;
mod conditions;
mod directory;
mod error;
mod exact;
mod expanded;
mod expansion;
mod fold;
mod index;
mod language;
mod letters;
mod lookup;
mod merging;
mod parser;
mod passage_language;
mod phrase;
mod postings;
mod replay;
mod retriever;
mod schema;
mod scripts;
mod segment;
mod state;
mod stemmer;
mod syntax;
mod term;
mod tokenizer;
mod waiting;
mod words;
mod writer;

pub use analyzer::{Analyzer, MAX_QUERY_TERMS};
pub use conditions::{Condition, plain_words};
pub use error::LexicalError;
pub use exact::TermMatches;
pub use expanded::ExpandedRetriever;
pub use expansion::Expansion;
pub use index::LexicalIndex;
pub use language::Language;
pub use retriever::{LexicalRetriever, LexicalSettings};
pub use state::LexicalState;
pub use term::QueryTerm;
pub use words::MAX_WORD_BYTES;
pub use writer::{LexicalPassage, LexicalWriter};
