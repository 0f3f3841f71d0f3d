//! trommel's encoder as the engine drives it: from text to vectors.

use std::path::PathBuf;

use trommel_core::Encoder;
use trommel_kernels::{Isa, Precision};
use trommel_models::{Model, Runtime, Store};

use crate::Failure;
use crate::contestant::Contestant;
use crate::work::Work;

const THREADS: usize = 2;

pub struct Trommel(Box<dyn Encoder>);

impl Trommel {
    /// Loads the encoder out of the store at `TROMMEL_HOME`.
    pub fn load() -> Result<Self, Failure> {
        let home = std::env::var_os("TROMMEL_HOME").ok_or("TROMMEL_HOME is not set")?;
        let mut model = Store::new(PathBuf::from(home)).model("all-MiniLM-L6-v2")?;
        // The store's entry cuts at 256, as the model's authors do; here everyone reads 512.
        if let Model::Encoder(encoder) = &mut model.spec.model {
            encoder.network.max_tokens = 512;
        }
        let runtime = Runtime::Kernels { precision: Precision::Int8, isa: Isa::best() };
        Ok(Self(trommel_inference::load_encoder(&model, &runtime, THREADS)?))
    }
}

impl Contestant for Trommel {
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure> {
        let Work::Texts(texts) = work else {
            return Err(format!("{work:?} is not text").into());
        };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Ok(self.0.encode_passages(&texts)?)
    }
}
