//! gzip (RFC 1952).

use std::io::Read as _;

use flate2::bufread::GzDecoder;

use crate::{ExtractError, Limits};

/// How a member begins.
const MEMBER: &[u8] = b"\x1f\x8b";

/// Returns what all members hold together.
///
/// # Errors
///
/// If they are damaged, or hold more than may be unpacked.
pub(super) fn content(mut packed: &[u8], limits: &Limits) -> Result<Vec<u8>, ExtractError> {
    let mut content = Vec::new();
    let mut left = limits.members;
    while packed.starts_with(MEMBER) {
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

    #[test]
    fn all_members_are_one_content_and_padding_is_none() {
        let mut bytes = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        assert_eq!(content(&bytes, &Limits::default()).unwrap(), b"one two");
        bytes.extend([0; 512]);
        assert_eq!(content(&bytes, &Limits::default()).unwrap(), b"one two");
    }

    #[test]
    fn what_is_unpacked_is_bounded_to_the_byte() {
        let limits = Limits { unpacked_bytes: 1000, members: 3, ..Limits::default() };
        assert_eq!(content(&gzip(&[b'a'; 1000]), &limits).unwrap().len(), 1000);
        let two = [gzip(&[b'a'; 500]), gzip(&[b'a'; 501])].concat();
        for bomb in [gzip(&vec![0; 1 << 20]), two, gzip(b"").repeat(4)] {
            assert!(matches!(content(&bomb, &limits), Err(ExtractError::TooMuch { .. })));
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let sound = gzip(b"The tide turns at four, and the ferry with it.");
        for length in 2..sound.len() {
            let cut = content(&sound[..length], &Limits::default());
            assert!(matches!(cut, Err(ExtractError::Damaged { .. })), "{length}");
        }
        for at in 2..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                let _ = content(&bytes, &Limits::default());
            }
        }
    }
}
