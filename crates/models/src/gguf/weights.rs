//! The weights of a GGUF file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

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
    /// Opens the file for its weights.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub fn weights(&self) -> Result<GgufWeights<'_>, ModelsError> {
        let file = File::open(&self.path).map_err(ModelsError::io(&self.path))?;
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
