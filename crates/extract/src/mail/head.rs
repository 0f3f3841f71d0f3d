//! The head of a message or of a part: its header fields.

use mail_parser::{Address, HeaderValue, MessageParser};

use super::parameters::Parameters;
use super::{charset, date, words};

/// The fields that are read. Of one that stands there twice, the first counts.
const FIELDS: [&str; 11] = [
    "subject",
    "from",
    "to",
    "cc",
    "date",
    "message-id",
    "in-reply-to",
    "content-type",
    "content-disposition",
    "content-transfer-encoding",
    "content-language",
];

/// Fields that messages have and that hardly anything else has two of.
const OF_MESSAGES: [&str; 9] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "received",
    "mime-version",
    "return-path",
    "delivered-to",
];

/// The longest field that is read, in bytes: some two thousand recipients.
const MAX_FIELD: usize = 64 << 10;

/// The fields of a head, unfolded.
#[derive(Debug, Default)]
pub(super) struct Head {
    fields: Vec<(&'static str, String)>,
}

impl Head {
    /// Parts a message, or a part of one, into its head and what follows.
    ///
    /// A line that is no field ends the head as an empty line does, and belongs to the body.
    pub(super) fn split(bytes: &[u8]) -> (Self, &[u8]) {
        let mut raw: Vec<(&'static str, Vec<u8>)> = Vec::new();
        let mut is_wanted = false;
        let mut at = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = without_end(line);
            if text.is_empty() {
                at += line.len();
                break;
            }
            if text.starts_with(b" ") || text.starts_with(b"\t") {
                if let Some((_, value)) = raw.last_mut().filter(|_| is_wanted) {
                    value.extend_from_slice(text);
                }
            } else if let Some((name, value)) = field(text) {
                let new = FIELDS.into_iter().find(|it| name.eq_ignore_ascii_case(it.as_bytes()));
                let new = new.filter(|new| raw.iter().all(|(known, _)| known != new));
                is_wanted = new.is_some();
                raw.extend(new.map(|name| (name, value.to_vec())));
            } else if at > 0 || !is_envelope(text) {
                break;
            }
            at += line.len();
        }
        raw.retain(|(_, value)| value.len() <= MAX_FIELD);
        (Self::decoded(raw), bytes.get(at..).unwrap_or_default())
    }

    /// Fields should be ASCII. Where one is not, it is likely in the encoding of the body.
    fn decoded(raw: Vec<(&'static str, Vec<u8>)>) -> Self {
        let content_type = raw.iter().find(|(name, _)| *name == "content-type");
        let label = content_type.and_then(|(_, value)| {
            Parameters::parse(&String::from_utf8_lossy(value)).get("charset")
        });
        let text =
            |value: &[u8]| charset::text(value, label.as_deref().filter(|_| !value.is_ascii()));
        Self { fields: raw.iter().map(|(name, value)| (*name, text(value))).collect() }
    }

    /// Returns the subject, decoded.
    pub(super) fn subject(&self) -> Option<String> {
        Some(words::decoded(self.field("subject")?))
    }

    /// Returns the addresses of a field as `Name <address>, ...`.
    pub(super) fn addresses(&self, name: &str) -> Option<String> {
        let value = words::in_utf8(self.field(name)?);
        let Some(HeaderValue::Address(addresses)) = parse("From", &value) else { return None };
        let list: Vec<String> = match &addresses {
            Address::List(list) => list.iter().filter_map(said).collect(),
            Address::Group(groups) => {
                groups.iter().flat_map(|group| &group.addresses).filter_map(said).collect()
            }
        };
        Some(list.join(", ")).filter(|list| !list.is_empty())
    }

    /// Returns the date in ISO 8601.
    pub(super) fn date(&self) -> Option<String> {
        date::iso(self.field("date")?)
    }

    /// Returns the first id of a field, without its brackets.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        let value = parse("Message-ID", self.field(name)?)?;
        value.as_text_list()?.first().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty())
    }

    /// Returns the first language, such as `en-GB`.
    pub(super) fn language(&self) -> Option<String> {
        let first = self.field("content-language")?.split([',', ';', ' ']).next()?;
        let is_tag = |tag: &str| tag.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        Some(first.to_owned()).filter(|tag| (2..=35).contains(&tag.len()) && is_tag(tag))
    }

    /// Returns the type of the content with its parameters; none if the head names none.
    pub(super) fn content_type(&self) -> Option<Parameters> {
        self.field("content-type").map(Parameters::parse)
    }

    /// Returns how the content is to be shown, with its parameters.
    pub(super) fn disposition(&self) -> Parameters {
        Parameters::parse(self.field("content-disposition").unwrap_or_default())
    }

    /// Returns what the content is packed in for transport, in lower case.
    pub(super) fn encoding(&self) -> String {
        let value = self.field("content-transfer-encoding").unwrap_or_default();
        let is_end = |it: char| it.is_whitespace() || it == ';' || it == '(';
        value.split(is_end).next().unwrap_or_default().to_ascii_lowercase()
    }

    fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Says whether a file that begins with `head` is a message: it begins with fields, and two of them
/// are such as messages have. The last line may be cut.
pub(super) fn begins_message(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut seen = [false; OF_MESSAGES.len()];
    for (number, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_cut = !line.ends_with(b"\n");
        let text = without_end(line);
        let is_continued = number > 0 && (text.starts_with(b" ") || text.starts_with(b"\t"));
        match field(text) {
            _ if text.is_empty() => break,
            _ if is_continued => {}
            // Small letters are those of YAML.
            Some((name, _)) if name.first().is_some_and(u8::is_ascii_lowercase) => {}
            Some((name, _)) => {
                for (known, seen) in OF_MESSAGES.iter().zip(&mut seen) {
                    *seen |= name.eq_ignore_ascii_case(known.as_bytes());
                }
            }
            None if is_cut && number > 0 => {}
            None => return false,
        }
    }
    seen.into_iter().filter(|seen| *seen).count() >= 2
}

/// Says whether the first line of `head` is a field.
pub(super) fn begins_with_field(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').next().is_some_and(|line| field(line).is_some())
}

/// Returns a field's name and value; none if the line is no field.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some((name, value.get(1..).unwrap_or_default()))
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Mailboxes, and servers that hand mail on, put a line before the first field.
fn is_envelope(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

fn parse(name: &str, value: &str) -> Option<HeaderValue<'static>> {
    let field = format!("{name}: {}\r\n\r\n", value.replace(['\r', '\n'], " "));
    let message = MessageParser::default().parse_headers(&field)?.into_owned();
    Some(message.parts.into_iter().next()?.headers.into_iter().next()?.value)
}

fn said(address: &mail_parser::Addr<'_>) -> Option<String> {
    let name = address.name().map(str::trim).filter(|it| !it.is_empty());
    let address = address.address().map(str::trim).filter(|it| !it.is_empty());
    match (name, address) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}
