//! XML as a stream of events, within bounds.
//!
//! Names are local: a prefix can be any, and no format read here has two elements of one local name
//! that could be taken for each other where they stand. No entity of a document type is known, only
//! the five predefined ones and numbers, so that nothing expands and nothing is fetched.

use std::borrow::Cow;

use encoding_rs::Encoding;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event as Token};
use quick_xml::reader::Reader;

use crate::{ExtractError, Limits};

/// How far into a part its XML declaration goes.
const DECLARATION_WINDOW: usize = 256;

/// What happens in XML.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// An element begins.
    Start(Element<'a>),
    /// The innermost element ends; an empty one too.
    End,
    /// A stretch of text; others may follow at once.
    Text(Cow<'a, str>),
}

/// The events of a part, in which elements are well nested.
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    /// How many elements are open.
    depth: u32,
    limit: u32,
    /// The depth of each open choice between forms of the same content, and whether one was taken.
    choices: Vec<(u32, bool)>,
}

impl<'a> Xml<'a> {
    /// Returns the events of `text`.
    pub(crate) fn new(text: &'a str, limits: &Limits) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self { reader, depth: 0, limit: limits.nesting, choices: Vec::new() }
    }

    /// Returns how many elements are open.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// Returns the next event; none at the end. Of an office document's alternatives only the first
    /// is told, for all of them say the same.
    ///
    /// # Errors
    ///
    /// If it is no XML, or nested too deeply.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'a>>, ExtractError> {
        loop {
            match self.reader.read_event().map_err(ExtractError::damaged)? {
                Token::Start(start) => {
                    let element = Element(start);
                    self.open()?;
                    if self.is_second_choice(element.name()) {
                        self.skip()?;
                    } else {
                        return Ok(Some(Event::Start(element)));
                    }
                }
                Token::End(_) => {
                    self.close();
                    return Ok(Some(Event::End));
                }
                Token::Text(text) => return Ok(Some(Event::Text(text.xml10_content()))),
                Token::CData(text) => return Ok(Some(Event::Text(text.xml10_content()))),
                Token::GeneralRef(name) => {
                    if let Some(text) = resolved(&name) {
                        return Ok(Some(Event::Text(text)));
                    }
                }
                Token::Eof if self.depth > 0 => {
                    return Err(ExtractError::damaged("XML ends within an element"));
                }
                Token::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// Returns the next event within the element that is `depth` deep; none where it ends.
    ///
    /// # Errors
    ///
    /// As [`Xml::next`].
    pub(crate) fn next_in(&mut self, depth: u32) -> Result<Option<Event<'a>>, ExtractError> {
        Ok(self.next()?.filter(|_| self.depth >= depth))
    }

    /// Returns the next element that begins within the one that is `depth` deep; none where it
    /// ends.
    ///
    /// # Errors
    ///
    /// As [`Xml::next`].
    pub(crate) fn element_in(&mut self, depth: u32) -> Result<Option<Element<'a>>, ExtractError> {
        while let Some(event) = self.next_in(depth)? {
            if let Event::Start(element) = event {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// Goes to the end of the element that has just begun.
    ///
    /// # Errors
    ///
    /// As [`Xml::next`].
    pub(crate) fn skip(&mut self) -> Result<(), ExtractError> {
        let depth = self.depth;
        while self.next_in(depth)?.is_some() {}
        Ok(())
    }

    /// Returns the text of the element that has just begun, and goes to its end.
    ///
    /// # Errors
    ///
    /// As [`Xml::next`].
    pub(crate) fn text(&mut self) -> Result<String, ExtractError> {
        let depth = self.depth;
        let mut text = String::new();
        while let Some(event) = self.next_in(depth)? {
            if let Event::Text(part) = event {
                text.push_str(&part);
            }
        }
        Ok(text)
    }

    fn open(&mut self) -> Result<(), ExtractError> {
        if self.depth == self.limit {
            return Err(ExtractError::too_much("levels of XML", self.limit.into()));
        }
        self.depth += 1;
        Ok(())
    }

    fn close(&mut self) {
        if self.choices.last().is_some_and(|(depth, _)| *depth == self.depth) {
            self.choices.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// Says whether an element that has just begun is an alternative to one that was told.
    fn is_second_choice(&mut self, name: &str) -> bool {
        match (name, self.choices.last_mut()) {
            ("AlternateContent", _) => self.choices.push((self.depth, false)),
            ("Choice" | "Fallback", Some((depth, taken))) if *depth + 1 == self.depth => {
                return std::mem::replace(taken, true);
            }
            _ => {}
        }
        false
    }
}

/// The start of an element.
#[derive(Debug)]
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// Returns its name, without a prefix.
    pub(crate) fn name(&self) -> &str {
        local(self.0.name().into_inner())
    }

    /// Returns the value of the first attribute of that name, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.find(|key| local(key) == name)
    }

    /// Returns the value of an attribute that has a prefix, such as `r:id` beside `id`.
    #[cfg(any(test, feature = "office"))]
    pub(crate) fn prefixed(&self, name: &str) -> Option<String> {
        self.find(|key| key.split_once(':').is_some_and(|(_, local)| local == name))
    }

    fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<String> {
        let mut attributes = self.0.attributes();
        // The check compares each attribute with all before it.
        attributes.with_checks(false);
        let found = attributes.map_while(Result::ok).find(|it| is_it(it.key.into_inner()))?;
        match found.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => Some(value.into_owned()),
            Err(_) => Some(found.value.into_owned()),
        }
    }
}

fn local(name: &str) -> &str {
    let colon = name.bytes().position(|byte| byte == b':');
    colon.and_then(|colon| name.get(colon + 1..)).unwrap_or(name)
}

/// Returns what a reference stands for; none if only the document could say.
fn resolved(name: &BytesRef<'_>) -> Option<Cow<'static, str>> {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return Some(character.to_string().into());
    }
    let text = match &**name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(text.into())
}

/// Returns the text of a part: in the encoding of its byte order mark, else the one it declares,
/// else UTF-8.
pub(crate) fn decode(bytes: Vec<u8>) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(&bytes) {
        return encoding.decode_with_bom_removal(&bytes).0.into_owned();
    }
    match declared(&bytes).filter(|encoding| *encoding != encoding_rs::UTF_8) {
        Some(encoding) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
        None => String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..DECLARATION_WINDOW).unwrap_or(bytes));
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start_matches(['=', ' ']);
    Encoding::for_label(value.split(['"', '\'']).nth(1)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str) -> Result<String, ExtractError> {
        let limits = Limits::default();
        let mut xml = Xml::new(xml, &limits);
        let mut text = String::new();
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(element) => text.push_str(&format!("<{}", element.name())),
                Event::End => text.push('>'),
                Event::Text(part) => text.push_str(&part),
            }
        }
        Ok(text)
    }

    #[test]
    fn names_are_local_and_references_resolved() {
        let xml =
            "<?xml version='1.0'?><!--c--><w:a b='1'>x &amp; &#x41;&#66;<c/><![CDATA[<d>]]></w:a>";
        assert_eq!(text(xml).unwrap(), "<ax & AB<c><d>>");
        // A lone ampersand is one, and an entity that only a document type knows is nothing.
        assert_eq!(text("<a>R & D&nbsp;!</a>").unwrap(), "<aR & D!>");
    }

    #[test]
    fn attributes_are_found_with_and_without_a_prefix() {
        let limits = Limits::default();
        let mut xml = Xml::new("<a id='5' r:id='rId2' t='&lt;x&#10;y&unknown;'/>", &limits);
        let element = xml.element_in(0).unwrap().unwrap();
        assert_eq!(element.attribute("id").unwrap(), "5");
        assert_eq!(element.prefixed("id").unwrap(), "rId2");
        assert_eq!(element.attribute("t").unwrap(), "&lt;x&#10;y&unknown;");
        assert_eq!(element.attribute("u"), None);
    }

    #[test]
    fn one_of_the_alternatives_is_told() {
        let xml = "<a><mc:AlternateContent><mc:Choice>1</mc:Choice><mc:Choice>2</mc:Choice>\
            <mc:Fallback>3<b>4</b></mc:Fallback></mc:AlternateContent>5</a>";
        assert_eq!(text(xml).unwrap(), "<a<AlternateContent<Choice1>>5>");
        let only = "<a><mc:AlternateContent><mc:Fallback>3</mc:Fallback></mc:AlternateContent></a>";
        assert_eq!(text(only).unwrap(), "<a<AlternateContent<Fallback3>>>");
    }

    #[test]
    fn what_is_no_xml_is_an_error() {
        for xml in ["<a>", "<a></b>", "<a", "</a>", "<a><b></a></b>"] {
            assert!(matches!(text(xml), Err(ExtractError::Damaged { .. })), "{xml}");
        }
    }

    #[test]
    fn depth_is_bounded_and_entities_do_not_expand() {
        let deep = format!("{}x{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
        assert!(matches!(text(&deep), Err(ExtractError::TooMuch { limit: 256, .. })));
        let choices = "<AlternateContent><Choice/><Fallback>".repeat(200_000);
        assert!(text(&choices).is_err());
        let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>";
        assert_eq!(text(laughs).unwrap(), "<a>");
    }

    #[test]
    fn the_encoding_is_that_of_the_mark_else_of_the_declaration() {
        let utf16 = "\u{feff}<a>é</a>".encode_utf16();
        assert_eq!(decode(utf16.flat_map(u16::to_le_bytes).collect()), "<a>é</a>");
        let latin = b"<?xml version=\"1.0\" encoding='ISO-8859-1'?><a>\xE9</a>".to_vec();
        assert!(decode(latin).ends_with("<a>é</a>"));
        assert_eq!(decode(b"<a>\xE9</a>".to_vec()), "<a>\u{fffd}</a>");
    }
}
