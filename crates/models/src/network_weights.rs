//! Weights as candle reads them.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use trommel_core::BoxError;

use crate::{Architecture, InstalledModel, NetworkError, WeightsFormat};

/// A model's weights, widened to 32-bit floats as they are taken out.
pub struct NetworkWeights {
    tensors: VarBuilder<'static>,
    prefix: String,
    file: PathBuf,
}

impl NetworkWeights {
    /// Reads the weights of a model of an architecture.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or have no table of word embeddings.
    pub fn read(model: &InstalledModel, architecture: Architecture) -> Result<Self, NetworkError> {
        // Our own kernels read BERT's copy too. For the others one in 32-bit floats would be as
        // large as the model again, for nothing.
        let rewritten =
            architecture == Architecture::Bert || model.spec.weights == WeightsFormat::Onnx;
        let files = match rewritten {
            true => vec![model.f32_weights()?],
            false => model.weights_files().to_vec(),
        };
        let mut tensors = HashMap::new();
        for file in &files {
            tensors.extend(read(file)?);
        }
        // What several files lack is in none of them.
        let file = match files.as_slice() {
            [file] => file.clone(),
            _ => model.folder.clone(),
        };
        let table = architecture.word_embeddings();
        let Some(prefix) = tensors.keys().find_map(|name| name.strip_suffix(table)) else {
            return Err(NetworkError::MissingTensor { path: file, name: table.to_owned() });
        };
        let prefix = prefix.trim_end_matches('.').to_owned();
        let tensors = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(Self { tensors, prefix, file })
    }

    /// Makes something of the network's body, whatever stands before its names in the file.
    ///
    /// # Errors
    ///
    /// If a tensor is missing or of another shape.
    pub fn body<T>(
        &self,
        make: impl FnOnce(VarBuilder<'static>) -> candle_core::Result<T>,
    ) -> Result<T, NetworkError> {
        let prefixed = !self.prefix.is_empty();
        let body = if prefixed { self.tensors.pp(&self.prefix) } else { self.tensors.clone() };
        make(body).map_err(|error| NetworkError::of_weights(&self.file, error))
    }

    /// Makes something of what stands on top of the body.
    ///
    /// # Errors
    ///
    /// If a tensor is missing or of another shape.
    pub fn head<T>(
        &self,
        make: impl FnOnce(VarBuilder<'static>) -> candle_core::Result<T>,
    ) -> Result<T, NetworkError> {
        make(self.tensors.clone()).map_err(|error| NetworkError::of_weights(&self.file, error))
    }

    /// Returns the file that the weights were read from; of several, their folder.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }
}

fn read(file: &Path) -> Result<HashMap<String, Tensor>, NetworkError> {
    let unreadable = |source: BoxError| NetworkError::Unreadable { path: file.to_owned(), source };
    let bytes = std::fs::read(file).map_err(|error: io::Error| unreadable(error.into()))?;
    candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
        .map_err(|error| unreadable(error.into()))
}
