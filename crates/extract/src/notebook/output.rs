//! What code put out, cut to what a reader would look at.

use super::format::{Cell, Output};
use crate::html;

/// How many lines of an output are kept.
const LINES: usize = 10;

/// How many characters of an output are kept.
const CHARACTERS: usize = 1_000;

/// How many bytes of HTML are read, at most, to see what it begins with.
const HTML: usize = 64 << 10;

/// How many outputs of a cell are kept.
const OUTPUTS: usize = 20;

/// Returns the outputs of a cell as text, each cut short; pictures say nothing.
pub(super) fn of(cell: &Cell) -> Vec<String> {
    cell.outputs().take(OUTPUTS).map(text).filter(|text| !text.is_empty()).collect()
}

fn text(output: &Output) -> String {
    let [plain, markdown, page] = output.forms();
    match output.error() {
        ["", ""] if !plain.trim().is_empty() => shortened(plain),
        ["", ""] if !markdown.trim().is_empty() => shortened(markdown),
        ["", ""] => shortened(&html::read(&page[..page.floor_char_boundary(HTML)]).text),
        [name, ""] => shortened(name),
        [name, message] => shortened(&format!("{name}: {message}")),
    }
}

/// Returns the first lines, without the colours of a terminal. What a progress bar wrote over is
/// left
/// out, as it would be on the screen.
fn shortened(text: &str) -> String {
    let mut short = String::new();
    let mut left = CHARACTERS;
    for line in text.trim_matches('\n').lines().take(LINES) {
        let line = line.trim_end_matches('\r');
        let line = without_colours(line.rsplit('\r').next().unwrap_or_default(), left);
        left = left.saturating_sub(line.chars().count() + 1);
        short.push_str(line.trim_end());
        short.push('\n');
        if left == 0 {
            break;
        }
    }
    short.trim_end().to_owned()
}

/// Returns at most `most` characters of a line, without escape sequences.
fn without_colours(line: &str, most: usize) -> String {
    let mut kept = String::new();
    let mut characters = line.chars();
    let mut left = most;
    while let Some(character) = characters.next() {
        match character {
            // `ESC [`, parameters, and a letter that ends it.
            '\u{1b}' => {
                let _ = characters.by_ref().skip(1).find(|it| matches!(it, '@'..='~'));
            }
            _ if left == 0 => break,
            _ => {
                kept.push(character);
                left -= 1;
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn outputs_are_cut_to_ten_lines_and_a_thousand_characters() {
        assert_eq!(shortened(&"a\n".repeat(30)), ["a"; 10].join("\n"));
        assert_eq!(shortened(&"\u{e9}".repeat(3_000)), "\u{e9}".repeat(1_000));
        assert_eq!(shortened(&"x".repeat(600).repeat(2).replace("xx", "x\n")).lines().count(), 10);
    }

    #[test]
    fn colours_and_progress_bars_are_left_out() {
        assert_eq!(shortened("\u{1b}[0;31mred\u{1b}[0m text\u{1b}["), "red text");
        assert_eq!(shortened("10%\r50%\r100%\r\ndone\n"), "100%\ndone");
    }
}
