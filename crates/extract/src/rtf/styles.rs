//! The style sheet: which paragraphs are headings.

use std::collections::HashMap;

/// How far a style is followed to what it is based on.
const MAX_BASES: usize = 10;

/// The most styles that are kept.
const MAX_STYLES: usize = 10_000;

/// A style of paragraphs.
#[derive(Debug, Clone, Default)]
pub(super) struct Style {
    pub(super) name: String,
    /// `\outlinelevel`: 0 to 8 are headings, 9 is text.
    pub(super) outline: Option<i32>,
    pub(super) base: Option<i32>,
}

/// The styles of a document by number.
#[derive(Debug, Default)]
pub(super) struct Styles {
    all: HashMap<i32, Style>,
}

impl Styles {
    pub(super) fn define(&mut self, number: i32, style: Style) {
        if self.all.len() < MAX_STYLES {
            self.all.insert(number, style);
        }
    }

    /// Returns the level of the headings of a style, from 1; none if it is text.
    pub(super) fn level(&self, number: i32) -> Option<u8> {
        let mut number = number;
        for _ in 0..MAX_BASES {
            let style = self.all.get(&number)?;
            if let Some(outline) = style.outline {
                return level(outline);
            }
            if let Some(level) = named_level(&style.name) {
                return Some(level);
            }
            number = style.base?;
        }
        None
    }
}

/// Returns the level of an `\outlinelevel`, from 1; none for text.
pub(super) fn level(outline: i32) -> Option<u8> {
    u8::try_from(outline).ok().filter(|it| *it < 9).map(|it| it + 1)
}

/// Returns the level that the name says: that of `heading 2` is 2. Aliases stand behind a comma.
fn named_level(name: &str) -> Option<u8> {
    let name = name.split(',').next().unwrap_or_default().trim().to_ascii_lowercase();
    if name == "title" {
        return Some(1);
    }
    let level = name.strip_prefix("heading ")?.trim().parse().ok()?;
    (1..=9).contains(&level).then_some(level)
}
