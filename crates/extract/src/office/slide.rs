//! Slides, as they are written.

use trommel_core::Location;

use super::flow::{Flow as _, Kept, Paragraph, Piece, Story};
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest title, in characters.
pub(super) const MAX_TITLE: usize = 300;

/// What a slide says.
#[derive(Debug, Default)]
pub(super) struct Slide {
    pub(super) title: String,
    pub(super) pieces: Kept,
    /// A paragraph of what the speaker is to say, and what others said of the slide.
    pub(super) notes: Paragraph,
    pub(super) is_hidden: bool,
}

/// A presentation on its way to the text.
pub(super) struct Show {
    story: Story,
    number: u32,
    max: u32,
    hidden: Vec<String>,
}

impl Show {
    /// Returns a presentation without slides.
    pub(super) fn new(limits: &Limits) -> Self {
        Self { story: Story::new(limits), number: 0, max: limits.pages, hidden: Vec::new() }
    }

    /// Writes the next slide.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn add(&mut self, slide: Slide) -> Result<(), ExtractError> {
        if self.number == self.max {
            return Err(ExtractError::too_much("slides", self.max.into()));
        }
        self.number += 1;
        if slide.is_hidden {
            self.hidden.push(self.number.to_string());
        }
        let title = one_line(&slide.title, MAX_TITLE);
        self.story.locate(Location::Slide { number: self.number, title });
        self.story.out().heading(1, &slide.title)?;
        self.story.take_all(slide.pieces)?;
        self.story.take(Piece::Paragraph(slide.notes))
    }

    /// Returns all that was written.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn finish(self) -> Result<Extracted, ExtractError> {
        let mut extracted = self.story.finish()?;
        if !self.hidden.is_empty() {
            extracted.metadata.insert("hidden-slides".to_owned(), self.hidden.join(", "));
        }
        Ok(extracted)
    }
}

impl Slide {
    /// Adds what a placeholder of titles says; what a second one says is text.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn add_title(&mut self, text: String) -> Result<(), ExtractError> {
        if self.title.is_empty() {
            self.title = text;
            return Ok(());
        }
        self.pieces.take(Piece::Paragraph(Paragraph::of(text)))
    }
}
