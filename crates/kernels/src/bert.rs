//! BERT (Devlin et al. 2019): embeddings, encoder layers, pooler and classifier.

mod batch;
mod config;
mod embeddings;
mod head;
mod layer;
mod tensors;

pub use batch::Sequence;
pub use config::Config;

use rayon::prelude::*;

use self::embeddings::Embeddings;
use self::head::Head;
use self::layer::{Buffers, Layer};
use self::tensors::Tensors;
use crate::error::KernelError;
use crate::isa::Isa;
use crate::linear::Precision;

/// A BERT encoder, packed for one precision and one instruction set.
///
/// Work runs on the rayon pool of the caller. A result is a function of its own sequence, bit for
/// bit, whatever the batch and the number of threads.
pub struct Bert {
    config: Config,
    isa: Isa,
    precision: Precision,
    embeddings: Embeddings,
    layers: Vec<Layer>,
    head: Option<Head>,
}

impl Bert {
    /// Packs a model out of its tensors, by their names in a Hugging Face checkpoint.
    ///
    /// `tensors` returns the shape and the numbers, row-major, of the tensor of that name; each is
    /// asked for with and without the prefix `bert.`. The classification head (`pooler.dense`,
    /// `classifier`) is read where `config.labels` is not 0; pooler and classifier run in f32
    /// at either precision.
    ///
    /// # Errors
    ///
    /// [`KernelError::BadConfig`], [`KernelError::MissingTensor`], [`KernelError::Shape`] and
    /// [`KernelError::NotFinite`].
    pub fn new(
        config: Config,
        tensors: impl Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>,
        precision: Precision,
        isa: Isa,
    ) -> Result<Self, KernelError> {
        config.check()?;
        let tensors = Tensors::new(&tensors, precision, isa);
        let embeddings = Embeddings::read(&tensors, &config)?;
        let layers = (0..config.layers)
            .map(|i| Layer::read(&tensors, &config, i))
            .collect::<Result<_, _>>()?;
        let head = if config.labels > 0 { Some(Head::read(&tensors, &config)?) } else { None };
        Ok(Self { config, isa, precision, embeddings, layers, head })
    }

    /// Returns the shape of the model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the instruction set that the model runs on.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Returns how the weights are stored.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Returns the last layer's states of each sequence: a row of `hidden` numbers per token.
    ///
    /// # Errors
    ///
    /// [`KernelError::Length`], [`KernelError::Types`] and [`KernelError::OutOfTable`], before any
    /// sequence is run.
    pub fn states(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        self.each(sequences, <[f32]>::to_vec)
    }

    /// Returns the state of each sequence's first token, `[CLS]`: `hidden` numbers.
    ///
    /// # Errors
    ///
    /// As [`Bert::states`].
    pub fn cls(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        self.each(sequences, |states| states[..self.config.hidden].to_vec())
    }

    /// Returns the mean of each sequence's states: `hidden` numbers, not normalised.
    ///
    /// # Errors
    ///
    /// As [`Bert::states`].
    pub fn mean(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        self.each(sequences, |states| head::mean(states, self.config.hidden))
    }

    /// Returns the classifier's raw outputs for each sequence: `labels` numbers.
    ///
    /// # Errors
    ///
    /// [`KernelError::NoHead`] where the model has no classifier, and as [`Bert::states`].
    pub fn logits(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        let head = self.head.as_ref().ok_or(KernelError::NoHead)?;
        self.each(sequences, |states| head.logits(&states[..self.config.hidden]))
    }

    /// Runs all sequences and returns what `read` makes of each one's states.
    fn each<T: Send>(
        &self,
        sequences: &[Sequence<'_>],
        read: impl Fn(&[f32]) -> T + Sync,
    ) -> Result<Vec<T>, KernelError> {
        batch::check(sequences, &self.config)?;
        let tasks = batch::tasks(sequences, rayon::current_num_threads());
        let results: Vec<Vec<T>> =
            tasks.into_par_iter().map(|task| self.task(&sequences[task], &read)).collect();
        Ok(results.into_iter().flatten().collect())
    }

    /// Runs the sequences of one task, laid end to end.
    fn task<T>(&self, sequences: &[Sequence<'_>], read: impl Fn(&[f32]) -> T) -> Vec<T> {
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.ids.len()).collect();
        let mut states = self.embeddings.forward(self.isa, sequences);
        let mut buffers = Buffers::default();
        for layer in &self.layers {
            layer.forward(self.isa, &lengths, &mut states, &mut buffers);
        }
        let mut rest = states.as_slice();
        let mut results = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (own, others) = rest.split_at(length * self.config.hidden);
            results.push(read(own));
            rest = others;
        }
        results
    }
}
