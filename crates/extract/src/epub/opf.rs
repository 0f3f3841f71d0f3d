//! The description of a book: which files it has, and in which order they are read.

use std::collections::{HashMap, HashSet};

use crate::package::resolve;
use crate::xml::Xml;
use crate::{ExtractError, Limits};

const NCX: &str = "application/x-dtbncx+xml";

/// What the description says.
#[derive(Debug, Default)]
pub(super) struct Opf {
    /// The parts in the order of reading, each once.
    pub(super) spine: Vec<String>,
    /// The table of contents of EPUB 3.
    pub(super) nav: Option<String>,
    /// The table of contents of EPUB 2.
    pub(super) ncx: Option<String>,
}

impl Opf {
    /// Reads the description in the part `path`.
    ///
    /// # Errors
    ///
    /// If it is no XML, or names too many files.
    pub(super) fn read(text: &str, path: &str, limits: &Limits) -> Result<Self, ExtractError> {
        let mut opf = Self::default();
        let mut seen = HashSet::new();
        let mut files: HashMap<String, String> = HashMap::new();
        let mut xml = Xml::new(text, limits);
        while let Some(element) = xml.element_in(0)? {
            let of = |name| element.attribute(name).unwrap_or_default();
            match element.name() {
                "item" => {
                    if files.len() >= limits.members as usize {
                        return Err(ExtractError::too_much("files", limits.members.into()));
                    }
                    let part = resolve(path, &of("href"));
                    if of("properties").split_whitespace().any(|it| it == "nav") {
                        opf.nav = Some(part.clone());
                    }
                    if of("media-type") == NCX {
                        opf.ncx = Some(part.clone());
                    }
                    files.insert(of("id"), part);
                }
                "itemref" => {
                    // A spine may name a part as often as it likes.
                    if let Some(part) = files.remove(&of("idref"))
                        && seen.insert(part.clone())
                    {
                        opf.spine.push(part);
                    }
                }
                _ => {}
            }
        }
        Ok(opf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spine_leads_to_files() {
        let text = "<package><manifest><item id='a' href='Text/a%20b.xhtml'/>\
            <item id='n' href='nav.xhtml' properties='scripted nav'/>\
            <item id='t' href='toc.ncx' media-type='application/x-dtbncx+xml'/></manifest>\
            <spine toc='t'><itemref idref='n'/><itemref idref='a'/><itemref idref='a'/>\
            <itemref idref='none'/></spine></package>";
        let opf = Opf::read(text, "OPS/book.opf", &Limits::default()).unwrap();
        assert_eq!(opf.spine, ["OPS/nav.xhtml", "OPS/Text/a b.xhtml"]);
        assert_eq!(opf.nav.unwrap(), "OPS/nav.xhtml");
        assert_eq!(opf.ncx.unwrap(), "OPS/toc.ncx");
        let few = Limits { members: 2, ..Limits::default() };
        assert!(Opf::read(text, "", &few).is_err());
    }
}
