//! reStructuredText.

mod directives;
mod inline;
mod table;

use std::collections::HashMap;
use std::str::Lines;

use self::directives::Content;
use super::dates;
use super::prose::{Prose, unindented};
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// How many styles of headings there are, at most.
const MAX_STYLES: usize = 100;

/// Returns what a person reads of a document.
///
/// # Errors
///
/// [`ExtractError::TooMuch`] beyond the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut reader = Reader {
        prose: Prose::marked_up(limits, inline::shown),
        extracted: Extracted::default(),
        styles: Vec::new(),
        substitutions: directives::substitutions(text),
        is_begun: false,
    };
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    while let Some(line) = lines.next() {
        reader.line(line.trim_end(), &mut lines)?;
    }
    reader.finish()
}

struct Reader {
    prose: Prose,
    extracted: Extracted,
    /// The mark of each level of headings, and whether it also stands above.
    styles: Vec<(char, bool)>,
    substitutions: HashMap<String, String>,
    /// Whether the document's fields, which stand at its top, are over.
    is_begun: bool,
}

impl Reader {
    fn line(&mut self, line: &str, lines: &mut Lines<'_>) -> Result<(), ExtractError> {
        let text = line.trim_start();
        if text.is_empty() {
            return self.prose.end();
        }
        let below = lines.clone().next().map_or("", str::trim_end);
        if let Some((mark, title)) = overlined(line, lines) {
            lines.nth(1);
            return self.heading(mark, true, title);
        }
        if let Some(mark) = adornment(below).filter(|_| self.is_titled(line, below)) {
            lines.next();
            return self.heading(mark, false, text);
        }
        if let Some(columns) = table::columns(text) {
            return self.simple_table(&columns, line.len() - text.len(), lines);
        }
        if text.starts_with("+-") && text.ends_with('+') {
            return self.grid_table(lines);
        }
        if adornment(line).is_some_and(|_| line.len() >= 4) {
            return self.prose.end();
        }
        let indent = indent_of(line);
        if let Some(directive) =
            text.strip_prefix("..").filter(|it| it.is_empty() || it.starts_with(' '))
        {
            return self.explicit(directive.trim(), indent, lines);
        }
        if text.starts_with("__ ") || text == "__" {
            return Ok(());
        }
        if let Some((name, value)) = field(text) {
            return self.field(name, value, indent, lines);
        }
        self.is_begun = true;
        self.text(text, indent, below, lines)
    }

    fn text(
        &mut self,
        text: &str,
        indent: usize,
        below: &str,
        lines: &mut Lines<'_>,
    ) -> Result<(), ExtractError> {
        let item = item(text);
        if let Some((mark, _)) = item {
            self.prose.item(mark)?;
        }
        let text = item.map_or(text, |(_, item)| item);
        if let Some(line) = text.strip_prefix("| ").or_else(|| (text == "|").then_some("")) {
            self.prose.line()?;
            return self.prose.words(&self.substituted(line));
        }
        if let Some(introduced) = text.strip_suffix("::") {
            // The colon stays where it says something.
            let is_spaced = introduced.is_empty() || introduced.ends_with(' ');
            let colon = if is_spaced { "" } else { ":" };
            self.prose.words(&format!("{}{colon}", self.substituted(introduced.trim_end())))?;
            let kept = indented(lines, indent);
            return self.prose.kept(&unindented(&kept));
        }
        self.prose.words(&self.substituted(text))?;
        // A term: what explains it stands indented below.
        match !below.is_empty() && indent_of(below) > indent && item.is_none() {
            true => self.prose.line(),
            false => Ok(()),
        }
    }

