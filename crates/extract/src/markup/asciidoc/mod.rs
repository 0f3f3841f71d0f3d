//! AsciiDoc.

mod inline;
mod table;

use std::collections::HashMap;
use std::str::Lines;

use self::table::Table;
use super::dates;
use super::prose::Prose;
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// How many attributes a document may define, and how long they may be.
const MAX_ATTRIBUTES: usize = 1_000;
const MAX_ATTRIBUTE: usize = 2_000;

/// The labels of paragraphs that warn or help.
const ADMONITIONS: [&str; 5] = ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"];

/// Says whether a text of no telling name begins as a document does.
pub(super) fn begins(head: &str) -> bool {
    let mut lines = head.lines().take(100).filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("//") && !line.starts_with(':')
    });
    lines.next().is_some_and(|line| line.starts_with("= ") || line.starts_with("== "))
        || lines.any(|line| line.starts_with("== ") || line.starts_with("[source"))
}

/// Returns what a person reads of a document.
///
/// # Errors
///
/// [`ExtractError::TooMuch`] beyond the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut reader = Reader {
        prose: Prose::marked_up(limits, inline::shown),
        extracted: Extracted::default(),
        attributes: HashMap::new(),
        options: String::new(),
        part: Part::Start,
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        reader.line(line.trim_end(), &mut lines)?;
    }
    reader.finish()
}

struct Reader {
    prose: Prose,
    extracted: Extracted,
    attributes: HashMap<String, String>,
    /// What stands in brackets above a block.
    options: String,
    part: Part,
}

/// Where in a document a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Before the title.
    Start,
    /// Below the title, up to an empty line.
    Header,
    Body,
}

impl Reader {
    fn line(&mut self, line: &str, lines: &mut Lines<'_>) -> Result<(), ExtractError> {
        if line.is_empty() {
            if self.part == Part::Header {
                self.part = Part::Body;
            }
            return self.prose.end();
        }
        if let Some((name, value)) = attribute(line) {
            return self.attribute(name, value, lines);
        }
        if is_delimiter(line, '/') {
            let _ = lines.find(|below| below.trim_end() == line);
            return Ok(());
        }
        if line.starts_with("//") && !line.starts_with("///") {
            return Ok(());
        }
        if self.part == Part::Header {
            return self.header(line);
        }
        if let Some((level, title)) = heading(line) {
            return self.heading(level, title);
        }
        if let Some(level) = self.underlined(line, lines) {
            lines.next();
            return self.heading(level, line);
        }
        self.part = Part::Body;
        self.block(line, lines)
    }

    /// Reads a line of a block, or what begins one.
    fn block(&mut self, line: &str, lines: &mut Lines<'_>) -> Result<(), ExtractError> {
        let is_kept = ['-', '.', '+'].iter().any(|mark| is_delimiter(line, *mark));
        if is_kept || line.starts_with("```") {
            let end = if line.starts_with("```") { "```" } else { line };
            let kept: Vec<&str> =
                lines.by_ref().take_while(|below| below.trim_end() != end).collect();
            self.options.clear();
            return self.prose.kept(&super::prose::unindented(&kept));
        }
        if line == "--" || ['=', '*', '_'].iter().any(|mark| is_delimiter(line, *mark)) {
            // The label of a block stands there already.
            return if self.is_labelled() { Ok(()) } else { self.prose.end() };
        }
        if let Some(table) = Table::begun(line, &self.options) {
            self.options.clear();
            self.prose.end()?;
            return self.table(table, lines);
        }
        if self.option(line)? || is_silent(line) {
            return Ok(());
        }
        if let Some(title) = line.strip_prefix('.').filter(|it| !it.starts_with(['.', ' ', '\t'])) {
            self.prose.end()?;
            self.prose.words(&self.referred(title))?;
            return self.prose.end();
        }
        self.options.clear();
        if let Some(text) = line.strip_prefix("image::").and_then(bracketed) {
            let shown = text.split(',').next().unwrap_or_default().trim_matches('"');
            return self.prose.words(&self.referred(shown));
        }
        let (line, is_broken) = match line.strip_suffix(" +") {
            Some(line) => (line, true),
            None => (line, false),
        };
        if let Some((mark, item)) = item(line) {
            self.prose.item(mark)?;
            self.prose.words(&self.referred(item))?;
        } else if let Some((term, definition)) = described(line) {
            self.prose.item("- ")?;
            self.prose.words(&self.referred(&format!("{term}: {definition}")))?;
        } else {
            self.prose.words(&self.referred(line.trim_start()))?;
        }
        if is_broken { self.prose.line() } else { Ok(()) }
    }

