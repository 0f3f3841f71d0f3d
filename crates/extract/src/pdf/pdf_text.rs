//! What is asked of a library that opens PDFs. Another one could take its place behind this.

/// An open document.
pub(super) trait PdfText {
    /// Returns how many pages there are.
    fn pages(&self) -> usize;

    /// Returns what a page says, counted from 0. One that cannot be read says nothing.
    fn page(&mut self, index: usize) -> Page;

    /// Says whether a page shows a picture.
    fn shows_picture(&self, index: usize) -> bool;

    /// Returns the bookmarks in their order.
    fn outline(&self) -> Vec<Bookmark>;

    /// Returns what the document says about itself.
    fn about(&self) -> About;
}

/// The text of a page in its order of reading.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Page {
    /// What is printed on it as its number, if the document says so.
    pub(super) label: Option<String>,
    /// What is printed on it.
    pub(super) blocks: Vec<Block>,
    /// What was filled in or noted on it.
    pub(super) notes: Vec<String>,
    /// Whether it shows characters of which none is known. Found out after the page was read.
    pub(super) undecoded: bool,
}

impl Page {
    /// Returns the printed lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.blocks.iter().flat_map(|block| block.parts.iter().flatten())
    }

    /// Returns the printed lines, to be changed.
    pub(super) fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        self.blocks.iter_mut().flat_map(|block| block.parts.iter_mut().flatten())
    }

    /// Keeps the lines that are worth it.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Line) -> bool) {
        for block in &mut self.blocks {
            for part in &mut block.parts {
                part.retain(&mut keep);
            }
            block.parts.retain(|part| !part.is_empty());
        }
        self.blocks.retain(|block| !block.parts.is_empty());
    }
}

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    /// What they are.
    pub(super) kind: Kind,
    /// Its lines, items or rows; each is the lines of an item, or the cells of a row.
    pub(super) parts: Vec<Vec<Line>>,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Running text, a line a part.
    Prose,
    /// A heading of this level.
    Heading(u8),
    /// A list, an item a part.
    List,
    /// A table, a row a part.
    Table,
    /// A running head or foot that is marked as such.
    Running,
}

/// A line, or a cell. Measures are in points; `y` grows upwards.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) y: f32,
    /// The size of its type.
    pub(super) size: f32,
}

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bookmark {
    /// 1 is the outermost.
    pub(super) level: u8,
    pub(super) title: String,
    /// The page it leads to, counted from 0.
    pub(super) page: usize,
    /// The height on the page it leads to.
    pub(super) top: Option<f32>,
}

/// What a document says about itself, as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct About {
    pub(super) title: Option<String>,
    pub(super) author: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) keywords: Option<String>,
    /// As in `D:20240131120000+01'00'`.
    pub(super) created: Option<String>,
    pub(super) modified: Option<String>,
    /// The same in XML.
    pub(super) xmp: Option<String>,
    pub(super) language: Option<String>,
    /// The names of embedded files; those on pages once their pages have been read.
    pub(super) attachments: Vec<String>,
}

/// Makes lines for tests.
#[cfg(test)]
pub(super) mod made {
    use super::{Block, Kind, Line, Page};

    /// Returns a line of ten-point type from `left`, each of its characters five points wide.
    pub(in super::super) fn line(text: &str, left: f32, y: f32) -> Line {
        let right = left + 5.0 * text.chars().count() as f32;
        Line { text: text.to_owned(), left, right, y, size: 10.0 }
    }

    /// Returns a block of lines that stand below each other at the left edge, from `y` on.
    pub(in super::super) fn prose(y: f32, lines: &[&str]) -> Block {
        let line = |(index, text): (usize, &&str)| line(text, 0.0, y - 12.0 * index as f32);
        let parts = lines.iter().enumerate().map(|it| vec![line(it)]).collect();
        Block { kind: Kind::Prose, parts }
    }

    /// Returns a page of one such block.
    pub(in super::super) fn page(lines: &[&str]) -> Page {
        Page { blocks: vec![prose(700.0, lines)], ..Page::default() }
    }
}
