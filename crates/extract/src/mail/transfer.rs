//! What mail packs its content in for transport: base64 and quoted-printable (RFC 2045).

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;

/// Returns the content as it was before transport.
pub(super) fn unpacked<'b>(bytes: &'b [u8], encoding: &str) -> Cow<'b, [u8]> {
    match encoding {
        "base64" => base64(bytes).into(),
        "quoted-printable" => quoted_printable(bytes).into(),
        _ => bytes.into(),
    }
}

/// Decodes base64 with anything else among it.
fn base64(bytes: &[u8]) -> Vec<u8> {
    // Text that was labelled so and never packed has spaces within its lines.
    let is_gap = |pair: &&[u8]| matches!(pair, [b' ', next] if next.is_ascii_graphic());
    let first = bytes.trim_ascii_start().split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.windows(2).filter(is_gap).count() > 1 {
        return bytes.to_vec();
    }
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(|byte| *byte == b'=').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let digits: Vec<u8> = digits.iter().copied().filter(is_digit).collect();
        out.extend(base64_decode(&digits).unwrap_or_default());
        // Some programs pack line by line, each with padding. Anything else behind the padding is
        // no base64: list servers append their footers there.
        let behind = without_padding(after);
        let next = behind.trim_ascii_start();
        if !behind.starts_with(b"\n") && !behind.starts_with(b"\r") {
            return out;
        }
        let line = next.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
        let is_packed = line.iter().all(|byte| is_digit(byte) || *byte == b'=');
        if line.is_empty() || !is_packed || line.len() % 4 != 0 {
            return out;
        }
        rest = next;
    }
}

/// Decodes `=C3=BC`. A `=` that begins no byte stands for itself.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let end = if line.ends_with(b"\n") { b"\n".as_slice() } else { b"" };
        let (mut rest, end) = match text.strip_suffix(b"=") {
            Some(text) => (text, b"".as_slice()),
            None => (text, end),
        };
        while let Some((first, after)) = rest.split_first() {
            let code = after.get(..2).filter(|_| *first == b'=').and_then(hexadecimal);
            out.push(code.unwrap_or(*first));
            rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
        }
        out.extend_from_slice(end);
    }
    out
}

fn without_padding(bytes: &[u8]) -> &[u8] {
    let padding = bytes.iter().take_while(|byte| **byte == b'=').count();
    bytes.get(padding..).unwrap_or_default()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |it: &u8| char::from(*it).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}
