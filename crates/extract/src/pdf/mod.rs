//! PDF (ISO 32000).

mod about;
mod clean;
mod headings;
mod hyphens;
mod paragraphs;
mod pdf_text;
mod pdfboss;
mod repair;
mod running;
mod text;

use trommel_core::Location;

use self::clean::{clean, clean_lines};
use self::hyphens::Vocabulary;
use self::pdf_text::{Bookmark, Kind, Page, PdfText};
use self::pdfboss::Pdfboss;
use self::text::{Start, Text};
use crate::{ExtractError, Extracted, Extractor, Limits, one_line};

/// Where the header of a file stands that has something before it.
const HEADER_WINDOW: usize = 1024;

/// The longest heading of the outline, in characters.
const MAX_HEADING: usize = 300;

/// The longest label of a page, in characters.
const MAX_LABEL: usize = 40;

/// PDF (ISO 32000).
pub(crate) struct Pdf;

impl Extractor for Pdf {
    fn name(&self) -> &'static str {
        "pdf"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], name: &str) -> bool {
        const HEADER: &[u8] = b"%PDF-";
        let head = &head[..head.len().min(HEADER_WINDOW)];
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        // Anywhere else it may be text about PDF.
        let is_called =
            || name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("pdf"));
        head.starts_with(HEADER)
            || is_called() && head.windows(HEADER.len()).any(|bytes| bytes == HEADER)
    }

    fn extract(
        &self,
        bytes: &[u8],
        _name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        read(&mut Pdfboss::open(bytes, limits)?, limits)
    }
}

/// Returns what a document says.
fn read(pdf: &mut dyn PdfText, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut pages = pages(pdf, limits)?;
    let without_text = pages_without_text(pdf, &pages)?;
    let outline = pdf.outline();
    if !outline.is_empty() {
        for block in pages.iter_mut().flat_map(|page| &mut page.blocks) {
            // The outline says more, and both would say most of it twice.
            if matches!(block.kind, Kind::Heading(_)) {
                block.kind = Kind::Prose;
            }
        }
    }
    let elsewhere = headings::place(&mut pages, outline);
    running::drop_running_lines(&mut pages);
    let mut said = write(&pages, &elsewhere, limits)?;
    about::tell(&pdf.about(), &mut said);
    if !without_text.is_empty() {
        said.metadata.insert("pages-without-text".to_owned(), ranges(&without_text));
    }
    Ok(said)
}

/// Reads all pages, and cleans them.
fn pages(pdf: &mut dyn PdfText, limits: &Limits) -> Result<Vec<Page>, ExtractError> {
    let count = pdf.pages();
    if count == 0 {
        return Err(ExtractError::damaged("there are no pages"));
    }
    if count > limits.pages as usize {
        return Err(ExtractError::too_much("pages", u64::from(limits.pages)));
    }
    let mut pages = Vec::new();
    let mut bytes = 0;
    for index in 0..count {
        let page = cleaned(pdf.page(index), index + 1);
        bytes += page.lines().map(|line| line.text.len()).sum::<usize>();
        bytes += page.notes.iter().map(String::len).sum::<usize>();
        if bytes as u64 > limits.text_bytes {
            return Err(ExtractError::too_much("bytes of text", limits.text_bytes));
        }
        pages.push(page);
    }
    Ok(pages)
}

fn cleaned(mut page: Page, number: usize) -> Page {
    for line in page.lines_mut() {
        line.text = clean(&line.text);
    }
    let undecoded = page.lines().next().is_some();
    page.retain(|line| !line.text.is_empty());
    page.undecoded = undecoded && page.blocks.is_empty();
    let label = page.label.and_then(|label| one_line(&clean(&label), MAX_LABEL));
    page.label = label.filter(|label| *label != number.to_string());
    let mut notes: Vec<String> = page.notes.iter().map(|note| clean_lines(note)).collect();
    // What was filled in may be printed as well.
    notes.retain(|note| !page.lines().any(|line| line.text.contains(note.as_str())));
    page.notes = notes;
    page.notes.retain(|note| !note.is_empty());
    page
}

/// Returns the numbers of the pages whose text is a picture or not decodable.
fn pages_without_text(pdf: &dyn PdfText, pages: &[Page]) -> Result<Vec<usize>, ExtractError> {
    let blank = |page: &Page| page.blocks.is_empty() && page.notes.is_empty();
    let blanks: Vec<(usize, &Page)> = pages.iter().enumerate().filter(|it| blank(it.1)).collect();
    let is_picture = |index| pdf.shows_picture(index);
    if blanks.len() == pages.len() && !blanks.is_empty() {
        if blanks.iter().any(|&(index, _)| is_picture(index)) {
            return Err(ExtractError::NoText { pages: pages.len() as u32 });
        }
        if blanks.iter().any(|(_, page)| page.undecoded) {
            let detail = "its fonts do not say which characters they show".to_owned();
            return Err(ExtractError::Unsupported { detail });
        }
    }
    let without = blanks.into_iter().filter(|&(index, page)| page.undecoded || is_picture(index));
    Ok(without.map(|(index, _)| index + 1).collect())
}

/// Writes the pages, and the bookmarks for which no line was found.
fn write(
    pages: &[Page],
    elsewhere: &[Bookmark],
    limits: &Limits,
) -> Result<Extracted, ExtractError> {
    let mut text = Text::new(Vocabulary::of(pages), limits);
    let mut elsewhere = elsewhere.iter().peekable();
    for (index, page) in pages.iter().enumerate() {
        let mut headings = Vec::new();
        while let Some(bookmark) = elsewhere.next_if(|bookmark| bookmark.page <= index) {
            let title = one_line(&clean(&bookmark.title), MAX_HEADING);
            headings.extend(title.map(|title| (bookmark.level, title)));
        }
        let location = Location::Page { number: index as u32 + 1, label: page.label.clone() };
        text.page(Start { location, headings }, page)?;
    }
    text.finish()
}

/// Returns numbers as `3, 7-9`.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).filter_map(|run| match run {
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first}-{last}")),
        [] => None,
    });
    runs.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
