//! `trommel demo`: the whole engine on the sample corpus, stage by stage.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use trommel::SteadyClock;
use trommel::settings::Format;
use trommel_core::escape;
use trommel_engine::{SearchSettings, Searcher, Stage};
use trommel_models::defaults;

use super::{Context, index, models, search, store};
use crate::cli::Global;
use crate::collection::FOLDER;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{Asked, Writer};
use crate::signals::Cancel;
use crate::terminal::{self, Screen};
use crate::{hints, settings, shell};

/// The sample corpus, from the root of the source tree.
const SAMPLE: &str = "data/sample/corpus";
/// A query whose words the best document does not have.
const QUERY: &str = "which flowers could kill my kitten";
/// How many hits each stage shows.
const SHOWN: usize = 3;

/// Try everything on the sample corpus
///
/// Fetches the default models, indexes data/sample/corpus into the store's own folder, and answers
/// a query stage by stage.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// What to look for
    #[arg(default_value = QUERY)]
    query: String,
}

/// Runs the command.
pub(crate) fn run(args: DemoArgs, global: &Global) -> Result<Exit, CliError> {
    let sample = sample()?;
    let store = store()?;
    let cancel = Cancel::on_signal();
    step("Fetching the default models into", store.home());
    let wanted = settings::load(None, Vec::new(), None)
        .map_err(|error| hints::settings(error, &|rest| format!("trommel {rest}")))?;
    // The user's own settings may want other models than the default ones.
    let chosen = [vec![wanted.encoder.as_str()], wanted.rerankers().ids()].concat();
    let mut ids = defaults().to_vec();
    ids.extend(chosen.into_iter().filter(|id| !defaults().contains(id)));
    models::fetch(&store, &ids, false, cancel.clone())?;

    let folder = store.home().join("demo").join(FOLDER);
    let global = Global { collection: vec![folder.clone()], color: global.color.clone() };
    let context = Context::new(&global, Vec::new())?;
    step("Indexing the sample corpus", &sample);
    let report = index::index(&context, vec![sample], index::How::default(), &cancel)?;
    terminal::tell(format!(
        "{} documents: {} added, {} updated, {} unchanged",
        report.documents, report.added, report.updated, report.unchanged
    ));

    let settings = context.search()?;
    let pipeline = search::open(&context, enough_for(settings.stage), None)?;
    let answers = Answers { pipeline, settings, context, query: args.query };
    for stage in Stage::ALL.into_iter().filter(|stage| *stage <= answers.settings.stage) {
        cancel.check()?;
        answers.show(stage)?;
    }
    suggest(&folder);
    Ok(Exit::Done)
}

struct Answers {
    pipeline: Searcher,
    settings: SearchSettings,
    context: Context,
    query: String,
}

impl Answers {
    /// Shows the best hits of a stage; the last one is explained.
    fn show(&self, stage: Stage) -> Result<(), CliError> {
        let settings = SearchSettings { stage, k: SHOWN, ..self.settings.clone() };
        let answer = self
            .pipeline
            .search(&self.query, &settings, &SteadyClock::start())
            .map_err(|error| hints::engine(error, &self.context))?;
        let about = match stage {
            Stage::LEXICAL => "BM25: documents that share the query's words",
            Stage::NEIGHBOURS => "BM25 with words that neighbours lend",
            Stage::Source(_) => "Vectors: documents that mean something near",
            Stage::Fused => "Fused: the lists as one",
            Stage::Feedback => "Feedback: the best of these have moved the query's vector",
            Stage::Reranked => "Reranked: a cross-encoder has read query and passages together",
        };
        let mut screen = Screen::open();
        writeln!(screen, "\n── {about}\n   {}\n", escape(&self.query)).map_err(CliError::stdout)?;
        let explain = stage == self.settings.stage;
        let mut writer =
            Writer::begin(Format::Text, explain, false, screen).map_err(CliError::stdout)?;
        writer
            .answer(Asked { id: None, answer: &answer, cached: None })
            .map_err(CliError::stdout)?;
        writer.finish().map_err(CliError::stdout)
    }
}

/// Returns the stage to open for: all that comes before the last one is shown too.
fn enough_for(last: Stage) -> Stage {
    if last == Stage::VECTORS { Stage::Fused } else { last }
}

fn step(what: &str, path: &Path) {
    terminal::tell(format!("{what} {}", path.display()));
}

/// Finds the sample corpus: here, or where this program was built.
fn sample() -> Result<PathBuf, CliError> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join(SAMPLE);
    let places = [PathBuf::from(SAMPLE), built];
    places.iter().find(|path| path.is_dir()).cloned().ok_or_else(|| {
        let tried: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
        CliError::usage(format!("no sample corpus: expected a folder at {}", tried.join(" or ")))
            .hint("cd /path/to/trommel && cargo run --release -- demo")
    })
}

fn suggest(folder: &Path) {
    let program = program();
    let demo = shell::path(folder);
    terminal::tell(format!(
        "\nNext, type:\n  {program} -c {demo} search --explain 'error PE-1307'\n  \
         {program} index ~/notes          # your own documents, into ./.trommel\n  \
         {program} search 'some words'\n  {program} search --help"
    ));
}

/// Returns how this program can be called: by its name if that finds it, else by its path.
fn program() -> String {
    let path = env::current_exe().unwrap_or_else(|_| PathBuf::from("trommel"));
    let on_path = env::var_os("PATH").is_some_and(|folders| {
        env::split_paths(&folders).any(|folder| Some(folder.as_path()) == path.parent())
    });
    if on_path { "trommel".to_owned() } else { shell::path(&path) }
}
