//! Files that are more than plain text: an extractor reads them, and what came with them is read too.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, Cursor, Seek as _};
use std::sync::Arc;

use trommel_core::{Document, Origin, Outline};
use trommel_extract::{ARCHIVE, Attachment, Extracted, Limits, extractor_of, name_within};

use crate::file::{Items, only, skipped, text_document};
use crate::format::Format;
use crate::hash::hashed;
use crate::jsonl::JsonLines;
use crate::{IngestOptions, Item, SkipReason};

/// How deep files within files are read.
const DEPTH: usize = 3;
/// How much of a file an extractor is chosen by.
const HEAD: usize = 8 << 10;

/// A file whose bytes are in memory.
pub(crate) struct Packed {
    pub(crate) bytes: Vec<u8>,
    /// The id of its document.
    pub(crate) id: String,
    /// What it is called, which says what it is where its content does not.
    pub(crate) name: String,
    pub(crate) origin: Origin,
}

impl Packed {
    /// Returns a file within this one.
    fn member(&self, Attachment { name, bytes }: Attachment) -> Self {
        let (id, origin) = (format!("{}!{name}", self.id), self.origin.of_member(&name));
        Self { bytes, id, name, origin }
    }
}

/// Returns what a file gives: its own document or why there is none, then those of the files that came
/// with it.
pub(crate) fn documents(file: Packed, options: &Arc<IngestOptions>) -> Vec<Item> {
    let mut items = Vec::new();
    // The budget is of the whole file: a file within a file has what the others leave.
    let mut limits = Limits::default();
    let mut waiting = vec![(file, 0)];
    while let Some((mut file, depth)) = waiting.pop() {
        let Found { items: own, members, unpacked } = read(&mut file, &limits, options);
        items.extend(own);
        let bytes = members.iter().map(|it| it.bytes.len() as u64).sum::<u64>();
        limits.unpacked_bytes = limits.unpacked_bytes.saturating_sub(bytes + unpacked);
        limits.members = limits.members.saturating_sub(members.len() as u32);
        let members = told_apart(members).into_iter().rev().map(|it| file.member(it));
        if depth < DEPTH {
            waiting.extend(members.map(|member| (member, depth + 1)));
        } else {
            let reason = || SkipReason::NoExtract(too_deep());
            items.extend(members.map(|member| skipped(&member.origin, reason())));
        }
    }
    items
}

/// What one file gives.
#[derive(Default)]
struct Found {
    /// Its documents, and what was left out.
    items: Vec<Item>,
    /// The files that came with it, to be read.
    members: Vec<Attachment>,
    /// How many bytes were unpacked to read it, beside those of its members.
    unpacked: u64,
}

impl From<Item> for Found {
    fn from(item: Item) -> Self {
        Self { items: vec![item], ..Self::default() }
    }
}

/// Gives attachments of one name different ones.
fn told_apart(attachments: Vec<Attachment>) -> Vec<Attachment> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let numbered = |mut attachment: Attachment| {
        let times = seen.entry(attachment.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            let (stem, ending) = match attachment.name.rsplit_once('.') {
                Some((stem, ending)) => (stem, format!(".{ending}")),
                None => (attachment.name.as_str(), String::new()),
            };
            attachment.name = format!("{stem} ({times}){ending}");
        }
        attachment
    };
    attachments.into_iter().map(numbered).collect()
}

fn too_deep() -> trommel_extract::ExtractError {
    trommel_extract::ExtractError::too_much("files within files", DEPTH as u64)
}

/// Returns what one file gives; its bytes are taken out of it.
fn read(file: &mut Packed, limits: &Limits, options: &Arc<IngestOptions>) -> Found {
    let bytes = std::mem::take(&mut file.bytes);
    match trommel_extract::decompressed(&bytes, &file.name, limits) {
        Some(Ok((content, name))) => {
            let unpacked = content.len() as u64;
            let left = limits.unpacked_bytes.saturating_sub(unpacked);
            let limits = Limits { unpacked_bytes: left, ..*limits };
            Found { unpacked, ..read_plain(content, &name, file, &limits, options) }
        }
        Some(Err(error)) => skipped(&file.origin, SkipReason::NoExtract(error)).into(),
        None => read_plain(bytes, &file.name, file, limits, options),
    }
}

