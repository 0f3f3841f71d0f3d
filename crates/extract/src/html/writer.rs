//! Writes the Markdown of an HTML page, one tag and one stretch of text at a time.

use std::collections::HashMap;

use html5ever::LocalName;

use super::Reader;
use super::frames::may_be_frame;

/// What of a page is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keep {
    /// What the page says, without its frame: of each element that may be a part of that, in the order of
    /// their start tags, whether it is.
    Content(Vec<bool>),
    /// All that a reader sees.
    Everything,
}

/// A page as it was read.
pub(super) struct Written {
    pub(super) title: String,
    pub(super) first_h1: String,
    pub(super) text: String,
}

/// What stands between the last word and the next; the larger one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Blank,
    /// The border between two rows of a table: paragraphs in cells do not widen it.
    Row,
    /// The border between two cells of a row, as firm.
    Cell,
}

/// What an open element changes until it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Its content is left out.
    Skipped,
    /// A box that closes whatever was left open in it.
    Block,
    /// A part of the page within which a header belongs to the content.
    Section,
    List,
    Table,
    Heading,
    Preformatted,
    Title,
}

/// Collects the text of a page; see the module.
pub(super) struct Writer {
    keep: Keep,
    title: Option<String>,
    first_h1: Option<String>,
    out: String,
    gap: Gap,
    /// What the next word's line begins with: `## ` or `- `.
    prefix: String,
    open: Vec<(LocalName, Role)>,
    /// How many elements of a name are open, so that a stray end tag costs no search.
    open_count: HashMap<LocalName, usize>,
    skipped: usize,
    sections: usize,
    /// How many elements there were that may be parts of the frame.
    frames: usize,
    /// The number of the next item of each open list; none for bullets.
    lists: Vec<Option<u32>>,
    /// Where the text of each open table's last row begins; none before the first row.
    tables: Vec<Option<usize>>,
    /// Where the open heading's text begins.
    heading: Option<usize>,
    preformatted: Option<String>,
    in_title: bool,
}

impl Reader for Writer {
    fn open(&mut self, name: &LocalName) {
        if is_heading(name) {
            self.close_open_heading();
        }
        // Elements without a role, such as `p` and `li`, may lack an end tag, so they are marks and
        // not on the stack of open elements.
        let role = self.role(name);
        self.frames += usize::from(may_be_frame(name));
        if let Some(role) = role {
            *self.open_count.entry(name.clone()).or_default() += 1;
            self.open.push((name.clone(), role));
            self.begin(name, role);
        } else if self.skipped == 0 {
            self.mark(name, true);
        }
    }

    fn close(&mut self, name: &LocalName) {
        // An end tag that opens nothing would otherwise close everything there is.
        if self.open_count.get(name).is_some_and(|count| *count > 0) {
            while let Some((inner, role)) = self.open.pop() {
                if let Some(count) = self.open_count.get_mut(&inner) {
                    *count -= 1;
                }
                self.end(&inner, role);
                if inner == *name {
                    break;
                }
            }
        } else if self.skipped == 0 {
            self.mark(name, false);
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipped > 0 {
            return;
        }
        if self.in_title {
            self.title.get_or_insert_default().push_str(text);
            return;
        }
        if let Some(preformatted) = &mut self.preformatted {
            preformatted.push_str(text);
            return;
        }
        // Word by word, as a browser does: any run of white space is one space, and text may come
        // in pieces that begin or end within a word.
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.trim_start();
            if word.len() < rest.len() {
                self.widen(Gap::Space);
            }
            let end = word.find(char::is_whitespace).unwrap_or(word.len());
            if end > 0 {
                self.word(&word[..end]);
            }
            rest = &word[end..];
        }
    }
}

impl Writer {
    pub(super) fn new(keep: Keep) -> Self {
        Self {
            keep,
            title: None,
            first_h1: None,
            out: String::new(),
            gap: Gap::None,
            prefix: String::new(),
            open: Vec::new(),
            open_count: HashMap::new(),
            skipped: 0,
            sections: 0,
            frames: 0,
            lists: Vec::new(),
            tables: Vec::new(),
            heading: None,
            preformatted: None,
            in_title: false,
        }
    }

