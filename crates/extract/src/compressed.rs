//! A file that is packed alone, as `xz.1.gz` is.

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "zstd")]
mod zstd;

use std::io::{BufRead, BufReader, Read};

use crate::{ExtractError, Limits};

/// How much is read of a packed stream at once.
const BUFFER: usize = 1 << 16;

/// What the ends of names become when a file is unpacked.
const NAMES: [(&str, &str); 5] =
    [(".gz", ""), (".tgz", ".tar"), (".svgz", ".svg"), (".zst", ""), (".tzst", ".tar")];

/// A way to pack one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// Returns how a file is packed that begins with `head`; none if it is not.
    fn of(head: &[u8]) -> Option<Self> {
        // How a frame of Zstandard begins, and one that holds no content; there the first byte is any
        // of sixteen.
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Returns all of the content.
    fn content(self, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, ExtractError> {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => gzip::content(bytes, limits),
            #[cfg(feature = "zstd")]
            Self::Zstd => zstd::content(bytes, limits),
            #[cfg(not(all(feature = "gzip", feature = "zstd")))]
            _ => {
                let _ = (bytes, limits);
                Err(ExtractError::Unsupported { detail: format!("{self:?} in this program") })
            }
        }
    }

    /// Returns the content as it comes; nothing if the program cannot unpack it.
    fn stream(self, packed: impl BufRead + Send + 'static) -> Option<Box<dyn Read + Send>> {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => Some(Box::new(flate2::bufread::MultiGzDecoder::new(packed))),
            #[cfg(feature = "zstd")]
            Self::Zstd => Some(Box::new(zstd::Frames::new(packed))),
            #[cfg(not(all(feature = "gzip", feature = "zstd")))]
            _ => {
                drop(packed);
                None
            }
        }
    }
}

/// Returns the content of a packed file and the name that it has without the packing; none if `bytes`
/// are not packed.
///
/// The content is still to be read as a file of its own. What follows the last whole member, such as
/// the padding of a tape, is left out.
#[must_use]
pub fn decompressed(
    bytes: &[u8],
    name: &str,
    limits: &Limits,
) -> Option<Result<(Vec<u8>, String), ExtractError>> {
    let content = Packing::of(bytes)?.content(bytes, limits);
    Some(content.map(|content| (content, name_within(name))))
}

/// Returns the content of a packed stream as it comes, whatever its size; nothing if it is not packed,
/// or the program cannot unpack it.
///
/// # Errors
///
/// If its beginning cannot be read.
pub fn unpacked(
    reader: impl Read + Send + 'static,
) -> std::io::Result<Option<Box<dyn BufRead + Send>>> {
    let mut reader = BufReader::with_capacity(BUFFER, reader);
    let packing = Packing::of(reader.fill_buf()?);
    let content = packing.and_then(|packing| packing.stream(reader));
    Ok(content.map(|content| {
        let buffered: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(BUFFER, content));
        buffered
    }))
}

/// Returns `name` as it was before it was packed; as it is, if it does not say that it is packed.
#[must_use]
pub fn name_within(name: &str) -> String {
    for (packed, unpacked) in NAMES {
        let cut = name.len().saturating_sub(packed.len());
        match name.split_at_checked(cut) {
            Some((stem, end)) if !stem.is_empty() && end.eq_ignore_ascii_case(packed) => {
                return format!("{stem}{unpacked}");
            }
            _ => {}
        }
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_loses_its_packing() {
        let names = [
            ("xz.1.gz", "xz.1"),
            ("A.TXT.GZ", "A.TXT"),
            ("notes.md.zst", "notes.md"),
            ("src.tgz", "src.tar"),
            ("map.svgz", "map.svg"),
            ("dump", "dump"),
            (".gz", ".gz"),
            ("\u{fc}\u{fc}", "\u{fc}\u{fc}"),
        ];
        for (packed, name) in names {
            assert_eq!(name_within(packed), name);
        }
    }

    #[test]
    fn plain_bytes_are_not_packed() {
        assert_eq!(decompressed(b"plain", "a.gz", &Limits::default()), None);
        assert!(unpacked(&b"plain"[..]).unwrap().is_none());
        assert!(unpacked(&b""[..]).unwrap().is_none());
    }
}
