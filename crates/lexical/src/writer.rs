//! Writes passages into an index.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::store::Compressor;
use tantivy::{
    Index, IndexSettings, IndexWriter, ReloadPolicy, SegmentReader, TantivyDocument, TantivyError,
    Term,
};
use trommel_core::disk::{BlockHashes, Folder};
use trommel_core::{Metadata, PassageId};

use crate::directory::GenerationDirectory;
use crate::index::{languages, open_at};
use crate::language::{Certainty, Guess};
use crate::merging::{Size, groups};
use crate::postings::live_holding;
use crate::schema::{Fields, PASSAGE, schema};
use crate::segment::dead;
use crate::waiting::Waiting;
use crate::{Analyzer, Language, LexicalError, LexicalState};

/// How much is gathered in memory before a segment is written out.
const MEMORY_BYTES: usize = 64 << 20;

/// How many passages are analysed at a time, side by side.
const AT_ONCE: usize = 128;

/// A language is usual in an index if one passage of so many is in it.
const USUAL: u64 = 20;

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
    /// The document's language, if it is known: the passage is taken to be in it unless it clearly is in
    /// another.
    pub language: Option<Language>,
    /// The language that the passage is read by, whatever it seems to be in.
    pub read_as: Option<Language>,
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
    /// How many passages were written in which language.
    languages: BTreeMap<Language, u64>,
    /// Passages that were added and are not analysed yet.
    waiting: Vec<Waiting>,
}

impl LexicalWriter {
    /// Starts an empty index of the newest analyzer in `folder`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or written.
    pub fn create(folder: impl Into<Folder>) -> Result<Self, LexicalError> {
        Self::create_for(folder.into(), Analyzer::NEWEST)
    }

    fn create_for(folder: Folder, analyzer: Analyzer) -> Result<Self, LexicalError> {
        folder
            .create()
            .map_err(|source| LexicalError::Io { path: folder.path().to_owned(), source })?;
        let directory = GenerationDirectory::empty(&folder)?;
        // documents are kept elsewhere: there is nothing to compress
        let settings =
            IndexSettings { docstore_compression: Compressor::None, ..IndexSettings::default() };
        let mut index = Index::create(directory.clone(), schema(analyzer).0, settings)
            .map_err(|error| LexicalError::from_tantivy("creating", &folder, error))?;
        index.set_tokenizers(analyzer.tokenizers());
        Self::over(folder, analyzer, directory, index, BTreeMap::new())
    }

    /// Opens the index in `folder` at `state` to write on from there, with the analyzer that made it.
    ///
    /// # Errors
    ///
    /// If an analyzer made the index that this version does not have, or a file is missing or not what the state says.
    pub fn open(folder: impl Into<Folder>, state: &LexicalState) -> Result<Self, LexicalError> {
        Self::open_checked(folder, state, &BTreeMap::new())
    }

    /// Opens the index in `folder` at `state` to write on from there; of the files whose blocks have hashes,
    /// each block is verified when it is first read. The others must be whole.
    ///
    /// # Errors
    ///
    /// As for [`LexicalWriter::open`], and [`LexicalError::Corrupt`] if a block is damaged, also when a
    /// commit meets it.
    pub fn open_checked(
        folder: impl Into<Folder>,
        state: &LexicalState,
        blocks: &BTreeMap<String, BlockHashes>,
    ) -> Result<Self, LexicalError> {
        let folder = folder.into();
        let (analyzer, directory, index) = open_at(&folder, state, blocks)?;
        let languages = languages(&folder, state)?;
        Self::over(folder, analyzer, directory, index, languages)
    }

    fn over(
        folder: Folder,
        analyzer: Analyzer,
        directory: GenerationDirectory,
        index: Index,
        languages: BTreeMap<Language, u64>,
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
        let waiting = Vec::new();
        Ok(Self { folder, analyzer, directory, index, writer, fields, languages, waiting })
    }

    /// Adds a passage; it is found after the next commit.
    ///
    /// # Errors
    ///
    /// If a segment could not be written, such as on a full disk.
    pub fn add(&mut self, passage: &LexicalPassage<'_>) -> Result<(), LexicalError> {
        self.waiting.push(Waiting::of(passage));
        if self.waiting.len() < AT_ONCE {
            return Ok(());
        }
        self.index_waiting()
    }

