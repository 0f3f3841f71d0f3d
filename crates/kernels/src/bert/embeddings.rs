//! Word, position and type embeddings, summed and normalised.

use super::{Config, Sequence, Tensors};
use crate::error::KernelError;
use crate::image::{Image, Rows, Slab, Writer};
use crate::isa::Isa;
use crate::isa::simd::bf16;
use crate::linear::Precision;
use crate::norm::{AddNorm, LayerNorm};
use crate::q4;
use crate::rows::Row;

pub(super) struct Embeddings {
    words: Words,
    positions: Slab<f32>,
    types: Slab<f32>,
    norm: LayerNorm,
    width: usize,
}

/// The table of words, most of a small model's bytes: halved where less than f32 is wanted.
enum Words {
    F32(Slab<f32>),
    Bf16(Slab<u16>),
    /// As the model came, of a table too large to be read whole.
    Q4(Rows),
}

/// The embeddings of a model's words, where they lie.
#[derive(Clone, Copy)]
pub struct WordEmbeddings<'a> {
    numbers: Numbers<'a>,
    width: usize,
}

#[derive(Clone, Copy)]
enum Numbers<'a> {
    F32(&'a [f32]),
    Bf16(&'a [u16]),
}

impl<'a> WordEmbeddings<'a> {
    /// Returns how many words have an embedding; their ids are below it.
    pub fn vocabulary(self) -> usize {
        let numbers = match self.numbers {
            Numbers::F32(numbers) => numbers.len(),
            Numbers::Bf16(numbers) => numbers.len(),
        };
        numbers / self.width
    }

    /// Returns how many numbers an embedding has.
    pub fn width(self) -> usize {
        self.width
    }

    /// Returns the embedding of a word; nothing for an id beyond the vocabulary.
    pub fn get(self, id: u32) -> Option<Row<'a>> {
        let start = (id as usize).checked_mul(self.width)?;
        let range = start..start.checked_add(self.width)?;
        match self.numbers {
            Numbers::F32(numbers) => numbers.get(range).map(Row::F32),
            Numbers::Bf16(numbers) => numbers.get(range).map(Row::Bf16),
        }
    }
}

impl Embeddings {
    /// Returns the embeddings of words; nothing of a table that is read row by row.
    pub(super) fn words(&self) -> Option<WordEmbeddings<'_>> {
        let numbers = match &self.words {
            Words::F32(words) => Numbers::F32(words),
            Words::Bf16(words) => Numbers::Bf16(words),
            Words::Q4(_) => return None,
        };
        Some(WordEmbeddings { numbers, width: self.width })
    }

    pub(super) fn pack(
        tensors: &Tensors<'_>,
        config: &Config,
        precision: Precision,
        image: &mut Writer,
    ) -> Result<(), KernelError> {
        let width = config.hidden;
        let table = |name, rows| tensors.get(&format!("embeddings.{name}.weight"), &[rows, width]);
        let rows = config.vocabulary;
        match tensors.words("embeddings.word_embeddings.weight", [rows, width])? {
            Some((words, length)) => image.put_rows(words, length),
            None => {
                let words = table("word_embeddings", rows)?;
                match precision {
                    Precision::F32 => image.put(&words),
                    _ => image.put(&words.into_iter().map(bf16).collect::<Vec<u16>>()),
                }
            }
        }
        image.put(&table("position_embeddings", config.positions)?);
        image.put(&table("token_type_embeddings", config.types)?);
        tensors.norm("embeddings.LayerNorm", width, image)
    }

    pub(super) fn open(
        config: &Config,
        precision: Precision,
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        let (width, rows) = (config.hidden, config.vocabulary);
        Ok(Self {
            words: match (image.has_rows(), precision) {
                (true, _) => {
                    Words::Q4(image.take_rows(rows, width.div_ceil(q4::NUMBERS) * q4::BYTES)?)
                }
                (_, Precision::F32) => Words::F32(image.take(rows * width)?),
                _ => Words::Bf16(image.take(rows * width)?),
            },
            positions: image.take(config.positions * width)?,
            types: image.take(config.types * width)?,
            norm: LayerNorm::open(width, config.epsilon, image)?,
            width,
        })
    }

    /// Returns a row per token, sequence after sequence.
    ///
    /// The sequences are checked against the configuration, so every look-up is inside its table.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where the row of a token is damaged.
    pub(super) fn forward(
        &self,
        isa: Isa,
        sequences: &[Sequence<'_>],
    ) -> Result<Vec<f32>, KernelError> {
        let tokens: usize = sequences.iter().map(|sequence| sequence.ids.len()).sum();
        let (positions, types) = (&*self.positions, &*self.types);
        let row = |row: usize| row * self.width..(row + 1) * self.width;
        let mut rows = Vec::with_capacity(tokens * self.width);
        let mut wide = Vec::with_capacity(self.width);
        for sequence in sequences {
            for (position, &id) in sequence.ids.iter().enumerate() {
                let kind = sequence.types.get(position).copied().unwrap_or(0);
                let rest = positions[row(position)].iter().zip(&types[row(kind as usize)]);
                let word = row(id as usize);
                match &self.words {
                    Words::F32(words) => {
                        rows.extend(words[word].iter().zip(rest).map(|(w, (p, k))| w + p + k));
                    }
                    Words::Bf16(words) => {
                        // A bfloat16 is the upper half of an f32.
                        let wide = |w: &u16| f32::from_bits(u32::from(*w) << 16);
                        let words = words[word].iter().map(wide);
                        rows.extend(words.zip(rest).map(|(w, (p, k))| w + p + k));
                    }
                    Words::Q4(words) => {
                        wide.clear();
                        q4::widen(words.get(id as usize)?, &mut wide);
                        rows.extend(wide.iter().zip(rest).map(|(w, (p, k))| w + p + k));
                    }
                }
            }
        }
        isa.run(AddNorm { rows: &mut rows, residual: None, norm: self.norm.view() });
        Ok(rows)
    }
}
