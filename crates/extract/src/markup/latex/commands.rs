//! What the commands of LaTeX say.

use super::names::{
    ACCENTS, ENVIRONMENTS, FORMULAS, HEADINGS, SILENT, SYMBOLS, TABLES, UNSAID, VERBATIM, among,
};
use super::{Kind, MAX_MACROS, Reader};
use crate::ExtractError;
use crate::markup::accents::composed;

/// The longest text that a macro may stand for.
const MAX_BODY: usize = 500;

impl<'a> Reader<'a> {
    /// Obeys the command behind a backslash.
    pub(super) fn command(&mut self) -> Result<(), ExtractError> {
        let name = self.source.name();
        if name.is_empty() {
            return self.sign();
        }
        if let Some(mark) = among(ACCENTS, name)
            && let Some(letter) = self.source.letter()
        {
            return self.put(&composed(letter, mark));
        }
        if let Some(depth) = among(HEADINGS, name) {
            let outermost = if self.has_chapters { 2 } else { 1 };
            let level = (outermost + depth).max(1).unsigned_abs();
            return self.frame(Kind::Heading(level));
        }
        if let Some(text) = self.macros.as_ref().and_then(|macros| macros.get(name)) {
            let text = text.clone();
            self.put(text.trim_end())?;
            match text.ends_with(' ') {
                true => self.is_spaced |= self.source.starts_with(char::is_whitespace),
                false => self.source.blanks(),
            }
            return Ok(());
        }
        if let Some(symbol) = among(SYMBOLS, name) {
            self.source.blanks();
            return self.put(symbol);
        }
        self.known(name)
    }

    /// Obeys a command of one character that is no letter.
    fn sign(&mut self) -> Result<(), ExtractError> {
        let Some(sign) = self.source.next() else { return Ok(()) };
        match sign {
            '\\' => {
                self.source.eat("*");
                self.source.options();
                self.break_line()
            }
            '(' => self.math("\\)"),
            '[' => self.display_math("\\]"),
            '%' | '&' | '$' | '#' | '_' | '{' | '}' => self.put(sign.encode_utf8(&mut [0; 4])),
            ' ' | '\n' | '\t' | ',' | ';' | ':' | '>' => {
                self.is_spaced = true;
                Ok(())
            }
            _ => {
                let mark = among(ACCENTS, sign.encode_utf8(&mut [0; 4]));
                match mark.and_then(|mark| Some((mark, self.source.letter()?))) {
                    Some((mark, letter)) => self.put(&composed(letter, mark)),
                    None => Ok(()),
                }
            }
        }
    }

    fn known(&mut self, name: &str) -> Result<(), ExtractError> {
        match name {
            "begin" => return self.begin(),
            "end" => return self.end(),
            "item" => {
                self.source.blanks();
                let label = self.source.option().map(|label| self.inline(label));
                if !self.gathering.is_empty() || self.is_preamble {
                    self.is_spaced = true;
                    return Ok(());
                }
                self.is_spaced = false;
                self.prose.item("- ")?;
                if let Some(label) = label.filter(|label| !label.is_empty()) {
                    self.put(&format!("{}: ", label.trim_end_matches(':')))?;
                }
            }
            "bibitem" => {
                self.source.options();
                self.source.argument();
                if self.gathering.is_empty() {
                    self.prose.item("- ")?;
                }
            }
            "title" => return self.frame(Kind::Title),
            "author" => return self.frame(Kind::Author),
            "date" => return self.frame(Kind::Date),
            "footnote" | "footnotetext" | "marginpar" | "sidenote" => {
                return self.frame(Kind::Footnote);
            }
            "caption" | "abstract" => {
                if self.gathering.is_empty() {
                    self.paragraph()?;
                }
                return self.frame(Kind::Paragraph);
            }
            "verb" | "lstinline" | "mintinline" => {
                self.source.options();
                let code = self.source.delimited();
                return self.put(code);
            }
            "url" | "path" | "nolinkurl" => {
                if let Some(address) = self.source.argument() {
                    return self.put(address);
                }
            }
            "and" | "And" | "AND" => return self.put(","),
            "par" | "newpage" | "clearpage" | "maketitle" | "bigskip" | "medskip" => {
                return self.paragraph();
            }
            "newline" | "linebreak" | "tabularnewline" | "cr" => return self.break_line(),
            "quad" | "qquad" | "enspace" | "thinspace" | "space" | "hfill" | "hskip" => {
                self.is_spaced = true;
            }
            // Macros know whether a blank follows, others do not ask.
            "xspace" if self.macros.is_none() => return self.put("\u{1e}"),
            "newcommand"
            | "renewcommand"
            | "providecommand"
            | "def"
            | "gdef"
            | "edef"
            | "DeclareRobustCommand" => self.define(name),
            _ => {
                self.source.options();
                let is_citation = name.starts_with("cite") || name.ends_with("cite");
                let arguments = if is_citation { Some(1) } else { among(SILENT, name) };
                self.arguments(arguments.unwrap_or(0));
            }
        }
        self.source.blanks();
        Ok(())
    }

