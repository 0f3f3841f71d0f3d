//! Reads a document token by token.

use super::charset::{self, Charset, Fonts};
use super::destination::{self, Destination};
use super::info::Info;
use super::paragraphs::Paragraphs;
use super::state::State;
use super::styles::{self, Style, Styles};
use super::token::Token;
use crate::{ExtractError, Extracted, Limits};

/// Reads a document token by token.
pub(super) struct Reader {
    nesting: u32,
    state: State,
    /// The states of the groups around this one.
    outer: Vec<State>,
    begin: Begin,
    /// Bytes of text. They are decoded together, for a character may have two.
    bytes: Vec<u8>,
    /// How many characters are still to be left out behind `\u`.
    fallback: u32,
    /// The first half of a character beyond the first 65,536.
    surrogate: Option<u16>,
    fonts: Fonts,
    /// The font that the font table speaks of.
    font: i32,
    styles: Styles,
    /// The style that the style sheet speaks of.
    style: (i32, Style),
    info: Info,
    marker: String,
    paragraphs: Paragraphs,
}

/// Whether the next word is the first of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    Group,
    /// A group that may be left out where it is not known: `{\*`.
    Optional,
    Within,
}

impl Reader {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            nesting: limits.nesting,
            state: State::default(),
            outer: Vec::new(),
            begin: Begin::Within,
            bytes: Vec::new(),
            fallback: 0,
            surrogate: None,
            fonts: Fonts::default(),
            font: 0,
            styles: Styles::default(),
            style: (0, Style::default()),
            info: Info::default(),
            marker: String::new(),
            paragraphs: Paragraphs::new(limits),
        }
    }

    pub(super) fn take(&mut self, token: Token<'_>) -> Result<(), ExtractError> {
        if !matches!(token, Token::Byte(_) | Token::Text(_)) {
            self.decode();
        }
        let begin = std::mem::replace(&mut self.begin, Begin::Within);
        match token {
            Token::Open => self.open()?,
            Token::Close => self.close(),
            _ if self.state.destination == Destination::Nowhere => {}
            Token::Word(word, number) => self.word(word, number, begin)?,
            Token::Symbol(b'*') if begin == Begin::Group => self.begin = Begin::Optional,
            Token::Symbol(symbol) => self.symbol(symbol)?,
            Token::Byte(byte) => self.text(&[byte]),
            Token::Text(text) => self.text(text),
            Token::Binary => self.fallback = 0,
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.decode();
        // A document that is cut may end within a note.
        while !self.outer.is_empty() {
            self.close();
        }
        let extracted = self.paragraphs.finish()?;
        Ok(Extracted { title: self.info.title, metadata: self.info.metadata, ..extracted })
    }

    fn open(&mut self) -> Result<(), ExtractError> {
        if self.outer.len() >= self.nesting as usize {
            return Err(ExtractError::too_much("levels of groups", self.nesting.into()));
        }
        self.fallback = 0;
        self.begin = Begin::Group;
        self.outer.push(self.state);
        Ok(())
    }

    fn close(&mut self) {
        self.fallback = 0;
        let Some(outer) = self.outer.pop() else { return };
        let closed = std::mem::replace(&mut self.state, outer).destination;
        if closed == Destination::StyleSheet {
            let (number, style) = std::mem::take(&mut self.style);
            if !style.name.trim().is_empty() {
                self.styles.define(number, style);
            }
        } else if closed != outer.destination {
            self.end_destination(closed);
        }
    }

    fn end_destination(&mut self, destination: Destination) {
        match destination {
            Destination::InfoText(name) => self.info.end_text(name),
            Destination::InfoDate(name) => self.info.end_date(name),
            Destination::Aside(aside) => self.paragraphs.end_aside(aside),
            Destination::ListText => {
                let marker = std::mem::take(&mut self.marker);
                match self.state.destination {
                    Destination::Body => self.paragraphs.mark_item(&marker),
                    _ => self.write(&format!("{} ", marker.trim())),
                }
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>, begin: Begin) -> Result<(), ExtractError> {
        if let Some(character) = character(word) {
            match self.fallback {
                0 => self.write(character),
                _ => self.fallback -= 1,
            }
            return Ok(());
        }
        self.fallback = 0;
        if self.opens_destination(word, begin) {
            return Ok(());
        }
        match (self.state.destination, word) {
            (Destination::FontTable, _) => self.word_of_font(word, number.unwrap_or(0)),
            (Destination::StyleSheet, _) => self.word_of_style(word, number.unwrap_or(0)),
            (Destination::InfoDate(_), _) => self.info.date.take(word, number.unwrap_or(0)),
            (_, "par" | "sect" | "page" | "column") => self.end_paragraph()?,
            (Destination::Aside(_), "cell" | "nestcell") => self.write(" | "),
            (Destination::Aside(_), "row" | "nestrow") => self.write("\n"),
            (Destination::Body, "cell") => self.paragraphs.end_cell()?,
            (Destination::Body, "row") => self.paragraphs.end_row()?,
            (_, "nestcell") => self.write(" | "),
            (_, "nestrow") => self.write(" "),
            (_, "u") => self.unicode(number.unwrap_or(0)),
            _ => self.property(word, number),
        }
        Ok(())
    }

    /// Takes a word that changes what holds for the text that follows.
    fn property(&mut self, word: &str, number: Option<i32>) {
        let is_on = number != Some(0);
        match word {
            "f" => self.state.font = number,
            "uc" => self.state.fallback = number.and_then(|it| it.try_into().ok()).unwrap_or(1),
            "v" => self.state.is_hidden = is_on,
            "deleted" => self.state.is_deleted = is_on,
            "plain" => self.state.reset_characters(),
            "pard" => self.state.reset_paragraph(),
            "s" => self.state.style = number,
            "outlinelevel" => self.state.outline = number,
            "intbl" => self.state.is_in_table = is_on,
            "deff" => self.fonts.default = number,
            "mac" => self.set_code_page(10_000),
            "ansicpg" => self.set_code_page(number.unwrap_or(0)),
            _ => {}
        }
    }

    fn set_code_page(&mut self, number: i32) {
        self.fonts.code_page = charset::of_code_page(number).unwrap_or(self.fonts.code_page);
    }

    /// Takes a word that says where the text of its group goes.
    fn opens_destination(&mut self, word: &str, begin: Begin) -> bool {
        let is_first = begin != Begin::Within;
        // Some programs set the font before a picture, in the same group.
        let opened = destination::opened_by(word).filter(|_| is_first || word == "pict");
        let is_left_out = begin == Begin::Optional && !destination::is_read_if_optional(word);
        self.state.destination = match (self.state.destination, opened) {
            _ if is_left_out => Destination::Nowhere,
            (_, None) => return false,
            // What a note refers to is read with the note.
            (aside @ Destination::Aside(_), Some(Destination::Aside(_))) => aside,
            (
                Destination::Info,
                Some(it @ (Destination::InfoText(_) | Destination::InfoDate(_))),
            ) => it,
            (_, Some(Destination::InfoText(_) | Destination::InfoDate(_))) => return false,
            (_, Some(opened)) => opened,
        };
        true
    }

    fn word_of_font(&mut self, word: &str, number: i32) {
        let charset = match word {
            "f" => {
                self.font = number;
                return;
            }
            "fcharset" => charset::of_font(number),
            "cpg" => charset::of_code_page(number).map(Charset::Of),
            _ => None,
        };
        if let Some(charset) = charset {
            self.fonts.define(self.font, charset);
        }
    }

    fn word_of_style(&mut self, word: &str, number: i32) {
        let (style, properties) = &mut self.style;
        match word {
            "s" => *style = number,
            "outlinelevel" => properties.outline = Some(number),
            "sbasedon" => properties.base = Some(number),
            _ => {}
        }
    }

    fn symbol(&mut self, symbol: u8) -> Result<(), ExtractError> {
        match symbol {
            b'~' | b'_' | b'-' if self.fallback > 0 => self.fallback -= 1,
            b'~' => self.write(" "),
            // A hyphen at which a line may not end; `\-` is one that is seen only at its end.
            b'_' => self.write("-"),
            b'\t' => self.write("\t"),
            b'\n' | b'\r' => self.end_paragraph()?,
            _ => {}
        }
        Ok(())
    }

    fn end_paragraph(&mut self) -> Result<(), ExtractError> {
        match self.state.destination {
            Destination::Aside(_) => self.write("\n"),
            Destination::Body if self.state.is_in_table => self.paragraphs.end_line_of_cell(),
            Destination::Body => {
                let level = match (self.state.outline, self.state.style) {
                    (Some(outline), _) => styles::level(outline),
                    (None, Some(style)) => self.styles.level(style),
                    (None, None) => None,
                };
                self.paragraphs.end_paragraph(level)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a code unit of UTF-16 that was written as a signed number.
    fn unicode(&mut self, number: i32) {
        let unit = number as u16;
        let high = self.surrogate.take();
        let units = high.into_iter().chain([unit]);
        match char::decode_utf16(units).next() {
            Some(Ok(character)) => self.write(character.encode_utf8(&mut [0; 4])),
            Some(Err(_)) if high.is_none() => self.surrogate = Some(unit),
            _ => {}
        }
        self.fallback = self.state.fallback;
    }

    fn text(&mut self, bytes: &[u8]) {
        let left_out = bytes.len().min(self.fallback as usize);
        self.fallback = self.fallback.saturating_sub(left_out as u32);
        self.bytes.extend_from_slice(bytes.get(left_out..).unwrap_or_default());
    }

    /// Decodes the bytes of text that were read.
    fn decode(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        if let Charset::Of(encoding) = self.fonts.charset_of(self.state.font) {
            self.write(&encoding.decode_without_bom_handling(&bytes).0);
        }
        // The room is used again.
        self.bytes = bytes;
        self.bytes.clear();
    }

    fn write(&mut self, text: &str) {
        let is_kept = |it: &char| {
            // In the private use area are the characters of symbol fonts.
            matches!(it, '\n' | '\t') || !it.is_control() && !('\u{e000}'..='\u{f8ff}').contains(it)
        };
        let text: String = text.chars().filter(is_kept).collect();
        let is_hidden = self.state.is_hidden || self.state.is_deleted;
        match self.state.destination {
            Destination::StyleSheet => self.style.1.name.push_str(text.trim_end_matches(';')),
            Destination::InfoText(_) => self.info.text.push_str(&text),
            _ if is_hidden => {}
            Destination::Body => self.paragraphs.push(&text),
            Destination::Aside(_) => self.paragraphs.push_aside(&text),
            Destination::ListText => self.marker.push_str(&text),
            _ => {}
        }
    }
}

/// Returns the character that a word stands for.
fn character(word: &str) -> Option<&'static str> {
    Some(match word {
        "emdash" => "\u{2014}",
        "endash" => "\u{2013}",
        "lquote" => "\u{2018}",
        "rquote" => "\u{2019}",
        "ldblquote" => "\u{201c}",
        "rdblquote" => "\u{201d}",
        "bullet" => "\u{2022}",
        "emspace" | "enspace" | "qmspace" => " ",
        "tab" => "\t",
        "line" | "softline" | "lbr" => "\n",
        _ => return None,
    })
}
