//! A document, as an agent gets it: as data and as text.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use super::found::Lines;
use super::harmless::{harmless, on_one_line};
use super::json::{lines, text, whole, without_nulls};
use super::resource::Address;

/// The text of a document, or of a part of it.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Lines>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    text: String,
    /// Whether there is more text than this.
    truncated: bool,
}

impl Document {
    /// Reads a document of the form `trommel.document.v1`, and cuts it to `max_chars` characters.
    pub(super) fn of(document: &Value, max_chars: usize) -> Self {
        let id = text(document, "/id").unwrap_or_default().to_owned();
        let collection = text(document, "/collection").map(str::to_owned);
        let address =
            collection.clone().map(|collection| Address { collection, id: id.clone() }.to_string());
        let whole_text = text(document, "/text").unwrap_or_default();
        let kept = at_line(whole_text, max_chars);
        let is_cut = kept.len() < whole_text.len();
        let shown = lines(document, "/lines").map(|(first, last)| match is_cut {
            // The last line that is there, if only in part.
            true => Lines { first, last: first + kept.trim_end().matches('\n').count() as u64 },
            false => Lines { first, last },
        });
        Self {
            title: text(document, "/title").map(on_one_line),
            metadata: match without_nulls(document["metadata"].clone()) {
                Value::Object(metadata) => metadata,
                _ => Map::new(),
            },
            lines: shown,
            total_lines: whole(document, "/total_lines"),
            location: text(document, "/location/text").map(on_one_line),
            text: harmless(kept).into_owned(),
            truncated: is_cut || document["truncated"].as_bool().unwrap_or(false),
            uri: address,
            id,
            collection,
        }
    }

    /// Returns it as text, with what it is in front.
    pub(super) fn in_words(&self) -> String {
        let mut words = on_one_line(&self.id);
        if let Some(title) = &self.title {
            let _ = write!(words, " · {title}");
        }
        if let Some(location) = &self.location {
            let _ = write!(words, " · {location}");
        }
        if let (Some(Lines { first, last }), Some(total)) = (self.lines, self.total_lines) {
            let _ = write!(words, " · lines {first}-{last} of {total}");
        }
        words.push('\n');
        for (name, value) in &self.metadata {
            let value = value.as_str().map_or_else(|| value.to_string(), on_one_line);
            let _ = writeln!(words, "{}: {value}", on_one_line(name));
        }
        let _ = write!(words, "\n{}", self.text);
        if let Some(note) = self.note() {
            let _ = write!(words, "\n\n({note})");
        }
        words
    }

    /// Returns the text alone, and says so if it is not all of it.
    pub(super) fn into_text(self) -> String {
        match self.note() {
            Some(note) => format!("{}\n\n({note})", self.text),
            None => self.text,
        }
    }

    /// Says what is missing at the end, if anything is.
    fn note(&self) -> Option<String> {
        if !self.truncated {
            return None;
        }
        Some(match (self.lines, self.total_lines) {
            (Some(Lines { last, .. }), Some(total)) if last < total => {
                let id = on_one_line(&self.id);
                format!("cut to fit max_chars; get {id}:{last}-{total} for the rest")
            }
            _ => "cut to fit max_chars".to_owned(),
        })
    }
}

/// Returns at most `max_chars` characters of a text, whole lines if there is one that fits.
fn at_line(text: &str, max_chars: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(max_chars) else { return text };
    match text[..end].rfind('\n') {
        Some(at) => &text[..=at],
        None => &text[..end],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "schema": "trommel.document.v1", "collection": "notes", "id": "a b.md",
            "title": "A\nB", "metadata": { "author": "Ada", "year": 1843, "draft": null },
            "lines": { "first": 11, "last": 14 }, "total_lines": 20,
            "text": "first\nsecond\nthird\nfourth", "truncated": false, "location": null,
        })
    }

    #[test]
    fn a_document_is_its_text_with_what_it_is_in_front() {
        let words = Document::of(&document(), 100).in_words();
        let expected = "a b.md · A B · lines 11-14 of 20\nauthor: Ada\nyear: 1843\n\n\
                        first\nsecond\nthird\nfourth";
        assert_eq!(words, expected);
    }

    #[test]
    fn a_document_that_does_not_fit_is_cut_at_a_line_and_says_where_to_go_on() {
        let cut = Document::of(&document(), 15);
        assert_eq!(cut.text, "first\nsecond\n");
        assert!(cut.truncated);
        assert!(cut.in_words().ends_with("(cut to fit max_chars; get a b.md:12-20 for the rest)"));
        // A line that does not fit at all is cut within.
        assert_eq!(Document::of(&document(), 3).text, "fir");
    }

    #[test]
    fn data_has_no_nulls_and_an_address() {
        let data = serde_json::to_value(Document::of(&document(), 100)).unwrap();
        assert_eq!(data["uri"], "trommel://notes/a%20b.md");
        assert_eq!(data["metadata"], json!({ "author": "Ada", "year": 1843 }));
        assert!(data.get("location").is_none());
    }
}
