//! Org, the outlines of Emacs.

use super::dates;
use super::marks::{Mark, without_marks};
use super::prose::{Prose, unindented};
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// The words that say how far a task is, besides those that a file declares.
const TASKS: [&str; 12] = [
    "TODO",
    "DONE",
    "NEXT",
    "WAITING",
    "WAIT",
    "HOLD",
    "STARTED",
    "INPROGRESS",
    "IN-PROGRESS",
    "CANCELLED",
    "CANCELED",
    "SOMEDAY",
];

/// What stands behind a heading for the agenda.
const PLANNING: [&str; 4] = ["SCHEDULED:", "DEADLINE:", "CLOSED:", "CLOCK:"];

const MARKS: &[Mark] = &[
    Mark::literal("="),
    Mark::literal("~"),
    Mark::around("*"),
    Mark::around("/"),
    Mark::around("_"),
    Mark::around("+"),
];

/// Returns what a person reads of an outline: no keywords, tags, drawers and comments.
///
/// # Errors
///
/// [`ExtractError::TooMuch`] beyond the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut reader = Reader::new(limits);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        if let Some(level) = heading_level(line) {
            reader.heading(level, &line[level..])?;
        } else if reader.commented.is_some() {
            continue;
        } else if let Some((keyword, value)) = keyword(line) {
            match keyword.to_ascii_uppercase().strip_prefix("BEGIN_") {
                Some(block) => reader.block(block, &mut lines)?,
                None => reader.keyword(keyword, value)?,
            }
        } else if let Some(drawn) = reader.drawn(line, &lines) {
            lines.nth(drawn);
        } else {
            reader.line(line)?;
        }
    }
    reader.finish()
}

struct Reader {
    prose: Prose,
    extracted: Extracted,
    tasks: Vec<String>,
    /// Lines that stand behind a colon, and are kept as they are.
    fixed: String,
    /// The level of the section that is commented out.
    commented: Option<usize>,
    /// How often the end of a drawer may still be looked for in vain.
    tries: u32,
}

impl Reader {
    fn new(limits: &Limits) -> Self {
        Self {
            prose: Prose::marked_up(limits, inline),
            extracted: Extracted::default(),
            tasks: TASKS.map(str::to_owned).to_vec(),
            fixed: String::new(),
            commented: None,
            tries: 1_000,
        }
    }

    fn heading(&mut self, level: usize, text: &str) -> Result<(), ExtractError> {
        if self.commented.is_some_and(|commented| level > commented) {
            return Ok(());
        }
        self.end()?;
        let mut text = without_tags(text.trim());
        if let Some((first, rest)) = text.split_once(' ')
            && self.tasks.iter().any(|task| task == first)
        {
            text = rest.trim_start();
        }
        if text.starts_with("[#")
            && let Some((_, rest)) = text.split_once(']')
        {
            text = rest.trim_start();
        }
        let is_commented = text == "COMMENT" || text.starts_with("COMMENT ");
        self.commented = is_commented.then_some(level);
        match is_commented {
            true => Ok(()),
            false => self.prose.heading(u8::try_from(level).unwrap_or(u8::MAX), text),
        }
    }

    /// Reads `#+KEYWORD: value`.
    fn keyword(&mut self, keyword: &str, value: &str) -> Result<(), ExtractError> {
        self.end()?;
        let metadata = &mut self.extracted.metadata;
        match keyword.to_ascii_uppercase().as_str() {
            "TITLE" => {
                let said = self.extracted.title.take().unwrap_or_default();
                self.extracted.title = one_line(&format!("{said} {}", inline(value)), MAX_TITLE);
            }
            "LANGUAGE" if !value.is_empty() => self.extracted.language = Some(value.to_owned()),
            "DATE" => {
                if let Some(date) = dates::iso(value) {
                    metadata.insert("date".into(), date);
                }
            }
            "FILETAGS" => {
                let tags: Vec<&str> =
                    value.split([':', ' ', ',']).filter(|tag| !tag.is_empty()).collect();
                metadata.insert("tags".into(), tags.join(", "));
            }
            name @ ("AUTHOR" | "KEYWORDS" | "DESCRIPTION") if !value.is_empty() => {
                metadata.insert(name.to_ascii_lowercase(), inline(value));
            }
            "TODO" | "SEQ_TODO" | "TYP_TODO" => {
                let words = value.split([' ', '|']).map(|word| word.split('(').next());
                self.tasks.extend(words.flatten().filter(|word| !word.is_empty()).map(Into::into));
                self.tasks.truncate(100);
            }
            "CAPTION" => self.prose.words(value)?,
            _ => {}
        }
        Ok(())
    }

