//! A file that is packed alone, as `xz.1.gz` is.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::{GzDecoder, MultiGzDecoder};

use crate::{ExtractError, Limits};

/// How a gzip member begins.
const GZIP: &[u8] = b"\x1f\x8b";

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
    bytes
        .starts_with(GZIP)
        .then(|| members(bytes, limits).map(|content| (content, name_within(name))))
}

/// Returns the content of a packed stream as it comes, whatever its size; nothing if the program cannot
/// unpack it.
#[must_use]
pub fn unpacked(reader: impl Read + Send + 'static) -> Option<Box<dyn BufRead + Send>> {
    Some(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(BufReader::new(reader)))))
}

fn members(mut packed: &[u8], limits: &Limits) -> Result<Vec<u8>, ExtractError> {
    let mut content = Vec::new();
    let mut left = limits.members;
    while packed.starts_with(GZIP) {
        left = left
            .checked_sub(1)
            .ok_or_else(|| ExtractError::too_much("members", limits.members.into()))?;
        // One byte more than allowed tells a file that is too large from one that just fits.
        let room = limits.unpacked_bytes.saturating_sub(content.len() as u64).saturating_add(1);
        let mut member = GzDecoder::new(packed);
        member.by_ref().take(room).read_to_end(&mut content).map_err(ExtractError::damaged)?;
        if content.len() as u64 > limits.unpacked_bytes {
            return Err(ExtractError::too_much("unpacked bytes", limits.unpacked_bytes));
        }
        packed = member.into_inner();
    }
    Ok(content)
}

/// Returns `name` as it was before it was packed; as it is, if it does not say that it is packed.
fn name_within(name: &str) -> String {
    for (packed, unpacked) in [(".gz", ""), (".tgz", ".tar"), (".svgz", ".svg")] {
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
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(content).unwrap();
        packed.finish().unwrap()
    }

    fn unpacked(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, ExtractError> {
        decompressed(bytes, "a.gz", limits).unwrap().map(|(content, _)| content)
    }

    #[test]
    fn all_members_are_one_content_and_padding_is_none() {
        let mut bytes = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        assert_eq!(unpacked(&bytes, &Limits::default()).unwrap(), b"one two");
        bytes.extend([0; 512]);
        assert_eq!(unpacked(&bytes, &Limits::default()).unwrap(), b"one two");
        assert_eq!(decompressed(b"plain", "a.gz", &Limits::default()), None);
    }

    #[test]
    fn the_name_loses_its_packing() {
        let names = [
            ("xz.1.gz", "xz.1"),
            ("A.TXT.GZ", "A.TXT"),
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
    fn what_is_unpacked_is_bounded_to_the_byte() {
        let limits = Limits { unpacked_bytes: 1000, members: 3, ..Limits::default() };
        assert_eq!(unpacked(&gzip(&[b'a'; 1000]), &limits).unwrap().len(), 1000);
        let two = [gzip(&[b'a'; 500]), gzip(&[b'a'; 501])].concat();
        for bomb in [gzip(&vec![0; 1 << 20]), two, gzip(b"").repeat(4)] {
            assert!(matches!(unpacked(&bomb, &limits), Err(ExtractError::TooMuch { .. })));
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let sound = gzip(b"The tide turns at four, and the ferry with it.");
        for length in 2..sound.len() {
            let cut = unpacked(&sound[..length], &Limits::default());
            assert!(matches!(cut, Err(ExtractError::Damaged { .. })), "{length}");
        }
        for at in 2..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                let _ = unpacked(&bytes, &Limits::default());
            }
        }
    }
}
