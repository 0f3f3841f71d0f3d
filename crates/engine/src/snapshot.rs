//! A collection opened for reading, at exactly one generation.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use trommel_core::{PassageId, PassageSet};
use trommel_lexical::{Expansion, LexicalIndex};
use trommel_vector::VectorIndex;

use crate::EngineError;
use crate::check::Finding;
use crate::collection::{
    DOCUMENTS, LEXICAL, Layout, Manifest, Opening, Predictions, VECTORS, or_none, record_of,
    root_of, verify_length, verify_unblocked, verify_vectors,
};
use crate::documents::{Catalogue, DocumentStore, Entry, StoredDocument};
use crate::filter::{Columns, Filter};
use crate::pipeline::Stage;

/// How often opening starts over when a writer commits in the middle of it.
const TRIES: usize = 10;

/// One generation of a collection. Later commits change nothing in it.
pub struct Snapshot {
    folder: PathBuf,
    manifest: Manifest,
    stage: Stage,
    documents: DocumentStore,
    columns: Columns,
    /// The last filter that was asked for and what it allows: who searches again mostly filters alike.
    last_allowed: Mutex<Option<(Filter, PassageSet)>>,
    lexical: Option<LexicalIndex>,
    vectors: Option<VectorIndex>,
    predictions: Option<Predictions>,
    lost_predictions: Option<Finding>,
    /// What neighbours lend passages; none in a generation that has no neighbours.
    expansion: Option<Expansion>,
}

impl Snapshot {
    /// Opens the newest generation with everything that `stage` reads.
    ///
    /// Every file is checked against its hash before anything reads it; of large ones, of which a search
    /// reads little, each block or record is when it is first read.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoCollection`], [`EngineError::Corrupt`] or [`EngineError::Io`].
    pub fn open(folder: &Path, stage: Stage) -> Result<Self, EngineError> {
        let opening = Opening::begin(folder);
        let manifest = Manifest::read(folder)?;
        Self::open_by(folder, manifest, stage, opening)
    }

    /// Opens the generation of a manifest that was read before, or the newest one if its files are
    /// gone since.
    ///
    /// # Errors
    ///
    /// As for [`Snapshot::open`].
    pub fn open_from(folder: &Path, manifest: Manifest, stage: Stage) -> Result<Self, EngineError> {
        Self::open_by(folder, manifest, stage, Opening::begin(folder))
    }

    fn open_by(
        folder: &Path,
        mut manifest: Manifest,
        stage: Stage,
        mut opening: Opening,
    ) -> Result<Self, EngineError> {
        for _ in 1..TRIES {
            let generation = manifest.generation;
            let opened = Self::open_generation(folder, manifest, stage);
            // Predictions may be gone with an older generation, too.
            if opened.as_ref().is_ok_and(|snapshot| snapshot.lost_predictions.is_none()) {
                return opened;
            }
            drop(opening);
            opening = Opening::begin(folder);
            manifest = Manifest::read(folder)?;
            if manifest.generation == generation {
                return opened;
            }
        }
        Self::open_generation(folder, manifest, stage)
    }

    /// Opens the generation of a manifest; its files may be gone if a writer has committed since.
    pub(crate) fn open_generation(
        folder: &Path,
        manifest: Manifest,
        stage: Stage,
    ) -> Result<Self, EngineError> {
        let layout = Layout::new(folder);
        let documents = open_documents(folder, &manifest)?;
        let lexical = if stage.needs_lexical() {
            verify_unblocked(folder, &manifest.files, LEXICAL)?;
            let blocks = manifest.blocks_of(LEXICAL);
            Some(LexicalIndex::open_checked(&layout.lexical(), &manifest.lexical, &blocks)?)
        } else {
            None
        };
        let vectors = if stage.needs_encoder() || stage.needs_neighbours() {
            verify_vectors(folder, &manifest.files, VECTORS, &manifest.vectors)?;
            Some(VectorIndex::open(&layout.vectors(), &manifest.vectors)?)
        } else {
            None
        };
        let (predictions, lost_predictions) = if stage.needs_encoder() {
            or_none(Predictions::open(folder, &manifest))?
        } else {
            (None, None)
        };
        let expansion = match &lexical {
            Some(lexical) if stage.needs_neighbours() => {
                let neighbours = manifest.vectors.neighbours(&layout.vectors())?;
                neighbours.map(|neighbours| Expansion::new(lexical, &neighbours)).transpose()?
            }
            _ => None,
        };
        let (folder, columns, last_allowed) =
            (folder.to_owned(), Columns::default(), Mutex::default());
        Ok(Self {
            folder,
            manifest,
            stage,
            documents,
            columns,
            last_allowed,
            lexical,
            vectors,
            predictions,
            lost_predictions,
            expansion,
        })
    }

