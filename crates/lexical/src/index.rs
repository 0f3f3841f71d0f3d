//! An index opened at one state.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{DocId, Index, ReloadPolicy, Searcher, TantivyError, Term};
use trommel_core::disk::{BlockHashes, Folder};
use trommel_core::{PassageId, PassageSet};

use crate::bm25::LengthNorms;
use crate::checked::DamageNote;
use crate::directory::GenerationDirectory;
use crate::language::Languages;
use crate::lookup::Lookups;
use crate::postings::{TermPostings, live_holding};
use crate::schema::{Fields, schema};
use crate::segment::Segment;
use crate::{
    Analyzer, ExpandedRetriever, Expansion, Language, LexicalError, LexicalRetriever,
    LexicalSettings, LexicalState, QueryTerm, bm25,
};

/// A lexical index, open for reading at exactly one state.
///
/// Its answers depend on the passages of the state alone, not on the segments that hold them.
pub struct LexicalIndex {
    folder: PathBuf,
    files: Vec<String>,
    damage: DamageNote,
    analyzer: Analyzer,
    /// How many passages are in which language.
    languages: BTreeMap<Language, u64>,
    searcher: Searcher,
    pub(crate) fields: Fields,
    pub(crate) segments: Vec<Segment>,
    pub(crate) passages: u64,
    title: FieldStatistics,
    body: FieldStatistics,
    pub(crate) lookups: Lookups,
}

/// What BM25 knows of a field.
pub(crate) struct FieldStatistics {
    words: u64,
    pub(crate) lengths: LengthNorms,
}

impl FieldStatistics {
    fn new(words: u64, passages: u64) -> Self {
        Self { words, lengths: LengthNorms::new(words as f64 / passages as f64) }
    }
}

impl LexicalIndex {
    /// Opens the index in `folder` at `state`.
    ///
    /// The files must be whole: tantivy may answer from damaged ones, or panic. Compare their
    /// hashes first, or see [`LexicalIndex::open_checked`].
    ///
    /// # Errors
    ///
    /// If an analyzer made the index that this version does not have, or a file is missing or not what the state says.
    pub fn open(folder: &Path, state: &LexicalState) -> Result<Self, LexicalError> {
        Self::open_checked(folder, state, &BTreeMap::new())
    }

    /// Opens the index in `folder` at `state`; of the files whose blocks have hashes, each block is verified
    /// when it is first read. The others must be whole.
    ///
    /// # Errors
    ///
    /// As for [`LexicalIndex::open`], and [`LexicalError::Corrupt`] if a block is damaged; a search that
    /// meets one fails with [`RetrieverError::Corrupt`].
    ///
    /// [`RetrieverError::Corrupt`]: trommel_core::RetrieverError::Corrupt
    pub fn open_checked(
        folder: &Path,
        state: &LexicalState,
        blocks: &BTreeMap<String, BlockHashes>,
    ) -> Result<Self, LexicalError> {
        let (analyzer, directory, index) = open_at(&folder.into(), state, blocks)?;
        let damage = directory.damage();
        let failed = |error| match damage.get() {
            Some(error) => error,
            None => LexicalError::from_tantivy("opening", folder, error),
        };
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let searcher = reader.try_into().map_err(failed)?.searcher();

        let (_, fields) = schema(analyzer);
        let segments = searcher
            .segment_readers()
            .iter()
            .map(|reader| Segment::open(reader, fields))
            .collect::<tantivy::Result<Vec<_>>>()
            .map_err(failed)?;
        let passages = segments.iter().map(Segment::passages).sum();
        if passages != state.passages || passages != searcher.num_docs() {
            return Err(LexicalError::Corrupt {
                path: folder.to_owned(),
                detail: format!("expected {} passages, got {passages}", state.passages),
            });
        }
        let title = segments.iter().map(|segment| segment.words(&segment.title)).sum();
        let body = segments.iter().map(|segment| segment.words(&segment.body)).sum();
        let languages = languages(folder, state)?;
        Ok(Self {
            folder: folder.to_owned(),
            files: state.files.clone(),
            damage,
            analyzer: analyzer.for_languages(languages.keys().copied()),
            languages,
            searcher,
            fields,
            segments,
            passages,
            title: FieldStatistics::new(title, passages),
            body: FieldStatistics::new(body, passages),
            lookups: Lookups::default(),
        })
    }

    /// Returns how its texts became terms, and so must whatever is compared with them.
    #[must_use]
    pub fn analyzer(&self) -> Analyzer {
        self.analyzer
    }

    /// Returns how many passages were read by which language; nothing where an older analyzer read
    /// everything as English.
    #[must_use]
    pub fn languages(&self) -> &BTreeMap<Language, u64> {
        &self.languages
    }

    /// Returns the set of all passages in the index.
    ///
    /// # Errors
    ///
    /// None at present: the ids are read when the index is opened.
    pub fn passages(&self) -> Result<PassageSet, LexicalError> {
        Ok(self.segments.iter().flat_map(Segment::live).map(|(_, id)| id).collect())
    }

    /// Returns the files of the state that are missing or fail their own checksum, sorted.
    ///
    /// A file's checksum is of its content; a change in the footer after it, which names
    /// tantivy's version and holds the checksum, can go unseen here.
    #[must_use]
    pub fn verify(&self) -> Vec<PathBuf> {
        let directory = self.searcher.index().directory();
        let whole = |name: &str| matches!(directory.validate_checksum(Path::new(name)), Ok(true));
        self.files.iter().filter(|name| !whole(name)).map(|name| self.folder.join(name)).collect()
    }

