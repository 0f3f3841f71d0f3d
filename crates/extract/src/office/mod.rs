//! Office documents: OOXML and ODF, both XML in zip files.

mod compound;
mod docx;
mod docx_styles;
mod drawn;
mod flow;
mod number_format;
mod odf;
mod odf_styles;
mod odf_text;
mod ods;
mod pptx;
mod relations;
mod sheet;
mod slide;
mod strings;
mod table;
mod xlsx;

use self::relations::Relations;
use crate::package::{Package, Properties, first_names};
use crate::xml::Xml;
use crate::{ExtractError, Extracted, Extractor, Limits};

/// How many styles, notes or links of one part are kept. No program writes as many; those beyond
/// are left out, for they may be tiny in the file and are not in memory.
const MAX_ENTRIES: usize = 100_000;

/// What the names of the first members of an OOXML package begin with.
const OOXML_NAMES: [&[u8]; 6] =
    [b"[Content_Types].xml", b"_rels/.rels", b"docProps/", b"word/", b"ppt/", b"xl/"];

/// Where the main part of an OOXML package is, if no link says so.
const MAIN_PARTS: [&str; 4] =
    ["word/document.xml", "ppt/presentation.xml", "xl/workbook.xml", "xl/workbook.bin"];

const EXTENSIONS: [&str; 21] = [
    "docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xltm", "xlsb", "pptx", "pptm", "ppsx",
    "ppsm", "potx", "odt", "ods", "odp", "odg", "ott", "ots", "otp",
];

/// Office documents: OOXML and ODF.
pub(crate) struct Office;

impl Extractor for Office {
    fn name(&self) -> &'static str {
        "office"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], name: &str) -> bool {
        if compound::is_compound(head) {
            return true;
        }
        let names = first_names(head);
        let is_odf = contains(head, b"application/vnd.oasis.opendocument.");
        let is_epub = contains(head, b"application/epub+zip");
        let is_ooxml =
            names.iter().any(|name| OOXML_NAMES.iter().any(|start| name.starts_with(start)));
        let extension = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        let is_called_so = extension.is_some_and(|it| EXTENSIONS.contains(&it.as_str()));
        !names.is_empty() && !is_epub && (is_odf || is_ooxml || is_called_so)
    }

    fn extract(
        &self,
        bytes: &[u8],
        _name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        if compound::is_compound(bytes) {
            return Err(compound::error_of(bytes));
        }
        let package = Package::open(bytes, limits)?;
        let mut document = Document { package, limits, damaged: Vec::new() };
        let mut extracted = match document.package.has("[Content_Types].xml") {
            true => document.read_ooxml()?,
            false if odf::is_odf(&document.package) => odf::read(&mut document)?,
            false => document.read_ooxml()?,
        };
        if !document.damaged.is_empty() {
            let damaged = document.damaged.join(", ");
            if extracted.text.is_empty() {
                return Err(ExtractError::damaged(damaged));
            }
            extracted.metadata.insert("damaged".to_owned(), damaged);
        }
        Ok(extracted)
    }
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|it| it == what)
}

/// A document that is being read.
struct Document<'a> {
    package: Package<'a>,
    limits: &'a Limits,
    /// Which parts are damaged, and how.
    damaged: Vec<String>,
}

