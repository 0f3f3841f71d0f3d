//! LaTeX.

mod commands;
mod names;
mod source;

use std::collections::HashMap;

use self::source::Source;
use super::dates;
use super::prose::Prose;
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// How far into a file its class is looked for.
const CLASS_WINDOW: usize = 64 << 10;

/// How many macros a file may define that are taken at their word.
const MAX_MACROS: usize = 1_000;

/// What parts the cells of a row until it is written.
const CELL: &str = "\u{1f}";

/// Says whether a text begins with a document class, perhaps behind comments.
pub(super) fn begins(head: &str) -> bool {
    head.lines()
        .map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with('%'))
        .is_some_and(|line| {
            line.starts_with("\\documentclass") || line.starts_with("\\documentstyle")
        })
}

/// Returns what a person reads of a document. Unknown commands leave the text in their braces.
///
/// # Errors
///
/// [`ExtractError::TooMuch`] beyond the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut reader = Reader::new(text, limits);
    reader.is_preamble = text.contains("\\begin{document}");
    reader.has_chapters = has_chapters(text);
    reader.read()?;
    reader.finish()
}

/// Says whether a document has chapters above its sections.
fn has_chapters(text: &str) -> bool {
    let head = &text[..text.floor_char_boundary(CLASS_WINDOW)];
    let class = head
        .split_once("\\documentclass")
        .and_then(|(_, rest)| Some(rest.split_once('{')?.1.split_once('}')?.0.trim()));
    match class {
        Some(class) => {
            ["book", "report", "reprt", "memoir", "thesis"].iter().any(|it| class.contains(it))
        }
        None => text.contains("\\chapter{") || text.contains("\\chapter*{"),
    }
}

struct Reader<'a> {
    source: Source<'a>,
    prose: Prose,
    extracted: Extracted,
    frames: Vec<Frame>,
    /// Which frames gather text, by their place.
    gathering: Vec<usize>,
    /// Braces that are open beyond the deepest frame.
    unframed: u32,
    nesting: usize,
    /// Whether a blank stands before the next word.
    is_spaced: bool,
    is_preamble: bool,
    has_chapters: bool,
    is_over: bool,
    /// What macros without arguments stand for; none in the body of one.
    macros: Option<HashMap<String, String>>,
}

/// Something that is open.
struct Frame {
    kind: Kind,
    /// What it gathered.
    text: String,
}

/// What happens at the end of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Group,
    /// A paragraph ends.
    Paragraph,
    Heading(u8),
    Title,
    Author,
    Date,
    Footnote,
    /// A table: it ends with its environment, not with a brace.
    Table,
}

