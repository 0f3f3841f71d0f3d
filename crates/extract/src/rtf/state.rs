//! What a group changes until it ends.

use super::destination::Destination;

/// What holds for the text that follows. A group begins with that of the group around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) destination: Destination,
    pub(super) font: Option<i32>,
    /// How many characters behind `\u` stand for the same in ANSI.
    pub(super) fallback: u32,
    pub(super) is_hidden: bool,
    pub(super) is_deleted: bool,
    pub(super) style: Option<i32>,
    pub(super) outline: Option<i32>,
    pub(super) is_in_table: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            destination: Destination::Body,
            font: None,
            fallback: 1,
            is_hidden: false,
            is_deleted: false,
            style: None,
            outline: None,
            is_in_table: false,
        }
    }
}

impl State {
    /// Forgets what holds for characters (`\plain`).
    pub(super) fn reset_characters(&mut self) {
        self.font = None;
        self.is_hidden = false;
        self.is_deleted = false;
    }

    /// Forgets what holds for paragraphs (`\pard`).
    pub(super) fn reset_paragraph(&mut self) {
        self.style = None;
        self.outline = None;
        self.is_in_table = false;
    }
}
