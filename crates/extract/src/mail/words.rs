//! Encoded words, such as `=?utf-8?Q?Gr=C3=BC=C3=9Fe?=` (RFC 2047).

use super::{charset, transfer};

/// Decodes the encoded words of a text.
pub(super) fn decoded(text: &str) -> String {
    with_words(text, |words| words.to_owned())
}

/// Writes the encoded words of a text anew, in UTF-8.
pub(super) fn in_utf8(text: &str) -> String {
    with_words(text, |words| {
        let bytes = words.bytes().map(|byte| format!("={byte:02X}"));
        format!("=?utf-8?Q?{}?=", bytes.collect::<String>())
    })
}

/// Returns the text with something else in the place of what its encoded words say.
///
/// Words that only white space parts are one: the space goes, and a character may be cut between
/// two.
fn with_words(text: &str, put: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let (before, from_word) = rest.split_at(at);
        out.push_str(before);
        let Some((first, mut after)) = word(from_word) else {
            out.push_str("=?");
            rest = from_word.get(2..).unwrap_or_default();
            continue;
        };
        let mut said = String::new();
        let mut run = first;
        while let Some((next, after_next)) = word(after.trim_start()) {
            after = after_next;
            if next.charset.eq_ignore_ascii_case(run.charset) {
                run.bytes.extend(next.bytes);
            } else {
                said.push_str(&charset::text(&run.bytes, Some(run.charset)));
                run = next;
            }
        }
        said.push_str(&charset::text(&run.bytes, Some(run.charset)));
        out.push_str(&put(&said));
        rest = after;
    }
    out.push_str(rest);
    out
}

struct Word<'t> {
    charset: &'t str,
    bytes: Vec<u8>,
}

/// Returns the word with which a text begins, and what follows it.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (data, rest) = rest.split_once("?=")?;
    let bytes = match encoding {
        "B" | "b" => transfer::unpacked(data.as_bytes(), "base64").into_owned(),
        "Q" | "q" => {
            let data = data.replace('_', "=20");
            transfer::unpacked(data.as_bytes(), "quoted-printable").into_owned()
        }
        _ => return None,
    };
    // A language may follow the character set.
    let charset = charset.split('*').next().unwrap_or_default();
    Some((Word { charset, bytes }, rest))
}