impl Document<'_> {
    /// Goes on after a part that is damaged: what was read of it is kept, and so are the other
    /// parts.
    fn tolerate<T: Default>(
        &mut self,
        part: &str,
        result: Result<T, ExtractError>,
    ) -> Result<T, ExtractError> {
        match result {
            Err(ExtractError::Damaged { detail }) => {
                if self.damaged.len() < 10 {
                    self.damaged.push(format!("{part}: {detail}"));
                }
                Ok(T::default())
            }
            result => result,
        }
    }

    /// Returns the text of a part, empty if it is not there or damaged.
    fn text(&mut self, part: &str) -> Result<String, ExtractError> {
        let text = self.package.text(part).map(Option::unwrap_or_default);
        self.tolerate(part, text)
    }

    /// Returns to where a part leads; nowhere if that is damaged.
    fn relations(&mut self, part: &str) -> Result<Relations, ExtractError> {
        let file = relations::file_of(part);
        let text = self.text(&file)?;
        let relations = Relations::read(&text, part, self.limits);
        self.tolerate(&file, relations)
    }

    /// Reads the properties of an OOXML document into what was extracted.
    fn put_core_properties(&mut self, extracted: &mut Extracted) -> Result<(), ExtractError> {
        let package = self.relations("")?;
        let part = package.of_kind("core-properties").next().unwrap_or("docProps/core.xml");
        let text = self.text(part)?;
        let properties = Properties::read(&text, self.limits, core_property);
        self.tolerate(part, properties)?.put_into(extracted);
        Ok(())
    }

    /// Reads the document of which kind the root element of the main part tells.
    fn read_ooxml(&mut self) -> Result<Extracted, ExtractError> {
        let relations = self.relations("")?;
        let linked = relations.of_kind("officeDocument").next();
        let is_there = |part: &&str| self.package.has(part);
        let Some(main) = linked.into_iter().chain(MAIN_PARTS).find(is_there) else {
            let detail = "a zip file that is no office document".to_owned();
            return Err(ExtractError::Unsupported { detail });
        };
        if main.ends_with(".bin") {
            let detail = "a binary workbook: save it as XLSX".to_owned();
            return Err(ExtractError::Unsupported { detail });
        }
        let text = self.package.text(main)?.unwrap_or_default();
        let root = Xml::new(&text, self.limits).element_in(0)?;
        let mut extracted = match root.as_ref().map(|root| root.name()) {
            Some("document") => docx::read(self, main, &text)?,
            Some("presentation") => pptx::read(self, main, &text)?,
            Some("workbook") => xlsx::read(self, main, &text)?,
            _ => {
                let detail = "an office package of another kind".to_owned();
                return Err(ExtractError::Unsupported { detail });
            }
        };
        self.put_core_properties(&mut extracted)?;
        Ok(extracted)
    }
}

fn core_property(name: &str) -> Option<&'static str> {
    Some(match name {
        "title" => "title",
        "creator" => "author",
        "created" => "created",
        "modified" => "modified",
        "subject" => "subject",
        "keywords" => "keywords",
        "description" => "description",
        "language" => "language",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::made::zip;

    const RELATIONS: &str = "<Relationships><Relationship Id='1' Target='w/d.xml' \
        Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument'/>\
        </Relationships>";

    #[test]
    fn content_says_what_is_read_and_then_the_name() {
        let cases = [
            (zip(&[("[Content_Types].xml", "")]), "x", true),
            (zip(&[("xl/a", "")]), "x", true),
            (zip(&[("mimetype", "application/vnd.oasis.opendocument.text")]), "x", true),
            (zip(&[("mimetype", "application/epub+zip")]), "x.docx", false),
            (zip(&[("a", "")]), "x.zip", false),
            (zip(&[("a", "")]), "x.ODT", true),
            (b"{\\rtf1 a letter}".to_vec(), "x.docx", false),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), "x", true),
        ];
        for (bytes, name, expected) in cases {
            assert_eq!(Office.recognises(&bytes, name), expected, "{name}");
        }
    }

    #[test]
    fn the_main_part_is_where_the_links_lead() {
        let body = "<w:document><w:body><w:p><w:r><w:t>Hi</w:t></w:r></w:p></w:body></w:document>";
        let core = "<p><dc:title>A letter</dc:title><dc:creator>Ann</dc:creator></p>";
        let bytes =
            zip(&[("_rels/.rels", RELATIONS), ("W/d.xml", body), ("docProps/core.xml", core)]);
        let extracted = Office.extract(&bytes, "x", &Limits::default()).unwrap();
        assert_eq!(extracted.text, "Hi");
        assert_eq!(extracted.title.unwrap(), "A letter");
        assert_eq!(extracted.metadata["author"], "Ann");
    }

    #[test]
    fn what_is_read_before_the_damage_is_kept() {
        let body = "<w:document><w:body><w:p><w:r><w:t>Hi</w:t></w:r></w:p><w:p>";
        let bytes = zip(&[("word/document.xml", body)]);
        let extracted = Office.extract(&bytes, "x", &Limits::default()).unwrap();
        assert_eq!(extracted.text, "Hi");
        assert!(extracted.metadata["damaged"].starts_with("word/document.xml: "));
        let bytes = zip(&[("word/document.xml", "<w:document><w:body>")]);
        let error = Office.extract(&bytes, "x", &Limits::default()).unwrap_err();
        assert!(matches!(error, ExtractError::Damaged { .. }));
    }

    #[test]
    fn other_packages_are_said_to_be_so() {
        for parts in [[("[Content_Types].xml", "")], [("xl/workbook.bin", "x")], [("a", "")]] {
            let error = Office.extract(&zip(&parts), "x", &Limits::default()).unwrap_err();
            assert!(matches!(error, ExtractError::Unsupported { .. }), "{error}");
        }
    }
}