    /// Analyses the passages that wait, many at a time, and hands them to tantivy in their order.
    fn index_waiting(&mut self) -> Result<(), LexicalError> {
        let waiting = std::mem::take(&mut self.waiting);
        let languages = match self.fields.language {
            None => vec![None; waiting.len()],
            Some(_) => {
                let guess = |passage: &Waiting| Guess::of(&passage.body);
                let guesses: Vec<Option<Guess>> = waiting.par_iter().map(guess).collect();
                // What is usual depends on all passages before, so this goes one by one.
                let both = waiting.iter().zip(guesses);
                both.map(|(passage, guess)| Some(self.take_language(passage, guess))).collect()
            }
        };
        let (fields, analyzer) = (self.fields, self.analyzer);
        let document =
            |(passage, language): (&Waiting, _)| passage.document(fields, analyzer, language);
        let documents: Vec<TantivyDocument> =
            waiting.par_iter().zip(languages).map(document).collect();
        for document in documents {
            if let Err(error) = self.writer.add_document(document) {
                return Err(self.cause(error));
            }
        }
        Ok(())
    }

    /// Deletes a passage, of a state or added since; one that is not there is no error.
    pub fn delete(&mut self, id: PassageId) {
        self.waiting.retain(|passage| passage.id != id);
        self.writer.delete_term(Term::from_field_u64(self.fields.passage, id.0));
    }

    /// Writes out all that was added and deleted; returns the new state.
    ///
    /// All files of the state are durable when this returns, and none of an earlier state was
    /// changed.
    ///
    /// # Errors
    ///
    /// If a file cannot be written. What was added since the last commit is then lost to this
    /// writer, and every earlier state is whole.
    pub fn commit(&mut self) -> Result<LexicalState, LexicalError> {
        self.index_waiting()?;
        let (files, passages) = self.write_out().map_err(|error| self.failed(error))?;
        let languages = self.count_languages().map_err(|error| self.failed(error))?;
        Ok(LexicalState {
            analyzer: self.analyzer.name().into(),
            meta: self.directory.meta()?,
            files: self.directory.settle(&files)?,
            passages,
            languages,
        })
    }

    /// Returns how many passages are in which language, by its code.
    fn count_languages(&mut self) -> tantivy::Result<BTreeMap<String, u64>> {
        let mut counts = BTreeMap::new();
        let Some(field) = self.fields.language else { return Ok(counts) };
        let reader = self.index.reader_builder().reload_policy(ReloadPolicy::Manual);
        for segment in reader.try_into()?.searcher().segment_readers() {
            let dead = dead(segment);
            let index = segment.inverted_index(field)?;
            let mut codes = index.terms().stream()?;
            while let Some((code, info)) = codes.next() {
                let code = String::from_utf8_lossy(code).into_owned();
                let holding = live_holding(&index, info, &dead)?;
                if holding > 0 {
                    *counts.entry(code).or_default() += holding;
                }
            }
        }
        let known =
            counts.iter().filter_map(|(code, count)| Some((Language::of_code(code)?, *count)));
        self.languages = known.collect();
        Ok(counts)
    }

    /// Commits and merges; returns the names of the segments' files and the number of their passages.
    fn write_out(&mut self) -> tantivy::Result<(BTreeSet<String>, u64)> {
        self.writer.commit()?;
        let segments = self.index.searchable_segment_metas()?;
        let sizes: Vec<Size> = segments
            .iter()
            .map(|meta| Size { live: meta.num_docs(), dead: meta.num_deleted_docs() })
            .collect();
        for group in groups(&sizes) {
            let first = |&segment: &usize| {
                let reader = SegmentReader::open(&self.index.segment(segments[segment].clone()))?;
                let ids = reader.fast_fields().u64(PASSAGE)?;
                Ok((ids.min_value(), segments[segment].id()))
            };
            // In the order of their passages, so that these rise in the merged segment, too, and whoever
            // opens it need not sort them.
            let mut group = group.iter().map(first).collect::<tantivy::Result<Vec<_>>>()?;
            group.sort_unstable();
            let ids: Vec<_> = group.into_iter().map(|(_, id)| id).collect();
            self.writer.merge(&ids).wait()?;
        }
        let meta = self.index.load_metas()?;
        let files = meta.list_segment_files().into_iter();
        let names = files.map(|file| file.to_string_lossy().into_owned()).collect();
        let passages = meta.segments.iter().map(|meta| u64::from(meta.num_docs())).sum();
        Ok((names, passages))
    }

