//! Reading and writing weights as safetensors.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensors, View};
use trommel_kernels::q4::half;

use crate::ModelsError;

/// The tensor that every BERT network has; what stands before it in a file is the prefix of all.
pub(crate) const WORD_EMBEDDINGS: &str = "embeddings.word_embeddings.weight";
/// No header of a real model is larger; the safetensors library draws the same line.
const MAX_HEADER: u64 = 100_000_000;

/// f32 numbers, little-endian, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Weights {
    /// Returns numbers under a shape; there must be as many as it says.
    pub(crate) fn new(shape: Vec<usize>, numbers: &[f32]) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), numbers.len());
        Self { shape, bytes: numbers.iter().flat_map(|x| x.to_le_bytes()).collect() }
    }

    /// Returns the length of each side.
    pub(crate) fn sides(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the numbers.
    pub(crate) fn numbers(&self) -> Vec<f32> {
        self.bytes.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect()
    }

    /// Returns the shape and the numbers of one of three equal parts of the rows.
    ///
    /// Where the rows have no equal thirds, the last has fewer numbers than its shape says.
    pub(crate) fn third(&self, number: usize) -> (Vec<usize>, Vec<f32>) {
        let mut shape = self.shape.clone();
        let Some(rows) = shape.first_mut() else { return (shape, self.numbers()) };
        *rows = rows.div_ceil(3);
        let size = shape.iter().product();
        let numbers = self.numbers().into_iter().skip(number * size).take(size).collect();
        (shape, numbers)
    }

    /// Returns a matrix with rows and columns exchanged.
    pub(crate) fn transposed(&self) -> Result<Self, String> {
        let &[rows, columns] = self.shape.as_slice() else {
            return Err(format!("expected a matrix, got the shape {:?}", self.shape));
        };
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for column in 0..columns {
            for row in 0..rows {
                let at = 4 * (row * columns + column);
                bytes.extend_from_slice(&self.bytes[at..at + 4]);
            }
        }
        Ok(Self { shape: vec![columns, rows], bytes })
    }
}

impl View for &Weights {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes weights; the order in the file depends on names and shapes alone.
pub(crate) fn write(path: &Path, weights: &BTreeMap<String, Weights>) -> Result<(), ModelsError> {
    safetensors::serialize_to_file(weights, None, path)
        .map_err(|error| ModelsError::corrupt(path, error))
}

/// Returns all floating-point weights in a file as f32; integers, such as a kept list of position
/// numbers, are left out.
pub(crate) fn read_as_f32(bytes: &[u8]) -> Result<BTreeMap<String, Weights>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let mut weights = BTreeMap::new();
    for (name, tensor) in file.iter() {
        let halves = || tensor.data().chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
        let shape = tensor.shape().to_vec();
        let widened = match tensor.dtype() {
            Dtype::F32 => Weights { shape, bytes: tensor.data().to_vec() },
            Dtype::BF16 => Weights::new(shape, &halves().map(from_bf16).collect::<Vec<_>>()),
            Dtype::F16 => Weights::new(shape, &halves().map(half).collect::<Vec<_>>()),
            Dtype::F64 => {
                let numbers = tensor.data().as_chunks().0.iter().map(|x| f64::from_le_bytes(*x));
                Weights::new(shape, &numbers.map(|x| x as f32).collect::<Vec<_>>())
            }
            Dtype::I64 | Dtype::I32 | Dtype::U8 | Dtype::BOOL => continue,
            other => return Err(format!("{name} has type {other:?}, which is not read")),
        };
        weights.insert(name.to_owned(), widened);
    }
    Ok(weights)
}

/// Returns names, types and shapes without reading the numbers.
pub(crate) fn read_header(path: &Path) -> Result<Metadata, ModelsError> {
    let mut file = File::open(path).map_err(ModelsError::io(path))?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|error| ModelsError::corrupt(path, error))?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return Err(ModelsError::corrupt(path, format!("a header of {length} bytes")));
    }
    // It grows with what is there: a forged length reserves nothing.
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(ModelsError::io(path))?;
    serde_json::from_slice(&header).map_err(|error| ModelsError::corrupt(path, error))
}

