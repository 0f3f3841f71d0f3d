//! A passage: the unit of both indexes and of what the reranker reads.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Document, LocationSpan};

/// A passage's number in its collection: given once, rising, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PassageId(pub u64);

impl fmt::Display for PassageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A stretch of a document's text, short enough for the models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The byte range in the document's text; begins and ends between characters.
    pub bytes: Range<usize>,
    /// The lines of the document's text that the range touches.
    pub lines: Lines,
    /// The headings above the passage, outermost first.
    pub headings: Vec<String>,
    /// Its page, slide, sheet, chapter or cell, in documents that have such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationSpan>,
}

/// Lines of a text, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// The first line.
    pub first: u32,
    /// The last line.
    pub last: u32,
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

impl Passage {
    /// Returns the passage's own text.
    ///
    /// # Panics
    ///
    /// If `document` is not the one the passage was cut from.
    #[must_use]
    pub fn text<'a>(&self, document: &'a Document) -> &'a str {
        &document.text[self.bytes.clone()]
    }

    /// Returns what stands above the passage: the document's title, then its heading trail.
    ///
    /// A heading that repeats the title is said once. Empty if there is neither.
    #[must_use]
    pub fn context(&self, title: &str) -> String {
        let headings = self.headings.iter().map(String::as_str).filter(|heading| *heading != title);
        let trail: Vec<&str> =
            std::iter::once(title).chain(headings).filter(|part| !part.is_empty()).collect();
        trail.join(" > ")
    }

    /// Returns the text that models read: what stands above the passage, then `text`, which is the
    /// passage's own or a part of it.
    #[must_use]
    pub fn model_text(&self, title: &str, text: &str) -> String {
        let context = self.context(title);
        match (context.is_empty(), text.is_empty()) {
            (true, _) => text.to_owned(),
            // A document with nothing but a title: no line end behind it.
            (false, true) => context,
            (false, false) => format!("{context}\n{text}"),
        }
    }
}

/// A passage that a retriever found, with that retriever's own score: higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredPassage {
    /// The passage.
    pub id: PassageId,
    /// The retriever's score, finite.
    pub score: f32,
}

impl ScoredPassage {
    /// Orders by score, best first, and equal scores by id, ascending.
    #[must_use]
    pub fn best_first(&self, other: &Self) -> std::cmp::Ordering {
        other.score.total_cmp(&self.score).then(self.id.cmp(&other.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_is_title_and_trail_without_repetition() {
        let passage = |headings: &[&str]| Passage {
            bytes: 0..0,
            lines: Lines { first: 1, last: 1 },
            headings: headings.iter().map(ToString::to_string).collect(),
            location: None,
        };
        assert_eq!(passage(&["Soup", "Stock"]).context("Soup"), "Soup > Stock");
        assert_eq!(passage(&[]).context(""), "");
        assert_eq!(passage(&["Stock"]).context(""), "Stock");
        assert_eq!(passage(&["Stock"]).model_text("Soup", "Boil."), "Soup > Stock\nBoil.");
        assert_eq!(passage(&[]).model_text("Soup", ""), "Soup");
        assert_eq!(passage(&[]).model_text("", "Boil."), "Boil.");
    }

    #[test]
    fn equal_scores_are_ordered_by_id() {
        let mut found = [(7, 1.0), (3, 1.0), (9, 2.0)]
            .map(|(id, score)| ScoredPassage { id: PassageId(id), score });
        found.sort_by(ScoredPassage::best_first);
        assert_eq!(found.map(|hit| hit.id.0), [9, 3, 7]);
    }
}
