//! A packed model as one run of bytes: written once, mapped, and used where it lies.
//!
//! ```text
//!   header    magic, format, hash of all the rest, what it was made from and for   256 bytes
//!   section   its length in bytes, filled up to 64; its numbers, filled up to 64
//!   section   …
//!   rows      of one table, if there is one that is too large to be read whole
//! ```
//!
//! Sections have no names: they stand in the order in which the model reads them, and the
//! configuration says how long each must be. Numbers are in the byte order of the machine; the
//! magic number reads differently on another one.
//!
//! The hash leaves the rows out: each has a sum of its own in a section, and is checked when it is
//! read. So opening a model reads nothing of them.

use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;

use crate::error::KernelError;

/// Where every section starts: a cache line, so that no vector is split over two.
const ALIGN: usize = 64;

const HEADER: usize = 256;
const MAGIC: u64 = 0x314c_4d54_5245_4b54;
/// The format of packed images. It rises with every change of what is in them or of what is computed
/// with it, so that numbers of the same format are the same.
pub const FORMAT: u64 = 4;
/// The bytes of the header that the hash does not cover: magic, format and the hash itself.
const UNHASHED: usize = 48;
const HASH: Range<usize> = 16..UNHASHED;
/// Where the header says how many bytes of rows there are at the end.
const ROWS: usize = HEADER - 8;

/// Bytes of a packed model, in memory or mapped; they must never change.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A packed model in memory, aligned as in a mapped file.
struct Aligned {
    bytes: Vec<u8>,
    start: usize,
}

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

impl Aligned {
    fn copy(image: &[u8]) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(image.len() + ALIGN);
        // `start` is less than ALIGN, so all fits the capacity: the vector never moves, and its
        // bytes stay aligned.
        let start = bytes.as_ptr().align_offset(ALIGN);
        bytes.resize(start, 0);
        bytes.extend_from_slice(image);
        Self { bytes, start }
    }
}

/// Puts sections one after the other.
pub(crate) struct Writer {
    bytes: Vec<u8>,
    rows: Vec<u8>,
}

impl Writer {
    /// Starts an image; `made_for` says what it was made from and for.
    pub(crate) fn new(made_for: &[u64]) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC.to_ne_bytes());
        bytes[8..16].copy_from_slice(&FORMAT.to_ne_bytes());
        bytes[UNHASHED..][..size_of_val(made_for)].copy_from_slice(bytemuck::cast_slice(made_for));
        Self { bytes, rows: Vec::new() }
    }

    /// Puts the rows of the one table, `length` bytes each, at the end, and appends a section of
    /// their sums.
    pub(crate) fn put_rows(&mut self, rows: &[u8], length: usize) {
        self.put(&rows.chunks_exact(length).map(sum).collect::<Vec<u64>>());
        self.rows = rows.to_vec();
    }

    /// Appends a section.
    pub(crate) fn put<T: Pod>(&mut self, numbers: &[T]) {
        let numbers: &[u8] = bytemuck::cast_slice(numbers);
        let mut length = [0; ALIGN];
        length[..8].copy_from_slice(&(numbers.len() as u64).to_ne_bytes());
        self.bytes.extend_from_slice(&length);
        self.bytes.extend_from_slice(numbers);
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGN), 0);
    }

    /// Returns the whole image.
    pub(crate) fn finish(mut self) -> Bytes {
        self.bytes[ROWS..HEADER].copy_from_slice(&(self.rows.len() as u64).to_ne_bytes());
        let hash = blake3::hash(&self.bytes[UNHASHED..]);
        self.bytes[HASH].copy_from_slice(hash.as_bytes());
        self.bytes.append(&mut self.rows);
        Arc::new(Aligned::copy(&self.bytes))
    }
}

/// Takes sections one after the other.
pub(crate) struct Image {
    bytes: Bytes,
    at: usize,
    /// Where the sections end and the rows begin.
    end: usize,
}