    /// Takes what a line in brackets says of the block below, and says whether it is such a line.
    fn option(&mut self, line: &str) -> Result<bool, ExtractError> {
        let Some(option) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) else {
            return Ok(false);
        };
        let is_anchor = option.starts_with('[') && option.ends_with(']');
        if !is_anchor && (option.contains(['[', ']']) || option.starts_with([' ', '^'])) {
            return Ok(false);
        }
        self.prose.end()?;
        if !is_anchor {
            self.options = option.to_owned();
            // The paragraph below may be the whole block.
            self.label()?;
        }
        Ok(true)
    }

    /// Begins a paragraph with the label of the block that it is.
    fn label(&mut self) -> Result<(), ExtractError> {
        match ADMONITIONS.iter().find(|label| **label == self.options) {
            Some(label) => self.prose.words(&format!("{label}:")),
            None => Ok(()),
        }
    }

    fn is_labelled(&self) -> bool {
        ADMONITIONS.contains(&self.options.as_str())
    }

    fn table(&mut self, mut table: Table, lines: &mut Lines<'_>) -> Result<(), ExtractError> {
        for line in lines.by_ref() {
            let line = line.trim_end();
            if table.ends(line) {
                break;
            }
            if attribute(line).is_some() || line.starts_with("//") || is_silent(line) {
                continue;
            }
            for row in table.line(line) {
                self.row(&row)?;
            }
        }
        self.row(&table.rest())
    }

    fn row(&mut self, cells: &[String]) -> Result<(), ExtractError> {
        let cells: Vec<String> = cells.iter().map(|cell| self.referred(cell)).collect();
        self.prose.row(&cells)
    }

    fn heading(&mut self, level: usize, title: &str) -> Result<(), ExtractError> {
        let title = self.referred(title);
        self.options.clear();
        let is_title = level == 1 && self.part == Part::Start;
        self.part = if is_title { Part::Header } else { Part::Body };
        if is_title {
            self.extracted.title = one_line(&inline::shown(&title), MAX_TITLE);
        }
        self.prose.heading(u8::try_from(level).unwrap_or(u8::MAX), &title)
    }

    /// Reads the line of the authors or of the revision below the title.
    fn header(&mut self, line: &str) -> Result<(), ExtractError> {
        let metadata = &mut self.extracted.metadata;
        let is_revision = line.starts_with(|c: char| c.is_ascii_digit())
            || line.starts_with('v') && line[1..].starts_with(|c: char| c.is_ascii_digit());
        match is_revision {
            true => {
                let date = line.split_once(',').map_or(line, |(_, date)| date);
                let date = date.split(':').next().unwrap_or_default();
                if let Some(date) = dates::iso(date) {
                    metadata.insert("date".into(), date);
                }
            }
            false => {
                let names =
                    line.split(';').map(|author| author.split('<').next().unwrap_or_default());
                let names: Vec<&str> =
                    names.map(str::trim).filter(|name| !name.is_empty()).collect();
                metadata.entry("author".into()).or_insert_with(|| names.join(", "));
            }
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        name: &str,
        value: &str,
        lines: &mut Lines<'_>,
    ) -> Result<(), ExtractError> {
        let mut value = value.to_owned();
        while let Some(begun) = value.strip_suffix('\\') {
            let Some(more) = lines.next().filter(|_| begun.len() < MAX_ATTRIBUTE) else { break };
            value = format!("{} {}", begun.trim_end(), more.trim());
        }
        let value = self.referred(&value);
        let name = name.to_lowercase();
        if let Some(unset) = name.strip_prefix('!').or_else(|| name.strip_suffix('!')) {
            self.attributes.remove(unset);
            return Ok(());
        }
        let metadata = &mut self.extracted.metadata;
        match name.as_str() {
            _ if value.is_empty() => {}
            "author" | "keywords" | "description" => {
                metadata.insert(name.clone(), inline::shown(&value));
            }
            "lang" => self.extracted.language = Some(value.clone()),
            "revdate" | "date" => {
                if let Some(date) = dates::iso(&value) {
                    metadata.insert("date".into(), date);
                }
            }
            _ => {}
        }
        if self.attributes.len() < MAX_ATTRIBUTES && value.len() <= MAX_ATTRIBUTE {
            self.attributes.insert(name, value);
        }
        Ok(())
    }

    /// Returns the level of a title that a line of marks underlines.
    fn underlined(&self, line: &str, lines: &Lines<'_>) -> Option<usize> {
        let below = lines.clone().next()?.trim_end();
        let mark = below.chars().next()?;
        let level = "=-~^+".find(mark)? + 1;
        let is_line = below.len() > 2 && below.chars().all(|c| c == mark);
        let width = line.chars().take(below.len() + 2).count();
        let begins_block = line.starts_with(['.', '[', '|', '/', ':']) || item(line).is_some();
        (is_line && width.abs_diff(below.len()) <= 1 && !begins_block && self.prose.is_between())
            .then_some(level)
            .filter(|_| line.starts_with(char::is_alphanumeric))
    }

    /// Returns text with the values of attributes in their places.
    fn referred(&self, text: &str) -> String {
        inline::referred(text, &self.attributes)
    }

    fn finish(self) -> Result<Extracted, ExtractError> {
        let written = self.prose.finish()?;
        Ok(Extracted {
            title: self.extracted.title.or(written.title),
            language: self.extracted.language,
            metadata: self.extracted.metadata,
            ..written
        })
    }
}

