//! What a message says and what comes with it: its parts, read as a person would.

use std::collections::HashSet;

use super::head::Head;
use super::parameters::Parameters;
use super::{charset, prose, transfer};
use crate::{Attachment, ExtractError, Limits, declared_in_html, html};

/// How deeply parts may be nested, whatever the limits say: the bytes are looked at once for each
/// level.
const MAX_LEVELS: u32 = 32;

/// A plain text is a stub if what stands beside it as HTML has so many times its words.
const STUB: usize = 4;

/// The longest name of an attachment, in characters.
const MAX_NAME: usize = 200;

/// The body of a message.
pub(super) struct Body {
    /// The text of its parts.
    pub(super) pieces: Vec<String>,
    /// Whether the text is Markdown: some part is HTML.
    pub(super) is_markdown: bool,
    /// Files that came with it.
    pub(super) attachments: Vec<Attachment>,
}

impl Body {
    /// Reads the body of a message with that head.
    pub(super) fn read(head: &Head, bytes: &[u8], limits: &Limits) -> Result<Self, ExtractError> {
        let mut reader = Reader::new(limits);
        let texts = reader.part(head, bytes, Place::Body, 0)?;
        let is_empty = texts.iter().all(|it| it.text.trim().is_empty());
        if reader.is_encrypted && is_empty {
            return Err(ExtractError::Encrypted);
        }
        let is_markdown = texts.iter().any(|it| it.form == Form::Html);
        let mut seen = HashSet::new();
        let piece = |it: Text| match it.form {
            Form::Html => it.text,
            Form::Plain | Form::Other => {
                let text = prose::quoted_once(&it.text, &mut seen);
                if is_markdown { prose::as_markdown(&text) } else { text }
            }
        };
        let pieces = texts.into_iter().map(piece).collect();
        Ok(Self { pieces, is_markdown, attachments: reader.attachments })
    }
}

/// Where a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What is read first, or instead of others: its text is no attachment, even if it has a name.
    Body,
    /// After the body.
    Beside,
    /// In a digest, whose parts are messages.
    Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Html,
    /// Text that no reader of mail shows if there is any other.
    Other,
}

struct Text {
    form: Form,
    text: String,
}

/// Reads parts, within the bounds of one message.
struct Reader<'l> {
    limits: &'l Limits,
    parts: u32,
    unpacked: u64,
    is_encrypted: bool,
    attachments: Vec<Attachment>,
}