impl Image {
    /// Opens an image, whole and made for exactly `made_for`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where it is anything else.
    pub(crate) fn open(bytes: Bytes, made_for: &[u64]) -> Result<Self, KernelError> {
        let image = (*bytes).as_ref();
        // The hash reads the whole image, so it comes last. What is merely for another model,
        // precision or machine is found by the header alone.
        if image.len() < HEADER || number(image, 0) != Some(MAGIC) {
            return Err(bad("its magic number in front", "other bytes"));
        }
        if number(image, 8) != Some(FORMAT) {
            return Err(bad(format!("format {FORMAT}"), "another format"));
        }
        let made_for: &[u8] = bytemuck::cast_slice(made_for);
        if image[UNHASHED..HEADER].get(..made_for.len()) != Some(made_for) {
            return Err(bad(
                "an image of this model, precision and instruction set",
                "another one",
            ));
        }
        let rows = number(image, ROWS).and_then(|rows| usize::try_from(rows).ok());
        let end = rows.and_then(|rows| image.len().checked_sub(rows));
        let hashed = end.and_then(|end| Some((end, image.get(UNHASHED..end)?)));
        match hashed {
            Some((end, hashed)) if blake3::hash(hashed).as_bytes() == &image[HASH] => {
                Ok(Self { bytes, at: HEADER, end })
            }
            _ => Err(bad("contents of the recorded hash", "damaged contents")),
        }
    }

    /// Returns whether the image has rows behind its sections.
    pub(crate) fn has_rows(&self) -> bool {
        (*self.bytes).as_ref().len() > self.end
    }

    /// Returns the rows behind the sections, which must be `count` of `length` bytes; the next
    /// section has their sums.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where they are not.
    pub(crate) fn take_rows(&mut self, count: usize, length: usize) -> Result<Rows, KernelError> {
        let sums = self.take(count)?;
        let got = (*self.bytes).as_ref().len() - self.end;
        if count.checked_mul(length) != Some(got) {
            let expected = format!("{count} rows of {length} bytes");
            return Err(bad(expected, format!("{got} bytes")));
        }
        Ok(Rows { bytes: Arc::clone(&self.bytes), start: self.end, length, sums })
    }

    /// Returns the next section, which must be of `count` numbers.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where it is not.
    pub(crate) fn take<T: Pod>(&mut self, count: usize) -> Result<Slab<T>, KernelError> {
        let image = (*self.bytes).as_ref();
        let expected = (count * size_of::<T>()) as u64;
        let got = number(image, self.at);
        let start = self.at + ALIGN;
        // `Config::check` has bounded every size, so the products do not overflow.
        let end = start + count * size_of::<T>();
        if got != Some(expected) || self.end < end {
            let got = got.map_or("the end".to_owned(), |got| format!("{got} bytes"));
            return Err(bad(format!("a section of {expected} bytes"), got));
        }
        // Files are mapped at a page, but `Bytes` may be anything. Checked here, the cast in
        // `deref` cannot fail.
        if bytemuck::try_cast_slice::<u8, T>(&image[start..end]).is_err() {
            return Err(bad(format!("sections aligned to {}", align_of::<T>()), "another address"));
        }
        self.at = end.next_multiple_of(ALIGN);
        Ok(Slab { bytes: Arc::clone(&self.bytes), range: start..end, of: PhantomData })
    }
}

/// The rows of a table, where they lie; each is checked whenever it is read.
pub(crate) struct Rows {
    bytes: Bytes,
    start: usize,
    length: usize,
    sums: Slab<u64>,
}

impl Rows {
    /// Returns a row.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where it is damaged, or there is none of that number.
    pub(crate) fn get(&self, row: usize) -> Result<&[u8], KernelError> {
        let rows = &(*self.bytes).as_ref()[self.start..];
        let bytes = rows.get(row * self.length..).and_then(|rest| rest.get(..self.length));
        match (bytes, self.sums.get(row)) {
            (Some(bytes), Some(expected)) if sum(bytes) == *expected => Ok(bytes),
            _ => Err(bad(format!("row {row} of the recorded sum"), "a damaged one")),
        }
    }
}

