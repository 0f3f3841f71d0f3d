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

fn base64(bytes: &[u8]) -> Vec<u8> {
    if let Some(clean) = base64_decode(bytes) {
        return clean;
    }
    // There is something else among it. Letters behind the padding are no base64: list servers append
    // their footers there.
    let digits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
    let kept: Vec<u8> = bytes.iter().take(end).copied().filter(digits).collect();
    base64_decode(&kept).unwrap_or_default()
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

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |it: &u8| char::from(*it).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}
