//! Writing the next generation of a collection.

mod reanalysis;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use trommel_core::disk::Folder;
use trommel_core::{Document, FileStamp, Fingerprint, PassageId, PassageSet};
use trommel_ingest::Unextracted;
use trommel_lexical::{Language, LexicalPassage, LexicalWriter};
use trommel_predict::Table;
use trommel_vector::{VectorIndex, VectorSettings, VectorWriter};

use super::first_run;
use super::lock::WriterLock;
use super::manifest::{FORMAT, MANIFEST, Manifest, Root, Splitting, root_of};
use super::opening::Removing;
use super::predictions::{PredictionWriter, or_none};
use super::storage::{foreign, own_files, verify_lengths, verify_unblocked, verify_vectors};
use super::{DOCUMENTS, Depth, Depths, LEXICAL, PARTS, VECTORS};
use crate::EngineError;
use crate::check::Finding;
use crate::documents::{DocumentStore, DocumentWriter, Entry, Span, StoredDocument};

/// The most passages that neighbours are found for: one passage more is compared with all others, and what a
/// query adds up grows with them, too.
const MOST_NEIGHBOURS: u64 = 100_000;

/// What shapes a collection and is fixed when it is made.
#[derive(Debug, Clone, Default)]
pub struct CollectionSettings {
    /// How documents of a new collection are cut.
    pub splitting: Splitting,
    /// Whether a collection that was made with another splitting is refused, rather than kept as it
    /// is.
    pub insist: bool,
    /// When and how HNSW graphs are built.
    pub vectors: VectorSettings,
}

/// The one writer of a collection: collects changes and commits them to both indexes at once.
///
/// After an error the writer must be dropped; the last commit stays in force.
pub struct CollectionWriter {
    folder: Folder,
    committed: Option<Manifest>,
    encoder: Fingerprint,
    splitting: Splitting,
    roots: Vec<Root>,
    unextracted: Vec<Unextracted>,
    extractors: String,
    next_passage: u64,
    documents: DocumentWriter,
    lexical: LexicalWriter,
    vectors: VectorWriter,
    depth: Depth,
    predictions: Option<PredictionWriter>,
    lost_predictions: Option<Finding>,
    changed: bool,
    /// The last field, so that nothing writes any more when it is dropped.
    hold: Hold,
}

/// The right to write, and the duty to leave no empty collection behind.
struct Hold {
    folder: Folder,
    lock: WriterLock,
    /// Whether nothing was ever committed.
    is_first_run: bool,
}

impl CollectionWriter {
    /// Opens a collection for writing, or makes one.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotACollection`] if the folder holds something else,
    /// [`EngineError::Locked`] if another process writes, [`EngineError::WrongEncoder`] and
    /// [`EngineError::FixedSetting`] if the collection was made with something else,
    /// [`EngineError::Corrupt`] if a file is damaged, [`EngineError::LostManifest`] if the manifest
    /// alone is gone.
    pub fn open_or_create(
        folder: impl Into<Folder>,
        encoder: &Fingerprint,
        settings: &CollectionSettings,
    ) -> Result<Self, EngineError> {
        let folder = folder.into();
        if !folder.join(MANIFEST).exists()
            && let Some(found) = foreign(&folder)?
        {
            return Err(EngineError::NotACollection { path: folder.path().to_owned(), found });
        }
        let lock = WriterLock::take(&folder)?;
        for part in PARTS {
            let part = folder.within(part);
            part.create().map_err(EngineError::io("create", &part))?;
        }
        match Manifest::read(&folder) {
            Ok(manifest) => {
                if manifest.encoder != *encoder {
                    return Err(EngineError::WrongEncoder {
                        collection: Box::new(manifest.encoder),
                        given: Box::new(encoder.clone()),
                    });
                }
                if settings.insist {
                    same_splitting(manifest.splitting, settings.splitting)?;
                }
                Self::resume(folder, lock, manifest, settings.vectors)
            }
            Err(EngineError::NoCollection { .. }) => Self::create(folder, lock, encoder, settings),
            Err(error) => Err(error),
        }
    }

