//! A collection that is open for searching, by any number of threads at once.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use trommel_core::Encoder;

use super::answer::Answer;
use super::clock::Clock;
use super::live::Live;
use super::rankings::Rankings;
use super::request::SearchSettings;
use super::rerank::RerankStage;
use super::search::Search;
use super::source::Source;
use super::why::Why;
use crate::collection::MANIFEST;
use crate::{EngineError, LateVectors, Manifest, Snapshot};

/// When a [`Searcher`] goes over to a newer generation of its collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReloadPolicy {
    /// When [`Searcher::reload`] is called.
    #[default]
    Manual,
    /// When a search begins and the manifest is another file than before: one look at the file's
    /// metadata a search. Searches that begin while one of them opens the new generation still see
    /// the old one.
    OnSearch,
}

/// A collection with the models that search it.
///
/// It can be shared by threads. Each search sees exactly one generation from its beginning to its
/// end, whatever is committed or reloaded meanwhile, and all that it counts is in its answer.
pub struct Searcher {
    current: RwLock<Arc<Snapshot>>,
    /// The manifest file that was last looked at, held while a newer generation is opened.
    seen: Mutex<Option<ManifestStamp>>,
    policy: ReloadPolicy,
    models: Models,
}

/// Whom a search asks.
#[derive(Clone, Default)]
pub(super) struct Models {
    pub(super) encoder: Option<Arc<dyn Encoder>>,
    /// What searches had encoded; nothing is kept without.
    pub(super) late: Option<Arc<LateVectors>>,
    /// The rerankers of the second stage; none if it cannot be run.
    pub(super) reranks: Vec<RerankStage>,
    /// The sources beside the collection's own.
    pub(super) further: Vec<Source>,
}

impl Searcher {
    /// Puts a snapshot and models together; a stage whose model is missing cannot be run.
    ///
    /// The second stage has the given rerankers, in their order.
    ///
    /// # Errors
    ///
    /// [`EngineError::WrongEncoder`] if the collection was made with another encoder.
    pub fn new(
        snapshot: impl Into<Arc<Snapshot>>,
        encoder: Option<Arc<dyn Encoder>>,
        reranks: Vec<RerankStage>,
    ) -> Result<Self, EngineError> {
        let snapshot = snapshot.into();
        let models = Models { encoder, reranks, ..Models::default() };
        models.check(&snapshot)?;
        Ok(Self {
            current: RwLock::new(snapshot),
            seen: Mutex::default(),
            policy: ReloadPolicy::default(),
            models,
        })
    }

    /// Chooses when newer generations are gone over to.
    #[must_use]
    pub fn with_reload_policy(self, policy: ReloadPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Exchanges the rerankers of the second stage.
    #[must_use]
    pub fn with_rerank_stages(mut self, reranks: Vec<RerankStage>) -> Self {
        self.models.reranks = reranks;
        self
    }

    /// Keeps what searches have encoded, for later ones and for the next commit.
    #[must_use]
    pub fn with_late_vectors(mut self, late: Arc<LateVectors>) -> Self {
        self.models.late = Some(late);
        self
    }

    /// Adds a source behind those that there are.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.models.further.push(source);
        self
    }

    /// Returns the generation that is searched now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the encoder, if there is one.
    #[must_use]
    pub fn encoder(&self) -> Option<&Arc<dyn Encoder>> {
        self.models.encoder.as_ref()
    }

    /// Returns the rerankers of the second stage, none if it cannot be run.
    #[must_use]
    pub fn rerank_stages(&self) -> &[RerankStage] {
        &self.models.reranks
    }

