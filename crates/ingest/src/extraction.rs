//! Files that are more than plain text: an extractor reads them, and what came with them is read too.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead};
use std::sync::Arc;

use trommel_core::{Document, Origin, Outline};
use trommel_extract::{Attachment, Extracted, Limits, extractor_of};

use crate::file::{Items, file_name, only, skipped, text_document};
use crate::format::Format;
use crate::hash::hashed;
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
pub(crate) fn documents(file: Packed, options: &IngestOptions) -> Vec<Item> {
    let mut items = Vec::new();
    // The budget is of the whole file: a file within a file has what the others leave.
    let mut limits = Limits::default();
    let mut waiting = vec![(file, 0)];
    while let Some((mut file, depth)) = waiting.pop() {
        let (item, attachments) = read(&mut file, &limits, options);
        items.push(item);
        let bytes = attachments.iter().map(|it| it.bytes.len() as u64).sum();
        limits.unpacked_bytes = limits.unpacked_bytes.saturating_sub(bytes);
        limits.members = limits.members.saturating_sub(attachments.len() as u32);
        let members = told_apart(attachments).into_iter().rev().map(|it| file.member(it));
        if depth < DEPTH {
            waiting.extend(members.map(|member| (member, depth + 1)));
        } else {
            let reason = || SkipReason::NoExtract(too_deep());
            items.extend(members.map(|member| skipped(&member.origin, reason())));
        }
    }
    items
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

/// Returns what one file gives, and the files that came with it; its bytes are taken out of it.
fn read(file: &mut Packed, limits: &Limits, options: &IngestOptions) -> (Item, Vec<Attachment>) {
    let bytes = std::mem::take(&mut file.bytes);
    let (bytes, name) = match trommel_extract::decompressed(&bytes, &file.name, limits) {
        Some(Ok((bytes, name))) => (bytes, name),
        Some(Err(error)) => {
            return (skipped(&file.origin, SkipReason::NoExtract(error)), Vec::new());
        }
        None => (bytes, file.name.clone()),
    };
    let head = &bytes[..bytes.len().min(HEAD)];
    let Some(extractor) = extractor_of(head, &name) else {
        return (text_document(bytes, Format::of_name(&name), &file.id, &file.origin), Vec::new());
    };
    match options.runner.0.run(extractor, &bytes, &name, limits) {
        Ok(mut extracted) => {
            let attachments = std::mem::take(&mut extracted.attachments);
            (document(extracted, &name, file, options), attachments)
        }
        Err(error) => (skipped(&file.origin, SkipReason::NoExtract(error)), Vec::new()),
    }
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
pub(crate) fn lines_within(name: &str, file: &File) -> io::Result<Option<Box<dyn BufRead + Send>>> {
    let Some(within) = name.strip_suffix(".gz") else { return Ok(None) };
    if Format::of_name(within) != Format::Jsonl {
        return Ok(None);
    }
    Ok(trommel_extract::unpacked(file.try_clone()?))
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
        let name = file_name(&name).to_owned();
        Box::new(documents(Packed { bytes, id, name, origin }, &options).into_iter().map(Ok))
    }))
}