    /// Opens a collection that exists, to change it without encoding anything.
    ///
    /// # Errors
    ///
    /// As for [`CollectionWriter::open_or_create`], and [`EngineError::NoCollection`].
    pub fn open(folder: impl Into<Folder>, vectors: VectorSettings) -> Result<Self, EngineError> {
        let folder = folder.into();
        Manifest::read(&folder)?;
        let lock = WriterLock::take(&folder)?;
        let manifest = Manifest::read(&folder)?;
        Self::resume(folder, lock, manifest, vectors)
    }

    fn create(
        folder: Folder,
        lock: WriterLock,
        encoder: &Fingerprint,
        settings: &CollectionSettings,
    ) -> Result<Self, EngineError> {
        first_run::begin(&folder)?;
        sweep(&folder, &BTreeSet::new())?;
        Ok(Self {
            committed: None,
            encoder: encoder.clone(),
            splitting: settings.splitting,
            roots: Vec::new(),
            unextracted: Vec::new(),
            extractors: String::new(),
            next_passage: 0,
            documents: DocumentWriter::create(&folder.within(DOCUMENTS)),
            lexical: LexicalWriter::create(folder.within(LEXICAL))?,
            vectors: VectorWriter::create(
                folder.within(VECTORS),
                encoder.dimension,
                settings.vectors,
            )?,
            depth: Depth::default(),
            predictions: None,
            lost_predictions: None,
            changed: false,
            hold: Hold { folder: folder.clone(), lock, is_first_run: true },
            folder,
        })
    }

    fn resume(
        folder: Folder,
        lock: WriterLock,
        manifest: Manifest,
        settings: VectorSettings,
    ) -> Result<Self, EngineError> {
        // Whoever committed this may have died before it could make the rename last: nothing of the
        // generation before may go until it does.
        folder.sync().map_err(EngineError::io("sync", &folder))?;
        first_run::end(&folder);
        sweep(&folder, &manifest.files.keys().map(String::as_str).collect())?;
        // As for a reader: records and blocks are verified when they are read, also by a merge.
        verify_lengths(&folder, &manifest.files, DOCUMENTS)?;
        verify_unblocked(&folder, &manifest.files, LEXICAL)?;
        verify_vectors(&folder, &manifest.files, VECTORS, &manifest.vectors)?;
        let blocks = manifest.blocks_of(LEXICAL);
        let predictions = PredictionWriter::resume(&folder, &manifest);
        let (predictions, lost_predictions) = or_none(predictions)?;
        Ok(Self {
            encoder: manifest.encoder.clone(),
            splitting: manifest.splitting,
            roots: manifest.roots.clone(),
            unextracted: manifest.unextracted.clone(),
            extractors: manifest.extractors.clone(),
            next_passage: manifest.next_passage,
            documents: DocumentWriter::open(&folder, &manifest.documents, &manifest.files)?,
            lexical: LexicalWriter::open_checked(
                folder.within(LEXICAL),
                &manifest.lexical,
                &blocks,
            )?,
            vectors: VectorWriter::open(folder.within(VECTORS), &manifest.vectors, settings)?,
            depth: manifest.depth,
            // A generation that lost its predictions is to be followed by one that has none.
            changed: lost_predictions.is_some(),
            predictions,
            lost_predictions,
            committed: Some(manifest),
            hold: Hold { folder: folder.clone(), lock, is_first_run: false },
            folder,
        })
    }