    /// Returns the collection's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the stage that it was opened for: everything that this stage reads is there.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Returns the manifest of this generation.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads the document of an id; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn document(&self, id: &str) -> Result<Option<StoredDocument>, EngineError> {
        let place = self.catalogue().place_of(id)?;
        place.map(|place| self.read(&self.catalogue().entry(place)?)).transpose()
    }

    /// Says whether a document has an id.
    ///
    /// # Errors
    ///
    /// [`EngineError::Corrupt`] if the catalogue is damaged.
    pub fn has(&self, id: &str) -> Result<bool, EngineError> {
        Ok(self.catalogue().place_of(id)?.is_some())
    }

    /// Returns the id of the document that is a file, or that lies within one behind `!`, by the file's
    /// absolute path. Lines of JSONL are known by their ids only.
    ///
    /// # Errors
    ///
    /// [`EngineError::Corrupt`] if the catalogue is damaged.
    pub fn id_at(&self, place: &str) -> Result<Option<String>, EngineError> {
        let is_there = |entry: &Entry| {
            let root = root_of(&self.manifest.roots, entry.root);
            root.is_some_and(|root| {
                entry.line.is_none() && entry.origin(&root.path).place() == place
            })
        };
        for entry in self.catalogue().entries() {
            let (_, entry) = entry?;
            if is_there(&entry) {
                return Ok(Some(entry.id));
            }
        }
        Ok(None)
    }

    /// Returns the ids of all documents, in the order in which they were written.
    ///
    /// # Errors
    ///
    /// [`EngineError::Corrupt`] if the catalogue is damaged.
    pub fn ids(&self) -> Result<Vec<&str>, EngineError> {
        let catalogue = self.catalogue();
        catalogue.spans().map(|span| catalogue.id(span?.0)).collect()
    }

    /// Returns the passages that a filter lets be found, or `None` if it lets all of them.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownField`] if the filter is about a field that no document has.
    pub fn allowed(&self, filter: &Filter) -> Result<Option<PassageSet>, EngineError> {
        let last = || self.last_allowed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, allowed)) = &*last()
            && known == filter
        {
            return Ok(Some(allowed.clone()));
        }
        let allowed = filter.allowed(self.catalogue(), &self.manifest.roots, &self.columns)?;
        if let Some(allowed) = &allowed {
            *last() = Some((filter.clone(), allowed.clone()));
        }
        Ok(allowed)
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        self.documents.catalogue()
    }

    /// Reads a document; where it comes from is what the catalogue says, which may have changed
    /// since the document was stored.
    pub(crate) fn read(&self, entry: &Entry) -> Result<StoredDocument, EngineError> {
        let mut stored = self.documents.document(entry)?;
        let root = root_of(&self.manifest.roots, entry.root);
        stored.document.origin = entry.origin(root.map_or("", |root| &root.path));
        Ok(stored)
    }

    /// Returns the place in the catalogue of the document that a passage belongs to.
    pub(crate) fn document_of(&self, passage: PassageId) -> Result<usize, EngineError> {
        self.catalogue().document_of(passage)?.ok_or_else(|| {
            let detail = format!("an index holds passage {passage}, which no document has");
            EngineError::corrupt(&self.folder, detail)
        })
    }

    pub(crate) fn lexical(&self) -> Result<&LexicalIndex, EngineError> {
        self.lexical.as_ref().ok_or_else(|| self.not_opened(LEXICAL))
    }

    pub(crate) fn vectors(&self) -> Result<&VectorIndex, EngineError> {
        self.vectors.as_ref().ok_or_else(|| self.not_opened(VECTORS))
    }

    /// Returns the predicted vectors of passages; nothing if there are none or they are damaged.
    pub(crate) fn predictions(&self) -> Option<&Predictions> {
        self.predictions.as_ref()
    }

    /// Returns the share of passages that have a vector by the encoder, in [0, 1]; 1 of none.
    pub(crate) fn encoded_share(&self) -> f64 {
        match self.manifest.documents.passages {
            0 => 1.0,
            passages => self.manifest.vectors.live as f64 / passages as f64,
        }
    }

    /// Says whether every passage has a vector, by the encoder or predicted.
    pub(crate) fn has_all_vectors(&self) -> bool {
        let predicted = self.predictions.as_ref().map_or(0, |predictions| predictions.index.live());
        self.manifest.vectors.live + predicted == self.manifest.documents.passages
    }

    /// Returns why the predictions of this generation were left aside; nothing if they are whole, if
    /// there are none, or if no stage would read them.
    #[must_use]
    pub fn lost_predictions(&self) -> Option<&Finding> {
        self.lost_predictions.as_ref()
    }

    /// Returns what neighbours lend passages; nothing in a generation without neighbours.
    pub(crate) fn expansion(&self) -> Option<&Expansion> {
        self.expansion.as_ref()
    }

    fn not_opened(&self, part: &str) -> EngineError {
        let source = std::io::Error::other("the snapshot was opened for an earlier stage");
        EngineError::io("search", &self.folder.join(part))(source)
    }
}

fn open_documents(folder: &Path, manifest: &Manifest) -> Result<DocumentStore, EngineError> {
    let (state, files) = (&manifest.documents, &manifest.files);
    for segment in &state.segments {
        let name = format!("{DOCUMENTS}/{}", segment.file);
        verify_length(folder, &name, record_of(folder, files, &name)?)?;
    }
    DocumentStore::open(folder, state, files)
}
