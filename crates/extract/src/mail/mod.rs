//! Mail: one message (RFC 5322, MIME), and files of many.

mod body;
mod charset;
mod date;
mod head;
pub(crate) mod mbox;
mod parameters;
mod prose;
mod transfer;
mod words;

use trommel_core::{Markup, Metadata};

use self::body::Body;
use self::head::Head;
use crate::writer::Writer;
use crate::{ExtractError, Extracted, Extractor, Limits, one_line};

/// The longest subject that is taken for a title, in characters.
const MAX_TITLE: usize = 300;

/// Mail: one message (RFC 5322, MIME).
pub(crate) struct Mail;

impl Extractor for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], name: &str) -> bool {
        head::begins_message(head)
            || is_named_as_mail(name) && (head::begins_with_field(head) || !head.contains(&0))
    }

    fn extract(
        &self,
        bytes: &[u8],
        _name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        let (head, rest) = Head::split(bytes);
        let body = Body::read(&head, rest, limits)?;
        let mut writer = Writer::new(limits);
        body.pieces.iter().try_for_each(|piece| writer.block(piece))?;
        Ok(Extracted {
            title: head.subject().and_then(|subject| one_line(&subject, MAX_TITLE)),
            markup: if body.is_markdown { Markup::Markdown } else { Markup::Plain },
            language: head.language(),
            metadata: metadata(&head),
            attachments: body.attachments,
            ..writer.finish()
        })
    }
}

fn is_named_as_mail(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("eml"))
}

/// Returns who wrote to whom and when, and what ties a message to its thread.
fn metadata(head: &Head) -> Metadata {
    [
        ("from", head.addresses("from")),
        ("to", head.addresses("to")),
        ("cc", head.addresses("cc")),
        ("date", head.date()),
        ("message-id", head.id("message-id")),
        ("in-reply-to", head.id("in-reply-to")),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

#[cfg(test)]
mod tests;