/// Reads what is not packed, or no more.
fn read_plain(
    bytes: Vec<u8>,
    name: &str,
    file: &Packed,
    limits: &Limits,
    options: &Arc<IngestOptions>,
) -> Found {
    let head = &bytes[..bytes.len().min(HEAD)];
    // A member may be many documents, as a file of a folder may.
    if file.origin.member().is_some() && Format::of_name(name) == Format::Jsonl {
        let reader = Box::new(Cursor::new(bytes));
        let lines = JsonLines::new(reader, file.origin.clone(), Arc::clone(options), false);
        return Found { items: lines.filter_map(Result::ok).collect(), ..Found::default() };
    }
    let Some(extractor) = extractor_of(head, name) else {
        let items = text_document(bytes, Format::of_name(name), &file.id, &file.origin);
        return Found { items, ..Found::default() };
    };
    let is_archive = extractor.name() == ARCHIVE;
    if is_archive && !options.archives {
        return skipped(&file.origin, SkipReason::Archive).into();
    }
    let mut extracted = match options.runner.0.run(extractor, &bytes, name, limits) {
        Ok(extracted) => extracted,
        Err(error) => return skipped(&file.origin, SkipReason::NoExtract(error)).into(),
    };
    let members = std::mem::take(&mut extracted.attachments);
    let unread = std::mem::take(&mut extracted.unread);
    let unread = unread
        .into_iter()
        .map(|(name, error)| skipped(&file.origin.of_member(&name), SkipReason::NoExtract(error)));
    let mut found = Found { items: unread.collect(), members, unpacked: 0 };
    if is_archive {
        let (hidden, members) = found.members.into_iter().partition(is_hidden);
        let hidden: Vec<Attachment> = hidden;
        let hidden = hidden.iter().map(|it| file.origin.of_member(&it.name));
        found.items.extend(hidden.map(|origin| skipped(&origin, SkipReason::Hidden)));
        found.members = members;
    } else {
        found.items.insert(0, document(extracted, name, file, options));
    }
    found
}

/// Says whether a file of an archive would be passed by in a folder.
fn is_hidden(member: &Attachment) -> bool {
    // Beside every file macOS puts another into a zip file, which holds nothing to read.
    member.name.split('/').any(|name| name.starts_with('.') || name == "__MACOSX")
}

fn document(extracted: Extracted, name: &str, file: &Packed, options: &IngestOptions) -> Item {
    let Extracted { title, text, markup, headings, locations, language, mut metadata, .. } =
        extracted;
    if title.is_none() && text.trim().is_empty() {
        return skipped(&file.origin, SkipReason::Empty);
    }
    if let Some(language) = language {
        metadata.entry("language".to_owned()).or_insert(language);
    }
    let bytes = metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if bytes > options.limits.max_metadata_bytes {
        metadata.clear();
    }
    let title = title.unwrap_or_else(|| name.to_owned());
    let document = Document::new(file.id.as_str(), text).with_title(title).with_markup(markup);
    let outline = Outline { headings, locations };
    Item::Document(hashed(Document { metadata, outline, origin: file.origin.clone(), ..document }))
}

/// Returns the lines of packed JSONL.
pub(crate) fn lines_within(
    name: &str,
    file: &mut File,
) -> io::Result<Option<Box<dyn BufRead + Send>>> {
    let within = name_within(name);
    if within == name || Format::of_name(&within) != Format::Jsonl {
        return Ok(None);
    }
    let unpacked = trommel_extract::unpacked(file.try_clone()?)?;
    if unpacked.is_none() {
        file.rewind()?;
    }
    Ok(unpacked)
}

/// Returns the messages of a mailbox, each with its attachments.
pub(crate) fn mailbox(
    reader: impl BufRead + Send + 'static,
    id: &str,
    origin: &Origin,
    options: &Arc<IngestOptions>,
) -> Items {
    let (id, origin, options) = (id.to_owned(), origin.clone(), Arc::clone(options));
    let limit = options.limits.max_file_bytes;
    let messages = trommel_extract::messages(reader, limit);
    Box::new(messages.flat_map(move |message| -> Items {
        let message = match message {
            Ok(message) => message,
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        let name = format!("{}.eml", message.number);
        let (id, origin) = (format!("{id}!{name}"), origin.of_member(&name));
        let Some(bytes) = message.bytes else {
            return only(skipped(&origin, SkipReason::TooLarge { bytes: message.size, limit }));
        };
        Box::new(documents(Packed { bytes, id, name, origin }, &options).into_iter().map(Ok))
    }))
}