    /// Closes what is open and returns the page.
    pub(super) fn finish(mut self) -> Written {
        while let Some((name, role)) = self.open.pop() {
            self.end(&name, role);
        }
        Written {
            title: self.title.unwrap_or_default(),
            first_h1: self.first_h1.unwrap_or_default(),
            text: self.out,
        }
    }

    /// Returns the role of an element that must be closed; none if its end is optional or nothing
    /// depends on it.
    fn role(&self, name: &LocalName) -> Option<Role> {
        let furniture = match &self.keep {
            Keep::Content(frames) => frames.get(self.frames) == Some(&true),
            Keep::Everything => false,
        };
        Some(match &**name {
            "script" | "style" | "noscript" | "template" | "svg" | "iframe" | "noembed"
            | "noframes" | "select" | "textarea" | "canvas" | "object" | "audio" | "video" => {
                Role::Skipped
            }
            "nav" | "aside" | "form" | "button" | "dialog" if furniture => Role::Skipped,
            // Within an article they hold its headline; on a page they hold the logo.
            "header" | "footer" if furniture && self.sections == 0 => Role::Skipped,
            "article" | "main" | "section" => Role::Section,
            "ul" | "ol" | "menu" => Role::List,
            "table" => Role::Table,
            "pre" | "listing" | "xmp" | "plaintext" => Role::Preformatted,
            "title" if self.title.is_some() => Role::Skipped,
            "title" => Role::Title,
            "div" | "blockquote" | "center" | "figure" | "figcaption" | "details" | "summary"
            | "fieldset" | "address" | "dl" | "nav" | "aside" | "form" | "header" | "footer"
            | "dialog" | "hgroup" => Role::Block,
            _ if is_heading(name) => Role::Heading,
            _ => return None,
        })
    }

    fn begin(&mut self, name: &LocalName, role: Role) {
        if role == Role::Skipped {
            self.skipped += 1;
        }
        if self.skipped > 0 {
            return;
        }
        match role {
            Role::Skipped => {}
            Role::Block => self.widen(Gap::Blank),
            Role::Section => {
                self.sections += 1;
                self.widen(Gap::Blank);
            }
            Role::List => {
                self.widen(if self.lists.is_empty() { Gap::Blank } else { Gap::Line });
                self.lists.push((&**name == "ol").then_some(1));
            }
            Role::Table => {
                self.widen(Gap::Blank);
                self.tables.push(None);
            }
            Role::Heading => {
                self.widen(Gap::Blank);
                // The second letter of `h1` to `h6` is the level.
                let level = name.bytes().nth(1).map_or(1, |digit| usize::from(digit - b'0'));
                self.prefix = format!("{} ", "#".repeat(level));
                // Where the heading's text begins is kept, so that the first `h1` can be read off
                // the output later.
                self.heading = Some(self.out.len());
            }
            Role::Preformatted => {
                self.widen(Gap::Blank);
                self.preformatted.get_or_insert_default();
            }
            Role::Title => self.in_title = true,
        }
    }

    fn end(&mut self, name: &LocalName, role: Role) {
        if role == Role::Skipped {
            self.skipped = self.skipped.saturating_sub(1);
            return;
        }
        if self.skipped > 0 {
            return;
        }
        match role {
            Role::Skipped => {}
            Role::Block => self.widen(Gap::Blank),
            Role::Section => {
                self.sections = self.sections.saturating_sub(1);
                self.widen(Gap::Blank);
            }
            Role::List => {
                self.prefix.clear();
                self.lists.pop();
                self.widen(if self.lists.is_empty() { Gap::Blank } else { Gap::Line });
            }
            Role::Table => {
                self.tables.pop();
                self.gap = Gap::Blank;
            }
            Role::Heading => self.end_heading(name),
            Role::Preformatted => self.end_preformatted(),
            Role::Title => self.in_title = false,
        }
    }

