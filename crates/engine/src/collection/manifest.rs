//! The manifest: the one file whose rename is a commit.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use trommel_core::disk::{BlockHashes, Folder};
use trommel_core::{ContentHash, Fingerprint, TokenCounter};
use trommel_ingest::{IngestOptions, SplitSettings, Splitter, Unextracted};
use trommel_lexical::{Language, LexicalState};
use trommel_vector::VectorState;

use super::storage::record;
use super::{DOCUMENTS, Depth, Depths, LEXICAL, PREDICTIONS, PredictionState, VECTORS, first_run};
use crate::EngineError;
use crate::documents::DocumentState;

/// The newest format that this version reads and the one that it writes.
pub const FORMAT: u32 = 6;
/// The oldest format that this version reads.
pub const OLDEST_FORMAT: u32 = 2;

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const PENDING: &str = "manifest.tmp";

/// Everything that one generation of a collection consists of.
///
/// On disk: one line of JSON, a line feed, the blake3 hash of that JSON in hexadecimal, a line
/// feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the collection's files.
    pub format: u32,
    /// The number of the commit, from 1.
    pub generation: u64,
    /// The encoder that made the vectors.
    pub encoder: Fingerprint,
    /// How documents are cut into passages.
    pub splitting: Splitting,
    /// What was indexed, in the order in which it was first named.
    pub roots: Vec<Root>,
    /// Files that gave no text, as long as they are as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unextracted: Vec<Unextracted>,
    /// The extractors that read everything on disk; others may make something else of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extractors: String,
    /// The number that the next passage gets.
    pub next_passage: u64,
    /// The stored documents.
    pub documents: DocumentState,
    /// The BM25 index.
    pub lexical: LexicalState,
    /// The vector index.
    pub vectors: VectorState,
    /// How deep runs bring passages. New in format 5: those of earlier ones are all encoded.
    #[serde(default, skip_serializing_if = "Depth::is_encoded")]
    pub depth: Depth,
    /// The vectors that were predicted for passages that are not in the vector index; none if
    /// nothing was learned that predicts any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<PredictionState>,
    /// Size and hash of every file, by its path relative to the collection.
    pub files: BTreeMap<String, FileRecord>,
}

/// How documents are cut into passages; fixed when the collection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splitting {
    /// The most tokens of a passage.
    pub max_tokens: usize,
    /// How many tokens two neighbouring passages may share.
    pub overlap_tokens: usize,
}

impl Default for Splitting {
    /// Returns the sizes that were measured best (`docs/measurements.md`).
    fn default() -> Self {
        Self { max_tokens: 384, overlap_tokens: 32 }
    }
}

impl Splitting {
    /// Returns what cuts documents so, by the tokens of the encoder that `counter` counts.
    pub(crate) fn splitter(self, counter: &dyn TokenCounter) -> Splitter<'_> {
        let Self { max_tokens, overlap_tokens } = self;
        Splitter::new(counter, SplitSettings { max_tokens, overlap_tokens })
    }
}

/// A file, folder or stream that was indexed, or the documents that no file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// The number by which documents name it, above those of the roots before it. New in format 6:
    /// before, it was the place in the list.
    #[serde(default)]
    pub number: u32,
    /// The absolute path, or one of the names in [`trommel_core::Origin`] that no path has.
    pub path: String,
    /// What it was.
    pub kind: RootKind,
    /// How it was read, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<RootReading>,
}