    /// Returns the index as a retriever.
    #[must_use]
    pub fn retriever(&self, settings: LexicalSettings) -> LexicalRetriever<'_> {
        LexicalRetriever::new(self, settings)
    }

    /// Returns the index as a retriever of passages that have words of their neighbours, too: of each
    /// term `amount`, from 0, of the mean of the neighbours' counts.
    #[must_use]
    pub fn expanded_retriever<'a>(
        &'a self,
        expansion: &'a Expansion,
        title_weight: f32,
        amount: f32,
    ) -> ExpandedRetriever<'a> {
        ExpandedRetriever::new(self, expansion, title_weight, amount)
    }

    /// Returns how much a term tells of a passage that has it: BM25's idf, positive; 0 for a term
    /// that no passage has.
    ///
    /// # Errors
    ///
    /// If tantivy cannot read its list of terms.
    pub fn idf(&self, term: &QueryTerm) -> Result<f64, LexicalError> {
        let holding = TermPostings::find(self, |segment| &segment.body, term)
            .and_then(|found| found.holding())
            .map_err(|error| self.failed(error))?;
        Ok(if holding == 0 { 0.0 } else { self.idf_of(term, holding) })
    }

    /// Returns the idf of a term that stands in `holding` passages, or is a stop word of the language of
    /// others: these would have it, and are counted as if.
    pub(crate) fn idf_of(&self, term: &QueryTerm, holding: u64) -> f64 {
        let holding = holding + self.passages_in(term.stop_in);
        bm25::idf(holding.min(self.passages), self.passages)
    }

    /// Returns how many passages are in any of some languages.
    pub(crate) fn passages_in(&self, languages: Languages) -> u64 {
        if languages.is_empty() {
            return 0;
        }
        self.languages.iter().filter(|(it, _)| languages.has(**it)).map(|(_, count)| count).sum()
    }

    pub(crate) fn corrupt(&self, detail: &str) -> LexicalError {
        LexicalError::Corrupt { path: self.folder.clone(), detail: detail.to_owned() }
    }

    /// Returns the damage that reading met, if it did, else what tantivy says.
    pub(crate) fn failed(&self, error: TantivyError) -> LexicalError {
        let tantivys = || LexicalError::from_tantivy("reading", &self.folder, error);
        self.damage().unwrap_or_else(tantivys)
    }

    /// Returns the damage that reading met, if it did.
    pub(crate) fn damage(&self) -> Option<LexicalError> {
        self.damage.get()
    }

    pub(crate) fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    pub(crate) fn title(&self) -> &FieldStatistics {
        &self.title
    }

    pub(crate) fn body(&self) -> &FieldStatistics {
        &self.body
    }

    /// Returns the segment and the place in it of a passage.
    pub(crate) fn find(&self, id: PassageId) -> Option<(usize, DocId)> {
        self.segments
            .iter()
            .enumerate()
            .find_map(|(place, segment)| segment.find(id).map(|doc| (place, doc)))
    }
}

/// The statistics that tantivy's own scorers are given.
impl Bm25StatisticsProvider for LexicalIndex {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        if field == self.fields.title {
            Ok(self.title.words)
        } else if field == self.fields.body {
            Ok(self.body.words)
        } else {
            self.searcher.total_num_tokens(field)
        }
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.passages)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let mut holding = 0;
        for segment in &self.segments {
            let terms = segment.reader.inverted_index(term.field())?;
            if let Some(info) = terms.get_term_info(term)? {
                holding += live_holding(&terms, &info, segment.dead())?;
            }
        }
        Ok(holding)
    }
}

/// Returns how many passages of a state are in which language.
pub(crate) fn languages(
    folder: &Path,
    state: &LexicalState,
) -> Result<BTreeMap<Language, u64>, LexicalError> {
    let known = |(code, count): (&String, &u64)| {
        let language = Language::of_code(code).ok_or_else(|| LexicalError::Corrupt {
            path: folder.to_owned(),
            detail: format!("expected the code of a language, got {code:?}"),
        })?;
        Ok((language, *count))
    };
    state.languages.iter().map(known).collect()
}

/// Opens a folder at a state, for reading or writing, with the analyzer that made it.
pub(crate) fn open_at(
    folder: &Folder,
    state: &LexicalState,
    blocks: &BTreeMap<String, BlockHashes>,
) -> Result<(Analyzer, GenerationDirectory, Index), LexicalError> {
    let analyzer = Analyzer::of_name(&state.analyzer).ok_or_else(|| LexicalError::Analyzer {
        expected: Analyzer::NEWEST.name().into(),
        got: state.analyzer.clone(),
    })?;
    let directory = GenerationDirectory::at(folder, state, blocks)?;
    let mut index = Index::open(directory.clone())
        .map_err(|error| LexicalError::from_tantivy("opening", folder, error))?;
    if index.schema() != schema(analyzer).0 {
        return Err(LexicalError::Corrupt {
            path: folder.path().to_owned(),
            detail: "its fields are not those of this version".into(),
        });
    }
    index.set_tokenizers(analyzer.tokenizers());
    Ok((analyzer, directory, index))
}
