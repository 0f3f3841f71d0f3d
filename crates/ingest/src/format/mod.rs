//! The formats: each turns a file's text into a title and readable text.

mod front_matter;
pub(crate) mod markdown;
mod plain;

use trommel_core::{Markup, Metadata};
use trommel_extract::html;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object a line, each a document.
    Jsonl,
    Markdown,
    Html,
    /// Prose, whose first line is its title.
    Text,
    /// Source code, settings, tables: any other text.
    Other,
}

/// A file's title, if it has one, its readable text, and what it says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) title: Option<String>,
    pub(crate) text: String,
    pub(crate) markup: Markup,
    pub(crate) metadata: Metadata,
}

impl Content {
    fn of(title: Option<String>, text: String, markup: Markup) -> Self {
        Self { title, text, markup, metadata: Metadata::new() }
    }
}

impl Format {
    /// Returns the format that a file's name promises.
    pub(crate) fn of_name(name: &str) -> Self {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension.to_ascii_lowercase().as_str() {
            // Only these are read line by line; `.json` is mostly one value over many lines.
            "jsonl" | "ndjson" => Self::Jsonl,
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "txt" | "text" => Self::Text,
            _ => Self::Other,
        }
    }

    /// Returns the format after a look at the text: a page saved under any name is HTML.
    pub(crate) fn refined_by(self, text: &str) -> Self {
        match self {
            Self::Other | Self::Text if html::looks_like_html(text) => Self::Html,
            format => format,
        }
    }

    /// Returns the title and readable text of a file's text.
    pub(crate) fn read(self, text: String) -> Content {
        match self {
            Self::Html => {
                let html::Page { title, text } = html::read(&text);
                Content::of(title, text, Markup::Markdown)
            }
            Self::Markdown => {
                let (title, metadata) = markdown::title(&text);
                Content { title, text, markup: Markup::Markdown, metadata }
            }
            Self::Text => Content::of(plain::title(&text), text, Markup::Plain),
            Self::Other | Self::Jsonl => Content::of(None, text, Markup::Plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_under_any_name_is_html() {
        let page = "\n<!DOCTYPE html><html><body><p>Hello</p></body></html>";
        assert_eq!(Format::of_name("page").refined_by(page), Format::Html);
        assert_eq!(Format::of_name("page.md").refined_by(page), Format::Markdown);
        assert_eq!(Format::of_name("main.RS").refined_by("fn main() {}"), Format::Other);
        assert_eq!(Format::of_name("a.NDJSON"), Format::Jsonl);
    }
}
