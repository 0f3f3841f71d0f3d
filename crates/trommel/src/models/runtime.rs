//! Which runtime runs a model.

use std::error::Error as StdError;
use std::path::PathBuf;

use trommel_inference::InferenceError;
use trommel_models::{InstalledModel, Isa, ModelsError, Runtime, WeightsFormat};

use super::{ModelSettings, Models, Notice, RuntimeChoice, locked};
use crate::{Error, Result};

impl Models {
    /// Loads a model on the runtime of the settings. Where that is for us to choose, and our own kernels
    /// turn out not to be able to run the model, on the next one, which is noted.
    pub(super) fn load<T>(
        &self,
        model: &InstalledModel,
        load: impl Fn(&Runtime) -> std::result::Result<T, InferenceError>,
        failed: impl Fn(InferenceError) -> Error,
    ) -> Result<(T, Runtime)> {
        let runtime = self.runtime(model)?;
        let error = match load(&runtime) {
            Ok(loaded) => return Ok((loaded, runtime)),
            Err(error) => error,
        };
        let by_choice = self.shared.settings.runtime == RuntimeChoice::Auto;
        if !by_choice || !matches!(runtime, Runtime::Kernels { .. }) || model.check().is_err() {
            return Err(failed(error));
        }
        let other = self.runtime_but_kernels(model)?;
        // If nothing can run it, what the kernels miss is the plainer word.
        let Ok(loaded) = load(&other) else { return Err(failed(error)) };
        self.note(Notice::NoKernels { model: model.spec.id.clone(), reason: with_causes(&error) });
        Ok((loaded, other))
    }

    /// Returns whether our own kernels run a model.
    pub(super) fn by_kernels(&self, model: &InstalledModel) -> bool {
        match self.shared.settings.runtime {
            RuntimeChoice::Kernels => true,
            RuntimeChoice::Auto => {
                model.spec.network().is_ok_and(|network| network.architecture.has_kernels())
            }
            RuntimeChoice::Onnx | RuntimeChoice::Candle => false,
        }
    }

    fn runtime(&self, model: &InstalledModel) -> Result<Runtime> {
        let ModelSettings { precision, isa, .. } = &self.shared.settings;
        if self.by_kernels(model) {
            let isa = isa.unwrap_or_else(Isa::best);
            return Ok(Runtime::Kernels { precision: *precision, isa });
        }
        self.runtime_but_kernels(model)
    }

    fn runtime_but_kernels(&self, model: &InstalledModel) -> Result<Runtime> {
        let onnx = |library| Runtime::Onnx { library };
        match self.shared.settings.runtime {
            RuntimeChoice::Candle => Ok(Runtime::Candle),
            RuntimeChoice::Onnx => Ok(onnx(self.library()?)),
            _ if model.spec.weights() != Some(WeightsFormat::Onnx) => Ok(Runtime::Candle),
            _ => match self.library() {
                Ok(library) => Ok(onnx(library)),
                Err(Error::Models(ModelsError::NotFetched { .. })) => Ok(self.by_candle(true)),
                Err(Error::Models(ModelsError::Unsupported { .. })) => Ok(self.by_candle(false)),
                Err(error) => Err(error),
            },
        }
    }

    /// Falls back to candle, and notes it once.
    fn by_candle(&self, can_be_fetched: bool) -> Runtime {
        self.note(Notice::NoOnnxRuntime { can_be_fetched });
        Runtime::Candle
    }

    fn note(&self, notice: Notice) {
        let mut notices = locked(&self.shared.notices);
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }

    fn library(&self) -> Result<PathBuf> {
        match &self.shared.settings.library {
            Some(library) => Ok(library.clone()),
            None => Ok(self.store("ONNX Runtime")?.runtime()?),
        }
    }
}

/// Returns what an error says, and what it says of its causes.
fn with_causes(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
