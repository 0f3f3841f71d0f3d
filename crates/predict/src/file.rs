//! A table as bytes.
//!
//! ```text
//!   0   magic `TRMLPRD\n`                                           8 bytes
//!   8   format, reserved                                            2 × u32
//!   16  blake3 hash of all that follows                             32 bytes
//!   48  dimension, width of an embedding, vocabulary, rows,
//!       sampled passages, bytes of the encoder's name               6 × u32
//!   72  ridge, error, mean cosine, reserved                         4 × f32
//!   88  passages of the corpus                                      u64
//!   96  the encoder's name; passages with each piece, u32; mean embedding, mean vector and map, f32;
//!       pieces that have a row, u32, their scales, f32, and codes, i8; sampled passages, u64, and
//!       their vectors, f32
//! ```
//!
//! Numbers are little endian; nothing is filled up.

use std::ops::Range;

use trommel_core::{Fingerprint, PassageId};

use crate::features::Weights;
use crate::rows::Rows;
use crate::{Frequencies, LeftOut, Quality, Table, TableError};

const MAGIC: [u8; 8] = *b"TRMLPRD\n";
/// The format of tables. It rises with every change of what is in them or of what is computed with
/// it.
const FORMAT: u32 = 1;
const HASH: Range<usize> = 16..48;
const HEADER: usize = 96;

/// What the header says of the sizes of everything behind it.
struct Sizes {
    dimension: usize,
    width: usize,
    vocabulary: usize,
    rows: usize,
    sample: usize,
    encoder: usize,
}

impl Sizes {
    /// Returns how many bytes a table of these sizes has.
    fn bytes(&self) -> u128 {
        let Self { dimension, width, vocabulary, rows, sample, encoder } = *self;
        let wide = |size: usize| size as u128;
        let [d, w, v, r, s] = [dimension, width, vocabulary, rows, sample].map(wide);
        let numbers = v + w + d + d * w + 2 * r + s * d;
        wide(HEADER) + wide(encoder) + 4 * numbers + r * d + 8 * s
    }
}

impl Table {
    /// Returns the table as bytes, about 6 MB for a sample of 1,000.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Quality { ridge, error, mean_cosine } = self.quality;
        let sizes = [
            self.dimension(),
            self.weights.centre.len(),
            self.frequencies.counts().len(),
            self.rows.pieces.len(),
            self.left_out.passages.len(),
            self.encoder.len(),
        ];
        let mut bytes = [&MAGIC[..], &FORMAT.to_le_bytes(), &[0; 4], &[0; 32]].concat();
        // Each was made in memory, so none is beyond 32 bits.
        bytes.extend(sizes.into_iter().flat_map(|size| (size as u32).to_le_bytes()));
        bytes.extend([ridge, error, mean_cosine, 0.0].into_iter().flat_map(f32::to_le_bytes));
        bytes.extend(self.frequencies.passages().to_le_bytes());
        bytes.extend(self.encoder.as_bytes());
        bytes.extend(bytemuck::cast_slice(self.frequencies.counts()));
        for numbers in [&self.weights.centre, &self.mean, &self.map] {
            bytes.extend(bytemuck::cast_slice::<f32, u8>(numbers));
        }
        bytes.extend(bytemuck::cast_slice(&self.rows.pieces));
        bytes.extend(bytemuck::cast_slice(&self.rows.scales));
        bytes.extend(bytemuck::cast_slice(&self.rows.codes));
        bytes.extend(self.left_out.passages.iter().flat_map(|id| id.0.to_le_bytes()));
        bytes.extend(bytemuck::cast_slice(&self.left_out.vectors));
        let hash = blake3::hash(&bytes[HASH.end..]);
        bytes[HASH].copy_from_slice(hash.as_bytes());
        bytes
    }

    /// Returns the table of bytes that [`Table::to_bytes`] gave for this encoder.
    ///
    /// # Errors
    ///
    /// [`TableError`] if they are any others.
    pub fn from_bytes(bytes: &[u8], encoder: &Fingerprint) -> Result<Self, TableError> {
        let (sizes, quality, passages) = header(bytes)?;
        let Sizes { dimension, width, vocabulary, rows, sample, .. } = sizes;
        let mut reader = Reader { rest: &bytes[HEADER..] };
        let name = std::str::from_utf8(reader.take(sizes.encoder))
            .map_err(|_| TableError::damaged("expected an encoder's name in UTF-8"))?;
        let expected = encoder.to_string();
        if name != expected {
            return Err(TableError::Encoder { expected, got: name.to_owned() });
        }
        let frequencies = Frequencies::of_parts(passages, reader.u32s(vocabulary));
        let weights = Weights::of_parts(&frequencies, reader.f32s(width)?);
        let (mean, map) = (reader.f32s(dimension)?, reader.f32s(dimension * width)?);
        let pieces = reader.u32s(rows);
        let rise = pieces.windows(2).all(|pair| pair[0] < pair[1]);
        if !rise || pieces.last().is_some_and(|last| *last as usize >= vocabulary) {
            let detail = format!("expected rising ids of word pieces below {vocabulary}");
            return Err(TableError::damaged(detail));
        }
        let scales = reader.f32s(rows)?;
        let codes = reader.take(rows * dimension).iter().map(|byte| byte.cast_signed()).collect();
        let sampled = reader.take(8 * sample).as_chunks().0;
        let left_out = LeftOut {
            passages: sampled.iter().map(|id| PassageId(u64::from_le_bytes(*id))).collect(),
            vectors: reader.f32s(sample * dimension)?,
            dimension,
        };
        Ok(Self {
            encoder: expected,
            frequencies,
            weights,
            mean,
            map,
            rows: Rows::of_parts(pieces, scales, codes, dimension, vocabulary),
            left_out,
            quality,
        })
    }
}

