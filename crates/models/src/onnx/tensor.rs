//! An ONNX array as numbers.

use super::proto::{EXTERNAL, TensorProto, data_type};

/// What the numbers of a tensor are.
pub(crate) enum Numbers {
    /// 32-bit floating point.
    Float(Vec<f32>),
    /// Any of the integer types that quantised weights come in.
    Integer(Vec<i32>),
}

impl TensorProto {
    /// Returns the tensor's shape.
    pub(crate) fn shape(&self) -> Result<Vec<usize>, String> {
        self.dims
            .iter()
            .map(|&d| usize::try_from(d).map_err(|_| format!("{} has dimension {d}", self.name)))
            .collect()
    }

    /// Returns the tensor's numbers: exactly as many as its shape says.
    pub(crate) fn numbers(&self) -> Result<Numbers, String> {
        if self.data_location == EXTERNAL {
            return Err(format!("{} is kept in another file", self.name));
        }
        let raw = &self.raw_data;
        // Numbers are raw, or in a field of their type; that of 32-bit integers holds the smaller
        // ones too.
        let numbers = match self.data_type {
            data_type::FLOAT if raw.is_empty() => Numbers::Float(self.float_data.clone()),
            data_type::FLOAT => Numbers::Float(words(raw).map(f32::from_le_bytes).collect()),
            data_type::UINT8 | data_type::INT8 | data_type::INT32 if raw.is_empty() => {
                Numbers::Integer(self.int32_data.clone())
            }
            data_type::UINT8 => Numbers::Integer(raw.iter().map(|&b| i32::from(b)).collect()),
            data_type::INT8 => {
                Numbers::Integer(raw.iter().map(|&b| i32::from(b.cast_signed())).collect())
            }
            data_type::INT32 => Numbers::Integer(words(raw).map(i32::from_le_bytes).collect()),
            other => return Err(format!("{} has data type {other}, which is not read", self.name)),
        };
        let expected = self
            .shape()?
            .iter()
            .try_fold(1_usize, |n, &d| n.checked_mul(d))
            .ok_or_else(|| format!("{} is too large", self.name))?;
        let got = match &numbers {
            Numbers::Float(numbers) => numbers.len(),
            Numbers::Integer(numbers) => numbers.len(),
        };
        if got != expected {
            return Err(format!(
                "{} has shape {:?} and {got} numbers where {expected} were expected",
                self.name, self.dims
            ));
        }
        Ok(numbers)
    }

    /// Returns the numbers of a tensor of floating point numbers.
    pub(crate) fn floats(&self) -> Result<Vec<f32>, String> {
        match self.numbers()? {
            Numbers::Float(numbers) => Ok(numbers),
            Numbers::Integer(_) => Err(format!("{} holds integers, expected floats", self.name)),
        }
    }

    /// Returns the numbers of a tensor of integers.
    pub(crate) fn integers(&self) -> Result<Vec<i32>, String> {
        match self.numbers()? {
            Numbers::Integer(numbers) => Ok(numbers),
            Numbers::Float(_) => Err(format!("{} holds floats, expected integers", self.name)),
        }
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.chunks_exact(4).map(|word| [word[0], word[1], word[2], word[3]])
}