/// Returns the name and value of `:name: value`.
fn attribute(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let is_part = |c: char| c.is_alphanumeric() || "-_!".contains(c);
    let is_name = !name.is_empty() && name.chars().all(is_part);
    (is_name && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim()))
}

/// Says whether a line is four or more of a mark.
fn is_delimiter(line: &str, mark: char) -> bool {
    line.len() >= 4 && line.chars().all(|c| c == mark)
}

/// Returns the level and the title of `== title`, or of `## title`.
fn heading(line: &str) -> Option<(usize, &str)> {
    let mark = line.chars().next().filter(|c| matches!(c, '=' | '#'))?;
    let title = line.trim_start_matches(mark);
    let level = line.len() - title.len();
    let title = title.strip_prefix(' ').filter(|_| level <= 6)?.trim();
    // The mark may stand at the end as well.
    let closed = title.strip_suffix(&line[..level]).and_then(|it| it.strip_suffix(' '));
    Some((level, closed.unwrap_or(title)))
}

/// Says whether a line only says how it looks, or what else is to be read.
fn is_silent(line: &str) -> bool {
    let directives =
        ["include::", "ifdef::", "ifndef::", "ifeval::", "endif::", "toc::", "video::", "audio::"];
    line == "+"
        || line == "'''"
        || line == "<<<"
        || line == "---"
        || line == "***"
        || directives.iter().any(|it| line.starts_with(it))
}

/// Returns what stands between the brackets that end a line.
fn bracketed(text: &str) -> Option<&str> {
    Some(text.strip_suffix(']')?.split_once('[')?.1)
}

/// Returns the mark and the text of an item, without its box.
fn item(line: &str) -> Option<(&str, &str)> {
    let text = line.trim_start();
    let (mark, item) = text.split_once([' ', '\t'])?;
    let is_all = |c: char| mark.len() <= 6 && mark.chars().all(|it| it == c);
    let number = mark
        .strip_suffix('.')
        .or_else(|| mark.strip_prefix('<').and_then(|it| it.strip_suffix('>')));
    let is_number = number
        .is_some_and(|it| !it.is_empty() && it.len() < 6 && it.bytes().all(|b| b.is_ascii_digit()));
    let item = item.trim_start();
    let boxes = ["[ ]", "[x]", "[*]"];
    let unboxed = boxes.iter().find_map(|it| item.strip_prefix(it)).unwrap_or(item);
    if is_number {
        Some((&text[..mark.len() + 1], item))
    } else {
        (is_all('*') || is_all('.') || mark == "-" || mark == "<.>").then_some(("- ", unboxed))
    }
}

