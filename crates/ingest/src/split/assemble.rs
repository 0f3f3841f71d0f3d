//! Gives passages their lines and the headings above them.

use std::ops::Range;

use trommel_core::{Document, Lines, Markup, Passage};

use crate::format::markdown::{Heading, headings};

/// Returns the passages that have these ranges, which must ascend.
pub(super) fn passages(document: &Document, ranges: Vec<Range<usize>>) -> Vec<Passage> {
    // A document with a title only would have no passage and could not be found.
    if ranges.is_empty() && !document.title.is_empty() {
        let lines = Lines { first: 1, last: 1 };
        let location = document.outline.span(&(0..0));
        return vec![Passage { bytes: 0..0, lines, headings: Vec::new(), location }];
    }
    let mut trail = Trail::of(document);
    let mut lines = LineCounter { text: &document.text, at: 0, line: 1 };
    ranges
        .into_iter()
        .map(|bytes| Passage {
            lines: lines.touched_by(&bytes),
            headings: trail.at(bytes.start),
            location: document.outline.span(&bytes),
            bytes,
        })
        .collect()
}

/// The headings in force, going down a document.
struct Trail<'a> {
    ahead: std::iter::Peekable<Box<dyn Iterator<Item = Heading> + 'a>>,
    /// The open sections, outermost first; levels rise strictly.
    open: Vec<Heading>,
}

impl<'a> Trail<'a> {
    fn of(document: &'a Document) -> Self {
        let ahead: Box<dyn Iterator<Item = Heading>> = match document.markup {
            Markup::Plain => Box::new(document.outline.headings.iter().map(Heading::of)),
            Markup::Markdown => Box::new(headings(&document.text)),
        };
        Self { ahead: ahead.peekable(), open: Vec::new() }
    }

    /// Returns the headings of the sections that the byte `start` is in; a heading is in its own
    /// section. `start` must not fall from one call to the next.
    fn at(&mut self, start: usize) -> Vec<String> {
        while let Some(heading) = self.ahead.next_if(|heading| heading.start <= start) {
            // A heading ends the sections of its own level and of deeper ones: after `# A`, `## B`,
            // `### C` a second `## D` leaves `# A`, `## D`.
            while self.open.last().is_some_and(|above| above.level >= heading.level) {
                self.open.pop();
            }
            self.open.push(heading);
        }
        let said = self.open.iter().filter(|heading| !heading.text.is_empty());
        said.map(|heading| heading.text.clone()).collect()
    }
}

/// Counts lines, going down a text.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl LineCounter<'_> {
    /// Returns the lines of a range; ranges must not begin before one asked for earlier.
    fn touched_by(&mut self, bytes: &Range<usize>) -> Lines {
        // Goes on from where the passage before began, so that the text is not counted from its
        // start for each one.
        self.line = self.line.saturating_add(self.breaks(self.at..bytes.start));
        self.at = bytes.start;
        Lines { first: self.line, last: self.line.saturating_add(self.breaks(bytes.clone())) }
    }

    fn breaks(&self, bytes: Range<usize>) -> u32 {
        let breaks = self.text.as_bytes()[bytes].iter().filter(|byte| **byte == b'\n').count();
        u32::try_from(breaks).unwrap_or(u32::MAX)
    }
}
