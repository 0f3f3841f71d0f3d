//! A collection as a program sees it: documents go in, answers come out.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;

use trommel_core::Document;
use trommel_engine::{
    CollectionSettings, DeepenRequest, Depth, Depths, EngineError, Event, IndexRequest, Manifest,
    ReloadPolicy, Report, Searcher, Snapshot, Source, Stage, Status, StoredDocument, Updates,
    Upserted, deepen, status,
};
use trommel_ingest::{IngestOptions, Input, Limits};

use crate::score_cache::{SharedScores, late_vectors};
use crate::search::Search;
use crate::{Models, Result};

/// After how many passages a long run commits what it has: some minutes of encoding.
const COMMIT_EVERY: usize = 2_000;

/// A folder of documents that can be searched.
///
/// Any number of threads may use one: searches run side by side on the newest generation, changes
/// wait for each other. Other processes may search and change the same folder meanwhile.
pub struct Collection {
    folder: PathBuf,
    models: Models,
    settings: CollectionSettings,
    scores: Option<SharedScores>,
    /// Sources beside the collection's own indexes.
    sources: Vec<Source>,
    /// What searches, with the stage that it was opened for.
    opened: RwLock<Option<(Stage, Arc<Searcher>)>>,
    /// Changes that are not committed yet.
    updates: Mutex<Option<Updates>>,
}

impl Collection {
    /// Opens a collection that is there.
    ///
    /// # Errors
    ///
    /// If there is none in the folder, or its manifest is damaged.
    pub fn open(folder: impl Into<PathBuf>, models: &Models) -> Result<Self> {
        let collection = Self::open_or_create(folder, models)?;
        Manifest::read(&collection.folder)?;
        Ok(collection)
    }

    /// Opens a collection, or prepares to make one: it is on disk with its first commit.
    ///
    /// # Errors
    ///
    /// If the folder holds a collection that is damaged.
    pub fn open_or_create(folder: impl Into<PathBuf>, models: &Models) -> Result<Self> {
        let folder = folder.into();
        // The program may change its working folder later.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        match Manifest::read(&folder) {
            Ok(_) | Err(EngineError::NoCollection { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self {
            folder,
            models: models.clone(),
            settings: CollectionSettings::default(),
            scores: None,
            sources: Vec::new(),
            opened: RwLock::default(),
            updates: Mutex::default(),
        })
    }

    /// Sets what shapes the collection where this makes it, such as the length of passages.
    #[must_use]
    pub fn with_settings(self, settings: CollectionSettings) -> Self {
        Self { settings, ..self }
    }

    /// Keeps the reranker's scores, so that a query that comes again costs less. Without this
    /// nothing is written but the collection itself.
    #[must_use]
    pub fn with_scores(self, scores: SharedScores) -> Self {
        Self { scores: Some(scores), ..self }
    }

    /// Adds a source of candidates beside the collection's own indexes, such as another engine.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.sources.push(source);
        self
    }

    /// Returns the collection's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the models that the collection is used with.
    #[must_use]
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// Brings the collection up to date with files and folders, and commits: what changed is
    /// encoded, what is gone from one of these folders is removed. No paths mean everything that
    /// was indexed before.
    ///
    /// # Errors
    ///
    /// If another process writes to the collection, a path is not there, or a model is missing.
    pub fn index<P: Into<PathBuf>>(&self, paths: impl IntoIterator<Item = P>) -> Result<Report> {
        let inputs = paths.into_iter().map(|path| Input::Path(path.into())).collect();
        let request = IndexRequest {
            inputs,
            ingest: IngestOptions::default(),
            keep_missing: false,
            allow_empty: false,
            as_before: false,
            commit_every: COMMIT_EVERY,
            depth: None,
            refine: true,
            late: None,
        };
        self.index_with(request, &mut |_| {}, &AtomicBool::new(false))
    }

