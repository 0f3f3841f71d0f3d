//! To which other parts a part of an OOXML package leads.

use std::collections::HashMap;

use super::MAX_ENTRIES;
use crate::package::resolve;
use crate::xml::Xml;
use crate::{ExtractError, Limits};

/// The links of one part to others.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// Kind and part, in the order of the file.
    links: Vec<(String, String)>,
    by_id: HashMap<String, usize>,
}

impl Relations {
    /// Reads the links of `part`; those that lead out of the package are left out.
    ///
    /// # Errors
    ///
    /// If it is no XML.
    pub(super) fn read(text: &str, part: &str, limits: &Limits) -> Result<Self, ExtractError> {
        let mut relations = Self::default();
        let mut xml = Xml::new(text, limits);
        while let Some(element) = xml.element_in(0)? {
            let is_external = || element.attribute("TargetMode").as_deref() == Some("External");
            if element.name() != "Relationship"
                || is_external()
                || relations.links.len() == MAX_ENTRIES
            {
                continue;
            }
            let of = |name| element.attribute(name).unwrap_or_default();
            let kind = of("Type").rsplit('/').next().unwrap_or_default().to_owned();
            relations.by_id.insert(of("Id"), relations.links.len());
            relations.links.push((kind, resolve(part, &of("Target"))));
        }
        Ok(relations)
    }

    /// Returns the part to which the link of that name leads.
    pub(super) fn by_id(&self, id: &str) -> Option<&str> {
        self.links.get(*self.by_id.get(id)?).map(|(_, part)| part.as_str())
    }

    /// Returns the parts to which links of that kind lead, such as `footnotes`.
    pub(super) fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a str> {
        self.links.iter().filter(move |(it, _)| it == kind).map(|(_, part)| part.as_str())
    }
}

/// Returns where the links of a part stand; those of the package for no part.
pub(super) fn file_of(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/_rels/{name}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_parts() {
        let text = "<Relationships><Relationship Id='a' Type='http://x/header' Target='h1.xml'/>\
            <Relationship Id='b' Type='http://x/hyperlink' \
            Target='http://x' TargetMode='External'/>\
            <Relationship Id='c' Type='http://x/header' Target='/word/h2.xml'/></Relationships>";
        let relations = Relations::read(text, "word/document.xml", &Limits::default()).unwrap();
        assert_eq!(relations.by_id("c"), Some("word/h2.xml"));
        assert_eq!(relations.by_id("b"), None);
        let headers: Vec<&str> = relations.of_kind("header").collect();
        assert_eq!(headers, ["word/h1.xml", "word/h2.xml"]);
        assert_eq!(file_of("word/document.xml"), "word/_rels/document.xml.rels");
        assert_eq!(file_of(""), "_rels/.rels");
    }
}
