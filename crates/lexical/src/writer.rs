//! Writes passages into an index.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::schema::OwnedValue;
use tantivy::store::Compressor;
use tantivy::{Index, IndexSettings, IndexWriter, TantivyDocument, TantivyError, Term};
use trommel_core::disk::Folder;
use trommel_core::{Metadata, PassageId};

use crate::directory::GenerationDirectory;
use crate::index::open_at;
use crate::merging::{Size, groups};
use crate::schema::{Fields, schema};
use crate::{Analyzer, LexicalError, LexicalState};

/// How much is gathered in memory before a segment is written out.
const MEMORY_BYTES: usize = 64 << 20;

/// A passage as the index sees it; text that is not there is empty.
#[derive(Debug, Clone, Copy)]
pub struct LexicalPassage<'a> {
    /// The passage's id, not in the index yet.
    pub id: PassageId,
    /// The document's title.
    pub title: &'a str,
    /// The headings above the passage.
    pub headings: &'a str,
    /// The passage's own text.
    pub body: &'a str,
    /// The document's path.
    pub path: &'a str,
    /// The document's metadata.
    pub metadata: &'a Metadata,
}

/// A writer of one index.
///
/// It writes into a folder in which nothing that a state names is ever changed or removed. Who
/// uses it sees to it that there is one writer at a time, commits the states, and removes files
/// that no state names any more. Dropping it drops what was not committed.
pub struct LexicalWriter {
    folder: Folder,
    analyzer: Analyzer,
    directory: GenerationDirectory,
    index: Index,
    writer: IndexWriter,
    fields: Fields,
}

impl LexicalWriter {
    /// Starts an empty index of the newest analyzer in `folder`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or written.
    pub fn create(folder: impl Into<Folder>) -> Result<Self, LexicalError> {
        let folder = folder.into();
        folder
            .create()
            .map_err(|source| LexicalError::Io { path: folder.path().to_owned(), source })?;
        let directory = GenerationDirectory::empty(&folder)?;
        // documents are kept elsewhere: there is nothing to compress
        let settings =
            IndexSettings { docstore_compression: Compressor::None, ..IndexSettings::default() };
        let analyzer = Analyzer::NEWEST;
        let mut index = Index::create(directory.clone(), schema(analyzer).0, settings)
            .map_err(|error| LexicalError::from_tantivy("creating", &folder, error))?;
        index.set_tokenizers(analyzer.tokenizers());
        Self::over(folder, analyzer, directory, index)
    }

    /// Opens the index in `folder` at `state` to write on from there, with the analyzer that made it.
    ///
    /// # Errors
    ///
    /// If an analyzer made the index that this version does not have, or a file is missing or not what the state says.
    pub fn open(folder: impl Into<Folder>, state: &LexicalState) -> Result<Self, LexicalError> {
        let folder = folder.into();
        let (analyzer, directory, index) = open_at(&folder, state)?;
        Self::over(folder, analyzer, directory, index)
    }

    fn over(
        folder: Folder,
        analyzer: Analyzer,
        directory: GenerationDirectory,
        index: Index,
    ) -> Result<Self, LexicalError> {
        // one thread, so that equal input is cut into equal segments
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(MEMORY_BYTES)
            .build();
        let writer = index
            .writer_with_options(options)
            .map_err(|error| LexicalError::from_tantivy("opening", &folder, error))?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let fields = schema(analyzer).1;
        Ok(Self { folder, analyzer, directory, index, writer, fields })
    }

    /// Adds a passage; it is found after the next commit.
    ///
    /// # Errors
    ///
    /// If a segment could not be written, such as on a full disk.
    pub fn add(&mut self, passage: &LexicalPassage<'_>) -> Result<(), LexicalError> {
        let document = self.document(passage);
        match self.writer.add_document(document) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.cause(error)),
        }
    }

    /// Deletes a passage, of a state or added since; one that is not there is no error.
    pub fn delete(&mut self, id: PassageId) {
        self.writer.delete_term(Term::from_field_u64(self.fields.passage, id.0));
    }

    /// Writes out all that was added and deleted; returns the new state.
    ///
    /// All files of the state are durable when this returns, and none of an earlier state was
    /// changed. No segment of the state holds a deleted passage.
    ///
    /// # Errors
    ///
    /// If a file cannot be written. What was added since the last commit is then lost to this
    /// writer, and every earlier state is whole.
    pub fn commit(&mut self) -> Result<LexicalState, LexicalError> {
        let (segments, passages) = self.write_out().map_err(|error| self.failed(error))?;
        Ok(LexicalState {
            analyzer: self.analyzer.name().into(),
            meta: self.directory.meta()?,
            files: self.directory.settle(&segments)?,
            passages,
        })
    }

    /// Commits and merges; returns the segments' names and the number of their passages.
    fn write_out(&mut self) -> tantivy::Result<(BTreeSet<String>, u64)> {
        self.writer.commit()?;
        let segments = self.index.searchable_segment_metas()?;
        let sizes: Vec<Size> = segments
            .iter()
            .map(|meta| Size { live: meta.num_docs(), dead: meta.num_deleted_docs() })
            .collect();
        for group in groups(&sizes) {
            let ids: Vec<_> = group.iter().map(|&segment| segments[segment].id()).collect();
            self.writer.merge(&ids).wait()?;
        }
        let segments = self.index.searchable_segment_metas()?;
        let names = segments.iter().map(|meta| meta.id().uuid_string()).collect();
        let passages = segments.iter().map(|meta| u64::from(meta.num_docs())).sum();
        Ok((names, passages))
    }

    fn document(&self, passage: &LexicalPassage<'_>) -> TantivyDocument {
        let fields = self.fields;
        let mut document = TantivyDocument::default();
        document.add_u64(fields.passage, passage.id.0);
        let texts = [
            (fields.title, passage.title),
            (fields.body, passage.title),
            (fields.body, passage.headings),
            (fields.body, passage.body),
            (fields.path, passage.path),
        ];
        for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            document.add_text(field, text);
        }
        if !passage.metadata.is_empty() {
            let metadata: BTreeMap<String, OwnedValue> = passage
                .metadata
                .iter()
                .map(|(key, value)| (key.clone(), OwnedValue::Str(value.clone())))
                .collect();
            document.add_object(fields.metadata, metadata);
        }
        document
    }

    /// Returns what stopped the indexing thread, of which `error` only says that it did.
    fn cause(&mut self, error: TantivyError) -> LexicalError {
        let error = match self.writer.prepare_commit() {
            Err(cause) => cause,
            Ok(_) => error,
        };
        self.failed(error)
    }

    /// Returns the write that failed, if one did, else what tantivy says.
    fn failed(&self, error: TantivyError) -> LexicalError {
        let written = self.directory.failure();
        written.unwrap_or_else(|| LexicalError::from_tantivy("writing", &self.folder, error))
    }
}
