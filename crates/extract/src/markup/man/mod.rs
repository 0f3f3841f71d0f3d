//! Manual pages, in the macros man and mdoc of troff.

mod conditions;
mod escapes;
mod macros;
mod mdoc;
mod table;

use self::conditions::Skipped;
use self::escapes::Strings;
use self::mdoc::Mdoc;
use self::table::Table;
use super::dates;
use super::prose::Prose;
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// Says whether a file's extension is the name of a section, such as `1` or `3pm`.
pub(super) fn is_section(extension: &str) -> bool {
    let rest = extension.trim_start_matches(|c: char| ('1'..='9').contains(&c));
    matches!(extension, "n" | "l" | "man" | "mdoc")
        || extension.len() == rest.len() + 1
            && rest.len() < 9
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Says whether a text begins as a page does: with a request, perhaps behind comments.
pub(super) fn begins(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !is_comment(line));
    lines.next().is_some_and(|line| {
        let request = line.trim_start_matches(['.', '\'']).trim_start();
        line.starts_with(['.', '\'']) && request.starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

/// Says whether a text begins as a page does and is titled as one.
pub(super) fn is_titled(head: &str) -> bool {
    let titles = [".TH ", ".Dd ", ".Dt "];
    begins(head) && head.lines().any(|line| titles.iter().any(|title| line.starts_with(title)))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.trim_start_matches(['.', '\'']).is_empty()
        || [".\\\"", "'\\\"", ". \\\"", "\\\"", ".\\#", "...\\\""]
            .iter()
            .any(|it| line.starts_with(it))
}

/// Returns what a person reads of a page.
///
/// # Errors
///
/// [`ExtractError::TooMuch`] beyond the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut page = Page {
        prose: Prose::new(limits),
        extracted: Extracted::default(),
        strings: Strings::default(),
        skipped: Skipped::default(),
        table: None,
        mdoc: None,
        kept: None,
        next: Next::Text,
        is_glued: false,
    };
    let mut begun = String::new();
    for line in text.lines() {
        // A backslash takes the end of a line away, but for that of a block's brace.
        let is_cut = line.ends_with('\\') && !line.ends_with("\\\\") && !line.ends_with("{\\");
        if is_cut && begun.len() < 10_000 {
            begun.push_str(&line[..line.len() - 1]);
        } else if begun.is_empty() {
            page.line(line)?;
        } else {
            begun.push_str(line);
            page.line(&std::mem::take(&mut begun))?;
        }
    }
    page.line(&begun)?;
    page.finish()
}

/// A page, as far as it is read.
struct Page {
    prose: Prose,
    extracted: Extracted,
    strings: Strings,
    skipped: Skipped,
    /// The table that is open.
    table: Option<Table>,
    /// What the macros mdoc remember, if the page is written in them.
    mdoc: Option<Mdoc>,
    /// Lines that are kept as they are, where they are.
    kept: Option<String>,
    /// What the next text is.
    next: Next,
    /// Whether the next text goes on without a blank.
    is_glued: bool,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Text,
    Heading(u8),
    /// The term that the paragraph below explains.
    Term,
}

impl Page {
    fn line(&mut self, line: &str) -> Result<(), ExtractError> {
        if self.skipped.takes(line) {
            return Ok(());
        }
        if let Some(table) = &mut self.table {
            match table.line(line, &self.strings) {
                table::Said::Row(row) => return self.prose.row(&row),
                table::Said::Nothing => return Ok(()),
                table::Said::End => self.table = None,
            }
            return Ok(());
        }
        let mut line = line;
        while let Some(request) = line.strip_prefix(['.', '\'']) {
            let request = request.trim_start();
            match conditions::of(request) {
                None => return self.request(request),
                // Only what a condition allows is left of the line.
                Some(condition) => match self.skipped.allows(condition, &self.strings) {
                    Some(rest) => line = rest,
                    None => return Ok(()),
                },
            }
        }
        self.text_line(line)
    }

    fn text_line(&mut self, line: &str) -> Result<(), ExtractError> {
        let text = self.strings.resolve(line);
        if text.text.trim().is_empty() && self.kept.is_none() {
            return if line.trim().is_empty() { self.paragraph() } else { Ok(()) };
        }
        // A blank in front ends the line before.
        if line.starts_with([' ', '\t']) && self.next == Next::Text && self.kept.is_none() {
            self.prose.line()?;
        }
        self.text(&text.text)?;
        self.is_glued = text.goes_on && !text.text.ends_with(' ');
        Ok(())
    }

    /// Takes text without escapes, as a line of its own where lines are kept.
    fn text(&mut self, text: &str) -> Result<(), ExtractError> {
        let is_glued = std::mem::take(&mut self.is_glued);
        match (self.next, &mut self.kept) {
            (Next::Heading(level), _) => {
                self.next = Next::Text;
                self.prose.heading(level, text)
            }
            (Next::Term, _) => {
                self.next = Next::Text;
                self.prose.words(text)?;
                self.prose.line()
            }
            (Next::Text, Some(kept)) => {
                if is_glued && kept.ends_with('\n') {
                    kept.pop();
                }
                kept.push_str(text.trim_end());
                kept.push('\n');
                Ok(())
            }
            (Next::Text, None) if is_glued => self.prose.glued(text.trim()),
            (Next::Text, None) => self.prose.words(text),
        }
    }

    /// Ends the paragraph, or writes an empty line where lines are kept.
    fn paragraph(&mut self) -> Result<(), ExtractError> {
        self.is_glued = false;
        match &mut self.kept {
            Some(kept) => {
                kept.push('\n');
                Ok(())
            }
            None => self.prose.end(),
        }
    }

    /// Ends the line.
    fn break_line(&mut self) -> Result<(), ExtractError> {
        if self.kept.is_none() { self.prose.line() } else { Ok(()) }
    }

    /// From here on lines are kept as they are.
    fn keep(&mut self) -> Result<(), ExtractError> {
        self.prose.end()?;
        self.kept.get_or_insert_default();
        Ok(())
    }

    /// From here on lines are filled again.
    fn fill(&mut self) -> Result<(), ExtractError> {
        self.kept.take().map_or(Ok(()), |kept| self.prose.kept(&kept))
    }

    /// Writes the lines that were kept so far.
    fn flush(&mut self) -> Result<(), ExtractError> {
        match &mut self.kept {
            Some(kept) => self.prose.kept(&std::mem::take(kept)),
            None => self.prose.end(),
        }
    }

    /// Begins a section.
    fn section(&mut self, level: u8, title: &str) -> Result<(), ExtractError> {
        self.fill()?;
        self.next = Next::Heading(level);
        if title.is_empty() { self.prose.end() } else { self.text(title) }
    }

    /// Begins a paragraph that explains a term, or an item of a list, if the term is but a mark.
    fn explained(&mut self, term: &str) -> Result<(), ExtractError> {
        self.flush()?;
        let number = term.trim_matches(['.', ')', '(', '[', ']']);
        if ["\u{2022}", "-", "*", "o", "+", "\u{b7}", "\u{2013}", "\u{2014}"].contains(&term) {
            self.prose.item("- ")
        } else if !number.is_empty() && number.len() < 4 && number.parse::<u16>().is_ok() {
            self.prose.item(&format!("{term} "))
        } else if self.kept.is_some() {
            self.text(term)
        } else {
            self.prose.words(term)?;
            self.prose.line()
        }
    }

    /// Remembers which page it is.
    fn titled(&mut self, name: &str, section: &str, date: &str) {
        // Most pages shout their names.
        let is_shouted = !name.chars().any(char::is_lowercase);
        let name = if is_shouted { name.to_lowercase() } else { name.to_owned() };
        let title = if section.is_empty() { name } else { format!("{name}({section})") };
        self.extracted.title = one_line(&title, MAX_TITLE);
        let metadata = &mut self.extracted.metadata;
        if !section.is_empty() {
            metadata.insert("section".into(), section.to_owned());
        }
        if let Some(date) = dates::iso(date) {
            metadata.insert("date".into(), date);
        }
    }

    fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.fill()?;
        let written = self.prose.finish()?;
        Ok(Extracted { title: self.extracted.title, metadata: self.extracted.metadata, ..written })
    }
}
