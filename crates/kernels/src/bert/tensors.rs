//! Reading a model's tensors, each checked before it is used.

use super::outliers::repeat;
use crate::error::KernelError;
use crate::image::Writer;
use crate::isa::Isa;
use crate::linear::{Linear, Packing};
use crate::q4;

type Source<'a> = &'a dyn Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>;

/// A model's tensors by name, and what they are packed for.
pub(super) struct Tensors<'a> {
    source: Source<'a>,
    /// The table of words in blocks of 4 bits, if it is not one of the tensors.
    words: Option<&'a [u8]>,
    isa: Isa,
}

impl<'a> Tensors<'a> {
    pub(super) fn new(source: Source<'a>, words: Option<&'a [u8]>, isa: Isa) -> Self {
        Self { source, words, isa }
    }

    /// Returns the same tensors, to be packed for another instruction set.
    pub(super) fn on(&self, isa: Isa) -> Self {
        Self { isa, ..*self }
    }

    /// Returns the table of words as rows of blocks, and the bytes of a row, where it comes so.
    pub(super) fn words(
        &self,
        name: &str,
        [rows, width]: [usize; 2],
    ) -> Result<Option<(&'a [u8], usize)>, KernelError> {
        let Some(words) = self.words else { return Ok(None) };
        let length =
            q4::bytes(width).filter(|length| rows.checked_mul(*length) == Some(words.len()));
        let Some(length) = length else {
            let (name, expected) = (name.to_owned(), vec![rows, width]);
            let numbers = words.len() / q4::BYTES * q4::NUMBERS;
            return Err(KernelError::Shape { name, expected, got: vec![numbers], numbers });
        };
        match q4::not_finite(words) {
            Some(block) => {
                Err(KernelError::NotFinite { name: name.to_owned(), index: block * q4::NUMBERS })
            }
            None => Ok(Some((words, length))),
        }
    }

    /// Returns the numbers of a tensor of exactly this shape, all finite.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, KernelError> {
        let (got, numbers) = (self.source)(name)
            .or_else(|| (self.source)(&format!("bert.{name}")))
            .ok_or_else(|| KernelError::MissingTensor { name: name.to_owned() })?;
        let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
        if got != shape || count != Some(numbers.len()) {
            return Err(KernelError::Shape {
                name: name.to_owned(),
                expected: shape.to_vec(),
                got,
                numbers: numbers.len(),
            });
        }
        match numbers.iter().position(|x| !x.is_finite()) {
            Some(index) => Err(KernelError::NotFinite { name: name.to_owned(), index }),
            None => Ok(numbers),
        }
    }

    /// Packs the layers `names`, `outputs` channels each, side by side as one; the weights of
    /// `outliers` are repeated behind the others.
    pub(super) fn linear(
        &self,
        names: &[&str],
        (inputs, outputs): (usize, usize),
        outliers: &[u32],
        kind: Packing,
        image: &mut Writer,
    ) -> Result<(), KernelError> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weights.extend(self.get(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(self.get(&format!("{name}.bias"), &[outputs])?);
        }
        let weights = repeat(&weights, inputs, outliers);
        Linear::pack(self.isa, kind, &weights, &bias, image);
        Ok(())
    }

    /// Packs the layer normalisation `name`.
    pub(super) fn norm(
        &self,
        name: &str,
        width: usize,
        image: &mut Writer,
    ) -> Result<(), KernelError> {
        image.put(&self.get(&format!("{name}.weight"), &[width])?);
        image.put(&self.get(&format!("{name}.bias"), &[width])?);
        Ok(())
    }
}
