//! What a file says.

use serde::{Deserialize, Serialize};
use trommel_core::{HeadingMark, LocationMark, Markup, Metadata};

use crate::ExtractError;

/// The text of a file, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// The title, if the file says one; never that of a template or a mere file name.
    pub title: Option<String>,
    /// The text: blocks parted by an empty line.
    pub text: String,
    /// How the text is marked up. In plain text what begins with `#` is no heading.
    pub markup: Markup,
    /// The headings of plain text, by their place in the text.
    pub headings: Vec<HeadingMark>,
    /// Where pages, slides, sheets, chapters or cells begin, by their place in the text.
    pub locations: Vec<LocationMark>,
    /// The language as the file says it, such as `en-GB`.
    pub language: Option<String>,
    /// Author, dates (ISO 8601), sender and the like; names are in lower case.
    pub metadata: Metadata,
    /// Files that came with it, to be read as documents of their own.
    pub attachments: Vec<Attachment>,
    /// Files that came with it and could not be unpacked: their names, and why.
    pub unread: Vec<(String, ExtractError)>,
}

impl Default for Extracted {
    /// Returns nothing, in plain text.
    fn default() -> Self {
        Self {
            title: None,
            text: String::new(),
            markup: Markup::Plain,
            headings: Vec::new(),
            locations: Vec::new(),
            language: None,
            metadata: Metadata::new(),
            attachments: Vec::new(),
            unread: Vec::new(),
        }
    }
}

/// A file within a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name, without folders but in an archive; never empty, and never a path to use.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}