    /// Reads what begins with two dots: a directive, a footnote, a target or a comment.
    fn explicit(
        &mut self,
        text: &str,
        indent: usize,
        lines: &mut Lines<'_>,
    ) -> Result<(), ExtractError> {
        self.prose.end()?;
        if text.starts_with(['_', '|']) {
            indented(lines, indent);
            return Ok(());
        }
        if let Some((label, note)) = text.strip_prefix('[').and_then(|it| it.split_once(']')) {
            return self.prose.words(&format!(
                "[{}] {}",
                label.trim_start_matches('#'),
                self.substituted(note.trim())
            ));
        }
        let Some((name, argument)) = directives::of(text) else {
            indented(lines, indent);
            return Ok(());
        };
        let options = directives::options(lines, indent);
        match directives::content(name) {
            Content::Unsaid => drop(indented(lines, indent)),
            Content::Kept => self.prose.kept(&unindented(&indented(lines, indent)))?,
            Content::Records => {
                self.prose.words(&self.substituted(argument))?;
                for row in indented(lines, indent).iter().filter(|row| !row.trim().is_empty()) {
                    let cells: Vec<String> = row
                        .split(',')
                        .map(|cell| self.substituted(cell.trim().trim_matches('"')))
                        .collect();
                    self.prose.row(&cells)?;
                }
            }
            Content::Listed => {
                self.prose.words(&self.substituted(argument))?;
                for row in table::listed(&indented(lines, indent)) {
                    self.row(&row)?;
                }
            }
            Content::Picture => {
                let shown =
                    options.iter().find_map(|(name, value)| (*name == "alt").then_some(*value));
                self.prose.words(&self.substituted(shown.unwrap_or_default()))?;
                self.prose.end()?;
            }
            Content::Within => {}
            Content::Text(label) => {
                self.is_begun = true;
                self.prose.words(label)?;
                self.prose.words(&self.substituted(argument))?;
                // A title stands alone, a box goes on with its text, below an empty line or not.
                let mut ahead = lines.clone();
                let is_parted = ahead.next().is_some_and(|line| line.trim().is_empty());
                let below = ahead.next().unwrap_or_default();
                if label.is_empty() {
                    self.prose.end()?;
                } else if argument.is_empty() && is_parted && indent_of(below) > indent {
                    lines.next();
                }
            }
        }
        Ok(())
    }

    fn simple_table(
        &mut self,
        columns: &[(usize, usize)],
        indent: usize,
        lines: &mut Lines<'_>,
    ) -> Result<(), ExtractError> {
        self.prose.end()?;
        for row in table::simple(columns, indent, lines) {
            self.row(&row)?;
        }
        self.prose.end()
    }

    fn grid_table(&mut self, lines: &mut Lines<'_>) -> Result<(), ExtractError> {
        self.prose.end()?;
        for row in table::grid(lines) {
            self.row(&row)?;
        }
        self.prose.end()
    }

    fn row(&mut self, cells: &[String]) -> Result<(), ExtractError> {
        let cells: Vec<String> = cells.iter().map(|cell| self.substituted(cell)).collect();
        self.prose.row(&cells)
    }

    /// Reads `:name: value`: at the top it is about the document, elsewhere it is text.
    fn field(
        &mut self,
        name: &str,
        value: &str,
        indent: usize,
        lines: &mut Lines<'_>,
    ) -> Result<(), ExtractError> {
        if self.is_begun || indent > 0 {
            self.prose.item("- ")?;
            return self.prose.words(&format!("{name}: {}", self.substituted(value)));
        }
        let more = indented(lines, 0);
        let value = std::iter::once(value).chain(more).map(str::trim).collect::<Vec<_>>().join(" ");
        let value = inline::shown(&self.substituted(value.trim()));
        let metadata = &mut self.extracted.metadata;
        match name.to_lowercase().as_str() {
            _ if value.is_empty() => {}
            "author" | "authors" => {
                metadata.insert("author".into(), value);
            }
            "title" => self.extracted.title = one_line(&value, MAX_TITLE),
            "date" => {
                if let Some(date) = dates::iso(&value) {
                    metadata.insert("date".into(), date);
                }
            }
            name @ ("keywords" | "description" | "version" | "copyright" | "organization") => {
                metadata.insert(name.to_owned(), value);
            }
            _ => {}
        }
        Ok(())
    }

