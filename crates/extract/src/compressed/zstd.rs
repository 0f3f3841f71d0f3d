//! Zstandard (RFC 8878).

use std::io::{self, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Packing;
use crate::{ExtractError, Limits};

/// How many bytes say what begins.
const MAGIC: u64 = 4;

/// Returns what all frames hold together.
///
/// # Errors
///
/// If they are damaged, or hold more than may be unpacked.
pub(super) fn content(packed: &[u8], limits: &Limits) -> Result<Vec<u8>, ExtractError> {
    let mut content = Vec::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    let room = limits.unpacked_bytes.saturating_add(1);
    Frames::new(packed).take(room).read_to_end(&mut content).map_err(ExtractError::damaged)?;
    if content.len() as u64 > limits.unpacked_bytes {
        return Err(ExtractError::too_much("unpacked bytes", limits.unpacked_bytes));
    }
    Ok(content)
}

/// The content of frames that follow each other.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    is_within: bool,
}

impl<R: Read> Frames<R> {
    /// Returns the content of the frames of a stream.
    pub(super) fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), is_within: false }
    }

    /// Goes on to the next frame that holds something; returns whether there is one.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let mut head = Vec::new();
            (&mut self.source).take(MAGIC).read_to_end(&mut head)?;
            // Whatever follows the last frame, such as the padding of a tape, is none.
            if Packing::of(&head) != Some(Packing::Zstd) {
                return Ok(false);
            }
            match self.decoder.reset(head.as_slice().chain(&mut self.source)) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    /// Compares the content of a frame with the checksum that stands behind it.
    fn check(&self) -> io::Result<()> {
        let said = self.decoder.get_checksum_from_data();
        if said.is_some() && said != self.decoder.get_calculated_checksum() {
            return Err(io::Error::other("the checksum of a frame does not fit its content"));
        }
        Ok(())
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_within {
                self.is_within = self.next_frame()?;
                if !self.is_within {
                    return Ok(0);
                }
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(io::Error::other)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.check()?;
            self.is_within = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn zstd(content: &[u8]) -> Vec<u8> {
        compress_to_vec(content, CompressionLevel::Fastest)
    }

    /// A frame written down by hand after RFC 8878: a window descriptor of 1 KiB, then one raw block,
    /// the last, of five bytes.
    const BY_HAND: &[u8] = b"\x28\xB5\x2F\xFD\x00\x00\x29\x00\x00tides";

    #[test]
    fn all_frames_are_one_content_and_what_holds_none_is_passed_over() {
        let limits = Limits::default();
        assert_eq!(content(BY_HAND, &limits).unwrap(), b"tides");
        let skipped = b"\x5A\x2A\x4D\x18\x03\x00\x00\x00abc";
        let bytes = [&skipped[..], BY_HAND, &zstd(b" and "), skipped, BY_HAND, &[0; 512]].concat();
        assert_eq!(Packing::of(&bytes), Some(Packing::Zstd));
        assert_eq!(content(&bytes, &limits).unwrap(), b"tides and tides");
    }

    #[test]
    fn what_is_unpacked_is_bounded_to_the_byte() {
        let limits = Limits { unpacked_bytes: 1000, ..Limits::default() };
        assert_eq!(content(&zstd(&[b'a'; 1000]), &limits).unwrap().len(), 1000);
        let two = [zstd(&[b'a'; 500]), zstd(&[b'a'; 501])].concat();
        for bomb in [zstd(&vec![0; 1 << 20]), two] {
            assert!(matches!(content(&bomb, &limits), Err(ExtractError::TooMuch { .. })));
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let sound = zstd(b"The tide turns at four, and the ferry with it.");
        for length in 4..sound.len() {
            let cut = content(&sound[..length], &Limits::default());
            assert!(matches!(cut, Err(ExtractError::Damaged { .. })), "{length}");
        }
        let mut unnoticed = 0;
        for at in 4..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                unnoticed += u32::from(content(&bytes, &Limits::default()).is_ok());
            }
        }
        // Some bits of a header say nothing of the content; none of the content can change unnoticed.
        assert!(unnoticed < 16, "{unnoticed}");
    }
}
