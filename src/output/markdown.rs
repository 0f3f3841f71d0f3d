//! A list to paste into a document.

use std::io::{self, Write};

use trommel_core::escape;
use trommel_engine::HitPassage;

use super::text::NO_ANSWER;
use super::{Asked, place};

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
        let sentence = marked(&hit.passage);
        if !sentence.is_empty() {
            writeln!(out, "   > {sentence}\n")?;
        }
    }
    Ok(())
}

/// Returns text on one line with everything that Markdown would read as its own escaped.
fn plain(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let mut escaped = String::new();
    for c in escape(&line.join(" ")).chars() {
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

fn marked(passage: &HitPassage) -> String {
    let mut line = String::new();
    for (piece, matched) in super::sentence::pieces(passage) {
        // Marks must touch their word, and white space at the edges separates pieces.
        let inner = plain(piece);
        if matched && !inner.is_empty() {
            line.push_str(&format!("**{inner}**"));
        } else {
            let edge = |c: Option<char>| if c.is_some_and(char::is_whitespace) { " " } else { "" };
            let empty = inner.is_empty();
            line.push_str(edge(piece.chars().next()));
            line.push_str(&inner);
            line.push_str(if empty { "" } else { edge(piece.chars().next_back()) });
        }
    }
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_text_cannot_become_markup() {
        assert_eq!(plain("a [x](y) *b*\n# c <i>"), r"a \[x\](y) \*b\* \# c \<i\>");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a.md:3"), "`a.md:3`");
    }
}