    /// Says whether a line is a title by the line below it: as long as itself, or nearly.
    fn is_titled(&self, line: &str, below: &str) -> bool {
        let width = line.chars().take(below.len() + 1).count();
        let is_long = below.len() >= width || below.len() >= 4 && !self.styles.is_empty();
        self.prose.is_between()
            && is_long
            && !line.starts_with([' ', '\t'])
            && adornment(line).is_none()
            && table::columns(line).is_none()
    }

    fn heading(&mut self, mark: char, is_overlined: bool, title: &str) -> Result<(), ExtractError> {
        let style = (mark, is_overlined);
        let known = self.styles.iter().position(|known| *known == style);
        let at = known.unwrap_or_else(|| {
            if self.styles.len() < MAX_STYLES {
                self.styles.push(style);
            }
            self.styles.len() - 1
        });
        let title = self.substituted(title);
        if self.extracted.title.is_none() {
            self.extracted.title = one_line(&inline::shown(&title), MAX_TITLE);
        }
        self.prose.heading(u8::try_from(at + 1).unwrap_or(u8::MAX), &title)
    }

    /// Returns text with what the document defines in its places.
    fn substituted(&self, text: &str) -> String {
        inline::substituted(text, &self.substitutions)
    }

    fn finish(self) -> Result<Extracted, ExtractError> {
        let written = self.prose.finish()?;
        Ok(Extracted { title: self.extracted.title, metadata: self.extracted.metadata, ..written })
    }
}

/// Returns the mark of a line that is one mark repeated.
fn adornment(line: &str) -> Option<char> {
    let first = line.bytes().next()?;
    let is_one =
        line.len() >= 2 && first.is_ascii_punctuation() && line.bytes().all(|it| it == first);
    // Two of these begin something else.
    (is_one && !matches!(line, ".." | "::" | "__" | "--")).then(|| char::from(first))
}

/// Returns the mark and the title of a heading with lines above and below, of which `line` is the
/// first.
fn overlined<'a>(line: &str, lines: &Lines<'a>) -> Option<(char, &'a str)> {
    let mark = adornment(line)?;
    let mut ahead = lines.clone();
    let title = ahead.next()?.trim();
    let below = ahead.next()?.trim_end();
    (!title.is_empty() && adornment(title).is_none() && below == line).then_some((mark, title))
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Takes the lines that are indented deeper than `indent`, and the empty ones among them.
fn indented<'a>(lines: &mut Lines<'a>, indent: usize) -> Vec<&'a str> {
    let mut taken = Vec::new();
    let mut empty = 0;
    let mut ahead = lines.clone();
    while let Some(line) = ahead.next() {
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        if indent_of(line) <= indent {
            break;
        }
        taken.extend(std::iter::repeat_n("", empty));
        taken.push(line);
        empty = 0;
        *lines = ahead.clone();
    }
    let first = taken.iter().position(|line| !line.is_empty()).unwrap_or(0);
    taken.split_off(first)
}

/// Returns the name and value of `:name: value`; a role, such as `` :ref:`x` ``, is none.
fn field(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.strip_prefix(':')?.split_once(':')?;
    let is_name =
        !name.is_empty() && name.len() < 100 && !name.contains('`') && !name.starts_with(' ');
    (is_name && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim()))
}