    /// Takes the start or end of an element that is not kept on the stack.
    fn mark(&mut self, name: &str, start: bool) {
        match (name, start) {
            ("p", _) => self.widen(Gap::Blank),
            ("hr", true) => self.widen(Gap::Blank),
            ("br", true) => match &mut self.preformatted {
                Some(preformatted) => preformatted.push('\n'),
                None => self.widen(Gap::Line),
            },
            ("dt" | "dd" | "option" | "caption", _) => self.widen(Gap::Line),
            ("li", true) => self.begin_item(),
            ("li", false) => {
                self.prefix.clear();
                self.widen(Gap::Line);
            }
            ("tr", true) => {
                if let Some(row_start) = self.tables.last_mut() {
                    // Set and not widened: an empty cell at the end of the row before has left
                    // `Cell`, which would win.
                    self.gap = if row_start.is_some() { Gap::Row } else { Gap::Blank };
                    *row_start = Some(self.out.len());
                }
            }
            ("td" | "th", true) => match self.tables.last() {
                // Nothing was written in this row yet: the first cell, or the first that is not
                // empty, has no border before it.
                Some(Some(row_start)) if *row_start == self.out.len() => {}
                Some(_) => self.gap = Gap::Cell,
                None => self.widen(Gap::Space),
            },
            _ => {}
        }
    }

    fn begin_item(&mut self) {
        self.prefix.clear();
        self.widen(Gap::Line);
        // Deeper items are not indented further: a page of nested lists must not grow.
        let indent = self.lists.len().saturating_sub(1).min(8);
        self.prefix = "  ".repeat(indent);
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.prefix.push_str(&format!("{number}. "));
                *number = number.saturating_add(1);
            }
            _ => self.prefix.push_str("- "),
        }
    }

    /// A heading within a heading closes it, as in browsers.
    fn close_open_heading(&mut self) {
        if let Some((name, Role::Heading)) = self.open.last().cloned() {
            self.close(&name);
        }
    }

    fn end_heading(&mut self, name: &str) {
        self.prefix.clear();
        if let Some(start) = self.heading.take()
            && name == "h1"
            && self.first_h1.is_none()
        {
            let line = self.out[start..].trim_start_matches(['\n', '#', ' ']);
            self.first_h1 = (!line.is_empty()).then(|| line.to_owned());
        }
        self.widen(Gap::Blank);
    }

    fn end_preformatted(&mut self) {
        let Some(text) = self.preformatted.take() else { return };
        let text = text.trim_end().trim_start_matches(['\n', '\r']);
        if text.is_empty() {
            return;
        }
        // A fence longer than any run of backticks in the text cannot end within it.
        let longest_run = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest_run.max(2) + 1);
        self.prefix.clear();
        self.gap = if self.out.is_empty() { Gap::None } else { Gap::Blank };
        self.write_gap();
        self.out.push_str(&fence);
        self.out.push('\n');
        self.out.push_str(text);
        self.out.push('\n');
        self.out.push_str(&fence);
        self.gap = Gap::Blank;
    }

    /// Sees to it that at least `gap` stands before the next word.
    fn widen(&mut self, gap: Gap) {
        // A heading is one line, whatever elements stand in it.
        let gap = if self.heading.is_some() { Gap::Space } else { gap };
        // Behind a list's bullet nothing was said yet, so a paragraph there opens no new line.
        if self.prefix.is_empty() || self.heading.is_some() {
            self.gap = self.gap.max(gap);
        }
    }

    fn word(&mut self, word: &str) {
        let line_start =
            self.out.is_empty() || matches!(self.gap, Gap::Line | Gap::Blank | Gap::Row);
        self.write_gap();
        if !self.prefix.is_empty() {
            self.out.push_str(&self.prefix);
            self.prefix.clear();
        // At the start of a line these would be markup: a heading, a rule, a fence or HTML.
        } else if line_start
            && (word.starts_with(['#', '=', '`', '~', '<']) || word.starts_with("--"))
        {
            self.out.push('\\');
        }
        self.out.push_str(word);
    }

    fn write_gap(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        if !self.out.is_empty() {
            self.out.push_str(match gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Line | Gap::Row => "\n",
                Gap::Blank => "\n\n",
                Gap::Cell => " | ",
            });
        }
    }
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}
