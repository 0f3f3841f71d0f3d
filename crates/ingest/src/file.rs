//! One file: opened, decoded and turned into a document.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use trommel_core::{Document, Metadata, Origin};
use trommel_extract::{declared_in_html, decode};

use crate::format::{Content, Format};
use crate::hash::content_hash;
use crate::unread::without_unread;
use crate::{Item, Limits, SkipReason, Skipped};

/// A file that was opened.
pub(crate) enum Opened {
    /// The file was one document, or none.
    Item(Item),
    /// The file is JSONL, to be read line by line.
    Lines(Box<dyn BufRead + Send>),
}

/// Reads a file that is known to be regular. `id` names its document, and ends in the file's name.
///
/// # Errors
///
/// If the system does not let the file be read.
pub(crate) fn open(path: &Path, id: &str, origin: &Origin, limits: &Limits) -> io::Result<Opened> {
    let file = File::open(path)?;
    // JSONL is streamed and may be of any size, so it is told apart before the size is asked for.
    let format = Format::of_name(file_name(id));
    if format == Format::Jsonl {
        return Ok(Opened::Lines(Box::new(BufReader::with_capacity(1 << 16, file))));
    }
    let bytes = file.metadata()?.len();
    if bytes > limits.max_file_bytes {
        let reason = SkipReason::TooLarge { bytes, limit: limits.max_file_bytes };
        return Ok(Opened::Item(skipped(origin, reason)));
    }
    read_document(file, format, id, origin, limits).map(Opened::Item)
}

/// Reads all of `reader` as one document.
///
/// # Errors
///
/// If reading fails.
pub(crate) fn read_document(
    reader: impl Read,
    format: Format,
    id: &str,
    origin: &Origin,
    limits: &Limits,
) -> io::Result<Item> {
    let mut bytes = Vec::new();
    // The size was checked before; a file may grow, and a stream has no size.
    let limit = limits.max_file_bytes;
    let size = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)? as u64;
    if size > limit {
        return Ok(skipped(origin, SkipReason::TooLarge { bytes: size, limit }));
    }
    // A file of another name may still be a page; see `refined_by` below.
    let declared = match format {
        Format::Html | Format::Other => declared_in_html(&bytes),
        _ => None,
    };
    let Some(text) = decode(bytes, declared) else {
        return Ok(skipped(origin, SkipReason::Binary));
    };
    let text = without_unread(text);
    let content = format.refined_by(&text).read(text);
    Ok(document(content, id, origin))
}

fn document(content: Content, id: &str, origin: &Origin) -> Item {
    let Content { title, text, markup } = content;
    if title.is_none() && text.trim().is_empty() {
        return skipped(origin, SkipReason::Empty);
    }
    let title = title.unwrap_or_else(|| file_name(id).to_owned());
    let metadata = Metadata::new();
    let hash = content_hash(&title, &text, markup, &metadata);
    let origin = origin.clone();
    Item::Document(Document { id: id.to_owned(), title, text, markup, metadata, origin, hash })
}

fn skipped(origin: &Origin, reason: SkipReason) -> Item {
    Item::Skipped(Skipped { path: origin.file(), line: None, reason })
}

fn file_name(id: &str) -> &str {
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
                [Format::Html, Format::Markdown, Format::Rst, Format::Text, Format::Other]
            {
                let item = read_document(&*bytes, format, "f", &origin, &Limits::default());
                if let Item::Document(document) = item.unwrap() {
                    prop_assert!(!document.title.is_empty());
                    prop_assert_eq!(document.title.trim(), document.title.as_str());
                }
            }
        }
    }
}