/// Checks that the bytes are whole, and returns sizes, quality and passages of the corpus.
fn header(bytes: &[u8]) -> Result<(Sizes, Quality, u64), TableError> {
    let damaged = |detail: String| Err(TableError::damaged(detail));
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return damaged(format!("expected at least {HEADER} bytes, got {}", bytes.len()));
    };
    if header[..8] != MAGIC {
        let got = header[..8].escape_ascii();
        return damaged(format!("expected {} in front, got {got}", MAGIC.escape_ascii()));
    }
    let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|byte| header[at + byte]));
    // The format comes first: of another one, nothing else has a known meaning.
    if word(8) != FORMAT {
        return Err(TableError::Version { expected: FORMAT, got: word(8) });
    }
    if word(12) != 0 || blake3::hash(&bytes[HASH.end..]).as_bytes() != &header[HASH] {
        return damaged("expected contents of the recorded hash, got others".into());
    }
    let [dimension, width, vocabulary, rows, sample, encoder] =
        [48, 52, 56, 60, 64, 68].map(|at| word(at) as usize);
    let sizes = Sizes { dimension, width, vocabulary, rows, sample, encoder };
    // Whoever can write a hash can write sizes: nothing is made room for that is not there.
    if bytes.len() as u128 != sizes.bytes() || dimension == 0 || width == 0 {
        return damaged(format!("expected {} bytes, got {}", sizes.bytes(), bytes.len()));
    }
    let [ridge, error, mean_cosine] = [72, 76, 80].map(|at| f32::from_bits(word(at)));
    let passages = u64::from(word(88)) | u64::from(word(92)) << 32;
    Ok((sizes, Quality { ridge, error, mean_cosine }, passages))
}

/// Takes parts one after the other; the header has said that they are there.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (part, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        part
    }

    fn u32s(&mut self, count: usize) -> Vec<u32> {
        self.take(4 * count).as_chunks().0.iter().map(|it| u32::from_le_bytes(*it)).collect()
    }

    fn f32s(&mut self, count: usize) -> Result<Vec<f32>, TableError> {
        let numbers: Vec<f32> = self.u32s(count).into_iter().map(f32::from_bits).collect();
        match numbers.iter().find(|x| !x.is_finite()) {
            Some(x) => Err(TableError::damaged(format!("expected finite numbers, got {x}"))),
            None => Ok(numbers),
        }
    }
}
