//! OLE2 compound files: office documents of old formats, and encrypted ones of new formats.

use crate::ExtractError;

const MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// The size of an entry in the directory; sectors are a multiple of it.
const ENTRY: usize = 128;

/// Streams, and what the file is that has them.
const STREAMS: [(&str, &str); 5] = [
    ("PowerPoint Document", "a PowerPoint 97-2003 presentation: save it as PPTX"),
    ("WordDocument", "a Word 97-2003 document: save it as DOCX"),
    ("Workbook", "an Excel 97-2003 workbook: save it as XLSX"),
    ("Book", "an Excel 5.0 workbook: save it as XLSX"),
    ("__properties_version1.0", "an Outlook message: save it as EML"),
];

/// Says whether a file is a compound one.
pub(super) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Returns why a compound file is not read.
pub(super) fn error_of(bytes: &[u8]) -> ExtractError {
    if has_stream(bytes, "EncryptedPackage") {
        return ExtractError::Encrypted;
    }
    let known = STREAMS.iter().find(|(stream, _)| has_stream(bytes, stream));
    let detail = known.map_or("a compound file of another kind", |(_, detail)| detail);
    ExtractError::Unsupported { detail: detail.to_owned() }
}

/// Looks for an entry of the directory, wherever its sectors are.
fn has_stream(bytes: &[u8], name: &str) -> bool {
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    bytes.chunks(ENTRY).any(|entry| entry.starts_with(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(stream: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.resize(512 + 3 * ENTRY, 0);
        bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.resize(2048, 0);
        bytes
    }

    #[test]
    fn streams_say_what_a_file_is() {
        assert_eq!(error_of(&file("EncryptedPackage")), ExtractError::Encrypted);
        let detail = |stream| error_of(&file(stream)).to_string();
        assert_eq!(detail("Workbook"), "not supported: an Excel 97-2003 workbook: save it as XLSX");
        assert_eq!(detail("WordDocument2"), "not supported: a compound file of another kind");
        assert!(matches!(error_of(MAGIC), ExtractError::Unsupported { .. }));
    }
}