    /// Returns the number of the last commit, 0 if there is none.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.committed.as_ref().map_or(0, |manifest| manifest.generation)
    }

    /// Returns how documents are cut in this collection.
    #[must_use]
    pub fn splitting(&self) -> Splitting {
        self.splitting
    }

    /// Returns why the predictions of the last commit were left aside; nothing if they were whole or
    /// there were none.
    #[must_use]
    pub fn lost_predictions(&self) -> Option<&Finding> {
        self.lost_predictions.as_ref()
    }

    /// Returns how deep runs bring passages.
    #[must_use]
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// Sets how deep runs bring passages. No passage loses what it has.
    pub fn set_depth(&mut self, depth: Depth) {
        self.changed |= self.depth != depth;
        self.depth = depth;
    }

    /// Counts passages by their depth, changes since the last commit counted.
    #[must_use]
    pub fn depths(&self) -> Depths {
        let predicted = self.predictions.as_ref().map_or(0, PredictionWriter::live);
        Depths::of(self.passages(), predicted, self.vectors.live())
    }

    /// Says whether every passage has a vector by the encoder.
    #[must_use]
    pub fn is_encoded(&self) -> bool {
        self.vectors.live() == self.passages()
    }

    fn passages(&self) -> u64 {
        self.documents.passages()
    }

    /// Returns how many documents there are, changes since the last commit counted.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents.documents()
    }

    /// Says whether a passage has a vector by the encoder.
    pub(crate) fn has_vector(&self, id: PassageId) -> bool {
        self.vectors.has(id)
    }

    /// Returns the passages that only BM25 finds.
    pub(crate) fn lexical_passages(&self) -> Result<PassageSet, EngineError> {
        let is_predicted = |id: PassageId| self.predictions.as_ref().is_some_and(|it| it.has(id));
        let mut lexical = PassageSet::new();
        for span in self.documents.spans() {
            let passages = span?.passage_ids();
            passages.filter(|&id| !self.has_vector(id) && !is_predicted(id)).for_each(|id| {
                lexical.insert(id);
            });
        }
        Ok(lexical)
    }

    /// Refuses another encoder than the collection's.
    pub(crate) fn must_be_of(&self, encoder: &Fingerprint) -> Result<(), EngineError> {
        if self.encoder == *encoder {
            return Ok(());
        }
        Err(EngineError::WrongEncoder {
            collection: Box::new(self.encoder.clone()),
            given: Box::new(encoder.clone()),
        })
    }

    /// Opens the documents of the last commit; nothing if there was none.
    pub(crate) fn stored(&self) -> Result<Option<DocumentStore>, EngineError> {
        let open = |manifest: &Manifest| {
            DocumentStore::open(&self.folder, &manifest.documents, &manifest.files)
        };
        self.committed.as_ref().map(open).transpose()
    }

    /// Opens the vectors of the last commit; nothing if there was none.
    pub(crate) fn stored_vectors(&self) -> Result<Option<VectorIndex>, EngineError> {
        let open =
            |manifest: &Manifest| VectorIndex::open(&self.folder.join(VECTORS), &manifest.vectors);
        Ok(self.committed.as_ref().map(open).transpose()?)
    }

    /// Adds the vector of a passage that had none or a prediction, which goes; those of one commit come
    /// by rising id.
    ///
    /// # Errors
    ///
    /// If the vector is not one, or cannot be written.
    pub fn add_vector(&mut self, id: PassageId, vector: &[f32]) -> Result<(), EngineError> {
        self.changed = true;
        self.vectors.add(id, vector)?;
        if let Some(predictions) = &mut self.predictions {
            predictions.delete(id);
        }
        Ok(())
    }

    /// Returns what predicts, if there is something.
    pub(crate) fn table(&self) -> Option<Arc<Table>> {
        self.predictions.as_ref().map(|predictions| Arc::clone(predictions.table()))
    }

    /// Begins predictions by a table, in the place of those that there are.
    ///
    /// # Errors
    ///
    /// If the table cannot be written.
    pub fn begin_predictions(&mut self, table: Table) -> Result<Arc<Table>, EngineError> {
        self.changed = true;
        // Two writers must not meet in the folder.
        self.predictions = None;
        let next = self.generation() + 1;
        let predictions = PredictionWriter::create(&self.folder, table, next)?;
        let table = Arc::clone(predictions.table());
        self.predictions = Some(predictions);
        Ok(table)
    }

    /// Adds a predicted vector of a passage; those of one commit come by rising id. Adds nothing
    /// where no predictions were begun.
    ///
    /// # Errors
    ///
    /// If the vector is not one, or cannot be written.
    pub fn predict(&mut self, id: PassageId, vector: &[f32]) -> Result<(), EngineError> {
        self.changed = true;
        self.predictions.as_mut().map_or(Ok(()), |predictions| predictions.add(id, vector))
    }

    /// Forgets the table and all that it predicted.
    pub fn drop_predictions(&mut self) {
        self.changed |= self.predictions.take().is_some();
    }

    /// Returns what was indexed so far.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Returns the number of a root, putting it into the list if it is new.
    pub(crate) fn root(&mut self, root: &Root) -> u32 {
        if let Some(known) = self.roots.iter().find(|known| known.path == root.path) {
            return known.number;
        }
        let number = self.roots.last().map_or(0, |last| last.number + 1);
        self.roots.push(Root { number, ..root.clone() });
        self.changed = true;
        number
    }

    /// Returns the extractors that read everything that is on disk; nothing if it is not known.
    pub(crate) fn extractors(&self) -> &str {
        &self.extractors
    }

    /// Notes the extractors that read everything that is on disk.
    pub(crate) fn set_extractors(&mut self, extractors: String) {
        if extractors != self.extractors && self.documents() > 0 {
            self.extractors = extractors;
            self.changed = true;
        }
    }

    /// Returns the files that the extractors made nothing of.
    pub(crate) fn unextracted(&self) -> &[Unextracted] {
        &self.unextracted
    }

    /// Notes which files gave no text. An empty collection is not made for that alone.
    pub(crate) fn set_unextracted(&mut self, files: Vec<Unextracted>) {
        if files != self.unextracted && self.documents() > 0 {
            self.unextracted = files;
            self.changed = true;
        }
    }

    /// Notes how a root that is known is read from now on; returns whether that is in another language.
    pub(crate) fn remember(&mut self, root: &Root) -> bool {
        let known = self.roots.iter_mut().find(|known| known.path == root.path);
        let Some(known) = known.filter(|known| known.reading != root.reading) else { return false };
        let before = known.language();
        known.reading.clone_from(&root.reading);
        self.changed = true;
        before != root.language()
    }

    fn language_of_root(&self, number: u32) -> Option<Language> {
        root_of(&self.roots, number).and_then(Root::language)
    }

    /// Returns what the collection knows of a document, changes since the last commit counted.
    pub(crate) fn entry(&self, id: &str) -> Result<Option<Entry>, EngineError> {
        self.documents.entry(id)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Result<Entry, EngineError>> {
        self.documents.entries()
    }

    /// Notes that a document whose content is the same now has another owner, line or stamp.
    pub(crate) fn move_to(
        &mut self,
        id: &str,
        root: u32,
        line: Option<u64>,
        stamp: Option<FileStamp>,
    ) -> Result<(), EngineError> {
        self.changed = true;
        if self.documents.move_to(id, root, line, stamp)? {
            Ok(())
        } else {
            let detail = format!("document {id:?} was to be kept and is not there");
            Err(EngineError::corrupt(&self.folder, detail))
        }
    }

    /// Adds a document, or puts it in the place of the one with its id, in both indexes.
    ///
    /// `vectors` has one vector for each passage, or none where it is not encoded yet. Returns whether
    /// there was one with its id.
    pub(crate) fn write(
        &mut self,
        stored: &StoredDocument,
        root: u32,
        stamp: Option<FileStamp>,
        vectors: &[Vec<f32>],
    ) -> Result<bool, EngineError> {
        let replaces = self.remove(&stored.document.id)?;
        self.changed = true;
        let first = self.next_passage;
        self.next_passage += stored.passages.len() as u64;
        let ids = (first..).map(PassageId);
        let (path, read_as) = (&stored.document.origin.path, self.language_of_root(root));
        add_passages(&mut self.lexical, ids.clone(), stored, path, read_as)?;
        for (id, vector) in ids.zip(vectors) {
            self.vectors.add(id, vector)?;
        }
        self.documents.insert(stored, (root, stamp), first)?;
        Ok(replaces)
    }

    /// Removes a document from both indexes; returns whether it was there.
    ///
    /// # Errors
    ///
    /// If an index cannot be written.
    pub fn remove(&mut self, id: &str) -> Result<bool, EngineError> {
        let Some(span) = self.documents.remove(id)? else {
            return Ok(false);
        };
        self.changed = true;
        for passage in span.passage_ids() {
            self.lexical.delete(passage);
            self.vectors.delete(passage);
            if let Some(predictions) = &mut self.predictions {
                predictions.delete(passage);
            }
        }
        Ok(true)
    }

    /// Removes a root and all documents that belong to it; returns their ids, or `None` if there
    /// is no such root.
    ///
    /// # Errors
    ///
    /// If an index cannot be written.
    pub fn forget(&mut self, root: &str) -> Result<Option<Vec<String>>, EngineError> {
        let Some(place) = self.roots.iter().position(|known| known.path == root) else {
            return Ok(None);
        };
        let number = self.roots[place].number;
        let mut ids = Vec::new();
        for entry in self.entries() {
            let entry = entry?;
            if entry.root == number {
                ids.push(entry.id);
            }
        }
        ids.sort_unstable();
        for id in &ids {
            self.remove(id)?;
        }
        self.roots.remove(place);
        self.changed = true;
        Ok(Some(ids))
    }

    /// Commits all changes as one generation; does nothing if there are none.
    ///
    /// `finish` marks the last commit of a run, which also builds missing HNSW graphs and finds the
    /// neighbours of passages.
    ///
    /// # Errors
    ///
    /// If a file cannot be written; the last commit stays in force.
    pub fn commit(&mut self, finish: bool) -> Result<u64, EngineError> {
        // Neighbours are those of all passages, so they wait until all are encoded.
        let is_encoded = self.is_encoded();
        let has_neighbours = is_encoded && self.passages() <= MOST_NEIGHBOURS;
        if !has_neighbours {
            self.vectors.drop_neighbours();
        }
        if is_encoded && finish && self.depth == Depth::Encoded {
            // There is nothing left to predict, and there will not be.
            self.drop_predictions();
        }
        // A collection of an earlier version has no neighbours, which is a change like any other.
        let lacks_neighbours =
            has_neighbours && self.committed.is_some() && self.vectors.lacks_neighbours();
        let is_to_finish = finish && (self.vectors.lacks_graph() || lacks_neighbours);
        if !self.changed && !is_to_finish {
            return Ok(self.generation());
        }
        let generation = self.generation() + 1;
        let lexical = self.lexical.commit()?;
        let mut vectors = self.vectors.commit(generation, finish)?;
        let predictions = self.predictions.as_mut().map(|it| it.commit(generation)).transpose()?;
        let documents = self.documents.commit(generation)?;
        if finish && has_neighbours {
            let firsts = first_passages(self.documents.spans())?;
            let owner = |id: PassageId| firsts.partition_point(|first| *first <= id.0);
            vectors = self.vectors.find_neighbours(generation, &owner)?;
        }
        let documents_folder = self.folder.within(DOCUMENTS);
        documents_folder.sync().map_err(EngineError::io("sync", &documents_folder))?;

        let manifest = Manifest {
            format: FORMAT,
            generation,
            encoder: self.encoder.clone(),
            splitting: self.splitting,
            roots: self.roots.clone(),
            extractors: self.extractors.clone(),
            unextracted: self.unextracted.clone(),
            next_passage: self.next_passage,
            files: BTreeMap::new(),
            documents,
            lexical,
            vectors,
            depth: self.depth,
            predictions,
        };
        let manifest = manifest.with_files(&self.folder, self.committed.as_ref())?;
        manifest.commit(&self.folder)?;
        self.hold.is_first_run = false;
        first_run::end(&self.folder);
        // What cannot be removed now, the next writer removes.
        let _ = sweep(&self.folder, &manifest.files.keys().map(String::as_str).collect());
        self.committed = Some(manifest);
        self.changed = !finish;
        Ok(generation)
    }
}

