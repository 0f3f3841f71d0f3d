//! From the bytes of a file to its text.
//!
//! An [`Extractor`] reads one format. It is given bytes and a name and gives [`Extracted`]: text in
//! blocks, headings, and marks that say which page, slide or sheet a byte of the text stands on. It reads
//! no file and no environment, prints nothing, and is bounded by [`Limits`]; whatever is wrong with the
//! bytes is an [`ExtractError`].

#[cfg(feature = "archives")]
mod archive;
mod compressed;
mod decode;
#[cfg(feature = "epub")]
mod epub;
mod error;
mod extracted;
mod extractor;
pub mod html;
mod limits;
#[cfg(feature = "mail")]
mod mail;
#[cfg(feature = "markup")]
mod markup;
#[cfg(feature = "notebook")]
mod notebook;
#[cfg(feature = "office")]
mod office;
mod one_line;
#[cfg(any(feature = "office", feature = "epub", feature = "archives"))]
mod package;
#[cfg(feature = "pdf")]
mod pdf;
mod prescan;
#[cfg(feature = "rtf")]
mod rtf;
mod runner;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "tables")]
mod tables;
#[cfg(not(feature = "mail"))]
mod without;
#[allow(dead_code, reason = "a program without some of the formats uses less of it")]
mod writer;
#[cfg(any(feature = "office", feature = "epub"))]
mod xml;

pub use compressed::{decompressed, name_within, unpacked};
pub use decode::decode;
pub use error::ExtractError;
pub use extracted::{Attachment, Extracted};
pub use extractor::{ARCHIVE, Extractor, extractor_of, extractors, versions};
pub use limits::Limits;
#[cfg(feature = "mail")]
pub use mail::mbox::{MboxMessage, looks_like_mbox, messages};
pub use one_line::one_line;
pub use prescan::declared_in_html;
pub use runner::{InProcess, Runner, SharedRunner};
#[cfg(not(feature = "mail"))]
pub use without::*;