impl Kind {
    fn gathers(self) -> bool {
        !matches!(self, Self::Group | Self::Paragraph)
    }
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, limits: &Limits) -> Self {
        Self {
            source: Source::new(text),
            prose: Prose::new(limits),
            extracted: Extracted::default(),
            frames: Vec::new(),
            gathering: Vec::new(),
            unframed: 0,
            nesting: limits.nesting as usize,
            is_spaced: false,
            is_preamble: false,
            has_chapters: false,
            is_over: false,
            macros: Some(HashMap::new()),
        }
    }

    fn read(&mut self) -> Result<(), ExtractError> {
        while !self.is_over
            && let Some(character) = self.source.next()
        {
            match character {
                '\\' => self.command()?,
                '{' => self.open(Kind::Group),
                '}' => self.close_brace()?,
                '%' => {
                    if self.source.comment() {
                        self.paragraph()?;
                    }
                }
                '$' if self.source.eat("$") => self.display_math("$$")?,
                '$' => self.math("$")?,
                '&' if self.is_in_table() => self.put(CELL)?,
                '~' => self.is_spaced = true,
                '#' if self.source.starts_with(|c| c.is_ascii_digit()) => {
                    self.source.next();
                }
                '-' if self.source.eat("--") => self.put("\u{2014}")?,
                '-' if self.source.eat("-") => self.put("\u{2013}")?,
                '`' if self.source.eat("`") => self.put("\u{201c}")?,
                '\'' if self.source.eat("'") => self.put("\u{201d}")?,
                '`' => self.put("\u{2018}")?,
                c if c.is_whitespace() => match c == '\n' && self.source.is_blank_line() {
                    true => self.paragraph()?,
                    false => self.is_spaced = true,
                },
                c => {
                    let words = self.source.words();
                    self.put(c.encode_utf8(&mut [0; 4]))?;
                    self.put(words)?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, kind: Kind) {
        if self.frames.len() >= self.nesting {
            self.unframed = self.unframed.saturating_add(1);
            return;
        }
        if kind.gathers() {
            self.gathering.push(self.frames.len());
        }
        self.frames.push(Frame { kind, text: String::new() });
    }

    fn close_brace(&mut self) -> Result<(), ExtractError> {
        if self.unframed > 0 {
            self.unframed -= 1;
            return Ok(());
        }
        if self.frames.last().is_some_and(|frame| frame.kind != Kind::Table) {
            self.close()?;
        }
        // Two arguments are two words.
        self.is_spaced |= self.source.starts_with(|c| c == '{');
        Ok(())
    }

    /// Ends the innermost frame.
    fn close(&mut self) -> Result<(), ExtractError> {
        let Some(Frame { kind, text }) = self.frames.pop() else { return Ok(()) };
        if kind.gathers() {
            self.gathering.pop();
        }
        let is_shown = !self.is_preamble && self.gathering.is_empty();
        match kind {
            Kind::Group => Ok(()),
            Kind::Paragraph => self.paragraph(),
            Kind::Heading(level) if is_shown => self.prose.heading(level, &text),
            Kind::Heading(_) => self.put(&text),
            Kind::Title => {
                self.extracted.title = one_line(&text, MAX_TITLE);
                Ok(())
            }
            Kind::Author => {
                let names: Vec<&str> =
                    text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
                if let Some(names) = one_line(&names.join(", "), MAX_TITLE) {
                    self.extracted.metadata.insert("author".into(), names);
                }
                Ok(())
            }
            Kind::Date => {
                if let Some(date) = dates::iso(&text) {
                    self.extracted.metadata.insert("date".into(), date);
                }
                Ok(())
            }
            Kind::Footnote if text.trim().is_empty() => Ok(()),
            Kind::Footnote => {
                self.is_spaced = true;
                self.put(&format!("[{}]", text.trim()))
            }
            Kind::Table if is_shown => self.row(&text),
            Kind::Table => self.put(&text.replace(CELL, " | ")),
        }
    }

    /// Adds text, to what gathers it or else to the paragraph.
    fn put(&mut self, text: &str) -> Result<(), ExtractError> {
        if text.is_empty() {
            return Ok(());
        }
        let is_spaced = std::mem::take(&mut self.is_spaced);
        let gathering = self.gathering.last().and_then(|at| self.frames.get_mut(*at));
        match gathering {
            Some(frame) => {
                if is_spaced && !frame.text.is_empty() {
                    frame.text.push(' ');
                }
                frame.text.push_str(text);
                Ok(())
            }
            None if self.is_preamble => Ok(()),
            None => {
                if is_spaced {
                    self.prose.glued(" ")?;
                }
                self.prose.glued(text)
            }
        }
    }

    /// Ends the paragraph.
    fn paragraph(&mut self) -> Result<(), ExtractError> {
        // No heading goes on over an empty line: its brace is missing.
        while let Some(Frame { kind: Kind::Heading(_) | Kind::Title | Kind::Date, .. }) =
            self.gathering.last().and_then(|at| self.frames.get(*at))
        {
            self.close()?;
        }
        match self.gathering.is_empty() {
            true => {
                self.is_spaced = false;
                self.prose.end()
            }
            false => {
                self.is_spaced = true;
                Ok(())
            }
        }
    }

    /// Ends the line, or the row.
    fn break_line(&mut self) -> Result<(), ExtractError> {
        let gathering = self.gathering.last().and_then(|at| self.frames.get_mut(*at));
        match gathering {
            Some(Frame { kind: Kind::Table, text }) if self.gathering.len() == 1 => {
                let row = std::mem::take(text);
                self.is_spaced = false;
                self.row(&row)
            }
            Some(Frame { kind: Kind::Author, .. }) => self.put(", "),
            Some(_) => {
                self.is_spaced = true;
                Ok(())
            }
            None => {
                self.is_spaced = false;
                self.prose.line()
            }
        }
    }

    fn row(&mut self, row: &str) -> Result<(), ExtractError> {
        let cells: Vec<String> = row.split(CELL).map(str::to_owned).collect();
        self.prose.row(&cells)
    }

    fn is_in_table(&self) -> bool {
        self.gathering
            .iter()
            .any(|at| self.frames.get(*at).is_some_and(|it| it.kind == Kind::Table))
    }

    /// Writes a formula within a line as it stands.
    fn math(&mut self, end: &str) -> Result<(), ExtractError> {
        match self.source.formula(end) {
            Some(formula) => self.put(formula.trim()),
            None => Ok(()),
        }
    }

    /// Writes a formula as a block of its own.
    fn display_math(&mut self, end: &str) -> Result<(), ExtractError> {
        match self.source.formula(end) {
            Some(formula) => self.kept(formula),
            None => Ok(()),
        }
    }

    /// Writes lines as they stand.
    fn kept(&mut self, lines: &str) -> Result<(), ExtractError> {
        if !self.gathering.is_empty() {
            self.is_spaced = true;
            self.put(lines.trim())?;
            self.is_spaced = true;
            return Ok(());
        }
        self.is_spaced = false;
        match self.is_preamble {
            true => Ok(()),
            false => self.prose.kept(&super::prose::unindented(&lines.lines().collect::<Vec<_>>())),
        }
    }

    /// Returns a stretch of source as it reads within a line.
    fn inline(&self, source: &str) -> String {
        if self.macros.is_none() {
            return source.to_owned();
        }
        let limits = Limits { text_bytes: 4 * source.len() as u64 + 100, ..Limits::default() };
        let mut inner = Reader::new(source, &limits);
        inner.macros = None;
        match inner.read().and_then(|()| inner.finish()) {
            Ok(extracted) => extracted.text,
            Err(_) => String::new(),
        }
    }

    fn finish(mut self) -> Result<Extracted, ExtractError> {
        while !self.frames.is_empty() {
            self.close()?;
        }
        let written = self.prose.finish()?;
        Ok(Extracted {
            title: self.extracted.title.or(written.title),
            language: self.extracted.language,
            metadata: self.extracted.metadata,
            ..written
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(latex: &str) -> Extracted {
        read(latex, &Limits::default()).unwrap()
    }

    #[test]
    fn a_document_reads_without_its_commands() {
        let paper = said(
            "% a paper\n\\documentclass[11pt]{article}\n\\usepackage{graphicx}\n\
             \\newcommand{\\sys}{\\textsc{Tidal}\\xspace}\n\\newcommand{\\two}[2]{#1 and #2}\n\
             \\title{On \\emph{Tides}\\thanks{Money}}\n\
             \\author{A. Author\\\\Harbour \\and B. Author}\n\
             \\date{March 5, 2024}\n\\begin{document}\n\\maketitle\n\n\
             \\section{The \\textbf{moon}}\\label{s}\n\
             It pulls~\\cite[p.~3]{moon} % not this\n\
             the sea\\footnote{Salt water.}, 5\\% more --- or\n``less''.\n\n\
             \\sys is \\two{a}{b}.\n\\subsection*{Height}\nAs $h = 2x$ says:\n\\[\n  h^2\n\\]\n\
             \\begin{itemize}\n\\item High\n  water\n\\item[Low] water\n\\end{itemize}\n\
             \\begin{table}[h]\n\\caption{Ports}\n\\begin{tabular}{l|r}\n\\hline\n\
             Vigo & 1 \\\\ \\hline\n\
             Brest & \\textbf{2} \\\\[1ex]\n\\end{tabular}\n\\end{table}\n\
             \\begin{verbatim}\n  %a\n    \\b\n\\end{verbatim}\n\
             \\verb|x_y| \\href{u}{here}, \\url{http://a.b/%c}\n\
             \\end{document}\nno",
        );
        assert_eq!(
            paper.text,
            "The moon\n\n\
             It pulls the sea [Salt water.], 5% more \u{2014} or \u{201c}less\u{201d}.\n\n\
             Tidal is a b.\n\nHeight\n\nAs h = 2x says:\n\nh^2\n\n- High water\n- Low: water\n\n\
             Ports\n\n\
             Vigo | 1\nBrest | 2\n\n%a\n  \\b\n\nx_y here, http://a.b/%c"
        );
        assert_eq!(paper.title.unwrap(), "On Tides");
        let metadata: Vec<_> = paper.metadata.into_values().collect();
        assert_eq!(metadata, ["A. Author, Harbour, B. Author", "2024-03-05"]);
        let headings: Vec<_> =
            paper.headings.iter().map(|it| (it.level, it.text.as_str())).collect();
        assert_eq!(headings, [(1, "The moon"), (2, "Height")]);
    }

    #[test]
    fn letters_have_their_accents() {
        for (latex, text) in [
            (
                "\\'e\\\"{o}\\c{c}\\c c\\~n\\^{\\i}\\v{s}\\H{o}",
                "\u{e9}\u{f6}\u{e7}\u{e7}\u{f1}\u{ee}\u{161}\u{151}",
            ),
            ("Stra{\\ss}e, \\ae ther, \\O{}re, \\aa", "Stra\u{df}e, \u{e6}ther, \u{d8}re, \u{e5}"),
            ("a\\,b \\& c\\_d \\ldots\\ e\\textbackslash{}f", "a b & c_d \u{2026} e\\f"),
            ("\\unknown[opt]{kept} \\textcolor{red}{red}", "kept red"),
        ] {
            assert_eq!(said(latex).text, text, "{latex}");
        }
    }

    #[test]
    fn books_have_chapters_and_parts_may_have_no_class() {
        let levels = |latex: &str| -> Vec<u8> {
            said(latex).headings.iter().map(|heading| heading.level).collect()
        };
        assert_eq!(levels("\\documentclass{book}\\chapter{a}\\section{b}"), [1, 2]);
        assert_eq!(levels("\\chapter{a}\\section{b}\\subsection{c}"), [1, 2, 3]);
        assert_eq!(levels("\\section{b}\\paragraph{d}"), [1, 4]);
    }

    #[test]
    fn what_is_left_open_does_not_swallow_the_rest() {
        assert_eq!(said("\\section{Open\n\nText.").text, "Open\n\nText.");
        assert_eq!(said("a $ b\n\nc").text, "a b\n\nc");
        assert_eq!(said("a}b\\end{tabular}c").text, "abc");
        assert_eq!(said(&format!("{}deep{} on", "{".repeat(999), "}".repeat(999))).text, "deep on");
        assert_eq!(said("\\begin{verbatim}\nx").text, "x");
    }

    #[test]
    fn macros_do_not_grow() {
        let mut bomb = "\\newcommand{\\a}{0123456789}".to_owned();
        for _ in 0..100 {
            bomb.push_str("\\renewcommand{\\a}{\\a\\a\\a}");
        }
        assert!(said(&format!("{bomb}\\a")).text.len() < 1_000);
    }
}
