//! Contestants that are written in Rust.

#[cfg(feature = "candle")]
mod candle;
#[cfg(feature = "trommel")]
mod encoder;
#[cfg(feature = "fastembed")]
mod fastembed;
#[cfg(feature = "trommel")]
pub mod kernels;
#[cfg(feature = "rten")]
mod rten;
#[cfg(feature = "trommel")]
mod vectors;

use std::path::Path;

use crate::Failure;
use crate::contestant::Contestant;

/// Loads a contestant by its name.
pub fn load(name: &str, folder: &Path) -> Result<Box<dyn Contestant>, Failure> {
    match name {
        #[cfg(feature = "trommel")]
        "trommel" => Ok(Box::new(encoder::Trommel::load()?)),
        #[cfg(feature = "trommel")]
        "trommel-hnsw" | "trommel-exact" => {
            Ok(Box::new(vectors::Vectors::load(folder, name == "trommel-hnsw")?))
        }
        #[cfg(feature = "trommel")]
        name if name.starts_with("trommel-") => Ok(Box::new(kernels::Kernels::load(name, folder)?)),
        #[cfg(feature = "candle")]
        "candle-f32" | "candle-f32-plain" => Ok(Box::new(candle::Candle::load(folder)?)),
        #[cfg(feature = "rten")]
        "rten-f32" | "rten-int8" => Ok(Box::new(rten::Rten::load(name, folder)?)),
        #[cfg(feature = "fastembed")]
        name if name.starts_with("fastembed-") => {
            Ok(Box::new(fastembed::Fastembed::load(name, folder)?))
        }
        _ => {
            Err(format!("no contestant of this build is called {name:?} ({})", folder.display())
                .into())
        }
    }
}
