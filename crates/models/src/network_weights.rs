//! Weights as candle reads them.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};
use trommel_core::BoxError;

use crate::layout::Layout;
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
            architecture == Architecture::Bert || model.spec.weights() == Some(WeightsFormat::Onnx);
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
        let layout = match architecture {
            Architecture::XlmRoberta => Layout::of(tensors.keys()),
            _ => Layout::Usual,
        };
        let table = architecture.word_embeddings();
        let Some(prefix) = tensors.keys().find_map(|name| name.strip_suffix(table)) else {
            return Err(NetworkError::MissingTensor { path: file, name: table.to_owned() });
        };
        let prefix = prefix.trim_end_matches('.').to_owned();
        let tensors = Box::new(Placed { tensors, layout });
        let tensors = VarBuilder::from_backend(tensors, DType::F32, Device::Cpu);
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
        // candle would put a dot even behind an empty prefix.
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

/// Tensors that are found under their usual names, and missed under those of the file.
struct Placed {
    tensors: HashMap<String, Tensor>,
    layout: Layout,
}

impl SimpleBackend for Placed {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        hint: Init,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let place = self.layout.place(name);
        let Some(third) = place.third else {
            return SimpleBackend::get(&self.tensors, shape, &place.name, hint, dtype, device);
        };
        // The part is widened, and not the whole three times.
        let stored = self.tensors.get(&place.name).map_or(dtype, Tensor::dtype);
        let whole = place.whole(shape.dims()).into();
        let whole = SimpleBackend::get(&self.tensors, whole, &place.name, hint, stored, device)?;
        let rows = whole.dim(0)? / 3;
        whole.narrow(0, third * rows, rows)?.to_dtype(dtype)
    }

    /// Returns a tensor of any shape, which a part of another has not.
    fn get_unchecked(
        &self,
        name: &str,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let place = self.layout.place(name);
        let stored = self.tensors.get_unchecked(&place.name, dtype, device)?;
        match place.third {
            Some(third) => stored
                .chunk(3, 0)?
                .into_iter()
                .nth(third)
                .ok_or_else(|| candle_core::Error::CannotFindTensor { path: place.name }.bt()),
            None => Ok(stored),
        }
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(&self.layout.place(name).name)
    }
}

fn read(file: &Path) -> Result<HashMap<String, Tensor>, NetworkError> {
    let unreadable = |source: BoxError| NetworkError::Unreadable { path: file.to_owned(), source };
    let bytes = std::fs::read(file).map_err(|error: io::Error| unreadable(error.into()))?;
    candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
        .map_err(|error| unreadable(error.into()))
}
