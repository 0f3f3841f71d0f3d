//! Bounds for the head of a GGUF file, checked before the library makes anything of it.
//!
//! The library keeps every value of the metadata in a fixed number of bytes, up to 32 times what it
//! takes in the file, and divides by the alignment that the file states.

use std::io::{self, Read};

/// The most keys, and the most tensors; known models have below a thousand of each.
const MOST_NAMES: u64 = 1 << 16;

/// The most values in all arrays together. The largest known vocabulary has 256,000 tokens, each
/// with a text, a type, a score and a merge.
const MOST_VALUES: u64 = 1 << 22;

/// How deep arrays may nest; those of published models do not.
const DEPTH: u32 = 4;

/// The most bytes that the weights may be aligned to.
const MOST_ALIGNMENT: u64 = 1 << 20;

const ALIGNMENT: &[u8] = b"general.alignment";

/// Types of values by their numbers in the format.
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Reads through the metadata of a file of `size` bytes, from its first byte on.
///
/// # Errors
///
/// In words, what is out of bounds, or why the file cannot be read.
pub(super) fn check(file: impl Read, size: u64) -> Result<(), String> {
    let mut head = Head { file, left: size, values: 0 };
    if head.bytes()? != *b"GGUF" {
        return Err("it does not begin with GGUF".to_owned());
    }
    let version = head.number()?;
    if !(2..=3).contains(&version) {
        return Err(format!("expected version 2 or 3, got {version}"));
    }
    let (tensors, keys) = (head.length()?, head.length()?);
    for (what, count) in [("tensors", tensors), ("keys", keys)] {
        if count > MOST_NAMES {
            return Err(format!("expected at most {MOST_NAMES} {what}, got {count}"));
        }
    }
    // The entries of the tensors come after the keys; `Gguf::check_tensors` holds them to the file.
    for _ in 0..keys {
        head.entry()?;
    }
    Ok(())
}

/// What was not read yet.
struct Head<R> {
    file: R,
    /// How many bytes the file has from here on.
    left: u64,
    /// How many values the arrays so far had.
    values: u64,
}

impl<R: Read> Head<R> {
    /// Passes a key and its value.
    fn entry(&mut self) -> Result<(), String> {
        let is_alignment = self.is_alignment()?;
        let kind = self.number()?;
        if is_alignment { self.alignment(kind) } else { self.value(kind, 0) }
    }

    /// Passes a key, and returns whether it is the one that the library divides by.
    fn is_alignment(&mut self) -> Result<bool, String> {
        // Only a key as long as this one has to be looked at.
        let length = self.length()?;
        if length != ALIGNMENT.len() as u64 {
            return self.skip(length).map(|()| false);
        }
        Ok(self.bytes::<{ ALIGNMENT.len() }>()? == ALIGNMENT)
    }

    fn alignment(&mut self, kind: u32) -> Result<(), String> {
        let mut bytes = [0; 8];
        for byte in &mut bytes[..size_of(kind).ok_or("an alignment that is no number")? as usize] {
            [*byte] = self.bytes()?;
        }
        let alignment = u64::from_le_bytes(bytes);
        if alignment.is_power_of_two() && alignment <= MOST_ALIGNMENT {
            return Ok(());
        }
        Err(format!("expected a power of two up to {MOST_ALIGNMENT} as alignment, got {alignment}"))
    }

    fn value(&mut self, kind: u32, depth: u32) -> Result<(), String> {
        match kind {
            STRING => {
                let length = self.length()?;
                self.skip(length)
            }
            ARRAY if depth == DEPTH => Err(format!("arrays nest more than {DEPTH} deep")),
            ARRAY => {
                let (kind, length) = (self.number()?, self.length()?);
                self.values = self.values.saturating_add(length);
                if self.values > MOST_VALUES {
                    return Err(format!("its arrays have more than {MOST_VALUES} values"));
                }
                match size_of(kind) {
                    // At most MOST_VALUES of 8 bytes: the product does not overflow.
                    Some(size) => self.skip(length * size),
                    None => (0..length).try_for_each(|_| self.value(kind, depth + 1)),
                }
            }
            kind => self.skip(size_of(kind).ok_or_else(|| format!("a value of type {kind}"))?),
        }
    }

    fn number(&mut self) -> Result<u32, String> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn length(&mut self) -> Result<u64, String> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn skip(&mut self, length: u64) -> Result<(), String> {
        self.take(length)?;
        let skipped = io::copy(&mut self.file.by_ref().take(length), &mut io::sink());
        skipped.map(drop).map_err(|error| error.to_string())
    }

    fn take(&mut self, length: u64) -> Result<(), String> {
        let cut = || format!("{length} bytes are named where the file has {} left", self.left);
        self.left = self.left.checked_sub(length).ok_or_else(cut)?;
        Ok(())
    }
}

/// Returns how many bytes a value of a type takes if all take the same.
fn size_of(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a head of one key; its value begins with its type.
    fn head(key: &str, value: &[u8]) -> Vec<u8> {
        let counts = [1_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat();
        let key = [&(key.len() as u64).to_le_bytes()[..], key.as_bytes()].concat();
        [b"GGUF\x03\0\0\0", &counts[..], &key, value].concat()
    }

    /// Returns an array; what its values are is for the caller to add.
    fn array(kind: u32, length: u64) -> Vec<u8> {
        [&ARRAY.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes()].concat()
    }

    fn checked(bytes: &[u8]) -> Result<(), String> {
        check(bytes, bytes.len() as u64)
    }

    #[test]
    fn a_head_within_the_bounds_is_taken() {
        assert_eq!(checked(&head("a", &[4, 0, 0, 0, 1, 2, 3, 4])), Ok(()));
        let texts = [array(STRING, 2), vec![1, 0, 0, 0, 0, 0, 0, 0, b'x'], vec![0; 8]].concat();
        assert_eq!(checked(&head("a", &texts)), Ok(()));
        assert_eq!(checked(&head("general.alignment", &[4, 0, 0, 0, 32, 0, 0, 0])), Ok(()));
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        let nested = [&ARRAY.to_le_bytes()[..], &array(ARRAY, 1)[4..].repeat(9)].concat();
        let cases = [
            (b"GGUX\x03\0\0\0".to_vec(), "does not begin with GGUF"),
            (b"GGUF\x01\0\0\0".to_vec(), "expected version 2 or 3, got 1"),
            ([&b"GGUF\x03\0\0\0"[..], &[0xff; 16]].concat(), "at most 65536 tensors"),
            (head("a", &[8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, b'x']), "9 bytes are named"),
            (head("a", &array(0, u64::MAX)), "more than 4194304 values"),
            (head("a", &array(12, 1 << 20)), "bytes are named where the file has 0 left"),
            (head("a", &nested), "nest more than 4"),
            (head("a", &[77, 0, 0, 0]), "a value of type 77"),
            (head("general.alignment", &[4, 0, 0, 0, 0, 0, 0, 0]), "power of two"),
            (head("general.alignment", &[0, 0, 0, 0, 33]), "got 33"),
            (head("general.alignment", &[8, 0, 0, 0]), "no number"),
        ];
        for (bytes, expected) in cases {
            let error = checked(&bytes).unwrap_err();
            assert!(error.contains(expected), "{error}, expected {expected}");
        }
    }
}
