//! A document: what a user indexed and what a hit points to.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Outline;

/// Named values that came with a document; a value that was not text is kept as its JSON text.
pub type Metadata = BTreeMap<String, String>;

/// One document as it was read from its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The document's name, unique in its collection. Never empty.
    pub id: String,
    /// The title, empty if the document has none.
    pub title: String,
    /// The readable text in UTF-8; passages are byte ranges of it.
    pub text: String,
    /// How the text is marked up, which decides how it is cut into passages.
    pub markup: Markup,
    /// What the reader of its file knew beside the text.
    #[serde(default, skip_serializing_if = "Outline::is_empty")]
    pub outline: Outline,
    /// Further named values.
    pub metadata: Metadata,
    /// Where the document came from.
    pub origin: Origin,
    /// The hash of title, text, markup, outline and metadata: equal hashes need no new encoding. Whoever
    /// writes a document of [`Document::new`] computes it.
    pub hash: ContentHash,
}

impl Document {
    /// Returns a document that comes from no file: plain text without a title or metadata.
    ///
    /// ```
    /// use trommel_core::Document;
    ///
    /// let memo = Document::new("memo-1", "Call the plumber.").with_metadata("room", "kitchen");
    /// assert_eq!(memo.metadata["room"], "kitchen");
    /// ```
    #[must_use]
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            origin: Origin { root: Origin::MEMORY.into(), path: id.clone(), line: None },
            id,
            title: String::new(),
            text: text.into(),
            markup: Markup::Plain,
            outline: Outline::default(),
            metadata: Metadata::new(),
            hash: ContentHash([0; 32]),
        }
    }

    /// Gives the document a title, which is indexed and encoded with every passage.
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// Says how the text is marked up.
    #[must_use]
    pub fn with_markup(self, markup: Markup) -> Self {
        Self { markup, ..self }
    }

    /// Adds a named value, in place of one of that name. A list is written as its JSON text, such
    /// as `["red","blue"]`; a filter then holds for each member.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }
}

/// How a document's text is marked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Markup {
    /// Paragraphs of text, with no structure to respect.
    Plain,
    /// Markdown: headings open sections.
    Markdown,
}

/// Where a document came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The root that was indexed: an absolute path, [`Origin::STDIN`] or [`Origin::MEMORY`].
    pub root: String,
    /// The file's path relative to the root; empty if the root is the file itself. Behind it, parted by
    /// [`Origin::MEMBER`], comes the name of an attachment or another document within the file. A
    /// document from memory has its id here.
    pub path: String,
    /// The line, from 1, of a document that is one line of a JSONL file.
    pub line: Option<u64>,
}

impl Origin {
    /// The root of what was read from standard input.
    pub const STDIN: &str = "-";
    /// The root of documents that a program handed over. No file has it: paths of files are
    /// absolute.
    pub const MEMORY: &str = "memory";

    /// Says whether the document came from a file that can be looked at again.
    #[must_use]
    pub fn is_file(&self) -> bool {
        ![Self::STDIN, Self::MEMORY].contains(&self.root.as_str())
    }

    /// What parts a file's path from the name of a document in it: no path has it.
    pub const MEMBER: char = '\0';

    /// Returns the file's path relative to the root.
    #[must_use]
    pub fn file_path(&self) -> &str {
        self.path.split_once(Self::MEMBER).map_or(&self.path, |(path, _)| path)
    }

    /// Returns the name of the document within the file, if it is not all of it.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.path.split_once(Self::MEMBER).map(|(_, member)| member)
    }

    /// Returns the origin of a document within the file.
    #[must_use]
    pub fn of_member(&self, name: &str) -> Self {
        let parted_by = if self.member().is_some() { '!' } else { Self::MEMBER };
        Self { path: format!("{}{parted_by}{name}", self.path), ..self.clone() }
    }

    /// Returns the path of the file: root and relative path joined.
    #[must_use]
    pub fn file(&self) -> String {
        match self.file_path() {
            "" => self.root.clone(),
            path => format!("{}/{path}", self.root.trim_end_matches('/')),
        }
    }

    /// Returns the file, and behind `!` the name of the document within it.
    #[must_use]
    pub fn place(&self) -> String {
        match self.member() {
            Some(member) => format!("{}!{member}", self.file()),
            None => self.file(),
        }
    }
}

/// A blake3 hash of a document's content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl std::str::FromStr for ContentHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("expected 64 hexadecimal digits, got {text:?}");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(hash))
    }
}

impl Serialize for ContentHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_its_text_form() {
        let hash = ContentHash(std::array::from_fn(|i| i as u8 * 7));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("00".parse::<ContentHash>().is_err());
        assert!("é".repeat(32).parse::<ContentHash>().is_err());
    }

    #[test]
    fn the_file_of_an_origin_joins_root_and_path() {
        let origin =
            |path: &str| Origin { root: "/notes".into(), path: path.into(), line: None }.file();
        assert_eq!(origin("a/b.md"), "/notes/a/b.md");
        assert_eq!(origin(""), "/notes");
        let mail = Origin { root: "/notes".into(), path: "a/b.eml".into(), line: None };
        let report = mail.of_member("report.zip").of_member("sums.csv");
        assert_eq!(
            (report.file().as_str(), report.member()),
            ("/notes/a/b.eml", Some("report.zip!sums.csv"))
        );
        assert_eq!(report.place(), "/notes/a/b.eml!report.zip!sums.csv");
        let memo = Document::new("memo-1", "").origin;
        assert_eq!((memo.file().as_str(), memo.is_file()), ("memory/memo-1", false));
    }
}
