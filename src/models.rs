//! From the settings to the library's models.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use trommel::settings::Settings;
use trommel::{
    Cascade, Encoder, ModelSettings, Models, Notice, RerankStage, SharedScores, key_variables,
};
use trommel_core::escape;
use trommel_remote::Dialect;

use crate::error::CliError;
use crate::{folders, hints, terminal};

/// The variable that names another ONNX Runtime library.
pub(crate) const LIBRARY: &str = "ORT_DYLIB_PATH";
/// What the environment calls a proxy, the first that is set.
const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// Returns the models of the store as the settings have them; none is loaded yet.
///
/// The process's pool of threads gets the settings' number too; the first call decides.
pub(crate) fn models(settings: &Settings) -> Result<Models, CliError> {
    let settings = model_settings(settings)?;
    // It fails if the pool is there already, and then nothing is lost.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build_global();
    Ok(Models::open(folders::home()?, settings))
}

/// Loads the encoder of the settings.
pub(crate) fn encoder(
    models: &Models,
    settings: &Settings,
) -> Result<std::sync::Arc<dyn Encoder>, CliError> {
    let encoder = models.encoder(&settings.encoder).map_err(hints::library);
    tell(models);
    encoder
}

/// Loads the rerankers of a cascade, with the cache before them if there is one.
pub(crate) fn rerankers(
    models: &Models,
    cascade: &Cascade,
    scores: Option<&SharedScores>,
) -> Result<Vec<RerankStage>, CliError> {
    let rerankers = models.rerankers_of(cascade, scores).map_err(hints::library);
    tell(models);
    rerankers
}

/// Says once what is to be known of the models that were loaded.
pub(crate) fn tell(models: &Models) {
    static TOLD: Mutex<Vec<Notice>> = Mutex::new(Vec::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    for notice in models.notices() {
        if told.contains(&notice) {
            continue;
        }
        terminal::note(in_words(&notice));
        told.push(notice);
    }
}

fn in_words(notice: &Notice) -> String {
    const NO_ONNX: &str = "no ONNX Runtime here, models run through candle";
    match notice {
        Notice::NoOnnxRuntime { can_be_fetched: true } => {
            format!("{NO_ONNX}: trommel models fetch onnxruntime makes it faster")
        }
        Notice::NoKernels { model, reason } => {
            format!(
                "{model} runs without trommel's own kernels, which are faster: {}",
                escape(reason)
            )
        }
        _ => NO_ONNX.to_owned(),
    }
}

/// Returns what the settings say of models, with what only the environment says.
fn model_settings(settings: &Settings) -> Result<ModelSettings, CliError> {
    let mut models = settings.models().map_err(|error| hints::library(error.into()))?;
    models.library = env::var_os(LIBRARY).filter(|path| !path.is_empty()).map(PathBuf::from);
    models.api.keys = keys();
    models.api.proxy = PROXIES.iter().find_map(|name| variable(name));
    models.api.seed = u64::from(std::process::id());
    Ok(models)
}

/// Returns the keys that the environment holds.
fn keys() -> BTreeMap<String, String> {
    let names = Dialect::ALL.into_iter().flat_map(key_variables);
    names.filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect()
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
