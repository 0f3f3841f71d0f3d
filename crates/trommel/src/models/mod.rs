//! From the names of models to models that run.

mod api;
mod error;
mod language;
mod prompts;
mod runtime;
mod settings;
mod trial;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use trommel_core::{Encoder, Reranker, TokenCounter};
use trommel_engine::RerankStage;
use trommel_engine::score_cache::CachedReranker;
use trommel_inference::{MaxP, ModelTokenCounter, load_encoder, load_reranker};
use trommel_models::{
    DEFAULT_ENCODER, FetchOptions, InstalledModel, Progress, Runtime, Silent, Store,
};
use trommel_remote::{EstimatedTokens, HTTP_ENCODER};

use crate::cascade::{Cascade, NamedReranker};
use crate::score_cache::{SharedScores, variant};
use crate::{Error, Result, default_home};

pub use api::key_variables;
pub use error::SelectionError;
pub use prompts::prompt_text;
pub use settings::{ApiSettings, LanguageSettings, ModelSettings, RuntimeChoice};

/// The name of any language model as reranker.
pub const LLM: &str = "llm";

/// The models of a program: a store of them with what is said about their use, or models of one's
/// own.
///
/// A model is loaded when it is first needed, and once. Clones share what is loaded.
#[derive(Clone)]
pub struct Models {
    shared: Arc<Shared>,
}

struct Shared {
    store: Option<Store>,
    settings: ModelSettings,
    own: Own,
    encoders: Mutex<HashMap<String, Arc<dyn Encoder>>>,
    rerankers: Mutex<HashMap<String, Loaded>>,
    notices: Mutex<Vec<Notice>>,
}

/// Models that the program brings along.
#[derive(Clone, Default)]
struct Own {
    encoder: Option<(Arc<dyn Encoder>, Arc<dyn TokenCounter>)>,
    rerankers: Option<Vec<RerankStage>>,
}

/// A reranker, and what shapes its scores beside its weights; `None` where none of them may be kept.
#[derive(Clone)]
struct Loaded {
    reranker: Arc<dyn Reranker>,
    variant: Option<String>,
}

/// Something that the program's user may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A model that ONNX Runtime runs faster is run by candle, as the library is not in the store.
    NoOnnxRuntime {
        /// Whether the store can get it: for some machines none is published.
        can_be_fetched: bool,
    },
    /// A model of an architecture that our own kernels run is run by another runtime, as they cannot
    /// run this one.
    NoKernels {
        /// The model.
        model: String,
        /// Why not, in words.
        reason: String,
    },
}

impl Models {
    /// Returns the models of the usual store with the usual settings: in `$TROMMEL_HOME`, else in
    /// the XDG data folder. Nothing is read yet.
    ///
    /// This is the one function of the library that reads the environment by itself.
    ///
    /// # Errors
    ///
    /// [`Error::NoHome`] if the environment names no folder.
    pub fn open_default() -> Result<Self> {
        Ok(Self::open(default_home()?, ModelSettings::default()))
    }

    /// Returns the models of the store in a folder, which need not exist yet.
    #[must_use]
    pub fn open(home: impl Into<PathBuf>, settings: ModelSettings) -> Self {
        Self::new(Some(Store::new(home.into())), settings, Own::default())
    }

    /// Returns models of which the encoder is the program's own, with what counts its tokens, and
    /// no reranker; there is no store.
    #[must_use]
    pub fn of_encoder(encoder: Arc<dyn Encoder>, counter: Arc<dyn TokenCounter>) -> Self {
        let own = Own { encoder: Some((encoder, counter)), rerankers: Some(Vec::new()) };
        Self::new(None, ModelSettings::default(), own)
    }

    /// Returns these models with a reranker of the program's own in the place of the settings'.
    #[must_use]
    pub fn with_reranker(self, reranker: Arc<dyn Reranker>) -> Self {
        self.with_rerankers(vec![RerankStage::of(reranker)])
    }

    /// Returns these models with a second stage of the program's own; an empty one is none.
    #[must_use]
    pub fn with_rerankers(self, rerankers: Vec<RerankStage>) -> Self {
        let Shared { store, settings, own, .. } = &*self.shared;
        let own = Own { rerankers: Some(rerankers), ..own.clone() };
        Self::new(store.clone(), settings.clone(), own)
    }

