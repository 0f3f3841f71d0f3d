//! From the words of passages to predicted vectors, and from those to the encoder's own.
//!
//! Each phase ends with a commit, so that whatever ends a run leaves a collection of lesser depth.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use trommel_core::disk::Folder;
use trommel_core::{Encoder, PassageId, WordPieces};
use trommel_predict::{
    FitError, Frequencies, Isa, SampledPassage, Table, choose_sample, fit, needs_refit, sample_size,
};
use trommel_vector::VectorSettings;

use super::corpus::{self, Corpus};
use super::encoding::encode;
use super::report::Event;
use crate::collection::{CollectionWriter, Depth, Depths};
use crate::{EngineError, LateVector};

/// How many passages the encoder is given at a time, so that an interruption is answered soon.
const PIECE: usize = 64;

/// How deep to go, and in which order.
#[derive(Debug, Clone)]
pub struct DeepenRequest {
    /// How deep passages are to be.
    pub until: Depth,
    /// The most passages that are encoded, a sample to learn from aside; the rest waits for another
    /// time. With 0 not even a sample is encoded.
    pub most: usize,
    /// Vectors that searches had made, which are taken in: what was asked for needs no encoding.
    pub late: Vec<LateVector>,
    /// After how many passages to commit.
    pub commit_every: usize,
}

impl DeepenRequest {
    /// Returns a request for all passages.
    #[must_use]
    pub fn until(depth: Depth) -> Self {
        Self { until: depth, most: usize::MAX, late: Vec::new(), commit_every: 2_000 }
    }
}

/// What became of passages.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Deepened {
    /// The generation that the collection is now at.
    pub generation: u64,
    /// How many passages were encoded, those of a sample counted.
    pub encoded: usize,
    /// How many vectors were predicted.
    pub predicted: usize,
    /// Why none were predicted although that was asked for: passages were encoded instead.
    pub unpredicted: Option<Unpredicted>,
    /// How deep passages are now.
    pub depths: Depths,
}

/// Why vectors cannot be predicted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Unpredicted {
    /// The encoder does not show what it reads.
    #[error("the encoder shows no word pieces")]
    NoWordPieces,
    /// Nothing can be learned from the passages.
    #[error(transparent)]
    NothingLearned(#[from] FitError),
}

/// Deepens passages of a collection, without reading its sources again.
///
/// To predict vectors, a sample of the passages is encoded, and what was learned from it serves until
/// the collection has grown by half. Setting `cancel` ends it at the last commit.
///
/// # Errors
///
/// [`EngineError::WrongEncoder`] if the collection was made with another encoder,
/// [`EngineError::Interrupted`] after `cancel`; otherwise whatever reading, encoding or writing
/// reports. The last commit always stays in force.
pub fn deepen(
    folder: impl Into<Folder>,
    request: &DeepenRequest,
    encoder: &dyn Encoder,
    vectors: VectorSettings,
    progress: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Deepened, EngineError> {
    let mut writer = CollectionWriter::open(folder, vectors)?;
    writer.must_be_of(encoder.fingerprint())?;
    Deepening::new(&mut writer, request, encoder, progress, cancel).run()
}

/// A collection on its way down.
pub(super) struct Deepening<'a> {
    writer: &'a mut CollectionWriter,
    request: &'a DeepenRequest,
    encoder: &'a dyn Encoder,
    progress: &'a mut dyn FnMut(Event),
    cancel: &'a AtomicBool,
    encoded: usize,
    predicted: usize,
    unpredicted: Option<Unpredicted>,
}

impl<'a> Deepening<'a> {
    /// Begins with a collection whose changes are all committed.
    pub(super) fn new(
        writer: &'a mut CollectionWriter,
        request: &'a DeepenRequest,
        encoder: &'a dyn Encoder,
        progress: &'a mut dyn FnMut(Event),
        cancel: &'a AtomicBool,
    ) -> Self {
        let (encoded, predicted, unpredicted) = (0, 0, None);
        Self { writer, request, encoder, progress, cancel, encoded, predicted, unpredicted }
    }

    pub(super) fn run(mut self) -> Result<Deepened, EngineError> {
        if let Some(corpus) = Corpus::of(self.writer)? {
            self.take_in(&corpus)?;
            if self.request.until >= Depth::Predicted && !self.writer.is_encoded() {
                self.predict(&corpus)?;
            }
            // Where nothing can be predicted, there is only one way to a vector.
            if self.request.until == Depth::Encoded || self.unpredicted.is_some() {
                self.refine(&corpus)?;
            }
        }
        self.commit(true)?;
        Ok(Deepened {
            generation: self.writer.generation(),
            encoded: self.encoded,
            predicted: self.predicted,
            unpredicted: self.unpredicted,
            depths: self.writer.depths(),
        })
    }

    /// Takes in what searches had encoded, where it still is what the passages say.
    fn take_in(&mut self, corpus: &Corpus) -> Result<(), EngineError> {
        let mut late: BTreeMap<PassageId, &LateVector> = BTreeMap::new();
        late.extend(self.request.late.iter().map(|vector| (vector.passage, vector)));
        late.retain(|id, _| !self.writer.has_vector(*id));
        let known = late.keys().map(|&id| Ok((id, corpus.has(id)?)));
        let known: BTreeMap<PassageId, bool> = known.collect::<Result<_, EngineError>>()?;
        late.retain(|id, _| known[id]);
        let ids: Vec<PassageId> = late.keys().copied().collect();
        for (text, vector) in corpus.texts(&ids)?.iter().zip(late.values()) {
            if vector.is_of(text) {
                self.writer.add_vector(vector.passage, &vector.vector)?;
            }
        }
        self.commit(false)
    }

