//! BERT (Devlin et al. 2019): embeddings, encoder layers, pooler and classifier.

mod batch;
mod config;
mod embeddings;
mod head;
mod layer;
mod outliers;
mod tensors;

pub use batch::Sequence;
pub use config::Config;
pub use embeddings::WordEmbeddings;

use std::ops::Range;

use rayon::prelude::*;

use self::embeddings::Embeddings;
use self::head::Head;
use self::layer::{Buffers, Layer};
use self::outliers::Outliers;
use self::tensors::Tensors;
use crate::error::KernelError;
use crate::image::{Bytes, Image, Writer};
use crate::isa::Isa;
use crate::isa::simd::Shape;
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
    /// Packs a model out of its tensors, by their names in a Hugging Face checkpoint, and opens it.
    ///
    /// `tensors` is as for [`Bert::pack`].
    ///
    /// # Errors
    ///
    /// As [`Bert::pack`].
    pub fn new(
        config: Config,
        tensors: impl Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>,
        precision: Precision,
        isa: Isa,
    ) -> Result<Self, KernelError> {
        let image = Self::pack(&config, tensors, precision, isa, [0; 32])?;
        Self::open(image, config, precision, isa, [0; 32])
    }

    /// Returns a model as one run of bytes, to be kept in a file and opened without conversion.
    ///
    /// `tensors` returns the shape and the numbers, row-major, of the tensor of that name; each is
    /// asked for with and without the prefix `bert.`. The classification head (`pooler.dense`,
    /// `classifier`) is read where `config.labels` is not 0; pooler and classifier run in f32
    /// at any precision. `source` is a hash of what the tensors were read from. The bytes suit
    /// every instruction set with vectors of the same shape.
    ///
    /// # Errors
    ///
    /// [`KernelError::BadConfig`], [`KernelError::MissingTensor`], [`KernelError::Shape`] and
    /// [`KernelError::NotFinite`].
    pub fn pack(
        config: &Config,
        tensors: impl Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>,
        precision: Precision,
        isa: Isa,
        source: [u8; 32],
    ) -> Result<Bytes, KernelError> {
        Self::pack_tensors(config, Tensors::new(&tensors, None, isa), precision, isa, source)
    }

    /// Returns a model whose table of words is not one of its tensors: `words` are its rows in
    /// blocks of 4 bits, as [`q4`](crate::q4) has them.
    ///
    /// They stay as they are at any precision, and a row is read and checked when a token asks for
    /// it: a vocabulary of 250,000 costs as much memory as a text has tokens.
    ///
    /// # Errors
    ///
    /// As [`Bert::pack`].
    pub fn pack_with_words(
        config: &Config,
        words: &[u8],
        tensors: impl Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>,
        precision: Precision,
        isa: Isa,
        source: [u8; 32],
    ) -> Result<Bytes, KernelError> {
        Self::pack_tensors(config, Tensors::new(&tensors, Some(words), isa), precision, isa, source)
    }

    fn pack_tensors(
        config: &Config,
        tensors: Tensors<'_>,
        precision: Precision,
        isa: Isa,
        source: [u8; 32],
    ) -> Result<Bytes, KernelError> {
        config.check()?;
        let mut image = Writer::new(&made_for(config, precision, isa, source));
        // Only integers share one unit over a row, which an outlier makes coarse.
        let outliers = match precision {
            Precision::Int8 => outliers::find(&tensors, config)?,
            Precision::F32 | Precision::Bf16 => Vec::new(),
        };
        let none = Outliers::default();
        Embeddings::pack(&tensors, config, precision, &mut image)?;
        for layer in 0..config.layers {
            let outliers = outliers.get(layer).unwrap_or(&none);
            Layer::pack(&tensors, config, precision, layer, outliers, &mut image)?;
        }
        if config.labels > 0 {
            Head::pack(&tensors, config, &mut image)?;
        }
        Ok(image.finish())
    }

    /// Opens a packed model; its numbers stay where they are.
    ///
    /// # Errors
    ///
    /// [`KernelError::BadConfig`], and [`KernelError::Image`] where the bytes are damaged or were
    /// packed for anything else than what is asked for.
    pub fn open(
        bytes: Bytes,
        config: Config,
        precision: Precision,
        isa: Isa,
        source: [u8; 32],
    ) -> Result<Self, KernelError> {
        config.check()?;
        let mut image = Image::open(bytes, &made_for(&config, precision, isa, source))?;
        let embeddings = Embeddings::open(&config, precision, &mut image)?;
        let layers = (0..config.layers)
            .map(|_| Layer::open(isa, &config, precision, &mut image))
            .collect::<Result<_, _>>()?;
        let head = match config.labels {
            0 => None,
            _ => Some(Head::open(isa, &config, &mut image)?),
        };
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

    /// Returns the channels of a layer's input that are divided into equal shares before they are
    /// rounded to eight bits, one entry a share beyond the first: of attention and of the
    /// feed-forward part. Both are empty at other precisions and where there is no such layer.
    pub fn outliers(&self, layer: usize) -> [&[u32]; 2] {
        self.layers.get(layer).map_or([&[], &[]], Layer::outliers)
    }

    /// Returns the table of words that the model begins with, as it is stored.
    pub fn word_embeddings(&self) -> Option<WordEmbeddings<'_>> {
        self.embeddings.words()
    }

    /// Returns the last layer's states of each sequence: a row of `hidden` numbers per token.
    ///
    /// # Errors
    ///
    /// [`KernelError::Length`], [`KernelError::Types`] and [`KernelError::OutOfTable`], before any
    /// sequence is run; [`KernelError::Image`] where the row of a token is damaged.
    pub fn states(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        self.each(sequences, usize::MAX, <[f32]>::to_vec)
    }

    /// Returns the state of each sequence's first token, `[CLS]`: `hidden` numbers.
    ///
    /// The last layer is computed for that token only.
    ///
    /// # Errors
    ///
    /// As [`Bert::states`].
    pub fn cls(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        self.each(sequences, 1, <[f32]>::to_vec)
    }

    /// Returns the mean of each sequence's states: `hidden` numbers, not normalised.
    ///
    /// # Errors
    ///
    /// As [`Bert::states`].
    pub fn mean(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        self.each(sequences, usize::MAX, |states| head::mean(states, self.config.hidden))
    }

    /// Returns the classifier's raw outputs for each sequence: `labels` numbers.
    ///
    /// The last layer is computed for the first token only.
    ///
    /// # Errors
    ///
    /// [`KernelError::NoHead`] where the model has no classifier, and as [`Bert::states`].
    pub fn logits(&self, sequences: &[Sequence<'_>]) -> Result<Vec<Vec<f32>>, KernelError> {
        let head = self.head.as_ref().ok_or(KernelError::NoHead)?;
        self.each(sequences, 1, |states| head.logits(states))
    }

    /// Runs all sequences and returns what `read` makes of the states of each one's first `asking`
    /// tokens.
    fn each<T: Send>(
        &self,
        sequences: &[Sequence<'_>],
        asking: usize,
        read: impl Fn(&[f32]) -> T + Sync,
    ) -> Result<Vec<T>, KernelError> {
        batch::check(sequences, &self.config)?;
        let tasks = batch::tasks(sequences, rayon::current_num_threads());
        // A single task is run by the caller's thread, with no other one woken for it.
        if let [task] = tasks.as_slice() {
            return self.task(&sequences[task.clone()], asking, read);
        }
        let run = |task: Range<usize>| self.task(&sequences[task], asking, &read);
        let results: Vec<Vec<T>> = tasks.into_par_iter().map(run).collect::<Result<_, _>>()?;
        Ok(results.into_iter().flatten().collect())
    }

    /// Runs the sequences of one task, laid end to end.
    fn task<T>(
        &self,
        sequences: &[Sequence<'_>],
        asking: usize,
        read: impl Fn(&[f32]) -> T,
    ) -> Result<Vec<T>, KernelError> {
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.ids.len()).collect();
        let mut states = self.embeddings.forward(self.isa, sequences)?;
        let mut buffers = Buffers::default();
        for (i, layer) in self.layers.iter().enumerate() {
            // Every token is a key of the layer above; above the last one there is none.
            let asking = if i + 1 == self.layers.len() { asking } else { usize::MAX };
            layer.forward(self.isa, &lengths, asking, &mut states, &mut buffers);
        }
        let hidden = self.config.hidden;
        // Without a layer nothing has left out the other tokens' rows.
        let left = if self.layers.is_empty() { usize::MAX } else { asking };
        let mut rest = states.as_slice();
        let mut results = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (own, others) = rest.split_at(length.min(left) * hidden);
            results.push(read(&own[..length.min(asking) * hidden]));
            rest = others;
        }
        Ok(results)
    }
}

/// Returns what a packed model depends on.
fn made_for(config: &Config, precision: Precision, isa: Isa, source: [u8; 32]) -> [u64; 18] {
    let Shape { lanes, group, offset } = isa.shape();
    let Config { vocabulary, positions, types, hidden, layers, heads, intermediate, .. } = *config;
    let sizes = [
        vocabulary,
        positions,
        types,
        hidden,
        layers,
        heads,
        intermediate,
        config.labels,
        lanes,
        group,
        precision as usize,
    ];
    // Words 0 to 10 are the sizes, 11 is ε, 12 the offset and 14 to 17 the source; 13 is not used.
    let mut words = [0; 18];
    for (word, size) in words.iter_mut().zip(sizes) {
        *word = size as u64;
    }
    words[11] = u64::from(config.epsilon.to_bits());
    words[12] = u64::from(offset.cast_unsigned());
    for (word, bytes) in words[14..].iter_mut().zip(source.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}