    fn new(store: Option<Store>, settings: ModelSettings, own: Own) -> Self {
        let (encoders, rerankers, notices) = Default::default();
        Self { shared: Arc::new(Shared { store, settings, own, encoders, rerankers, notices }) }
    }

    /// Puts into the store what the settings name and it lacks; every file is checked by hash.
    ///
    /// # Errors
    ///
    /// If a model cannot be had, or has another hash than the table says.
    pub fn fetch_missing(self) -> Result<Self> {
        self.fetch_missing_with(&FetchOptions::default(), &Silent)?;
        Ok(self)
    }

    /// Puts into the store what the settings name and it lacks, and tells how far it is.
    ///
    /// # Errors
    ///
    /// As for [`Models::fetch_missing`].
    pub fn fetch_missing_with(
        &self,
        options: &FetchOptions,
        progress: &dyn Progress,
    ) -> Result<()> {
        let store = self.store("fetching")?;
        let named = self.named();
        store.fetch(&named, options, progress)?;
        Ok(())
    }

    /// Returns the ids of the models that the settings name and the store knows.
    fn named(&self) -> Vec<&str> {
        let Shared { settings, own, .. } = &*self.shared;
        let encoder = own.encoder.is_none().then(|| self.encoder_id(None));
        let rerankers = match &own.rerankers {
            Some(_) => Vec::new(),
            None => settings.rerankers.ids(),
        };
        let is_local = |id: &&str| *id != LLM && settings.api.find(id).is_none();
        encoder.into_iter().chain(rerankers.into_iter().filter(is_local)).collect()
    }

    /// Returns what was said about the use of the models.
    #[must_use]
    pub fn settings(&self) -> &ModelSettings {
        &self.shared.settings
    }