    /// Reads a block up to its end, or to the next heading.
    fn block(&mut self, kind: &str, lines: &mut std::str::Lines<'_>) -> Result<(), ExtractError> {
        self.end()?;
        let end = format!("END_{}", kind.split(' ').next().unwrap_or_default());
        let is_end = |line: &str| {
            keyword(line.trim_end()).is_some_and(|(keyword, _)| keyword.eq_ignore_ascii_case(&end))
        };
        // What stands in other blocks is text like any other.
        if !["SRC", "EXAMPLE", "COMMENT", "EXPORT"].contains(&kind) {
            return Ok(());
        }
        let mut kept = Vec::new();
        while let Some(line) = lines.clone().next().filter(|line| heading_level(line).is_none()) {
            lines.next();
            if is_end(line) {
                break;
            }
            // A comma keeps a line from being a heading.
            let escaped = line.strip_prefix(',');
            kept.push(escaped.filter(|it| it.starts_with(['*', '#', ','])).unwrap_or(line));
        }
        match kind {
            "SRC" | "EXAMPLE" => self.prose.kept(&unindented(&kept)),
            _ => Ok(()),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), ExtractError> {
        let text = line.trim_start();
        if let Some(fixed) = text.strip_prefix(": ").or_else(|| (text == ":").then_some("")) {
            self.prose.end()?;
            self.fixed.push_str(fixed);
            self.fixed.push('\n');
            return Ok(());
        }
        self.end_fixed()?;
        if text.is_empty() || text.len() >= 5 && text.bytes().all(|byte| byte == b'-') {
            return self.prose.end();
        }
        if text == "#" || text.starts_with("# ") || PLANNING.iter().any(|it| text.starts_with(it)) {
            return Ok(());
        }
        if let Some(row) = text.strip_prefix('|') {
            return match row.starts_with('-') {
                true => Ok(()),
                false => {
                    let row = row.trim_end().trim_end_matches('|');
                    let cells: Vec<String> = row.split('|').map(str::to_owned).collect();
                    self.prose.row(&cells)
                }
            };
        }
        if let Some((mark, item)) = item(line) {
            self.prose.item(mark)?;
            return match item.split_once(" :: ") {
                Some((term, definition)) => self.prose.words(&format!("{term}: {definition}")),
                None => self.prose.words(item),
            };
        }
        self.prose.words(text.trim_end_matches("\\\\"))
    }

    fn end_fixed(&mut self) -> Result<(), ExtractError> {
        match self.fixed.is_empty() {
            true => Ok(()),
            false => self.prose.kept(&std::mem::take(&mut self.fixed)),
        }
    }

    fn end(&mut self) -> Result<(), ExtractError> {
        self.end_fixed()?;
        self.prose.end()
    }

    /// Returns how many lines follow the name of a drawer, with its end; none if it is no drawer,
    /// or has
    /// no end in sight.
    fn drawn(&mut self, line: &str, rest: &std::str::Lines<'_>) -> Option<usize> {
        let name = line.trim().strip_prefix(':')?.strip_suffix(':')?;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_part) || self.tries == 0 {
            return None;
        }
        let mut ahead = rest.clone().take(500).take_while(|line| heading_level(line).is_none());
        let end = ahead.position(|line| line.trim().eq_ignore_ascii_case(":END:"));
        self.tries -= u32::from(end.is_none());
        end
    }

    fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.end()?;
        let written = self.prose.finish()?;
        let title = self.extracted.title.or(written.title);
        Ok(Extracted {
            title,
            language: self.extracted.language,
            metadata: self.extracted.metadata,
            ..written
        })
    }
}

/// Returns how many stars a heading has; none if the line is no heading.
fn heading_level(line: &str) -> Option<usize> {
    let level = line.bytes().take_while(|byte| *byte == b'*').count();
    (level > 0 && line[level..].starts_with(' ')).then_some(level)
}

/// Returns the keyword and value of `#+KEYWORD: value`, or of `#+BEGIN_SRC value`.
fn keyword(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start().strip_prefix("#+")?;
    let end = line.find([':', ' ', '[']).unwrap_or(line.len());
    let (keyword, value) = line.split_at(end);
    (!keyword.is_empty()).then(|| (keyword, value.trim_start_matches(':').trim()))
}

/// Returns a heading without `:tags:` at its end.
fn without_tags(heading: &str) -> &str {
    let (before, last) = heading.rsplit_once([' ', '\t']).unwrap_or(("", heading));
    let is_tag = |c: char| c.is_alphanumeric() || "_@#%:".contains(c);
    let is_tags =
        last.len() > 2 && last.starts_with(':') && last.ends_with(':') && last.chars().all(is_tag);
    if is_tags { before.trim_end() } else { heading }
}

