//! A list to paste into a document.

use std::io::{self, Write};

use trommel_core::escape;
use trommel_engine::HitPassage;

use super::text::NO_ANSWER;
use super::{Asked, place, sentence};

/// Writes an answer as a numbered list, under a heading if it is one of several.
pub(super) fn list(out: &mut impl Write, asked: Asked<'_>, batch: bool) -> io::Result<()> {
    if batch {
        writeln!(out, "## {}\n", plain(&asked.answer.query))?;
    }
    if !asked.answer.answered && !asked.answer.hits.is_empty() {
        writeln!(out, "*{NO_ANSWER}*\n")?;
    }
    for hit in &asked.answer.hits {
        let place = place::file_and_location(hit);
        writeln!(out, "{}. **{}** ({:.3})  ", hit.rank, plain(place::title(hit)), hit.score)?;
        let mark = hit.freshness.mark().map(|mark| format!(" ({mark})")).unwrap_or_default();
        writeln!(out, "   {}{mark}\n", code(&place))?;
        let says = marked(&hit.passage);
        if !says.is_empty() {
            writeln!(out, "   > {says}\n")?;
        }
    }
    Ok(())
}

/// Returns text on one line with everything that Markdown would read as its own escaped.
fn plain(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    literal(&escape(&line.join(" ")))
}

/// Returns harmless text with everything that Markdown would read as its own escaped.
fn literal(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\`*_{}[]<>#|~!".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Returns text as a code span, fenced by more backticks than it holds.
fn code(text: &str) -> String {
    let text = escape(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Returns the sentence of a passage on one line, its matches in bold.
fn marked(passage: &HitPassage) -> String {
    let line = sentence::on_one_line(&sentence::pieces(passage)).into_iter();
    let piece = |(text, matched): (String, bool)| {
        let text = literal(&text);
        if matched { format!("**{text}**") } else { text }
    };
    line.map(piece).collect()
}

#[cfg(test)]
mod tests {
    use trommel_core::{Lines, PassageId};

    use super::*;

    #[test]
    fn a_sentence_is_one_line_with_its_matches_in_bold() {
        let passage = |text: &str, matches: Vec<std::ops::Range<usize>>| HitPassage {
            id: PassageId(0),
            text: text.to_owned(),
            lines: Lines { first: 1, last: 1 },
            headings: vec![],
            location: None,
            sentence: 0..text.len(),
            matches,
        };
        let english = passage("> The *pump*\n> hums\u{1b} on.", vec![7..11, 15..19]);
        assert_eq!(marked(&english), r"\> The \***pump**\* **hums**\\u\{1b\} on.");
        let chinese = passage("自由\n平等。", std::iter::once(7..13).collect());
        assert_eq!(marked(&chinese), "自由**平等**。");
        assert_eq!(marked(&passage(" ", vec![])), "");
    }

    #[test]
    fn document_text_cannot_become_markup() {
        assert_eq!(plain("a [x](y) *b*\n# c <i>"), r"a \[x\](y) \*b\* \# c \<i\>");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a.md:3"), "`a.md:3`");
    }
}