    /// Returns what the user may want to know of the models loaded so far, each thing once.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        locked(&self.shared.notices).clone()
    }

    /// Returns the encoder to use: the settings' one, else that of the collection, else the default
    /// one.
    #[must_use]
    pub fn encoder_id<'a>(&'a self, collection: Option<&'a str>) -> &'a str {
        self.shared.settings.encoder.as_deref().or(collection).unwrap_or(DEFAULT_ENCODER)
    }

    /// Returns an encoder: the program's own if there is one, whatever the id, else of the store.
    ///
    /// # Errors
    ///
    /// If the model is not in the store, is damaged, or cannot be run.
    pub fn encoder(&self, id: &str) -> Result<Arc<dyn Encoder>> {
        if let Some((encoder, _)) = &self.shared.own.encoder {
            return Ok(Arc::clone(encoder));
        }
        // The lock is held while the model is loaded: who needs it at the same time waits for it
        // instead of loading it again.
        let mut encoders = locked(&self.shared.encoders);
        if let Some(encoder) = encoders.get(id) {
            return Ok(Arc::clone(encoder));
        }
        let encoder = match id {
            HTTP_ENCODER => self.shared.settings.api.encoder()?,
            _ => self.load_encoder(id)?,
        };
        encoders.insert(id.to_owned(), Arc::clone(&encoder));
        Ok(encoder)
    }

    /// Returns what counts tokens as an encoder does.
    ///
    /// # Errors
    ///
    /// If the model is not in the store, or its tokenizer cannot be read.
    pub fn counter(&self, id: &str) -> Result<Arc<dyn TokenCounter>> {
        match &self.shared.own.encoder {
            Some((_, counter)) => Ok(Arc::clone(counter)),
            None if id == HTTP_ENCODER => Ok(Arc::new(EstimatedTokens)),
            None => Ok(Arc::new(ModelTokenCounter::new(&self.installed(id)?)?)),
        }
    }

    /// Returns how many tokens an encoder reads; `None` where only its server knows, or the program,
    /// whose own it is.
    ///
    /// # Errors
    ///
    /// If the model is not in the store.
    pub fn max_tokens(&self, encoder: &str) -> Result<Option<usize>> {
        if self.shared.own.encoder.is_some() || encoder == HTTP_ENCODER {
            return Ok(None);
        }
        Ok(self.store("the encoder")?.find(encoder)?.spec.max_tokens())
    }

    fn load_encoder(&self, id: &str) -> Result<Arc<dyn Encoder>> {
        let (model, threads) = (self.installed(id)?, self.shared.settings.threads);
        let load = |runtime: &Runtime| load_encoder(&model, runtime, threads);
        let (encoder, _) = self.load(&model, load, Error::Encode)?;
        Ok(Arc::from(encoder))
    }

    /// Says whether there is a second stage.
    #[must_use]
    pub fn has_rerankers(&self) -> bool {
        match &self.shared.own.rerankers {
            Some(own) => !own.is_empty(),
            None => !self.shared.settings.rerankers.is_none(),
        }
    }

    /// Returns the second stage: the program's own rerankers, else those of the settings.
    ///
    /// # Errors
    ///
    /// As for [`Models::rerankers_of`].
    pub fn rerankers(&self, scores: Option<&SharedScores>) -> Result<Vec<RerankStage>> {
        match &self.shared.own.rerankers {
            Some(own) => Ok(own.clone()),
            None => self.rerankers_of(&self.shared.settings.rerankers, scores),
        }
    }

    /// Returns the rerankers of a cascade, with the cache before them if there is one.
    ///
    /// # Errors
    ///
    /// If a model is not in the store, is damaged or cannot be run, or an API cannot be asked.
    pub fn rerankers_of(
        &self,
        cascade: &Cascade,
        scores: Option<&SharedScores>,
    ) -> Result<Vec<RerankStage>> {
        let ids = cascade.ids();
        let pass = |NamedReranker { id, excerpt, depth }: &NamedReranker| {
            let Loaded { reranker, variant } = self.reranker(id, &ids)?;
            let reranker = match (scores, variant) {
                (Some(scores), Some(variant)) => {
                    // A program that was built anew may compute otherwise; an API does not change
                    // with it.
                    let variant = match variant.is_empty() {
                        true => variant,
                        false => format!("{variant}; {}", scores.build),
                    };
                    let cache = Arc::clone(&scores.cache);
                    Arc::new(CachedReranker::new(reranker, cache, variant)) as Arc<dyn Reranker>
                }
                _ => reranker,
            };
            Ok(RerankStage { reranker, depth: *depth, excerpt: *excerpt })
        };
        cascade.0.iter().map(pass).collect()
    }

    /// Returns a reranker of the store, or behind an API, that is one of a cascade.
    fn reranker(&self, id: &str, cascade: &[&str]) -> Result<Loaded> {
        let mut rerankers = locked(&self.shared.rerankers);
        if let Some(loaded) = rerankers.get(id) {
            return Ok(loaded.clone());
        }
        let loaded = self.load_reranker(id, cascade)?;
        rerankers.insert(id.to_owned(), loaded.clone());
        Ok(loaded)
    }

    fn load_reranker(&self, id: &str, cascade: &[&str]) -> Result<Loaded> {
        let ModelSettings { api, language, threads, .. } = &self.shared.settings;
        if id == LLM {
            let store = self.store("the language model")?;
            let reranker = language.load(&api.of(id, cascade)?, store, *threads)?;
            // What a language model says of a passage may depend on the others: none is kept.
            return Ok(Loaded { reranker, variant: None });
        }
        if let Some(dialect) = api.find(id) {
            let reranker = api.of(id, cascade)?.load(id, dialect)?;
            return Ok(Loaded { reranker, variant: Some(String::new()) });
        }
        let model = self.installed(id)?;
        let load = |runtime: &Runtime| {
            load_reranker(&model, runtime, *threads)
                .and_then(|reranker| MaxP::new(reranker, &model))
        };
        let (reranker, runtime) = self.load(&model, load, Error::Rerank)?;
        let variant = Some(variant(&model, &runtime));
        Ok(Loaded { reranker: Arc::new(reranker), variant })
    }

    /// Returns a model of the store, every file of it checked; our own kernels check what they read
    /// themselves, and read less.
    ///
    /// # Errors
    ///
    /// If it is not in the store, or a file of it is damaged.
    pub fn installed(&self, id: &str) -> Result<InstalledModel> {
        let model = self.store("the model")?.find(id)?;
        if !self.by_kernels(&model) {
            model.check()?;
        }
        Ok(model)
    }

    fn store(&self, what: &'static str) -> Result<&Store> {
        self.shared.store.as_ref().ok_or(Error::NoStore { what })
    }
}

/// Locks what no panic can leave half changed.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
