//! EPUB books, version 2 and 3: chapters of XHTML in the order of a spine.

mod contents;
mod opf;

use std::collections::HashSet;

use trommel_core::{Location, Markup};

use self::opf::Opf;
use crate::package::{Package, Properties, first_names, resolve};
use crate::writer::Writer;
use crate::xml::{Xml, decode};
use crate::{ExtractError, Extracted, Extractor, Limits, html, one_line};

const MIMETYPE: &[u8] = b"application/epub+zip";
const CONTAINER: &str = "META-INF/container.xml";
const ENCRYPTION: &str = "META-INF/encryption.xml";

/// The longest title of a chapter, in characters.
const MAX_TITLE: usize = 300;

/// How many bytes of text take as long to read as a tag does.
const TAG_COST: usize = 16;

/// EPUB books.
pub(crate) struct Epub;

impl Extractor for Epub {
    fn name(&self) -> &'static str {
        "epub"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], name: &str) -> bool {
        let is_called_so =
            name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("epub"));
        let says_so = || head.windows(MIMETYPE.len()).any(|it| it == MIMETYPE);
        !first_names(head).is_empty() && (is_called_so || says_so())
    }

    fn extract(
        &self,
        bytes: &[u8],
        _name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        let mut package = Package::open(bytes, limits)?;
        let path = opf_path(&mut package, limits)?;
        let text = package.text(&path)?;
        let text = text.ok_or_else(|| ExtractError::damaged(format!("{path}: not there")))?;
        let opf = Opf::read(&text, &path, limits)?;
        if is_encrypted(&mut package, &opf, limits)? {
            return Err(ExtractError::Encrypted);
        }
        let titles = contents::titles(&mut package, &opf, limits)?;

        let mut out = Writer::new(limits);
        let mut left = limits.text_bytes;
        for (number, part) in (1..).zip(&opf.spine) {
            if number > limits.pages {
                return Err(ExtractError::too_much("chapters", limits.pages.into()));
            }
            let page = match package.bytes(part) {
                Err(ExtractError::Damaged { .. }) => continue,
                page => page?.unwrap_or_default(),
            };
            left = left
                .checked_sub(cost(&page))
                .ok_or_else(|| ExtractError::too_much("bytes of chapters", limits.text_bytes))?;
            let chapter = html::read(&decode(page)).text;
            let title = titles.get(part).cloned().or_else(|| first_heading(&chapter));
            out.locate(Location::Chapter { number, title });
            out.block(&chapter)?;
        }
        let mut extracted = out.finish();
        extracted.markup = Markup::Markdown;
        Properties::read(&text, limits, property)?.put_into(&mut extracted);
        Ok(extracted)
    }
}

/// Returns where the book's own description is.
fn opf_path(package: &mut Package<'_>, limits: &Limits) -> Result<String, ExtractError> {
    let container = package.text(CONTAINER)?.unwrap_or_default();
    let mut xml = Xml::new(&container, limits);
    while let Some(element) = xml.element_in(0)? {
        if let Some(path) = element.attribute("full-path") {
            return Ok(resolve("", &path));
        }
    }
    Err(ExtractError::damaged("no book in META-INF/container.xml"))
}

/// Says whether a chapter is encrypted; fonts often are, in a way that needs no password.
fn is_encrypted(
    package: &mut Package<'_>,
    opf: &Opf,
    limits: &Limits,
) -> Result<bool, ExtractError> {
    let spine: HashSet<&String> = opf.spine.iter().collect();
    let text = package.text(ENCRYPTION)?.unwrap_or_default();
    let mut xml = Xml::new(&text, limits);
    while let Some(element) = xml.element_in(0)? {
        let part = element.attribute("URI").filter(|_| element.name() == "CipherReference");
        if part.is_some_and(|part| spine.contains(&resolve("", &part))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns what reading a page costs, in bytes: a tag costs more than text.
fn cost(page: &[u8]) -> u64 {
    let tags = page.iter().filter(|byte| **byte == b'<').count();
    (page.len() + TAG_COST * tags) as u64
}

/// Returns the first heading of Markdown.
fn first_heading(markdown: &str) -> Option<String> {
    let heading = |line: &str| {
        let text = line.trim_start_matches('#');
        (text.len() < line.len()).then(|| text.strip_prefix(' ').map(str::to_owned)).flatten()
    };
    one_line(&markdown.lines().find_map(heading)?, MAX_TITLE)
}

fn property(name: &str) -> Option<&'static str> {
    Some(match name {
        "title" => "title",
        "creator" => "author",
        "language" => "language",
        "date" => "date",
        "dcterms:modified" => "modified",
        "subject" => "subject",
        "publisher" => "publisher",
        _ => return None,
    })
}