impl<'l> Reader<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self { limits, parts: 0, unpacked: 0, is_encrypted: false, attachments: Vec::new() }
    }

    /// Returns the texts of a part. Its attachments are kept aside.
    fn part(
        &mut self,
        head: &Head,
        bytes: &[u8],
        place: Place,
        level: u32,
    ) -> Result<Vec<Text>, ExtractError> {
        self.parts += 1;
        if self.parts > self.limits.members {
            return Err(ExtractError::too_much("parts", self.limits.members.into()));
        }
        let kind =
            head.content_type().filter(|kind| kind.value.contains('/')).unwrap_or_else(|| {
                let digest = place == Place::Digest;
                Parameters::parse(if digest { "message/rfc822" } else { "text/plain" })
            });
        if is_encrypted(&kind) {
            self.is_encrypted = true;
            return Ok(Vec::new());
        }
        if let Some(form) = kind.value.strip_prefix("multipart/") {
            // Without its boundary it is all one text.
            let Some(sections) = self.sections(bytes, &kind)? else {
                return self.text(head, bytes, &Parameters::parse("text/plain"));
            };
            return self.multipart(form, &sections, level + 1);
        }
        if is_signature(&kind) {
            return Ok(Vec::new());
        }
        let disposition = head.disposition();
        let name = disposition.get("filename").or_else(|| kind.get("name"));
        let is_body = is_shown(&kind.value) && (place == Place::Body || name.is_none());
        if is_body && disposition.value != "attachment" {
            return self.text(head, bytes, &kind);
        }
        // Such a picture is an ornament.
        let is_ornament = kind.value.starts_with("image/") && disposition.value != "attachment";
        if name.is_some() || !is_ornament {
            self.attach(head, bytes, &kind.value, name)?;
        }
        Ok(Vec::new())
    }

    fn multipart(
        &mut self,
        form: &str,
        sections: &[&[u8]],
        level: u32,
    ) -> Result<Vec<Text>, ExtractError> {
        let levels = self.limits.nesting.min(MAX_LEVELS);
        if level > levels {
            return Err(ExtractError::too_much("levels of parts", levels.into()));
        }
        let mut texts = Vec::new();
        for (number, section) in sections.iter().enumerate() {
            let place = match form {
                "alternative" => Place::Body,
                "digest" => Place::Digest,
                // The rest are the pictures of the first, or its signature.
                "related" | "signed" if number == 0 => Place::Body,
                _ => Place::Beside,
            };
            let (head, body) = Head::split(section);
            texts.push(self.part(&head, body, place, level)?);
        }
        Ok(if form == "alternative" { best(texts) } else { texts.into_iter().flatten().collect() })
    }

    /// Returns what stands between the boundaries; none if there is no boundary. The last may lack
    /// its end.
    fn sections<'b>(
        &self,
        bytes: &'b [u8],
        kind: &Parameters,
    ) -> Result<Option<Vec<&'b [u8]>>, ExtractError> {
        let Some(boundary) = kind.get("boundary") else { return Ok(None) };
        let mut sections = Vec::new();
        let mut start = None;
        let mut at = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let mark = line.strip_prefix(b"--").map(<[u8]>::trim_ascii_end);
            let after = mark.and_then(|mark| mark.strip_prefix(boundary.as_bytes()));
            if let Some(b"" | b"--") = after {
                sections.extend(start.and_then(|start| bytes.get(start..at)).map(without_last_end));
                start = Some(at + line.len()).filter(|_| after == Some(b""));
                if start.is_none() {
                    return Ok(Some(sections));
                }
                if sections.len() >= self.limits.members as usize {
                    return Err(ExtractError::too_much("parts", self.limits.members.into()));
                }
            }
            at += line.len();
        }
        sections.extend(start.and_then(|start| bytes.get(start..)));
        Ok((!sections.is_empty()).then_some(sections))
    }

    fn text(
        &mut self,
        head: &Head,
        bytes: &[u8],
        kind: &Parameters,
    ) -> Result<Vec<Text>, ExtractError> {
        let unpacked = transfer::unpacked(bytes, &head.encoding());
        self.spend(unpacked.len())?;
        let is_html = kind.value == "text/html";
        let named = declared_in_html(&unpacked).filter(|_| is_html).map(|it| it.name().to_owned());
        let label = kind.get("charset").or(named);
        let text = charset::text(&unpacked, label.as_deref());
        let form = match kind.value.as_str() {
            "text/html" => Form::Html,
            "text/plain" => Form::Plain,
            _ => Form::Other,
        };
        let text = match form {
            Form::Html => html::read(&text).text,
            Form::Plain | Form::Other => plain(&text, kind),
        };
        if text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----") {
            self.is_encrypted = true;
            return Ok(Vec::new());
        }
        Ok(vec![Text { form, text }])
    }

    fn attach(
        &mut self,
        head: &Head,
        bytes: &[u8],
        kind: &str,
        name: Option<String>,
    ) -> Result<(), ExtractError> {
        let bytes = transfer::unpacked(bytes, &head.encoding()).into_owned();
        self.spend(bytes.len())?;
        let number = self.attachments.len() + 1;
        let name = name.and_then(|name| file_name(&name)).unwrap_or_else(|| {
            let subject = (ending(kind) == "eml").then(|| Head::split(&bytes).0.subject());
            match subject.flatten().and_then(|it| file_name(&it.replace(['/', '\\'], "-"))) {
                Some(subject) => format!("{subject}.eml"),
                None if ending(kind) == "eml" => format!("message-{number}.eml"),
                None => format!("attachment-{number}.{}", ending(kind)),
            }
        });
        self.attachments.push(Attachment { name, bytes });
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), ExtractError> {
        self.unpacked = self.unpacked.saturating_add(bytes as u64);
        match self.unpacked > self.limits.unpacked_bytes {
            true => Err(ExtractError::too_much("bytes unpacked", self.limits.unpacked_bytes)),
            false => Ok(()),
        }
    }
}