/// Returns the mark and the text of an item, without its box and with a colon behind its term.
fn item(line: &str) -> Option<(&str, &str)> {
    let text = line.trim_start();
    let (mark, item) = text.split_once(' ').unwrap_or((text, ""));
    let number = mark.trim_end_matches(['.', ')']);
    let mark = match mark {
        "-" | "+" => "- ",
        // At the margin it would be a heading.
        "*" if text.len() < line.len() => "- ",
        _ if number.len() + 1 == mark.len()
            && !number.is_empty()
            && number.len() < 6
            && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            &text[..mark.len() + 1]
        }
        _ => return None,
    };
    let item = item.trim_start();
    let boxes = ["[ ]", "[X]", "[x]", "[-]"];
    Some((mark, boxes.iter().find_map(|it| item.strip_prefix(it)).unwrap_or(item)))
}

/// Returns text as it reads: links by their names, without emphasis, footnotes' numbers and
/// targets.
fn inline(text: &str) -> String {
    without_marks(&brackets(text), MARKS)
}

/// Resolves what stands in brackets: links, footnotes, targets and snippets for other formats.
fn brackets(text: &str) -> String {
    let mut rest = text;
    let mut clean = String::with_capacity(text.len());
    while let Some(at) = rest.find(['[', '<']) {
        let (before, link) = rest.split_at(at);
        clean.push_str(before);
        let closes = [("[[", "]]"), ("[fn:", "]"), ("<<", ">>")];
        let close = closes.iter().find(|(open, _)| link.starts_with(open)).map(|(_, close)| close);
        let Some(close) = close else {
            clean.push_str(&link[..1]);
            rest = &link[1..];
            continue;
        };
        let Some((within, behind)) = link.split_once(close) else {
            clean.push_str(link);
            return clean;
        };
        rest = behind;
        if let Some(link) = within.strip_prefix("[[") {
            let shown = link.rsplit_once("][").map_or(link, |(_, shown)| shown);
            clean.push_str(shown.strip_prefix("file:").unwrap_or(shown));
        } else if let Some(note) = within.strip_prefix("[fn:") {
            if let Some((_, note)) = note.split_once(':') {
                clean.push_str(&format!(" [{}]", note.trim()));
            }
        } else if let Some(target) = within.strip_prefix("<<<") {
            clean.push_str(target);
            rest = rest.strip_prefix('>').unwrap_or(rest);
        }
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(org: &str) -> Extracted {
        read(org, &Limits::default()).unwrap()
    }

    #[test]
    fn headings_lose_what_is_for_the_agenda() {
        let org = said(
            "#+TITLE: Harbour\n#+title: log\n#+AUTHOR: A. Author\n#+DATE: <2024-03-05 Tue>\n\
             #+FILETAGS: :tide:boat:\n#+LANGUAGE: en\n#+TODO: OPEN(o) | SHUT\n#+OPTIONS: toc:nil\n\
             * TODO [#A] Fix the *mast* :work:urgent:\nSCHEDULED: <2024-03-06 Wed>\n:PROPERTIES:\n\
             :ID: 7\n:END:\nSoon.\n** SHUT Sails\n* COMMENT Not this\nno\n** nor this\nno\n\
             * Rest\n",
        );
        assert_eq!(org.text, "Fix the mast\n\nSoon.\n\nSails\n\nRest");
        let headings: Vec<_> = org.headings.iter().map(|it| (it.level, it.text.as_str())).collect();
        assert_eq!(headings, [(1, "Fix the mast"), (2, "Sails"), (1, "Rest")]);
        assert_eq!(org.title.unwrap(), "Harbour log");
        assert_eq!(org.language.unwrap(), "en");
        let metadata: Vec<_> = org.metadata.into_values().collect();
        assert_eq!(metadata, ["A. Author", "2024-03-05", "tide, boat"]);
    }

    #[test]
    fn lists_tables_and_blocks_keep_their_lines() {
        let org = said(
            "- [X] one\n  goes on\n+ two :: why\n 1. three\n\n| a | /b/ |\n|---+---|\n| c |   |\n\
             #+TBLFM: x\n\n#+BEGIN_SRC sh -n\n  a *b*\n\n  c\n,* d\n#+END_SRC\n: f  g\n:  h\n# no\n\
             #+begin_quote\nSaid.\n#+end_quote\n#+BEGIN_EXPORT html\nno\n#+END_EXPORT\n-----\nEnd",
        );
        assert_eq!(
            org.text,
            "- one goes on\n- two: why\n1. three\n\na | b\nc\n\n  a *b*\n\n  c\n* d\n\nf  g\n h\n\
             \nSaid.\n\nEnd"
        );
    }

    #[test]
    fn links_and_notes_read_as_text() {
        for (org, text) in [
            ("See [[https://a.b][the *site*]], [[file:x.org]].", "See the site, x.org."),
            ("It[fn:1] is[fn:: so] <<here>>.", "It is [so] ."),
            ("~code *b*~ and =[[x]]= \\\\", "code *b* and x"),
            ("[[open", "[[open"),
            (":no drawer:\ntext", ":no drawer: text"),
        ] {
            assert_eq!(said(org).text, text);
        }
    }
}