/// Returns the term and the start of its description in `term:: description`.
fn described(line: &str) -> Option<(&str, &str)> {
    let (term, definition) = match line.split_once(":: ") {
        Some((term, definition)) => (term, definition),
        None => (line.strip_suffix("::")?, ""),
    };
    let term = term.trim().trim_end_matches(':');
    (!term.is_empty() && term.len() < 200).then(|| (term, definition.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(asciidoc: &str) -> Extracted {
        read(asciidoc, &Limits::default()).unwrap()
    }

    #[test]
    fn the_header_is_metadata_and_its_title_a_heading() {
        let doc = said(
            "////\nlicence\n////\n// note\n:product: Buoy\n= The {product}\n\
             A. Author <a@b.c>; B. Author\n\
             v1.2, 2024-03-05: fixes\n:keywords: sea, tide\n:lang: en\n:toc:\n\n\
             Text of {product}, {unknown}.\n\
             \n== First ==\n\n=== Second\n",
        );
        assert_eq!(doc.text, "The Buoy\n\nText of Buoy, {unknown}.\n\nFirst\n\nSecond");
        assert_eq!(doc.title.unwrap(), "The Buoy");
        assert_eq!(doc.language.unwrap(), "en");
        let metadata: Vec<_> = doc.metadata.into_values().collect();
        assert_eq!(metadata, ["A. Author, B. Author", "2024-03-05", "sea, tide"]);
        let levels: Vec<u8> = doc.headings.iter().map(|heading| heading.level).collect();
        assert_eq!(levels, [1, 2, 3]);
    }

    #[test]
    fn blocks_keep_their_content_and_lose_their_frames() {
        let doc = said(
            "[NOTE]\n====\nMind the *gap*.\n====\n\nTIP: Swim.\n\n.Listing\n[source,sh]\n\
             ----\n  ls *x*\n\n  # y\n----\n\
             * one\n+\nmore\n** [x] two\n. three\nterm:: what +\nit is\n\n____\nSaid.\n____\n\n\
             [[id]]\n\
             image::a.png[A boat,200]\n\n'''\ninclude::x.adoc[]\nOld style\n---------\nEnd.\n",
        );
        assert_eq!(
            doc.text,
            "NOTE: Mind the gap.\n\nTIP: Swim.\n\nListing\n\nls *x*\n\n# y\n\n- one more\n- two\n\
             - three\n\
             - term: what\nit is\n\nSaid.\n\nA boat\n\nOld style\n\nEnd."
        );
        assert_eq!(doc.headings.len(), 1);
    }

    #[test]
    fn tables_are_rows_however_their_cells_are_written() {
        let rows = |table: &str| said(table).text;
        assert_eq!(rows("|===\n|a |b\n\n|c | *d*\n|===\n"), "a | b\nc | d");
        assert_eq!(
            rows(
                "[cols=\"1,2a\",options=\"header\"]\n|===\n|a\n|b\nmore\n2+|wide\nm|c|d\\|e\n\
                 |===\nx"
            ),
            "a | b more\nwide\nc | d|e\n\nx"
        );
        assert_eq!(rows("[cols=\"3*\"]\n|===\n|a|b|c\n|d\n|===\n"), "a | b | c\nd");
    }

    #[test]
    fn words_within_a_line_read_as_they_are_shown() {
        for (asciidoc, text) in [
            (
                "See link:a.html[the _site_], https://b.c[it] or https://d.e.",
                "See the site, it or https://d.e.",
            ),
            ("xref:a.adoc#b[There], <<id,here>> <<other>>.", "There, here other."),
            (
                "A `code *b*` kbd:[F1] footnote:[so] [.x]#red# ((term))(((no)))",
                "A code b F1 [so] red term",
            ),
            ("image:x.png[Alt,1] icon:x[] H~2~O x^2^ #mark#", "Alt H2O x2 mark"),
            ("open link:a[b and <<c", "open link:a[b and <<c"),
        ] {
            assert_eq!(said(asciidoc).text, text);
        }
    }

    #[test]
    fn attributes_do_not_grow() {
        let mut bomb = ":a: 0123456789\n".to_owned();
        for _ in 0..100 {
            bomb.push_str(":a: {a}{a}\n");
        }
        assert!(said(&format!("{bomb}\n{{a}}")).text.len() <= MAX_ATTRIBUTE);
    }
}
