//! The table of contents of a book: what its chapters are called.

use std::collections::{HashMap, HashSet};

use super::MAX_TITLE;
use super::opf::Opf;
use crate::package::{Package, resolve};
use crate::xml::Xml;
use crate::{ExtractError, Limits, one_line};

/// Titles by part, of those that are read.
struct Titles<'a> {
    spine: HashSet<&'a String>,
    by_part: HashMap<String, String>,
}

/// Returns the titles of chapters by part: from the table of contents of EPUB 3, else from that of
/// EPUB 2. A damaged one says what stands before the damage.
///
/// # Errors
///
/// If there is more than may be read.
pub(super) fn titles(
    package: &mut Package<'_>,
    opf: &Opf,
    limits: &Limits,
) -> Result<HashMap<String, String>, ExtractError> {
    let mut titles = Titles { spine: opf.spine.iter().collect(), by_part: HashMap::new() };
    for (part, read) in [(&opf.nav, read_nav as Read), (&opf.ncx, read_ncx)] {
        let Some(part) = part else { continue };
        let text = package.text(part).map(Option::unwrap_or_default);
        let read = text.and_then(|text| read(&mut Xml::new(&text, limits), part, &mut titles));
        match read {
            Ok(()) | Err(ExtractError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        if !titles.by_part.is_empty() {
            break;
        }
    }
    Ok(titles.by_part)
}

type Read = fn(&mut Xml<'_>, &str, &mut Titles<'_>) -> Result<(), ExtractError>;

/// Reads the links of the first list, which is that of chapters unless another says it is.
fn read_nav(xml: &mut Xml<'_>, part: &str, titles: &mut Titles<'_>) -> Result<(), ExtractError> {
    while let Some(element) = xml.element_in(0)? {
        let is_toc = element.attribute("type").is_none_or(|kind| kind.contains("toc"));
        if element.name() != "nav" {
            continue;
        }
        if !is_toc {
            xml.skip()?;
            continue;
        }
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            if element.name() == "a" {
                let link = element.attribute("href").unwrap_or_default();
                titles.add(part, &link, &xml.text()?);
            }
        }
    }
    Ok(())
}

fn read_ncx(xml: &mut Xml<'_>, part: &str, titles: &mut Titles<'_>) -> Result<(), ExtractError> {
    let mut label = String::new();
    while let Some(element) = xml.element_in(0)? {
        match element.name() {
            "navLabel" => label = xml.text()?,
            "content" => {
                titles.add(part, &element.attribute("src").unwrap_or_default(), &label);
            }
            _ => {}
        }
    }
    Ok(())
}

impl Titles<'_> {
    /// Keeps the first title of a part; others are those of places within it.
    fn add(&mut self, from: &str, link: &str, title: &str) {
        let part = resolve(from, link);
        if let Some(title) = one_line(title, MAX_TITLE)
            && self.spine.contains(&part)
        {
            self.by_part.entry(part).or_insert(title);
        }
    }
}
