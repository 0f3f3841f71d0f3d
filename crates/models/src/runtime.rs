//! What runs a model: our own kernels, ONNX Runtime, loaded from a named file once a process, or
//! candle.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use thiserror::Error;
use trommel_core::BoxError;
use trommel_kernels::{Isa, Precision};

/// What runs a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// ONNX Runtime, for weights that are shipped as ONNX.
    Onnx {
        /// The shared library; a process can only ever use one.
        library: PathBuf,
    },
    /// candle, for any weights: pure Rust, in 32-bit floats.
    Candle,
    /// Our own kernels, for BERT and XLM-RoBERTa.
    Kernels {
        /// How weights and activations are stored.
        precision: Precision,
        /// The instruction set.
        isa: Isa,
    },
}

/// Says why ONNX Runtime is not there.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// The library is missing, broken, or too old.
    #[error("ONNX Runtime cannot be loaded from {}", .library.display())]
    NotLoaded {
        /// The library's file.
        library: PathBuf,
        /// The loader's own error.
        #[source]
        source: BoxError,
    },
    /// The process has already loaded another library.
    #[error(
        "ONNX Runtime cannot be loaded from {}: this process already uses {}",
        .asked.display(),
        .loaded.display()
    )]
    OtherLibrary {
        /// The library in use.
        loaded: PathBuf,
        /// The library that was asked for.
        asked: PathBuf,
    },
}

/// Returns the process's ONNX Runtime, which is loaded from `library` on the first call.
///
/// It logs nothing and sends no telemetry.
///
/// # Errors
///
/// If the library cannot be loaded, or another one is already in use.
pub fn onnx_environment(library: &Path) -> Result<Environment, RuntimeError> {
    static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

    let failed = |source: BoxError| RuntimeError::NotLoaded { library: library.to_owned(), source };
    // A relative path would be looked up beside the executable before the current folder.
    let asked = std::path::absolute(library).map_err(|source| failed(source.into()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match loaded.as_ref() {
        Some((path, environment)) if *path == asked => Ok(environment.clone()),
        Some((path, _)) => Err(RuntimeError::OtherLibrary { loaded: path.clone(), asked }),
        None => {
            let environment = ort::init_from(&asked)
                .map_err(|source| failed(source.to_string().into()))?
                .with_name("trommel")
                .with_telemetry(false)
                .with_logger(Arc::new(|_, _, _, _, _| {}))
                .build()
                .map_err(|source| failed(source.to_string().into()))?;
            // Otherwise every message is put together before the logger throws it away.
            environment.set_log_level(LogLevel::Fatal);
            *loaded = Some((asked, environment.clone()));
            Ok(environment)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_none_is_an_error_and_not_an_abort() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a library").unwrap();
        for library in [file.path(), Path::new("/nowhere/libonnxruntime.so")] {
            let error = onnx_environment(library).unwrap_err();
            assert!(matches!(error, RuntimeError::NotLoaded { .. }), "{error}");
        }
    }
}