/// Returns what a reader shows of alternatives: the plain text, unless there is more to the HTML.
fn best(alternatives: Vec<Vec<Text>>) -> Vec<Text> {
    let words = |texts: &Vec<Text>| -> usize {
        texts.iter().map(|it| it.text.split_whitespace().count()).sum()
    };
    let has = |texts: &Vec<Text>, form| texts.iter().any(|it| it.form == form);
    let most = alternatives.iter().filter(|it| has(it, Form::Html)).map(words).max();
    let is_stub = |texts: &Vec<Text>| words(texts) * STUB < most.unwrap_or(0);
    alternatives
        .into_iter()
        .filter(|texts| words(texts) > 0)
        .min_by_key(|texts| match (has(texts, Form::Html), has(texts, Form::Plain)) {
            (false, true) if !is_stub(texts) => 0,
            (true, _) => 1,
            (false, true) => 2,
            (false, false) => 3,
        })
        .unwrap_or_default()
}

/// Returns a plain text with its paragraphs whole.
fn plain(text: &str, kind: &Parameters) -> String {
    let is =
        |name: &str, value: &str| kind.get(name).is_some_and(|it| it.eq_ignore_ascii_case(value));
    let text = prose::tidy(text);
    match is("format", "flowed") {
        true => prose::unflowed(&text, is("delsp", "yes")),
        false => text,
    }
}

/// The line end before a boundary belongs to the boundary.
fn without_last_end(section: &[u8]) -> &[u8] {
    let section = section.strip_suffix(b"\n").unwrap_or(section);
    section.strip_suffix(b"\r").unwrap_or(section)
}

/// Says whether a program that reads mail shows such a part itself.
fn is_shown(kind: &str) -> bool {
    kind == "text/html" || kind.starts_with("text/") && ending(kind) == "txt"
}

/// Says whether a part can be read with a key alone. S/MIME names both what it encrypts and what it
/// signs `pkcs7-mime`; old programs do not say which, and encrypt.
fn is_encrypted(kind: &Parameters) -> bool {
    match kind.value.as_str() {
        "multipart/encrypted" => true,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            kind.get("smime-type").is_none_or(|it| it.to_ascii_lowercase().contains("enveloped"))
        }
        _ => false,
    }
}

fn is_signature(kind: &Parameters) -> bool {
    matches!(
        kind.value.as_str(),
        "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
    )
}

/// Returns a name without folders, on one line; none if nothing is left.
fn file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|it| !it.is_control()).collect();
    crate::one_line(&clean, MAX_NAME).filter(|name| name.chars().any(|it| it != '.'))
}

/// Returns how the names of files of a media type end.
fn ending(kind: &str) -> &str {
    let (kind, form) = kind.split_once('/').unwrap_or((kind, ""));
    match (kind, form) {
        ("message", "rfc822" | "global" | "news") => "eml",
        ("text", "calendar") => "ics",
        ("text", "vcard" | "x-vcard" | "directory") => "vcf",
        ("text", "html" | "csv" | "rtf" | "xml") => form,
        ("text", "markdown") => "md",
        ("text" | "message", _) => "txt",
        (_, "msword") => "doc",
        (_, "vnd.ms-excel") => "xls",
        (_, "vnd.ms-powerpoint") => "ppt",
        (_, "vnd.openxmlformats-officedocument.wordprocessingml.document") => "docx",
        (_, "vnd.openxmlformats-officedocument.spreadsheetml.sheet") => "xlsx",
        (_, "vnd.openxmlformats-officedocument.presentationml.presentation") => "pptx",
        (_, "vnd.oasis.opendocument.text") => "odt",
        (_, "vnd.oasis.opendocument.spreadsheet") => "ods",
        (_, "vnd.oasis.opendocument.presentation") => "odp",
        (_, "epub+zip") => "epub",
        (_, "jpeg") => "jpg",
        (_, "gzip" | "x-gzip") => "gz",
        (_, short) if (2..=4).contains(&short.len()) && is_alphanumeric(short) => short,
        _ => "bin",
    }
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