    /// Runs an indexing request, tells how far it is, and ends at the last commit once `cancel` is
    /// set.
    ///
    /// # Errors
    ///
    /// As for [`Collection::index`]; [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) after
    /// `cancel`.
    pub fn index_with(
        &self,
        request: IndexRequest,
        progress: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Report> {
        // Two writers at a time are refused, and what waits here was asked for first.
        self.commit()?;
        let (encoder, counter) = (self.encoder_id()?, &self.models);
        let (encoder, counter) = (self.models.encoder(&encoder)?, counter.counter(&encoder)?);
        let Self { folder, settings, .. } = self;
        let late = || Some(late_vectors(&self.scores.as_ref()?.folder, encoder.fingerprint()));
        let request = IndexRequest { late: request.late.or_else(late), ..request };
        Ok(trommel_engine::index(
            folder.as_path(),
            request,
            settings,
            &*encoder,
            &*counter,
            progress,
            cancel,
        )?)
    }

    /// Encodes some passages that are not encoded yet, as far as the collection's depth asks for it, and
    /// commits; returns how deep passages are then, or nothing if there was nothing to do. Meanwhile
    /// documents that are to be added wait.
    ///
    /// Where nothing predicts vectors yet, a sample of the passages is encoded first, which may be more
    /// than `most`.
    ///
    /// # Errors
    ///
    /// As for [`Collection::index_with`].
    pub fn deepen(
        &self,
        most: usize,
        progress: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Option<Depths>> {
        let manifest = Manifest::read(&self.folder)?;
        let until = manifest.depth;
        let is_deep = match until {
            Depth::Lexical => true,
            Depth::Predicted => manifest.depths().lexical == 0,
            Depth::Encoded => manifest.depths().encoded == manifest.documents.passages,
        };
        if is_deep {
            return Ok(None);
        }
        self.commit()?;
        let encoder = self.models.encoder(&self.encoder_id()?)?;
        let late = self.scores.as_ref().map(|it| late_vectors(&it.folder, encoder.fingerprint()));
        let known = late.as_ref().map(|late| late.all()).unwrap_or_default();
        let request = DeepenRequest { most, late: known, ..DeepenRequest::until(until) };
        let _waiting = self.updates();
        let vectors = self.settings.vectors;
        let deepened = deepen(&*self.folder, &request, &*encoder, vectors, progress, cancel)?;
        if let Some(late) = late {
            late.clear();
        }
        Ok(Some(deepened.depths))
    }

    /// Adds a document, or puts it in the place of the one with its id; searches see it after
    /// [`Collection::commit`].
    ///
    /// # Errors
    ///
    /// If another process writes to the collection, or the document cannot be indexed: its id is
    /// empty, or it has no text. Such a document changes nothing.
    pub fn upsert(&self, document: Document) -> Result<Upserted> {
        self.update(|updates| updates.upsert(document))
    }

    /// Removes a document; searches see it after [`Collection::commit`]. Returns whether there was
    /// one of that id.
    ///
    /// # Errors
    ///
    /// If another process writes to the collection.
    pub fn remove(&self, id: &str) -> Result<bool> {
        self.update(|updates| updates.remove(id))
    }

    /// Commits what was added and removed, all of it at once, and returns the generation; without
    /// changes that is the present one, 0 where there is none.
    ///
    /// # Errors
    ///
    /// If a model or the file system fails. The last commit then stays in force, and what was to be
    /// committed is lost.
    pub fn commit(&self) -> Result<u64> {
        match self.updates().take() {
            Some(mut updates) => Ok(updates.commit()?),
            None => match Manifest::read(&self.folder) {
                Ok(manifest) => Ok(manifest.generation),
                Err(EngineError::NoCollection { .. }) => Ok(0),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Makes a change, for which this takes the right to write until the next commit.
    fn update<T>(
        &self,
        change: impl FnOnce(&mut Updates) -> std::result::Result<T, EngineError>,
    ) -> Result<T> {
        let mut waiting = self.updates();
        let updates = match &mut *waiting {
            Some(updates) => updates,
            none => none.insert(self.begin()?),
        };
        let changed = change(updates);
        // After a failure of the disk or a model nothing more can be written; a bad document alone
        // has changed nothing.
        if matches!(&changed, Err(error) if !matches!(error, EngineError::BadDocument { .. })) {
            *waiting = None;
        }
        Ok(changed?)
    }

    fn begin(&self) -> Result<Updates> {
        let id = self.encoder_id()?;
        let (encoder, counter) = (self.models.encoder(&id)?, self.models.counter(&id)?);
        let folder = self.folder.as_path();
        Ok(Updates::begin(folder, encoder, counter, &self.settings, Limits::default())?)
    }

    fn updates(&self) -> MutexGuard<'_, Option<Updates>> {
        self.updates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the encoder to use: where nobody asks for another, the one that made the collection.
    fn encoder_id(&self) -> Result<String> {
        let made_with = match Manifest::read(&self.folder) {
            Ok(manifest) => Some(manifest.encoder.model),
            Err(EngineError::NoCollection { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(self.models.encoder_id(made_with.as_deref()).to_owned())
    }

    /// Asks the collection; nothing is searched before [`Search::run`].
    pub fn search(&self, query: impl Into<String>) -> Search<'_> {
        Search::new(self, query.into())
    }

    /// Returns what searches the collection, with the models for every stage up to `stage`. It
    /// follows commits: each search sees the newest generation.
    ///
    /// # Errors
    ///
    /// If there is no collection, a file is damaged, or a model is missing.
    pub fn searcher(&self, stage: Stage) -> Result<Arc<Searcher>> {
        let known = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((opened, searcher)) = &*known
            && enough(*opened, stage)
        {
            return Ok(Arc::clone(searcher));
        }
        drop(known);
        let searcher = open_searcher(&self.folder, &self.models, stage, self.scores.as_ref())?
            .with_reload_policy(ReloadPolicy::OnSearch);
        let sources = self.sources.iter().cloned();
        let searcher = Arc::new(sources.fold(searcher, Searcher::with_source));
        let mut known = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((stage, Arc::clone(&searcher)));
        Ok(searcher)
    }

    /// Reads a document as it was indexed; `None` if there is none of that id.
    ///
    /// # Errors
    ///
    /// If there is no collection, or a file is damaged.
    pub fn document(&self, id: &str) -> Result<Option<StoredDocument>> {
        Ok(self.searcher(Stage::LEXICAL)?.newest()?.document(id)?)
    }

    /// Returns what the collection holds.
    ///
    /// # Errors
    ///
    /// If there is no collection, or its manifest is damaged.
    pub fn status(&self) -> Result<Status> {
        Ok(status(&self.folder)?)
    }
}

/// Opens the newest generation of a collection with the models for every stage up to `stage`: files
/// and models at the same time.
///
/// A [`Collection`] does this by itself; this is for a program that wants the searcher alone.
///
/// # Errors
///
/// If there is no collection, a file is damaged, or a model is missing.
pub fn open_searcher(
    folder: &Path,
    models: &Models,
    stage: Stage,
    scores: Option<&SharedScores>,
) -> Result<Searcher> {
    // A missing collection is worth saying before a missing model.
    let manifest = Manifest::read(folder)?;
    let encoder_id = models.encoder_id(Some(&manifest.encoder.model)).to_owned();
    thread::scope(|scope| {
        let encoder = stage.needs_encoder().then(|| scope.spawn(|| models.encoder(&encoder_id)));
        let reranks = (stage == Stage::Reranked).then(|| scope.spawn(|| models.rerankers(scores)));
        let snapshot = Snapshot::open_from(folder, manifest, stage);
        let encoder = encoder.map(joined).transpose()?;
        let reranks = reranks.map(joined).transpose()?.unwrap_or_default();
        let searcher = Searcher::new(snapshot?, encoder, reranks)?;
        Ok(match scores {
            Some(scores) => {
                let late = late_vectors(&scores.folder, &searcher.snapshot().manifest().encoder);
                searcher.with_late_vectors(late)
            }
            None => searcher,
        })
    })
}

/// Says whether what was opened for one stage serves another: BM25 and vectors do without each
/// other.
fn enough(opened: Stage, wanted: Stage) -> bool {
    opened == wanted || (opened > wanted && opened >= Stage::Fused)
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