    /// Opens what a command does with its argument.
    fn frame(&mut self, kind: Kind) -> Result<(), ExtractError> {
        self.source.blanks();
        self.source.options();
        if !self.source.eat("{") {
            return Ok(());
        }
        // A heading ends the paragraph before it.
        if matches!(kind, Kind::Heading(_)) && self.gathering.is_empty() {
            self.paragraph()?;
        }
        self.open(kind);
        Ok(())
    }

    /// Remembers what a macro without arguments stands for.
    fn define(&mut self, command: &str) {
        self.source.blanks();
        let name = match self.source.argument() {
            Some(name) => name.trim().strip_prefix('\\').unwrap_or(name),
            None if self.source.eat("\\") => self.source.name(),
            None => return,
        };
        let has_arguments = match command.ends_with("def") {
            true => self.source.starts_with(|c| c == '#'),
            false => self.source.option().is_some(),
        };
        self.source.options();
        // The parameters of `\def` stand before its body.
        while self.source.eat("#") {
            self.source.next();
        }
        self.source.blanks();
        let Some(body) = self.source.argument() else { return };
        if has_arguments || body.len() > MAX_BODY || body.contains('#') {
            return;
        }
        let text = self.inline(body).replace('\u{1e}', " ");
        if let Some(macros) = &mut self.macros
            && macros.len() < MAX_MACROS
            && text.len() <= MAX_BODY
            && !text.contains('\n')
        {
            macros.insert(name.to_owned(), text);
        }
    }

    fn begin(&mut self) -> Result<(), ExtractError> {
        let Some(starred) = self.source.argument() else { return Ok(()) };
        let name = starred.trim_end_matches('*');
        let end = format!("\\end{{{starred}}}");
        if name == "document" {
            while !self.frames.is_empty() {
                self.close()?;
            }
            self.is_preamble = false;
            self.is_spaced = false;
            return Ok(());
        }
        if UNSAID.contains(&name) {
            self.source.up_to(&end);
        } else if VERBATIM.contains(&name) {
            self.source.options();
            if name == "minted" {
                self.source.argument();
            }
            let lines = self.source.up_to(&end);
            self.kept(lines)?;
        } else if FORMULAS.contains(&name) {
            let formula = self.source.up_to(&end);
            self.kept(formula)?;
        } else if let Some(arguments) = among(TABLES, name) {
            if self.gathering.is_empty() {
                self.paragraph()?;
            }
            self.arguments(arguments + usize::from(starred == "tabular*"));
            self.open(Kind::Table);
        } else {
            if self.gathering.is_empty() {
                self.paragraph()?;
            }
            self.arguments(among(ENVIRONMENTS, name).unwrap_or(0));
            if name == "frame" {
                return self.frame(Kind::Heading(2));
            }
        }
        Ok(())
    }

    fn arguments(&mut self, count: usize) {
        self.source.options();
        for number in 1..=count {
            self.source.argument();
            self.source.options();
            if number < count {
                self.source.blanks();
            }
        }
    }

    fn end(&mut self) -> Result<(), ExtractError> {
        let name = self.source.argument().unwrap_or_default();
        if name == "document" {
            self.is_over = true;
        } else if among(TABLES, name.trim_end_matches('*')).is_some() {
            if self.is_in_table() {
                while self.frames.last().is_some_and(|frame| frame.kind != Kind::Table) {
                    self.close()?;
                }
                self.close()?;
            }
        } else if self.gathering.is_empty() {
            self.paragraph()?;
        }
        Ok(())
    }
}
