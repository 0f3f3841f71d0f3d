//! From the settings to the library's models.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::path::PathBuf;
use std::sync::Once;
use std::thread;

use trommel::Encoder;
use trommel::Pass;
use trommel::{
    ApiSettings, Cascade, LanguageSettings, ModelSettings, Models, Notice, RuntimeChoice,
    SharedScores, key_variables,
};
use trommel_inference::llm::PromptKind;
use trommel_models::{Isa, Precision};
use trommel_remote::Dialect;

use crate::config::{Config, Origin, limit};
use crate::error::CliError;
use crate::{folders, hints, terminal};

/// The variable that names another ONNX Runtime library.
pub(crate) const LIBRARY: &str = "ORT_DYLIB_PATH";
/// What stands for the prompt that comes with this program.
pub(crate) const BUILT_IN: &str = "built-in";
/// What stands for a value that nobody gave.
const UNSET: &str = "auto";
/// What stands for no file.
const NO_FILE: &str = "none";
/// What the environment calls a proxy, the first that is set.
const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// More threads than any machine here has use for.
const MOST_THREADS: usize = 256;

/// Returns the models of the store as the settings have them; none is loaded yet.
///
/// The process's pool of threads gets the settings' number too; the first call decides.
pub(crate) fn models(config: &Config) -> Result<Models, CliError> {
    let settings = settings(config)?;
    // It fails if the pool is there already, and then nothing is lost.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build_global();
    Ok(Models::open(folders::home()?, settings))
}

/// Loads the encoder of the settings.
pub(crate) fn encoder(
    models: &Models,
    config: &Config,
) -> Result<std::sync::Arc<dyn Encoder>, CliError> {
    let encoder = models.encoder(config.text("encoder")).map_err(hints::library);
    tell(models);
    encoder
}

/// Loads the rerankers of a cascade, with the cache before them if there is one.
pub(crate) fn rerankers(
    models: &Models,
    cascade: &Cascade,
    scores: Option<&SharedScores>,
) -> Result<Vec<Pass>, CliError> {
    let rerankers = models.rerankers_of(cascade, scores).map_err(hints::library);
    tell(models);
    rerankers
}

/// Says once what is to be known of the models that were loaded.
fn tell(models: &Models) {
    static ONCE: Once = Once::new();
    for notice in models.notices() {
        let cure = match notice {
            Notice::NoOnnxRuntime { can_be_fetched: true } => {
                ": trommel models fetch onnxruntime makes it faster"
            }
            _ => "",
        };
        ONCE.call_once(|| {
            terminal::note(format!("no ONNX Runtime here, models run through candle{cure}"));
        });
    }
}

fn settings(config: &Config) -> Result<ModelSettings, CliError> {
    let library = env::var_os(LIBRARY).filter(|path| !path.is_empty());
    Ok(ModelSettings {
        encoder: Some(config.text("encoder").to_owned()),
        rerankers: config.get("reranker")?,
        runtime: match config.text("runtime") {
            "kernels" => RuntimeChoice::Kernels,
            "onnx" => RuntimeChoice::Onnx,
            "candle" => RuntimeChoice::Candle,
            _ => RuntimeChoice::Auto,
        },
        precision: Precision::named(config.text("precision")).unwrap_or(Precision::Int8),
        isa: isa(config.text("isa"))?,
        library: library.map(PathBuf::from),
        threads: threads(config)?,
        api: api(config),
        language: LanguageSettings {
            model: given(config, "llm-model"),
            strategy: config.get("llm-strategy")?,
            prompts: prompts(config),
        },
    })
}

/// Returns an instruction set; `auto` is the best one here.
fn isa(name: &str) -> Result<Option<Isa>, CliError> {
    if name == UNSET {
        return Ok(None);
    }
    Isa::named(name)
        .map(Some)
        .map_err(|error| CliError::usage(error.to_string()).hint("trommel search --isa auto QUERY"))
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

fn api(config: &Config) -> ApiSettings {
    let key_file = Some(config.text("api-key-file")).filter(|text| *text != NO_FILE);
    // A language model may take long; where no limit is wanted a day is as good as none.
    let no_limit = std::time::Duration::from_secs(86_400);
    ApiSettings {
        base: given(config, "api-base"),
        model: given(config, "api-model"),
        key_file: key_file.map(PathBuf::from),
        keys: keys(),
        total: limit(config.text("api-time")).flatten().unwrap_or(no_limit),
        proxy: PROXIES.iter().find_map(|name| variable(name)),
        seed: u64::from(std::process::id()),
        ..ApiSettings::default()
    }
}

/// Returns the keys that the environment holds.
fn keys() -> BTreeMap<String, String> {
    let names = Dialect::ALL.into_iter().flat_map(key_variables);
    names.filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect()
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the value of a setting, if somebody gave one.
fn given(config: &Config, name: &str) -> Option<String> {
    Some(config.text(name)).filter(|text| *text != UNSET).map(str::to_owned)
}

/// Returns the setting that replaces a prompt.
fn prompt_key(kind: PromptKind) -> &'static str {
    match kind {
        PromptKind::Pointwise => "prompt-pointwise",
        PromptKind::Grade => "prompt-grade",
        PromptKind::Listwise => "prompt-listwise",
        PromptKind::Pairwise => "prompt-pairwise",
    }
}

/// Returns the prompts that are files of the user's own.
fn prompts(config: &Config) -> HashMap<PromptKind, PathBuf> {
    let own = |kind| Some((kind, prompt_file(kind, config)?));
    PromptKind::ALL.into_iter().filter_map(own).collect()
}

/// Returns the file of a prompt; where a file of settings names it, it lies beside that one.
pub(crate) fn prompt_file(kind: PromptKind, config: &Config) -> Option<PathBuf> {
    let value = config.value(prompt_key(kind));
    let named = (value.text != BUILT_IN).then(|| PathBuf::from(&value.text))?;
    match &value.origin {
        Origin::File(file) => {
            Some(file.parent().map_or(named.clone(), |folder| folder.join(named)))
        }
        _ => Some(named),
    }
}
