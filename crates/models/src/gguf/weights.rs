//! The weights of a GGUF file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::gguf_file::TensorInfo;
use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Tensor};

use super::Gguf;
use crate::{ModelsError, NetworkError};

/// How many bytes of 32-bit floats a network's weights may become. A larger one is left as it is
/// quantised, which takes a quarter of the memory or less and more time.
const WIDENED: u64 = 4 << 30;

/// The weights of a GGUF file, taken out one by one.
pub struct GgufWeights<'a> {
    gguf: &'a Gguf,
    file: BufReader<File>,
    widened: bool,
}

impl Gguf {
    /// Holds every tensor to a file of `size` bytes; a forged shape may be more than a number can
    /// say.
    pub(super) fn check_tensors(&self, size: u64) -> Result<(), ModelsError> {
        let data = self.content.tensor_data_offset;
        for (name, TensorInfo { ggml_dtype, shape, offset }) in &self.content.tensor_infos {
            let numbers = shape.dims().iter().try_fold(1_usize, |n, &m| n.checked_mul(m));
            let bytes = numbers.and_then(|numbers| {
                // Quantised numbers are stored in blocks: of Q4_1, 32 in 20 bytes.
                let blocks = numbers.div_ceil(ggml_dtype.block_size());
                u64::try_from(blocks.checked_mul(ggml_dtype.type_size())?).ok()
            });
            let end = bytes.and_then(|it| it.checked_add(*offset)?.checked_add(data));
            if end.is_none_or(|end| end > size) {
                let (start, shape) = (data.saturating_add(*offset), shape.dims());
                let fault = format!(
                    "the tensor {name} of shape {shape:?} at {start} does not fit into {size} bytes"
                );
                return Err(ModelsError::corrupt(&self.path, fault));
            }
        }
        Ok(())
    }

    /// Opens the file for its weights.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub fn weights(&self) -> Result<GgufWeights<'_>, ModelsError> {
        let file = File::open(&self.path).map_err(ModelsError::io(&self.path))?;
        // A float has four bytes, so the product of the sides starts at 4.
        let numbers =
            |shape: &[usize]| shape.iter().fold(4_u64, |n, &m| n.saturating_mul(m as u64));
        let all = self.content.tensor_infos.values().map(|info| numbers(info.shape.dims()));
        let widened = all.fold(0, u64::saturating_add) <= WIDENED;
        Ok(GgufWeights { gguf: self, file: BufReader::new(file), widened })
    }
}

impl GgufWeights<'_> {
    /// Returns whether there is a tensor of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.gguf.content.tensor_infos.contains_key(name)
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.gguf.path
    }

    /// Takes out a vector or matrix in 32-bit floats.
    ///
    /// # Errors
    ///
    /// If it is missing, has another shape, or cannot be read.
    pub fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, NetworkError> {
        let tensor = self.quantised(name, shape)?.dequantize(&Device::Cpu);
        tensor.map_err(|error| NetworkError::of_weights(self.path(), error))
    }

    /// Takes out the matrix of a linear layer, of shape (outputs, inputs): in 32-bit floats, unless
    /// all weights together are too many for that.
    ///
    /// # Errors
    ///
    /// As [`GgufWeights::tensor`].
    pub fn linear(&mut self, name: &str, shape: [usize; 2]) -> Result<QMatMul, NetworkError> {
        if self.widened {
            return self.tensor(name, &shape).map(QMatMul::Tensor);
        }
        let matrix = QMatMul::from_qtensor(self.quantised(name, &shape)?);
        matrix.map_err(|error| NetworkError::of_weights(self.path(), error))
    }

    fn quantised(&mut self, name: &str, expected: &[usize]) -> Result<QTensor, NetworkError> {
        let path = || self.gguf.path.clone();
        let Some(info) = self.gguf.content.tensor_infos.get(name) else {
            return Err(NetworkError::MissingTensor { path: path(), name: name.to_owned() });
        };
        let got = info.shape.dims();
        if got != expected {
            let (expected, got) = (expected.to_vec(), got.to_vec());
            return Err(NetworkError::WrongShape {
                path: path(),
                name: name.to_owned(),
                expected,
                got,
            });
        }
        let tensor = info.read(&mut self.file, self.gguf.content.tensor_data_offset, &Device::Cpu);
        tensor.map_err(|error| NetworkError::of_weights(self.path(), error))
    }
}
