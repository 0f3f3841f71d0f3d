//! An encoder that reads each text once ever: what it said is kept in a file.
//!
//! ```text
//! header  blake3 of the encoder's name and precision [u8; 32]
//! record  blake3 of the text and of what it is [u8; 32], the vector's numbers, f32, little-endian
//! ```
//!
//! Records are appended as they come. One that was cut short by the end of a run is cut off by the next.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trommel::{Encoder, Fingerprint, ModelError, Precision};
use trommel_core::WordPieces;

use crate::Failure;

/// The hash of a text and of what it is to the encoder.
type Key = [u8; 32];

/// What the encoder is asked about.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Query,
    Passage,
}

impl Kind {
    /// Returns the key of a text of this kind.
    fn key(self, text: &str) -> Key {
        let kind: &[u8] = match self {
            Self::Query => b"query\0",
            Self::Passage => b"passage\0",
        };
        *blake3::Hasher::new().update(kind).update(text.as_bytes()).finalize().as_bytes()
    }
}

/// The encoder behind what it said before.
pub(crate) struct Memo {
    encoder: Arc<dyn Encoder>,
    known: Mutex<Known>,
}

/// What the encoder said, in memory and on disk.
#[derive(Default)]
struct Known {
    vectors: HashMap<Key, Vec<f32>>,
    /// Where it is kept; nowhere without a file.
    file: Option<File>,
    /// How many texts were encoded since this was opened.
    encoded: usize,
}

impl Memo {
    /// Puts what a file holds before an encoder; the file is made if it is not there, and nobody else may use it
    /// meanwhile.
    pub(crate) fn open(
        encoder: Arc<dyn Encoder>,
        precision: Precision,
        path: Option<&Path>,
    ) -> Result<Self, Failure> {
        let name = format!("{} {precision:?}", encoder.fingerprint());
        let header = *blake3::hash(name.as_bytes()).as_bytes();
        let known = match path {
            Some(path) => Known::read(path, &header, encoder.fingerprint().dimension)
                .map_err(|error| format!("{}: {error}", path.display()))?,
            None => Known::default(),
        };
        Ok(Self { encoder, known: Mutex::new(known) })
    }

    /// Returns how many texts were encoded since this was opened.
    pub(crate) fn encoded(&self) -> usize {
        self.known().encoded
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the vectors of texts; the encoder reads those that are not known, each once.
    fn vectors(&self, kind: Kind, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let keys: Vec<Key> = texts.iter().map(|text| kind.key(text)).collect();
        let mut known = self.known();
        let mut seen = HashSet::new();
        let unknown: Vec<usize> = (0..texts.len())
            .filter(|&at| !known.vectors.contains_key(&keys[at]) && seen.insert(keys[at]))
            .collect();
        if !unknown.is_empty() {
            let unread: Vec<&str> = unknown.iter().map(|&at| texts[at]).collect();
            let vectors = match kind {
                Kind::Query => unread.iter().map(|text| self.encoder.encode_query(text)).collect(),
                Kind::Passage => self.encoder.encode_passages(&unread),
            }?;
            for (&at, vector) in unknown.iter().zip(vectors) {
                let kept = known.keep(keys[at], vector);
                kept.map_err(|error| self.failed(error.into()))?;
            }
        }
        let vector = |key: &Key| known.vectors.get(key).cloned();
        let vectors: Option<Vec<Vec<f32>>> = keys.iter().map(vector).collect();
        vectors.ok_or_else(|| self.failed("it gave fewer vectors than it read texts".into()))
    }

    fn failed(&self, source: trommel_core::BoxError) -> ModelError {
        let model = self.fingerprint().model.clone();
        ModelError::Failed { model, doing: "encoding, or keeping vectors", source }
    }
}

impl Encoder for Memo {
    fn fingerprint(&self) -> &Fingerprint {
        self.encoder.fingerprint()
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let vector = self.vectors(Kind::Query, &[text])?.pop();
        vector.ok_or_else(|| self.failed("it gave no vector".into()))
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.vectors(Kind::Passage, texts)
    }

    fn word_pieces(&self) -> Option<Box<dyn WordPieces + '_>> {
        self.encoder.word_pieces()
    }
}

impl Known {
    /// Reads a file, or makes it.
    fn read(path: &Path, header: &Key, dimension: usize) -> Result<Self, Failure> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.try_lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            file.write_all(header)?;
            bytes.extend(header);
        }
        let records = bytes.strip_prefix(header).ok_or("it is of another encoder, or no memo")?;
        let size = size_of::<Key>() + dimension * size_of::<f32>();
        let mut vectors = HashMap::new();
        for record in records.chunks_exact(size) {
            let (key, numbers) = record.split_at(size_of::<Key>());
            let (numbers, _) = numbers.as_chunks();
            let vector = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
            vectors.insert(Key::try_from(key)?, vector);
        }
        let whole = bytes.len() - records.len() % size;
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { vectors, file: Some(file), encoded: 0 })
    }

    /// Keeps the vector of a text.
    fn keep(&mut self, key: Key, vector: Vec<f32>) -> std::io::Result<()> {
        if let Some(file) = &mut self.file {
            let mut record = key.to_vec();
            record.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
            file.write_all(&record)?;
        }
        self.vectors.insert(key, vector);
        self.encoded += 1;
        Ok(())
    }
}