impl Drop for Hold {
    /// Leaves no empty collection behind where nothing was ever committed.
    fn drop(&mut self) {
        if !self.is_first_run || self.folder.join(MANIFEST).exists() {
            return;
        }
        if sweep(&self.folder, &BTreeSet::new()).is_ok() {
            first_run::end(&self.folder);
        }
        for part in PARTS {
            let _ = self.folder.disk().remove_folder(&self.folder.join(part));
        }
        self.lock.unlink(&self.folder);
        let _ = self.folder.disk().remove_folder(&self.folder);
    }
}

/// Returns the first passages of documents, rising: what tells the documents of passages apart.
pub(crate) fn first_passages(
    spans: impl Iterator<Item = Result<Span, EngineError>>,
) -> Result<Vec<u64>, EngineError> {
    let mut firsts: Vec<u64> = spans.map(|it| Ok(it?.first)).collect::<Result<_, EngineError>>()?;
    firsts.sort_unstable();
    Ok(firsts)
}

/// Adds the passages of a document to the BM25 index, under the ids that they have; they are read by a
/// language if one is set.
pub(crate) fn add_passages(
    lexical: &mut LexicalWriter,
    ids: impl Iterator<Item = PassageId>,
    StoredDocument { document, passages }: &StoredDocument,
    path: &str,
    read_as: Option<Language>,
) -> Result<(), EngineError> {
    let language = language_of(document, passages.len());
    for (id, passage) in ids.zip(passages) {
        lexical.add(&LexicalPassage {
            id,
            title: &document.title,
            headings: &passage.headings.join("\n"),
            body: passage.text(document),
            path,
            metadata: &document.metadata,
            language,
            read_as,
        })?;
    }
    Ok(())
}

