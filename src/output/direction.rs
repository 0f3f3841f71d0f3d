//! Text that is written from right to left, on a terminal.
//!
//! A terminal that follows Unicode's rules (UAX #9) orders a whole line by what stands on it: a title in
//! Hebrew would turn its score and the brackets around it. So such text is put between isolating marks,
//! which no other program is given.

/// Marks that isolate text which is written from left to right, and from right to left.
const LEFT_TO_RIGHT: char = '\u{2066}';
const RIGHT_TO_LEFT: char = '\u{2067}';
/// The mark that ends both.
const END: char = '\u{2069}';

/// The marks before and behind a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Isolation(Option<char>);

impl Isolation {
    /// Returns the marks of a text, whose direction is that of its first letter; none if it has nothing
    /// that is written from right to left, or no terminal shows it.
    pub(super) fn of(text: &str, is_terminal: bool) -> Self {
        if !is_terminal || !text.contains(is_right_to_left) {
            return Self(None);
        }
        let first = text.chars().find(|c| c.is_alphabetic());
        Self(Some(if first.is_some_and(is_right_to_left) { RIGHT_TO_LEFT } else { LEFT_TO_RIGHT }))
    }

    /// Returns the marks of a path or an id, which reads from left to right whatever it is written in.
    pub(super) fn of_path(path: &str, is_terminal: bool) -> Self {
        let Self(marks) = Self::of(path, is_terminal);
        Self(marks.map(|_| LEFT_TO_RIGHT))
    }

    /// Returns what stands before the text.
    pub(super) fn begin(self) -> String {
        self.0.map(String::from).unwrap_or_default()
    }

    /// Returns what stands behind the text.
    pub(super) fn end(self) -> String {
        self.0.map(|_| String::from(END)).unwrap_or_default()
    }

    /// Returns a text with the marks around it.
    pub(super) fn around(self, text: &str) -> String {
        format!("{}{text}{}", self.begin(), self.end())
    }
}

/// Whether a letter is written from right to left: those of the blocks that Unicode keeps for such scripts
/// (`DerivedBidiClass.txt`).
fn is_right_to_left(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c,
            '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_from_right_to_left_is_isolated_and_only_on_a_terminal() {
        let shown = |text| Isolation::of(text, true).around(text);
        assert_eq!(shown("שלום (API)"), "\u{2067}שלום (API)\u{2069}");
        assert_eq!(shown("3. مرحبا"), "\u{2067}3. مرحبا\u{2069}");
        assert_eq!(shown("API של חברה"), "\u{2066}API של חברה\u{2069}");
        for text in ["", "größer", "日本語", "٣", "👩\u{200d}🚀"] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(Isolation::of("שלום", false), Isolation::default());
        assert_eq!(Isolation::of_path("שלום.txt:3", true).around("x"), "\u{2066}x\u{2069}");
        assert_eq!(Isolation::of_path("a.txt:3", true), Isolation::default());
    }
}
