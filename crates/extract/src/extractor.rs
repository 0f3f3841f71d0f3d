//! What reads a format, and which one reads a file.

use crate::{ExtractError, Extracted, Limits};

/// The name of the extractor of archives. It gives no text, but the files within as attachments.
pub const ARCHIVE: &str = "archive";

/// Reads one format.
pub trait Extractor: Send + Sync {
    /// Returns the format's name, such as `pdf`.
    fn name(&self) -> &'static str;

    /// Returns a number that rises when the same bytes would give another text.
    fn version(&self) -> u32;

    /// Says whether it reads a file that begins with `head` (its first few KiB) and is called `name`.
    /// Content comes first; where that says nothing, as with markup, the name decides.
    fn recognises(&self, head: &[u8], name: &str) -> bool;

    /// Returns what the file says.
    ///
    /// # Errors
    ///
    /// If it gives no text; never a panic, whatever the bytes.
    fn extract(&self, bytes: &[u8], name: &str, limits: &Limits)
    -> Result<Extracted, ExtractError>;
}

/// Returns all extractors that were compiled in, in the order in which they are asked.
#[must_use]
pub fn extractors() -> &'static [&'static dyn Extractor] {
    &[
        #[cfg(feature = "pdf")]
        &crate::pdf::Pdf,
        #[cfg(feature = "office")]
        &crate::office::Office,
        #[cfg(feature = "epub")]
        &crate::epub::Epub,
        #[cfg(feature = "rtf")]
        &crate::rtf::Rtf,
        #[cfg(feature = "mail")]
        &crate::mail::Mail,
        #[cfg(feature = "notebook")]
        &crate::notebook::Notebook,
        #[cfg(feature = "tables")]
        &crate::tables::Tables,
        #[cfg(feature = "markup")]
        &crate::markup::Markup,
        // Books and office documents are zip files, too: what is none of them is an archive.
        #[cfg(feature = "archives")]
        &crate::archive::Archive,
    ]
}

/// Returns the names and versions of all extractors: with others a file may give another text.
#[must_use]
pub fn versions() -> String {
    let versions = extractors().iter().map(|it| format!("{} {}", it.name(), it.version()));
    versions.collect::<Vec<_>>().join(", ")
}

/// Returns the extractor of a file that begins with `head`; none for plain text and unknown formats.
#[must_use]
pub fn extractor_of(head: &[u8], name: &str) -> Option<&'static dyn Extractor> {
    extractors().iter().copied().find(|extractor| extractor.recognises(head, name))
}