/// How a root was read, so that it can be read again like that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootReading {
    /// The fields of a JSONL object that hold id, title and text.
    pub fields: [String; 3],
    /// Whether bad lines were skipped where the root is a JSONL file.
    pub skip_invalid: bool,
    /// Whether ignore files were obeyed.
    pub ignore_rules: bool,
    /// Whether zip and tar files were read like folders.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archives: bool,
    /// The ISO 639-3 code of the language that its texts are read by, whatever they seem to be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl RootReading {
    /// Returns how a run reads.
    #[must_use]
    pub fn of(options: &IngestOptions) -> Self {
        let IngestOptions { id_field, title_field, text_field, .. } = options;
        Self {
            fields: [id_field, title_field, text_field].map(Clone::clone),
            skip_invalid: options.skip_invalid,
            ignore_rules: options.ignore_rules,
            archives: options.archives,
            language: options.language.clone(),
        }
    }

    /// Returns a run's options with this way of reading in them.
    #[must_use]
    pub fn in_options(&self, options: &IngestOptions) -> IngestOptions {
        let [id_field, title_field, text_field] = self.fields.clone();
        IngestOptions {
            id_field,
            title_field,
            text_field,
            skip_invalid: self.skip_invalid,
            ignore_rules: self.ignore_rules,
            archives: self.archives,
            language: self.language.clone(),
            ..options.clone()
        }
    }
}

/// Returns the root of a number.
pub(crate) fn root_of(roots: &[Root], number: u32) -> Option<&Root> {
    roots.binary_search_by_key(&number, |root| root.number).ok().map(|place| &roots[place])
}

impl Root {
    /// Returns a root of which nothing more is known.
    #[must_use]
    pub fn new(path: impl Into<String>, kind: RootKind) -> Self {
        Self { number: 0, path: path.into(), kind, reading: None }
    }

    /// Returns the language that its texts are read by, if one is set.
    pub(crate) fn language(&self) -> Option<Language> {
        Language::of_code(self.reading.as_ref()?.language.as_ref()?)
    }
}

/// What a root was when it was indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RootKind {
    /// A folder, read with all that is in it.
    Folder,
    /// One file.
    File,
    /// Standard input.
    Stdin,
    /// Documents that a program handed over: see [`crate::Updates`]. New in format 3.
    Memory,
}

impl RootKind {
    /// Says whether what was read is on disk, where it can be read again.
    #[must_use]
    pub fn is_on_disk(self) -> bool {
        matches!(self, Self::Folder | Self::File)
    }
}

/// What a file of the collection must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its length in bytes.
    pub size: u64,
    /// The blake3 hash of its bytes.
    pub blake3: ContentHash,
    /// The hashes of its blocks, of which a search verifies those that it reads; none of a small file and
    /// of one that is read in another way. New in format 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlockHashes>,
}

impl Manifest {
    /// Reads the manifest of a collection.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoCollection`] if there is none, [`EngineError::LostManifest`] if it alone is
    /// gone, [`EngineError::Corrupt`] if a byte of it changed, [`EngineError::NewerFormat`] or
    /// [`EngineError::OlderFormat`] if this version does not read its format.
    pub fn read(folder: &Path) -> Result<Self, EngineError> {
        let path = folder.join(MANIFEST);
        if let Some(manifest) = Self::read_file(&path)? {
            return Ok(manifest);
        }
        if !first_run::lost_its_manifest(folder)? {
            return Err(EngineError::NoCollection { path: folder.to_owned() });
        }
        // The first commit may have come between the two looks.
        Self::read_file(&path)?.ok_or(EngineError::LostManifest { path })
    }

