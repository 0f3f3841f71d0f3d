//! From bytes to text: which encoding, and whether it is text at all.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// How far into a file the signs of a binary are looked for.
const BINARY_WINDOW: usize = 8 << 10;

/// How much of a file the detector of legacy encodings reads: it is slow, and needs little.
const DETECTION_WINDOW: usize = 256 << 10;

/// Returns the text of `bytes`, or none if they are not text.
///
/// A byte order mark decides first and is stripped; without one, UTF-16 that shows by its NULs. Then
/// ISO-2022-JP, whose escape sequences say what it is. Then UTF-8 that is whole, or nearly: a stray
/// byte in UTF-8 becomes U+FFFD, instead of turning the rest to gibberish. Then the encoding that the
/// file `declared` of itself, if the file is whole in it, and last what chardetng makes of it. A NUL
/// within the first 8 KiB, a PDF's mark, or many control characters mean a binary.
#[must_use]
pub fn decode(bytes: Vec<u8>, declared: Option<&'static Encoding>) -> Option<String> {
    // The mark of UTF-32 begins with that of UTF-16.
    if let Some(text) = utf32(&bytes) {
        return is_text(text);
    }
    if let Some((encoding, _)) = Encoding::for_bom(&bytes) {
        return Some(encoding.decode_with_bom_removal(&bytes).0.into_owned());
    }
    if let Some(text) = utf16_without_mark(&bytes) {
        return Some(text);
    }
    let head = &bytes[..bytes.len().min(BINARY_WINDOW)];
    if head.contains(&0) || head.starts_with(b"%PDF-") {
        return None;
    }
    if let Some(text) = iso_2022_jp(&bytes) {
        return Some(text);
    }
    // Nearly every file ends here, and its bytes become the text without a copy.
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return is_text(text),
        Err(error) => error.into_bytes(),
    };
    if is_nearly_utf8(&bytes) {
        return Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    if is_noise(&bytes[..bytes.len().min(BINARY_WINDOW)]) {
        return None;
    }
    let whole = |encoding: &'static Encoding| {
        encoding.decode_without_bom_handling_and_without_replacement(&bytes).map(Into::into)
    };
    declared
        .and_then(whole)
        .or_else(|| Some(detect(&bytes).decode_without_bom_handling(&bytes).0.into_owned()))
}

/// Returns the text unless it holds what no text does.
fn is_text(text: String) -> Option<String> {
    (!is_noise(&text.as_bytes()[..text.len().min(BINARY_WINDOW)])).then_some(text)
}

/// Returns what stands behind a mark of UTF-32; none without a mark.
fn utf32(bytes: &[u8]) -> Option<String> {
    let number: fn([u8; 4]) -> u32 = match bytes {
        [0xFF, 0xFE, 0, 0, ..] => u32::from_le_bytes,
        [0, 0, 0xFE, 0xFF, ..] => u32::from_be_bytes,
        _ => return None,
    };
    let (characters, _) = bytes[4..].as_chunks();
    let character =
        |it: &[u8; 4]| char::from_u32(number(*it)).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(characters.iter().map(character).collect())
}

/// Returns the text of UTF-16 in which every other byte of much is NUL, as in all that has ASCII.
fn utf16_without_mark(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(BINARY_WINDOW)];
    let nuls =
        |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let encoding = match (nuls(0), nuls(1)) {
        (0, high) if 6 * high > head.len() => encoding_rs::UTF_16LE,
        (high, 0) if 6 * high > head.len() => encoding_rs::UTF_16BE,
        _ => return None,
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
    let head = &text.as_bytes()[..text.len().min(BINARY_WINDOW)];
    (!head.iter().any(is_control)).then_some(text)
}

/// Returns the text of bytes with an escape sequence that begins two-byte characters, if all of them
/// are of that encoding.
fn iso_2022_jp(bytes: &[u8]) -> Option<String> {
    let begins = |pair: &[u8]| pair == b"\x1b$";
    // Hardly any file has an escape character, and looking for one is fast.
    if !bytes.contains(&0x1b) || !bytes.windows(2).any(begins) {
        return None;
    }
    let encoding = encoding_rs::ISO_2022_JP;
    Some(encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned())
}

/// Legacy text holds valid multi-byte UTF-8 only by rare chance, damaged UTF-8 holds little else. A
/// character that the end of the file cuts says nothing.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut broken) = (0usize, 0usize);
    let mut left = bytes.len();
    for chunk in bytes.utf8_chunks() {
        // ASCII is the same in nearly all encodings and speaks for none of them.
        valid += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        left -= chunk.valid().len() + chunk.invalid().len();
        let is_cut = left == 0
            && std::str::from_utf8(chunk.invalid()).is_err_and(|it| it.error_len().is_none());
        broken += usize::from(!chunk.invalid().is_empty() && !is_cut);
    }
    valid > 0 && valid >= 2 * broken
}

/// Random bytes are one control character in nine; text has hardly any.
fn is_noise(head: &[u8]) -> bool {
    head.iter().filter(|byte| is_control(byte)).count() * 32 > head.len()
}

fn is_control(byte: &u8) -> bool {
    *byte < 0x20 && !b"\t\n\r\x0c\x1b".contains(byte)
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
    fn the_mark_of_utf32_is_not_that_of_utf16() {
        let le: Vec<u8> = "\u{feff}né".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        assert_eq!(decode(le, None).unwrap(), "né");
        let be: Vec<u8> = "\u{feff}né".chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        assert_eq!(decode(be, None).unwrap(), "né");
        // A surrogate is no character, and three bytes are none.
        assert_eq!(
            decode(b"\xFF\xFE\0\0A\0\0\0\0\xD8\0\0A\0\0".to_vec(), None).unwrap(),
            "A\u{FFFD}"
        );
    }

    #[test]
    fn utf16_without_a_mark_shows_by_its_nuls() {
        let bytes = |text: &str, to: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(to).collect()
        };
        let text = "Fähre um 9 Uhr, 船\n";
        assert_eq!(decode(bytes(text, u16::to_le_bytes), None).unwrap(), text);
        assert_eq!(decode(bytes(text, u16::to_be_bytes), None).unwrap(), text);
        // Little numbers of 16 bits are no text.
        assert_eq!(decode((1..600u16).flat_map(u16::to_le_bytes).collect(), None), None);
    }

    #[test]
    fn iso_2022_jp_says_itself_what_it_is() {
        // 露天風呂 by JIS X 0208: 4F 2A 45 37 49 77 4F 24.
        let bytes = b"Onsen \x1b$BO*E7IwO$\x1b(B, 9 pm".to_vec();
        assert_eq!(decode(bytes, None).unwrap(), "Onsen 露天風呂, 9 pm");
        // Colours of a terminal begin otherwise.
        assert_eq!(decode(b"\x1b[31mred\x1b[0m".to_vec(), None).unwrap(), "\x1b[31mred\x1b[0m");
    }

    #[test]
    fn a_cut_at_the_end_says_nothing_of_the_encoding() {
        assert_eq!(decode(b"M\xC3\xBCnchen, Z\xC3".to_vec(), None).unwrap(), "München, Z\u{FFFD}");
        // Without one whole character it is Latin-1 that ends so.
        assert_eq!(decode(b"un caf\xE9".to_vec(), None).unwrap(), "un café");
    }

    #[test]
    fn a_declaration_that_does_not_fit_is_not_believed() {
        let latin = b"Die Pr\xFCfung f\xE4llt heute aus".to_vec();
        let declared = Some(encoding_rs::UTF_8);
        assert_eq!(decode(latin, declared).unwrap(), "Die Prüfung fällt heute aus");
    }
}