    /// Goes over to the newest generation; returns whether it is another one. Searches that have
    /// begun end with the one that they have.
    ///
    /// # Errors
    ///
    /// As for [`Snapshot::open`], and [`EngineError::WrongEncoder`] if the collection was made anew
    /// with another encoder. The generation before stays in force then.
    pub fn reload(&self) -> Result<bool, EngineError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.reload_newer(&mut seen)
    }

    fn reload_newer(&self, seen: &mut Option<ManifestStamp>) -> Result<bool, EngineError> {
        let old = self.snapshot();
        // Looked at before it is read: what is committed in between is then found by the next look.
        let stamp = ManifestStamp::of(old.folder());
        let manifest = Manifest::read(old.folder())?;
        let is_newer = manifest.generation != old.manifest().generation;
        if is_newer {
            let snapshot = Snapshot::open_from(old.folder(), manifest, old.stage())?;
            self.models.check(&snapshot)?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        }
        *seen = stamp;
        Ok(is_newer)
    }

    /// Returns the generation that a search would see now: the newest, if the searcher follows commits.
    ///
    /// # Errors
    ///
    /// As for [`Searcher::reload`].
    pub fn newest(&self) -> Result<Arc<Snapshot>, EngineError> {
        // Whoever does not get the lock is not to wait for another to open files.
        if self.policy == ReloadPolicy::OnSearch
            && let Ok(mut seen) = self.seen.try_lock()
        {
            let now = ManifestStamp::of(self.snapshot().folder());
            if now.is_none() || now != *seen {
                self.reload_newer(&mut seen)?;
            }
        }
        Ok(self.snapshot())
    }

    /// Answers a query.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for settings out of range or a query without text, and whatever
    /// an index, a source or the encoder reports. A reranker that fails is no error: what it would
    /// have said is missing, and [`Answer::failure`] says why.
    pub fn search(
        &self,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Answer, EngineError> {
        Search::new(&*self.newest()?, &self.models, query, settings)?.answer(clock)
    }

    /// Answers a query and tells of its steps, to whoever may stop it.
    ///
    /// # Errors
    ///
    /// As for [`Searcher::search`]; [`EngineError::Cancelled`] if it was stopped.
    pub fn search_live(
        &self,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
        live: &Live<'_>,
    ) -> Result<Answer, EngineError> {
        Search::new(&*self.newest()?, &self.models, query, settings)?.told(live).answer(clock)
    }

    /// Returns what every stage up to `settings.stage` ranks for a query, without reading a hit.
    ///
    /// # Errors
    ///
    /// As for [`Searcher::search`]. Whoever measures must look at [`Rankings::failure`]: a list of
    /// a stage that did not run is one of another stage.
    pub fn rankings(
        &self,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Rankings, EngineError> {
        Search::new(&*self.newest()?, &self.models, query, settings)?.rankings(clock)
    }

    /// Follows a document through every stage up to `settings.stage`.
    ///
    /// The answer is `None` if the collection has no document of that id.
    ///
    /// # Errors
    ///
    /// As for [`Searcher::search`].
    pub fn why(
        &self,
        id: &str,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Option<Why>, EngineError> {
        Search::new(&*self.newest()?, &self.models, query, settings)?.why(id, clock)
    }

    /// Returns the ids of the candidates that an exact scan of the vectors gives, best first, or
    /// `None` where the search is one already or needs no vectors.
    ///
    /// # Errors
    ///
    /// As for [`Searcher::search`].
    pub fn exact_candidates(
        &self,
        query: &str,
        settings: &SearchSettings,
    ) -> Result<Option<Vec<String>>, EngineError> {
        Search::new(&*self.newest()?, &self.models, query, settings)?.exact_candidates()
    }
}

impl Models {
    /// Checks that the encoder is the one that the collection was made with.
    fn check(&self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let collection = &snapshot.manifest().encoder;
        match &self.encoder {
            Some(encoder) if encoder.fingerprint() != collection => {
                Err(EngineError::WrongEncoder {
                    collection: Box::new(collection.clone()),
                    given: Box::new(encoder.fingerprint().clone()),
                })
            }
            _ => Ok(()),
        }
    }
}

/// What tells one manifest file from the next without reading it: each is written anew and renamed
/// into its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ManifestStamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// The file's number, where the system has one: two may be equally long and of the same moment.
    number: u64,
}

impl ManifestStamp {
    /// Returns nothing if the file cannot be looked at.
    fn of(folder: &Path) -> Option<Self> {
        let metadata = fs::metadata(folder.join(MANIFEST)).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let number = 0;
        Some(Self { bytes: metadata.len(), modified: metadata.modified().ok(), number })
    }
}