    /// Returns the language that a passage is read by, and counts it: the one that is set, else its own if its
    /// text is long enough to be sure, else the document's, else its own if that is likely at all or one of the
    /// collection, else the one that most passages are in.
    fn take_language(&mut self, passage: &Waiting, guess: Option<Guess>) -> Language {
        let own =
            |least| guess.filter(|guess| guess.certainty >= least).map(|guess| guess.language);
        let most = || self.languages.iter().max_by_key(|(_, count)| **count).map(|(it, _)| *it);
        let language = passage
            .read_as
            .or_else(|| own(Certainty::Sure))
            .or(passage.language)
            .or(own(Certainty::Likely))
            .or(own(Certainty::Open).filter(|language| self.is_usual(*language)))
            .or_else(most)
            .unwrap_or(Language::ENGLISH);
        *self.languages.entry(language).or_default() += 1;
        language
    }

    /// Whether so many passages are in a language that another one may well be.
    fn is_usual(&self, language: Language) -> bool {
        let count = self.languages.get(&language).copied().unwrap_or_default();
        count * USUAL >= self.languages.values().sum() && count > 0
    }

    /// Returns what stopped the indexing thread, of which `error` only says that it did.
    fn cause(&mut self, error: TantivyError) -> LexicalError {
        let error = match self.writer.prepare_commit() {
            Err(cause) => cause,
            Ok(_) => error,
        };
        self.failed(error)
    }

    /// Returns the write that failed or the damage that was read, if there is one, else what tantivy says.
    fn failed(&self, error: TantivyError) -> LexicalError {
        let met = self.directory.failure().or_else(|| self.directory.damage().get());
        met.unwrap_or_else(|| LexicalError::from_tantivy("writing", &self.folder, error))
    }
}

#[cfg(test)]
mod tests {
    use trommel_core::{Query, Retriever};

    use super::*;
    use crate::{LexicalIndex, LexicalSettings};

    #[test]
    fn an_index_of_an_older_analyzer_is_read_and_written_on_as_it_is() {
        for name in ["english-v1", "english-v2"] {
            let folder = tempfile::tempdir().unwrap();
            let analyzer = Analyzer::of_name(name).unwrap();
            let mut writer = LexicalWriter::create_for(folder.path().into(), analyzer).unwrap();
            let metadata = Metadata::new();
            let body = "Der Gärtner gießt die jungen Rosen jeden Morgen, und getUserName ruft ihn.";
            let passage = LexicalPassage {
                id: PassageId(0),
                title: "",
                headings: "",
                body,
                path: "",
                metadata: &metadata,
                language: Language::of(body),
                read_as: None,
            };
            writer.add(&passage).unwrap();
            let first = writer.commit().unwrap();
            let mut writer = LexicalWriter::open(folder.path(), &first).unwrap();
            writer.add(&LexicalPassage { id: PassageId(1), ..passage }).unwrap();
            let state = writer.commit().unwrap();
            assert_eq!((state.analyzer.as_str(), state.languages.len()), (name, 0));
            // what states of those versions say
            assert!(!serde_json::to_string(&state).unwrap().contains("languages"));

            let index = LexicalIndex::open(folder.path(), &state).unwrap();
            let found = |text| {
                let query = Query { text, vector: &[] };
                index.retriever(LexicalSettings::default()).retrieve(query, 9, None).unwrap().len()
            };
            assert_eq!(["Rosen", "die", "getusername"].map(found), [2; 3], "{name}");
            assert_eq!(["Rose", "user"].map(found), [0; 2], "{name}");
        }
    }
}