/// Returns the language of a document: that of its text, and where it is too short to be sure, what the
/// document says. A file often says the language of the program that made it.
fn language_of(document: &Document, passages: usize) -> Option<Language> {
    let said = || {
        let said = ["language", "lang"].iter().find_map(|key| document.metadata.get(*key));
        said.and_then(|tag| Language::of_tag(tag))
    };
    // All of the text tells nothing more of its only passage.
    if passages == 1 {
        return said();
    }
    Language::surely_of(&document.text).or_else(said).or_else(|| Language::of(&document.text))
}

/// Removes files that no generation names: leftovers of an interrupted run or of older commits.
///
/// They stay for a later time while a reader is opening a generation that may have them.
pub(crate) fn sweep(folder: &Folder, named: &BTreeSet<&str>) -> Result<(), EngineError> {
    let Some(_removing) = Removing::begin(folder) else { return Ok(()) };
    let files = own_files(folder)?;
    for orphan in files.iter().filter(|name| !named.contains(name.as_str())) {
        let path = folder.join(orphan);
        folder.disk().remove(&path).map_err(EngineError::io("remove", &path))?;
    }
    Ok(())
}

fn same_splitting(collection: Splitting, given: Splitting) -> Result<(), EngineError> {
    let differs = |setting, collection: usize, given: usize| EngineError::FixedSetting {
        setting,
        collection: collection.to_string(),
        given: given.to_string(),
    };
    if collection.max_tokens != given.max_tokens {
        return Err(differs("passage-tokens", collection.max_tokens, given.max_tokens));
    }
    if collection.overlap_tokens != given.overlap_tokens {
        return Err(differs("overlap-tokens", collection.overlap_tokens, given.overlap_tokens));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
