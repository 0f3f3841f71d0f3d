//! `packed-….bin`: a model's weights as our own kernels read them, kept beside the model.

use std::sync::Arc;

use trommel_kernels::{Bert, Bytes, Config, Isa, KernelError, Precision, map};

use crate::bert::sizes;
use crate::widened::f32_tensors;
use crate::{BertError, InstalledModel, Kind, ModelsError, durable};

impl InstalledModel {
    /// Returns the model's network on our own kernels.
    ///
    /// The first call at a precision and for vectors of one shape reads and packs the weights and
    /// keeps them beside the model; later calls map what was kept, and nothing is converted. What
    /// is damaged, or was made from other weights, is made again; a store that cannot be written
    /// does without.
    ///
    /// # Errors
    ///
    /// If the model is no BERT, or its weights, when they are needed, are damaged or do not fit
    /// its configuration.
    pub fn network(&self, precision: Precision, isa: Isa) -> Result<Bert, BertError> {
        let config = self.kernel_config()?;
        let source = sha256(self.weights_sha256());
        let name = format!("packed-{}-{}.bin", precision.name(), isa.layout());
        let path = self.folder.join(name);
        let open = |bytes: Bytes| Bert::open(bytes, config.clone(), precision, isa, source);
        if let Some(network) = map(&path).ok().and_then(|bytes| open(bytes).ok()) {
            return Ok(network);
        }
        let bytes = self.pack(&config, precision, isa, source)?;
        // A store that cannot be written only costs the packing at every start.
        durable::replace(&path, (*bytes).as_ref()).ok();
        open(map(&path).unwrap_or_else(|_| Arc::clone(&bytes)))
            .or_else(|_| open(bytes))
            .map_err(|source| self.cannot_run(source))
    }

    fn pack(
        &self,
        config: &Config,
        precision: Precision,
        isa: Isa,
        source: [u8; 32],
    ) -> Result<Bytes, BertError> {
        self.check()?;
        let path = self.weights_file();
        let bytes = std::fs::read(path).map_err(ModelsError::io(path))?;
        let tensors = f32_tensors(&bytes, self.spec.weights)
            .map_err(|detail| ModelsError::corrupt(path, detail))?;
        let tensor = |name: &str| {
            let weights = tensors.get(name)?;
            Some((weights.sides().to_vec(), weights.numbers()))
        };
        Bert::pack(config, tensor, precision, isa, source).map_err(|source| self.cannot_run(source))
    }

    fn kernel_config(&self) -> Result<Config, BertError> {
        let sizes = sizes(self)?;
        Ok(Config {
            vocabulary: sizes.vocab_size,
            positions: sizes.max_position_embeddings,
            types: sizes.type_vocab_size,
            hidden: sizes.hidden_size,
            layers: sizes.num_hidden_layers,
            heads: sizes.num_attention_heads,
            intermediate: sizes.intermediate_size,
            epsilon: sizes.layer_norm_eps as f32,
            labels: usize::from(self.spec.kind == Kind::Reranker),
        })
    }

    fn cannot_run(&self, source: KernelError) -> BertError {
        BertError::Kernels { model: self.spec.id.clone(), source }
    }
}

/// Returns the bytes of a hash; one that is none has nothing packed for it, whatever it gives.
fn sha256(digits: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(digits.as_bytes().as_chunks::<2>().0) {
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
    }
    bytes
}
