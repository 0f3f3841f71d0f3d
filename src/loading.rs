//! From the names of models to models that run.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::thread;

use trommel_cache::{CachedReranker, ScoreCache};
use trommel_core::{Encoder, Reranker};
use trommel_models::{InstalledModel, Isa, ModelsError, Precision, Runtime, Store, WeightsFormat};
use trommel_rerank::MaxP;

use trommel_engine::Pass;

use crate::cache;
use crate::cascade::{Cascade, Named};
use crate::config::Config;
use crate::error::CliError;
use crate::hosted::Hosted;
use crate::language::{LLM, Language};
use crate::{hints, terminal};

/// The variable that names another ONNX Runtime library.
pub(crate) const LIBRARY: &str = "ORT_DYLIB_PATH";

/// More threads than any machine here has use for.
const MOST_THREADS: usize = 256;

/// Loads models from the store.
pub(crate) struct Loader {
    store: Store,
    choice: String,
    kernels: Runtime,
    hosted: Hosted,
    language: Language,
    threads: usize,
}

impl Loader {
    /// Returns a loader with the runtime and the number of threads of the settings.
    ///
    /// The process's pool of threads gets that number too; the first loader decides.
    pub(crate) fn new(store: Store, config: &Config) -> Result<Self, CliError> {
        let threads = threads(config)?;
        // It fails if the pool is there already, and then nothing is lost.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        Ok(Self {
            store,
            choice: config.text("runtime").to_owned(),
            kernels: kernels(config)?,
            hosted: Hosted::new(config)?,
            language: Language::new(config)?,
            threads,
        })
    }

    /// Returns a model of the store, every file of it checked; our own kernels check what they
    /// read themselves, and read less.
    pub(crate) fn installed(&self, id: &str) -> Result<InstalledModel, CliError> {
        let model = self.store.find(id).map_err(hints::models)?;
        if !self.by_kernels(&model) {
            model.check().map_err(hints::models)?;
        }
        Ok(model)
    }

    /// Returns whether our own kernels run a model.
    fn by_kernels(&self, model: &InstalledModel) -> bool {
        match self.choice.as_str() {
            "kernels" => true,
            "auto" => model.spec.network().is_ok_and(|network| network.architecture.has_kernels()),
            _ => false,
        }
    }

    /// Loads an encoder.
    pub(crate) fn encoder(&self, model: &InstalledModel) -> Result<Arc<dyn Encoder>, CliError> {
        let runtime = self.runtime(model)?;
        trommel_encode::load(model, &runtime, self.threads).map(Arc::from).map_err(hints::encode)
    }

    /// Loads the rerankers of a cascade, each once, with the cache before them if there is one.
    pub(crate) fn passes(
        &self,
        cascade: &Cascade,
        cache: Option<&Arc<ScoreCache>>,
    ) -> Result<Vec<Pass>, CliError> {
        let ids = cascade.ids();
        let mut loaded: BTreeMap<&str, Arc<dyn Reranker>> = BTreeMap::new();
        let mut passes = Vec::with_capacity(ids.len());
        for Named { id, excerpt, depth } in &cascade.0 {
            let reranker = match loaded.get(id.as_str()) {
                Some(reranker) => Arc::clone(reranker),
                None => self.reranker(id, &ids, cache)?,
            };
            loaded.insert(id, Arc::clone(&reranker));
            passes.push(Pass { reranker, depth: *depth, excerpt: *excerpt });
        }
        Ok(passes)
    }

    /// Loads a reranker, of the store or behind an API, that is one of these.
    fn reranker(
        &self,
        id: &str,
        cascade: &[&str],
        cache: Option<&Arc<ScoreCache>>,
    ) -> Result<Arc<dyn Reranker>, CliError> {
        if id == LLM {
            // What a language model says of a passage may depend on the others: none is kept.
            return self.language.load(&self.hosted.of(id, cascade)?, &self.store, self.threads);
        }
        let (reranker, variant) = match self.hosted.find(id) {
            Some(dialect) => (self.hosted.of(id, cascade)?.load(id, dialect)?, String::new()),
            None => {
                let model = self.installed(id)?;
                let runtime = self.runtime(&model)?;
                let reranker = trommel_rerank::load(&model, &runtime, self.threads)
                    .and_then(|reranker| MaxP::new(reranker, &model))
                    .map_err(hints::rerank)?;
                (Arc::new(reranker) as Arc<dyn Reranker>, cache::variant(&model, &runtime))
            }
        };
        Ok(match cache.map(Arc::clone) {
            Some(cache) => Arc::new(CachedReranker::new(reranker, cache, variant)),
            None => reranker,
        })
    }

    fn runtime(&self, model: &InstalledModel) -> Result<Runtime, CliError> {
        if self.by_kernels(model) {
            return Ok(self.kernels.clone());
        }
        let onnx = |library| Runtime::Onnx { library };
        match self.choice.as_str() {
            "candle" => Ok(Runtime::Candle),
            "onnx" => self.library().map(onnx).map_err(hints::models),
            _ if model.spec.weights() != Some(WeightsFormat::Onnx) => Ok(Runtime::Candle),
            _ => match self.library() {
                Ok(library) => Ok(onnx(library)),
                Err(error @ (ModelsError::NotFetched { .. } | ModelsError::Unsupported { .. })) => {
                    note_slow(&error);
                    Ok(Runtime::Candle)
                }
                Err(error) => Err(hints::models(error)),
            },
        }
    }

    fn library(&self) -> Result<PathBuf, ModelsError> {
        match env::var_os(LIBRARY) {
            Some(path) if !path.is_empty() => Ok(path.into()),
            _ => self.store.runtime(),
        }
    }
}

/// Returns our own kernels as the settings want them: `auto` is the best instruction set here.
fn kernels(config: &Config) -> Result<Runtime, CliError> {
    let isa = match config.text("isa") {
        "auto" => Isa::best(),
        name => Isa::named(name).map_err(|error| {
            CliError::usage(error.to_string()).hint("trommel search --isa auto QUERY")
        })?,
    };
    let precision = Precision::named(config.text("precision")).unwrap_or(Precision::Int8);
    Ok(Runtime::Kernels { precision, isa })
}

/// Returns the number of threads: 0 in the settings stands for all that there are.
pub(crate) fn threads(config: &Config) -> Result<usize, CliError> {
    Ok(match config.get("threads")? {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads @ 1..=MOST_THREADS => threads,
        threads => {
            let message = format!("threads is {threads}, expected 0 to {MOST_THREADS}");
            return Err(CliError::usage(message).hint("trommel search --threads 0 QUERY"));
        }
    })
}

fn note_slow(error: &ModelsError) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let cure = match error {
            ModelsError::NotFetched { .. } => ": trommel models fetch onnxruntime makes it faster",
            _ => "",
        };
        terminal::note(format!("no ONNX Runtime here, models run through candle{cure}"));
    });
}