    /// Predicts vectors of passages that have none, and of all that are not encoded where the table is
    /// out of date.
    fn predict(&mut self, corpus: &Corpus) -> Result<(), EngineError> {
        let encoder = self.encoder;
        let Some(words) = encoder.word_pieces() else {
            self.unpredicted = Some(Unpredicted::NoWordPieces);
            return Ok(());
        };
        let known = self
            .writer
            .table()
            .filter(|table| !needs_refit(table.frequencies().passages(), corpus.passages()));
        let table = match known {
            Some(table) => table,
            None if self.request.most == 0 => return Ok(()),
            None => match self.learn(corpus, &*words)? {
                Ok(table) => self.writer.begin_predictions(table)?,
                Err(error) => {
                    self.unpredicted = Some(error.into());
                    return Ok(());
                }
            },
        };
        self.predict_by(&table, corpus, &*words)
    }

    /// Learns a table from a sample, which is encoded first.
    fn learn(
        &mut self,
        corpus: &Corpus,
        words: &dyn WordPieces,
    ) -> Result<Result<Table, FitError>, EngineError> {
        let size = match sample_size(corpus.passages()) {
            Ok(size) => size,
            Err(error) => return Ok(Err(error)),
        };
        let sample = choose_sample(corpus.keys(|_| true)?, size);
        self.encode(corpus, &sample)?;
        let mut frequencies = Frequencies::new(words.vocabulary());
        for passages in corpus.pieces(words, &|_| true) {
            self.go_on()?;
            corpus::count(&mut frequencies, &passages?);
        }
        let Some(vectors) = self.writer.stored_vectors()? else {
            return Ok(Err(FitError::NoPieces));
        };
        let texts = corpus.texts(&sample)?;
        let pieces: Vec<Vec<u32>> = texts.iter().map(|text| corpus::split(words, text)).collect();
        let mut sampled = Vec::with_capacity(sample.len());
        for (&id, pieces) in sample.iter().zip(&pieces) {
            if let Some(vector) = vectors.read(id)? {
                sampled.push(SampledPassage { id, pieces, vector });
            }
        }
        Ok(fit(&sampled, &frequencies, words, self.encoder.fingerprint()))
    }

    /// Predicts the vectors of all passages that have none.
    fn predict_by(
        &mut self,
        table: &Arc<Table>,
        corpus: &Corpus,
        words: &dyn WordPieces,
    ) -> Result<(), EngineError> {
        let predictor = match table.predictor(words, Isa::best()) {
            Ok(predictor) => predictor,
            Err(error) => {
                self.unpredicted = Some(error.into());
                return Ok(());
            }
        };
        let lexical = self.writer.lexical_passages()?;
        for passages in corpus.pieces(words, &|id| lexical.contains(id)) {
            self.go_on()?;
            let (ids, pieces): (Vec<PassageId>, Vec<Vec<u32>>) = passages?.into_iter().unzip();
            let predictions = predictor.predict_all(&pieces);
            let vectors = predictions.vectors.chunks_exact(table.dimension());
            for (&id, vector) in ids.iter().zip(vectors) {
                self.writer.predict(id, vector)?;
            }
            self.predicted += ids.len();
            (self.progress)(Event::Predicted { passages: ids.len() });
        }
        self.commit(false)
    }

    /// Encodes passages that are not encoded, in the order of a sample, so that those encoded at any time
    /// stand for all.
    fn refine(&mut self, corpus: &Corpus) -> Result<(), EngineError> {
        let mut order = corpus.keys(|id| !self.writer.has_vector(id))?;
        order.sort_unstable_by_key(|&(id, key)| (key, id));
        order.truncate(self.request.most);
        let order: Vec<PassageId> = order.into_iter().map(|(id, _)| id).collect();
        order.chunks(self.request.commit_every.max(1)).try_for_each(|ids| self.encode(corpus, ids))
    }

    /// Encodes those of some passages that are not encoded yet, and commits them.
    fn encode(&mut self, corpus: &Corpus, passages: &[PassageId]) -> Result<(), EngineError> {
        let mut passages = passages.to_vec();
        passages.retain(|id| !self.writer.has_vector(*id));
        passages.sort_unstable();
        for ids in passages.chunks(PIECE) {
            if self.cancel.load(Ordering::Relaxed) {
                // What is encoded is worth keeping.
                self.commit(false)?;
            }
            self.go_on()?;
            let texts = corpus.texts(ids)?;
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            for (&id, vector) in ids.iter().zip(encode(self.encoder, &texts)?) {
                self.writer.add_vector(id, &vector)?;
            }
            self.encoded += ids.len();
            (self.progress)(Event::Encoded { passages: ids.len() });
        }
        self.commit(false)
    }

    fn commit(&mut self, finish: bool) -> Result<(), EngineError> {
        let before = self.writer.generation();
        let generation = self.writer.commit(finish)?;
        if generation > before {
            (self.progress)(Event::Committed { generation });
        }
        Ok(())
    }

    fn go_on(&self) -> Result<(), EngineError> {
        match self.cancel.load(Ordering::Relaxed) {
            true => Err(EngineError::Interrupted { generation: self.writer.generation() }),
            false => Ok(()),
        }
    }
}
