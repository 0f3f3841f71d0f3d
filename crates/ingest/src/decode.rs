//! From bytes to text: which encoding, and whether it is text at all.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// How far into a file the signs of a binary are looked for.
const BINARY_WINDOW: usize = 8 << 10;

/// How much of a file the detector of legacy encodings reads: it is slow, and needs little.
const DETECTION_WINDOW: usize = 256 << 10;

/// Returns the text of `bytes`, or none if they are not text.
///
/// A byte order mark decides first and is stripped. Then UTF-8 that is whole, or nearly: a stray
/// byte in much UTF-8 becomes U+FFFD, instead of turning the rest to gibberish. Then the encoding
/// that the file `declared` of itself, and last what chardetng makes of it. A NUL within the first
/// 8 KiB, a PDF's mark, or many control characters in no known encoding mean a binary.
pub(crate) fn decode(bytes: Vec<u8>, declared: Option<&'static Encoding>) -> Option<String> {
    if let Some((encoding, _)) = Encoding::for_bom(&bytes) {
        return Some(encoding.decode_with_bom_removal(&bytes).0.into_owned());
    }
    // UTF-16 is full of NULs: with a mark it was decoded above, without one it is taken for binary.
    let head = &bytes[..bytes.len().min(BINARY_WINDOW)];
    if head.contains(&0) || head.starts_with(b"%PDF-") {
        return None;
    }
    // Nearly every file ends here, and its bytes become the text without a copy.
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Some(text),
        Err(error) => error.into_bytes(),
    };
    if is_nearly_utf8(&bytes) {
        return Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    if is_noise(&bytes[..bytes.len().min(BINARY_WINDOW)]) {
        return None;
    }
    let encoding = declared.unwrap_or_else(|| detect(&bytes));
    Some(encoding.decode_without_bom_handling(&bytes).0.into_owned())
}

/// Returns the encoding that an HTML file names in its first 1024 bytes, as browsers look for it.
///
/// UTF-16 is not believed: whoever could read the declaration read it as ASCII.
pub(crate) fn declared_in_html(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(1024)].to_ascii_lowercase();
    let after = head.windows(8).position(|window| window == b"charset=")? + 8;
    let label = head[after..].trim_ascii_start();
    let label = label.strip_prefix(b"\"").or_else(|| label.strip_prefix(b"'")).unwrap_or(label);
    let end = label
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && !b"-_.:".contains(byte))
        .unwrap_or(label.len());
    Encoding::for_label(&label[..end]).filter(|encoding| encoding.is_ascii_compatible())
}

/// Legacy text holds valid multi-byte UTF-8 only by rare chance, damaged UTF-8 holds little else.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        // ASCII is the same in nearly all encodings and speaks for none of them.
        valid += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    valid >= 4 * broken
}

/// Random bytes are one control character in nine; text has hardly any.
fn is_noise(head: &[u8]) -> bool {
    let is_control = |byte: &&u8| **byte < 0x20 && !b"\t\n\r\x0c\x1b".contains(byte);
    head.iter().filter(is_control).count() * 32 > head.len()
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    // ASCII in front tells the detector nothing, so the window begins with the first other byte.
    let from = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let window = &bytes[from..bytes.len().min(from + DETECTION_WINDOW)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, true);
    // UTF-8 was tried before, strictly and leniently.
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_decides_and_is_stripped() {
        assert_eq!(decode(b"\xEF\xBB\xBFna\xC3\xAFve".to_vec(), None).unwrap(), "naïve");
        assert_eq!(decode(b"\xFF\xFEh\0\xE9\0".to_vec(), None).unwrap(), "hé");
        assert_eq!(decode(b"\xFE\xFF\0h\0\xE9".to_vec(), None).unwrap(), "hé");
    }

    #[test]
    fn one_stray_byte_does_not_turn_utf8_to_gibberish() {
        let mut bytes = "Größe, Maß, Öl, Übung".as_bytes().to_vec();
        bytes.push(0xFF);
        assert_eq!(decode(bytes, None).unwrap(), "Größe, Maß, Öl, Übung\u{FFFD}");
    }

    #[test]
    fn legacy_encodings_are_told_apart() {
        // "Прогулка по старому городу" in windows-1251, byte by byte from its code table.
        let russian = b"\xCF\xF0\xEE\xE3\xF3\xEB\xEA\xE0 \xEF\xEE \xF1\xF2\xE0\xF0\xEE\xEC\xF3 \
            \xE3\xEE\xF0\xEE\xE4\xF3";
        assert_eq!(decode(russian.to_vec(), None).unwrap(), "Прогулка по старому городу");
        let french = b"Le caf\xE9 est ferm\xE9 le dimanche \xE0 No\xEBl";
        assert_eq!(decode(french.to_vec(), None).unwrap(), "Le café est fermé le dimanche à Noël");
    }

    #[test]
    fn binaries_are_not_text() {
        assert_eq!(decode(b"\x7FELF\x02\x01\x01\0".to_vec(), None), None);
        assert_eq!(decode(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec(), None), None);
        // A multiplicative generator's high bytes, without NUL: noise as a compressed file has it.
        let noise: Vec<u8> = (1..4096u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .filter(|byte| *byte != 0)
            .collect();
        assert_eq!(decode(noise, None), None);
    }

    #[test]
    fn the_declared_encoding_of_html_is_found() {
        let declared = |html: &[u8]| declared_in_html(html).map(Encoding::name);
        assert_eq!(declared(b"<meta charset=\"Shift_JIS\">"), Some("Shift_JIS"));
        assert_eq!(declared(b"<META content='text/html; CHARSET=iso-8859-2'>"), Some("ISO-8859-2"),);
        assert_eq!(declared(b"<meta charset=utf-16>"), None);
        assert_eq!(declared(b"<meta charset="), None);
    }
}
