//! Which characters the bytes of a mail stand for.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_16BE, UTF_16LE,
};
use mail_parser::decoders::charsets::map::charset_decoder;

/// So many characters that are whole in UTF-8 are no chance in an East Asian encoding.
const SURELY_UTF8: usize = 4;

/// Returns the text of bytes that are said to be of the character set `label`.
///
/// Mail that is UTF-8 often says something else, so the label counts only for what is not UTF-8. It
/// counts first where short texts of its encoding may be whole in UTF-8 by chance.
pub(super) fn text(bytes: &[u8], label: Option<&str>) -> String {
    text_of(bytes, label).unwrap_or_else(|| {
        let encoding = label.and_then(|label| Encoding::for_label(label.as_bytes()));
        encoding.unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
    })
}

/// As [`text`]; none if the bytes look like no text.
fn text_of(bytes: &[u8], label: Option<&str>) -> Option<String> {
    let label = label.map(str::trim).filter(|label| !says_nothing(label));
    let encoding = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    if let Some(encoding) = encoding.filter(|it| is_believed(it)) {
        let (text, _, has_errors) = encoding.decode(bytes);
        let is_whole = !has_errors && !is_surely_utf8(bytes);
        // Its escape sequences say well enough what ISO-2022-JP is.
        if is_whole || encoding == ISO_2022_JP && bytes.contains(&0x1b) {
            return Some(text.into_owned());
        }
    }
    // Character sets that browsers do not know, but mail has: UTF-7, IBM's of DOS.
    if let Some(decode) = label.filter(|_| encoding.is_none()).and_then(decoder)
        && !is_surely_utf8(bytes)
    {
        return Some(decode(bytes));
    }
    crate::decode(bytes.to_vec(), encoding)
}

fn decoder(label: &str) -> Option<fn(&[u8]) -> String> {
    // The table is made for labels of at most 45 bytes.
    charset_decoder(Some(label).filter(|it| (1..=45).contains(&it.len()))?.as_bytes())
}

/// These are the defaults of programs that did not know what they sent.
fn says_nothing(label: &str) -> bool {
    ["", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "unknown", "default"]
        .iter()
        .any(|it| label.eq_ignore_ascii_case(it))
}

fn is_believed(encoding: &'static Encoding) -> bool {
    [BIG5, EUC_JP, EUC_KR, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_16BE, UTF_16LE]
        .contains(&encoding)
}

fn is_surely_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| text.chars().filter(|it| !it.is_ascii()).nth(SURELY_UTF8 - 1).is_some())
}