/// Returns what stands before BERT's usual names in a file, such as `bert.` or nothing.
pub(crate) fn prefix<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names.find_map(|name| name.strip_suffix(WORD_EMBEDDINGS))
}

/// Returns weights with the file's prefix taken off; names without it stay as they are.
pub(crate) fn without_prefix(
    weights: BTreeMap<String, Weights>,
) -> Result<BTreeMap<String, Weights>, String> {
    let prefix = prefix(weights.keys().map(String::as_str))
        .ok_or_else(|| format!("no tensor is called {WORD_EMBEDDINGS}"))?
        .to_owned();
    let plain = |name: String| name.strip_prefix(&prefix).map(str::to_owned).unwrap_or(name);
    Ok(weights.into_iter().map(|(name, tensor)| (plain(name), tensor)).collect())
}

/// Returns weights under the names of today: what older BERT checkpoints call gamma and beta of a layer
/// norm is its weight and its bias.
pub(crate) fn with_names_of_today(weights: BTreeMap<String, Weights>) -> BTreeMap<String, Weights> {
    let today = |name: String| match name.rsplit_once('.') {
        Some((norm, "gamma")) if norm.ends_with("LayerNorm") => format!("{norm}.weight"),
        Some((norm, "beta")) if norm.ends_with("LayerNorm") => format!("{norm}.bias"),
        _ => name,
    };
    weights.into_iter().map(|(name, tensor)| (today(name), tensor)).collect()
}

/// bfloat16 is the upper half of an f32.
fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_numbers_widen_to_the_published_examples() {
        // The examples of IEEE 754 binary16 that its encyclopaedia entry lists.
        for (bits, value) in [
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x3bff, 0.999_511_7),
            (0x3c00, 1.0),
            (0x7bff, 65_504.0),
            (0xc000, -2.0),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(from_bf16(0x3f80), 1.0);
        assert_eq!(from_bf16(0x4049), 3.140_625);
    }

    #[test]
    fn older_names_of_layer_norms_are_those_of_today() {
        let names =
            ["embeddings.LayerNorm.gamma", "a.LayerNorm.beta", "b.LayerNorm.bias", "x.gamma"];
        let weights = names.map(|name| (name.to_owned(), Weights::new(vec![1], &[1.0])));
        let names: Vec<String> = with_names_of_today(weights.into()).into_keys().collect();
        assert_eq!(
            names,
            ["a.LayerNorm.bias", "b.LayerNorm.bias", "embeddings.LayerNorm.weight", "x.gamma"]
        );
    }

    #[test]
    fn numbers_of_64_bits_are_rounded_to_32() {
        let bytes: Vec<u8> = [0.1_f64, -2.5].iter().flat_map(|x| x.to_le_bytes()).collect();
        let tensor = safetensors::tensor::TensorView::new(Dtype::F64, vec![2], &bytes).unwrap();
        let file = safetensors::serialize([("x", tensor)], None).unwrap();
        assert_eq!(read_as_f32(&file).unwrap()["x"].numbers(), [0.1_f32, -2.5]);
    }

    #[test]
    fn a_prefix_is_taken_from_the_network_and_not_from_its_head() {
        let names =
            ["bert.embeddings.word_embeddings.weight", "bert.pooler.dense.bias", "classifier.bias"];
        let weights = names.map(|name| (name.to_owned(), Weights::new(vec![1], &[1.0])));
        let plain = without_prefix(weights.into_iter().collect()).unwrap();
        let names: Vec<&str> = plain.keys().map(String::as_str).collect();
        assert_eq!(names, ["classifier.bias", WORD_EMBEDDINGS, "pooler.dense.bias"]);
    }

    #[test]
    fn a_transposed_matrix_has_its_columns_as_rows() {
        let matrix = Weights::new(vec![2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let expected = Weights::new(vec![3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(matrix.transposed(), Ok(expected));
    }
}