/// Returns the sum of a row: the first 8 bytes of its blake3 hash.
fn sum(row: &[u8]) -> u64 {
    let hash = blake3::hash(row);
    u64::from_ne_bytes(std::array::from_fn(|at| hash.as_bytes()[at]))
}

/// Returns the number at a byte, if there is one.
fn number(image: &[u8], at: usize) -> Option<u64> {
    let bytes = image.get(at..)?.first_chunk()?;
    Some(u64::from_ne_bytes(*bytes))
}

fn bad(expected: impl Into<String>, got: impl Into<String>) -> KernelError {
    KernelError::Image { expected: expected.into(), got: got.into() }
}

/// The numbers of one section, where they lie.
pub(crate) struct Slab<T> {
    bytes: Bytes,
    range: Range<usize>,
    of: PhantomData<T>,
}

/// Looks the address up anew: take it once and not in a loop.
impl<T: Pod> Deref for Slab<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&(*self.bytes).as_ref()[self.range.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<u8> {
        let mut writer = Writer::new(&[7, 8]);
        writer.put(&[1_i8, -2, 3]);
        writer.put(&[1.5_f32; 20]);
        (*writer.finish()).as_ref().to_vec()
    }

    fn open(image: &[u8]) -> Result<Image, KernelError> {
        Image::open(Arc::new(Aligned::copy(image)), &[7, 8])
    }

    #[test]
    fn sections_come_back_in_their_order_and_on_cache_lines() {
        let mut image = open(&image()).unwrap();
        let first: Slab<i8> = image.take(3).unwrap();
        let second: Slab<f32> = image.take(20).unwrap();
        assert_eq!((&*first, &*second), (&[1, -2, 3][..], &[1.5; 20][..]));
        assert_eq!(second.as_ptr().addr() % ALIGN, 0);
        assert!(image.take::<i8>(1).is_err());
    }

    #[test]
    fn a_row_is_checked_when_it_is_read_and_not_before() {
        let mut writer = Writer::new(&[7, 8]);
        writer.put_rows(&[1, 2, 3, 4, 5, 6], 2);
        writer.put(&[9_u8]);
        let whole = (*writer.finish()).as_ref().to_vec();
        let rows = |bytes: &[u8]| {
            let mut image = open(bytes).unwrap();
            assert!(image.has_rows());
            let rows = image.take_rows(3, 2).unwrap();
            assert_eq!(&*image.take::<u8>(1).unwrap(), [9]);
            rows
        };
        assert_eq!(rows(&whole).get(1).unwrap(), [3, 4]);
        assert!(rows(&whole).get(3).is_err());
        let mut damaged = whole.clone();
        damaged[whole.len() - 1] ^= 1;
        assert_eq!(rows(&damaged).get(1).unwrap(), [3, 4]);
        assert!(rows(&damaged).get(2).is_err());
        assert!(open(&whole).unwrap().take_rows(2, 3).is_err());
        assert!(open(&whole[..whole.len() - 1]).is_err(), "the end is missing");
        assert!(open(&[&whole[..], &[0]].concat()).is_err(), "there is more behind the end");
    }

    #[test]
    #[cfg_attr(miri, ignore = "hashes thousands of images")]
    fn another_length_another_model_and_every_flipped_bit_are_refused() {
        assert!(Image::open(Arc::new(Aligned::copy(&image())), &[7, 9]).is_err());
        assert!(open(&image()).unwrap().take::<i8>(4).is_err());
        for at in 0..image().len() {
            let mut damaged = image();
            damaged[at] ^= 1;
            assert!(open(&damaged).is_err(), "byte {at}");
        }
        for length in 0..image().len() {
            assert!(open(&image()[..length]).is_err(), "{length} bytes");
        }
    }
}