/// Returns the mark and the text of an item.
fn item(text: &str) -> Option<(&str, &str)> {
    let (mark, item) = text.split_once(' ').unwrap_or((text, ""));
    let number = mark.trim_start_matches('(').trim_end_matches(['.', ')']);
    let is_number = number.len() < mark.len()
        && number.len() < 6
        && (number == "#" || !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()));
    match mark {
        "-" | "*" | "+" | "\u{2022}" => Some(("- ", item.trim_start())),
        _ if is_number && number == "#" => Some(("- ", item.trim_start())),
        _ if is_number && !item.is_empty() => Some((&text[..mark.len() + 1], item.trim_start())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rst: &str) -> Extracted {
        read(rst, &Limits::default()).unwrap()
    }

    #[test]
    fn headings_are_told_by_their_lines() {
        let doc = said(
            "======\n Boat\n======\n\n:Author: A. Author\n:Date: 2024-03-05\n\
             :Keywords: sea,\n  tide\n\n\
             Sails\n=====\n\nText\nof two lines.\n\nJib\n---\n\nMast\n====\n\n----\n\n\
             A sentence that goes on\n--\n",
        );
        assert_eq!(
            doc.text,
            "Boat\n\nSails\n\nText of two lines.\n\nJib\n\nMast\n\nA sentence that goes on --"
        );
        let headings: Vec<_> = doc.headings.iter().map(|it| (it.level, it.text.as_str())).collect();
        assert_eq!(headings, [(1, "Boat"), (2, "Sails"), (3, "Jib"), (2, "Mast")]);
        assert_eq!(doc.title.unwrap(), "Boat");
        let metadata: Vec<_> = doc.metadata.into_values().collect();
        assert_eq!(metadata, ["A. Author", "2024-03-05", "sea, tide"]);
    }

    #[test]
    fn directives_keep_their_content() {
        let doc = said(
            ".. note:: Mind\n   the gap.\n\n.. warning::\n   :class: x\n\n   Deep.\n\n\
             .. comment\n   no\n\n.. _target: u\n\n\
             .. code-block:: sh\n   :linenos:\n\n   ls\n     x\n\n.. toctree::\n   :maxdepth: 2\n\
             \n   a\n   b\n\n\
             .. image:: a.png\n   :alt: A boat\n\n.. [1] A note.\n\n.. versionadded:: 3.5\n\n\
             .. option:: --quiet\n\n   Say less.\n\n\
             .. |s| replace:: swell\n\nThe |s|.\n\nRun::\n\n    a  b\n\n  c\n\nSo ::\n\n  d\nEnd\n",
        );
        assert_eq!(
            doc.text,
            "Note: Mind the gap.\n\nWarning: Deep.\n\nls\n  x\n\nA boat\n\n[1] A note.\n\n\
             New in version 3.5\n\n\
             --quiet\n\nSay less.\n\nThe swell.\n\nRun:\n\n  a  b\n\nc\n\nSo\n\nd\n\nEnd"
        );
    }

    #[test]
    fn lists_terms_and_tables_keep_their_lines() {
        let doc = said(
            "- one\n  goes on\n- two\n\n1. three\n#. four\n\nterm\n  What it\n  is.\n\n\
             :param x: how\n\n\
             +-----+---+\n| a   | b |\n+=====+===+\n| c   |   |\n| d   |   |\n+-----+---+\n\n\
             ===== ===\nA     B\n===== ===\nlong  x\n      y\nz     w v u\n===== ===\n\n\
             .. list-table:: T\n   :header-rows: 1\n\
             \n   * - p\n     - q\n   * - r\n     - s\n       t\n",
        );
        assert_eq!(
            doc.text,
            "- one goes on\n- two\n1. three\n- four\n\nterm\nWhat it is.\n\n- param x: how\n\n\
             a | b\nc d\n\nA | B\nlong | x y\nz | w v u\n\nT\n\np | q\nr | s t"
        );
    }

    #[test]
    fn words_within_a_line_read_as_they_are_shown() {
        for (rst, text) in [
            ("*a* **b** ``c *d*`` e*", "a b c *d* e*"),
            ("`Site <https://a.b>`_, `name`_, name_ and __init__", "Site, name, name and __init__"),
            (":ref:`the end <e>` :py:class:`~a.B` `x`:sub: |y|", "the end a.B x |y|"),
            ("\\*no\\* a\\ b [1]_ _`target`", "*no* ab [1] target"),
            ("`open and ``more", "`open and ``more"),
        ] {
            assert_eq!(said(rst).text, text);
        }
    }
}