    /// Reads a manifest by its own path; `None` if there is none.
    pub(crate) fn read_file(path: &Path) -> Result<Option<Self>, EngineError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(EngineError::io("read", path)(error)),
        };
        let json = checked_json(&bytes).map_err(|detail| EngineError::corrupt(path, detail))?;
        let got = format_of(json).map_err(|error| EngineError::corrupt(path, error.to_string()))?;
        if got > FORMAT {
            return Err(EngineError::NewerFormat { path: path.into(), got, supported: FORMAT });
        }
        if got < OLDEST_FORMAT {
            let (oldest, newest) = (OLDEST_FORMAT, FORMAT);
            return Err(EngineError::OlderFormat { path: path.into(), got, oldest, newest });
        }
        let manifest: Result<Self, _> = serde_json::from_slice(json);
        let mut manifest = manifest.map_err(|it| EngineError::corrupt(path, it.to_string()))?;
        if got < 6 {
            // Until then a root was known by its place.
            for (place, root) in (0..).zip(&mut manifest.roots) {
                root.number = place;
            }
        }
        Ok(Some(manifest))
    }

    /// Counts passages by their depth.
    #[must_use]
    pub fn depths(&self) -> Depths {
        let predicted = self.predictions.as_ref().map_or(0, |predictions| predictions.vectors.live);
        Depths::of(self.documents.passages, predicted, self.vectors.live)
    }

    /// Says whether every passage has a vector by the encoder.
    pub(crate) fn is_encoded(&self) -> bool {
        self.vectors.live == self.documents.passages
    }

    /// Says whether every passage should have a vector by the encoder. Since format 5 that may be left
    /// to later commits, but neighbours are found among all passages.
    pub(crate) fn should_be_encoded(&self) -> bool {
        self.format < 5 || self.vectors.neighbours.is_some()
    }

    /// Returns the hashes of the blocks of a part's files, by name within the part, as far as there are
    /// some.
    pub(crate) fn blocks_of(&self, part: &str) -> BTreeMap<String, BlockHashes> {
        let blocks = self.files.iter().filter_map(|(name, record)| {
            let name = name.strip_prefix(part)?.strip_prefix('/')?;
            Some((name.to_owned(), record.blocks.clone()?))
        });
        blocks.collect()
    }

    /// Lists the files of all parts with their records; those that `known` has are not read again,
    /// for files never change.
    pub(crate) fn with_files(
        mut self,
        folder: &Path,
        known: Option<&Self>,
    ) -> Result<Self, EngineError> {
        let names = (self.documents.files().map(|file| format!("{DOCUMENTS}/{file}")))
            .chain(self.lexical.files.iter().map(|file| format!("{LEXICAL}/{file}")))
            .chain(self.vectors.files().map(|file| format!("{VECTORS}/{file}")));
        let predictions = self.predictions.iter().flat_map(PredictionState::files);
        let names = names.chain(predictions.map(|file| format!("{PREDICTIONS}/{file}")));
        let with_record = |name: String| {
            let record = match known.and_then(|known| known.files.get(&name)) {
                Some(record) => record.clone(),
                None => {
                    let path = folder.join(&name);
                    record(folder, &name).map_err(EngineError::io("read", &path))?
                }
            };
            Ok((name, record))
        };
        self.files = names.map(with_record).collect::<Result<_, EngineError>>()?;
        Ok(self)
    }

    /// Makes this manifest the collection's: the commit.
    ///
    /// All files that it names must be on disk and synced. A crash leaves the old manifest or the
    /// new one.
    ///
    /// # Errors
    ///
    /// If the file system refuses. The old manifest is then still in force, unless it was the last
    /// step, syncing the folder, that failed: the new one is then, and may not outlive a power cut.
    pub(crate) fn commit(&self, folder: &Folder) -> Result<(), EngineError> {
        let pending = folder.join(PENDING);
        let path = folder.join(MANIFEST);
        let json = serde_json::to_vec(self)
            .map_err(|error| EngineError::io("write", &path)(io::Error::other(error)))?;
        let hash = blake3::hash(&json).to_hex();
        let write = || {
            let mut file = folder.begin_file(PENDING)?;
            file.write_all(&json)?;
            write!(file, "\n{hash}\n")?;
            file.finish(&path)
        };
        write().map_err(EngineError::io("write", &pending))?;
        folder.sync().map_err(EngineError::io("sync", folder))
    }
}

fn checked_json(bytes: &[u8]) -> Result<&[u8], String> {
    const TAIL: usize = 1 + 64 + 1;
    let json = bytes.len().checked_sub(TAIL).map(|length| &bytes[..length]);
    let Some(json) = json else {
        return Err(format!("it is cut short at {} bytes", bytes.len()));
    };
    let expected = format!("\n{}\n", blake3::hash(json).to_hex());
    if bytes[json.len()..] == *expected.as_bytes() {
        Ok(json)
    } else {
        Err("its content does not have the hash at its end".into())
    }
}

fn format_of(json: &[u8]) -> Result<u32, serde_json::Error> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    serde_json::from_slice(json).map(|format: Format| format.format)
}
