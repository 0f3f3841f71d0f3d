//! One file: opened, decoded and turned into a document.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use trommel_core::{Document, Origin};
use trommel_extract::{declared_in_html, decode};

use crate::extraction::{Packed, documents, lines_within, mailbox};
use crate::format::{Content, Format};
use crate::hash::hashed;
use crate::own_extractor;
use crate::unread::without_unread;
use crate::{IngestOptions, Item, SkipReason, Skipped};

/// How much of a file is looked at to tell what it is.
const HEAD: u64 = 8 << 10;

/// A file that was opened.
pub(crate) enum Opened {
    /// The file was documents, or none.
    Items(Items),
    /// The file is JSONL, to be read line by line.
    Lines(Box<dyn BufRead + Send>),
}

/// What a file gives, one after the other.
pub(crate) type Items = Box<dyn Iterator<Item = io::Result<Item>> + Send>;

/// Reads a file that is known to be regular. `id` names its document, and ends in the file's name.
///
/// # Errors
///
/// If the system does not let the file be read.
pub(crate) fn open(
    path: &Path,
    id: &str,
    origin: &Origin,
    options: &Arc<IngestOptions>,
) -> io::Result<Opened> {
    let mut file = File::open(path)?;
    let (bytes, limit) = (file.metadata()?.len(), options.limits.max_file_bytes);
    if let Some(own) = own_extractor::of(&options.own_extractors, id) {
        return Ok(Opened::Items(only(own.read(path, bytes, id, origin))));
    }
    // What is streamed may be of any size, so it is told apart before the size is asked for.
    if let Some(streamed) = streamed(&mut file, id, origin, options)? {
        return Ok(streamed);
    }
    if bytes > limit {
        let reason = SkipReason::TooLarge { bytes, limit };
        return Ok(Opened::Items(only(skipped(origin, reason))));
    }
    read_documents(file, id, origin, options).map(Opened::Items)
}

/// Returns the documents of a file that is never in memory as a whole: lines of JSONL, packed or not,
/// and the messages of a mailbox.
fn streamed(
    file: &mut File,
    id: &str,
    origin: &Origin,
    options: &Arc<IngestOptions>,
) -> io::Result<Option<Opened>> {
    let whole = |file: &File| file.try_clone().map(|it| BufReader::with_capacity(1 << 16, it));
    if Format::of_name(file_name(id)) == Format::Jsonl {
        return Ok(Some(Opened::Lines(Box::new(whole(file)?))));
    }
    if let Some(unpacked) = lines_within(file_name(id), file)? {
        return Ok(Some(Opened::Lines(unpacked)));
    }
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    file.rewind()?;
    if !trommel_extract::looks_like_mbox(&head) {
        return Ok(None);
    }
    Ok(Some(Opened::Items(mailbox(whole(file)?, id, origin, options))))
}

/// Reads all of `reader` as one file: a document, and those that came with it.
///
/// # Errors
///
/// If reading fails.
pub(crate) fn read_documents(
    reader: impl Read,
    id: &str,
    origin: &Origin,
    options: &Arc<IngestOptions>,
) -> io::Result<Items> {
    let mut bytes = Vec::new();
    // The size was checked before; a file may grow, and a stream has no size.
    let limit = options.limits.max_file_bytes;
    let size = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)? as u64;
    if size > limit {
        return Ok(only(skipped(origin, SkipReason::TooLarge { bytes: size, limit })));
    }
    let file =
        Packed { bytes, id: id.to_owned(), name: file_name(id).to_owned(), origin: origin.clone() };
    Ok(Box::new(documents(file, options).into_iter().map(Ok)))
}

/// Reads text as one document, and tells what was left out of it.
pub(crate) fn text_document(
    bytes: Vec<u8>,
    format: Format,
    id: &str,
    origin: &Origin,
) -> Vec<Item> {
    // A file of another name may still be a page; see `refined_by` below.
    let declared = match format {
        Format::Html | Format::Other => declared_in_html(&bytes),
        _ => None,
    };
    let Some(text) = decode(bytes, declared) else {
        return vec![skipped(origin, SkipReason::Binary)];
    };
    let (text, unread) = without_unread(text);
    let Content { title, text, markup, metadata } = format.refined_by(&text).read(text);
    if title.is_none() && text.trim().is_empty() {
        return vec![skipped(origin, SkipReason::Empty)];
    }
    let title = title.unwrap_or_else(|| file_name(id).to_owned());
    let document = Document::new(id, text).with_title(title).with_markup(markup);
    let document =
        Item::Document(hashed(Document { metadata, origin: origin.clone(), ..document }));
    let unread = unread.reason().map(|reason| skipped(origin, reason));
    std::iter::once(document).chain(unread).collect()
}

/// Returns one item as all that a file gives.
pub(crate) fn only(item: Item) -> Items {
    Box::new(std::iter::once(Ok(item)))
}

pub(crate) fn skipped(origin: &Origin, reason: SkipReason) -> Item {
    Item::Skipped(Skipped { path: origin.place(), line: None, reason })
}

/// Returns the last name of an id.
pub(crate) fn file_name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fragment() -> impl Strategy<Value = Vec<u8>> {
        let tag =
            "</?(p|ul|ol|li|table|tr|td|h1|h2|pre|nav|header|article|title|script|svg|div|br)/?>";
        prop_oneof![
            4 => tag.prop_map(String::into_bytes),
            3 => "[ a-z&;#|`=~\n-]{0,12}".prop_map(String::into_bytes),
            1 => "(---|\\+\\+\\+|title: x|```|# |\n=+\n|<!--|&#x0;|\\]\\]>)".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 0..8),
            1 => Just(b"\xEF\xBB\xBF".to_vec()),
        ]
    }

    proptest! {
        #[test]
        fn no_bytes_make_any_format_panic(fragments in prop::collection::vec(fragment(), 0..60)) {
            let bytes = fragments.concat();
            let origin = Origin { root: "/r".into(), path: "f".into(), line: None };
            for format in
                [Format::Html, Format::Markdown, Format::Text, Format::Other]
            {
                let items = text_document(bytes.clone(), format, "f", &origin);
                if let [Item::Document(document), ..] = &items[..] {
                    prop_assert!(!document.title.is_empty());
                    prop_assert_eq!(document.title.trim(), document.title.as_str());
                }
            }
        }
    }
}
