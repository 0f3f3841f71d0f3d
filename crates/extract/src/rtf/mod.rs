//! Rich Text Format, as Word 97 to 2007 and many others write it.

mod charset;
mod destination;
mod info;
mod paragraphs;
mod reader;
mod state;
mod styles;
mod token;

use self::reader::Reader;
use self::token::Tokens;
use crate::{ExtractError, Extracted, Extractor, Limits};

/// Rich Text Format.
pub(crate) struct Rtf;

impl Extractor for Rtf {
    fn name(&self) -> &'static str {
        "rtf"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], _name: &str) -> bool {
        begin(head).starts_with(b"{\\rtf")
    }

    fn extract(
        &self,
        bytes: &[u8],
        _name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        let bytes = begin(bytes);
        if !bytes.starts_with(b"{\\rtf") {
            return Err(ExtractError::damaged("it does not begin with {\\rtf"));
        }
        let mut reader = Reader::new(limits);
        for token in Tokens::new(bytes) {
            reader.take(token)?;
        }
        reader.finish()
    }
}

/// Returns what follows a byte order mark and empty lines.
fn begin(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start()
}

#[cfg(test)]
mod tests;
