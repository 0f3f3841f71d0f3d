//! `trommel judge`: grades what the stages find, so that they can be measured.

mod dialogue;
mod keys;
mod pool;
mod summary;

use std::path::{Path, PathBuf};

use clap::Args;
use trommel::Judgements;
use trommel::settings::JUDGE;
use trommel_engine::{SearchSettings, Stage, range};
use trommel_eval::NamedQuery;

use self::dialogue::{Dialogue, End};
use self::keys::Input;
use super::{Context, batch, cache, search};
use crate::cli::Global;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::settings::Typed;
use crate::signals::Cancel;
use crate::{folders, hints, shell, terminal};

/// The name of the folder that judgements are kept in, beside the collection.
const FOLDER: &str = "judgements";
/// How many documents of every stage are judged.
const POOL: i64 = 10;
/// What the order follows from.
const SEED: u64 = 42;

/// Judge what the stages find, so that eval can measure them
///
/// Shows the documents that any stage finds for a query, in an order and a form that do not tell
/// which stage it was, and takes a grade for each by one key: 0 for no use to 3 for just what was
/// asked for. Every grade is saved at once, as DIR/queries.jsonl and DIR/qrels/test.tsv, which
/// `trommel eval` reads. What was judged before is not asked again, so it can be done in parts.
///
/// Queries come from a file, from the command line, or are typed one by one; an empty line ends.
/// Where standard input is no terminal, its characters are the keys.
#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// One query, as plain words; without it and without --queries, queries are typed
    #[arg(value_name = "QUERY", conflicts_with = "queries")]
    query: Vec<String>,
    /// Judge every query of a file, JSONL (_id, text) or id, tab, text; - is standard input
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// The folder of queries and judgements; it is added to [default: judgements, beside the
    /// collection]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many documents of every stage to judge, 1 to 200
    #[arg(long, value_name = "N", default_value_t = POOL, allow_negative_numbers = true)]
    pool: i64,
    /// What the order of the documents follows from
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,

    #[command(flatten)]
    settings: Typed<JUDGE>,
}

impl JudgeArgs {
    /// Returns the flags of searching as they can be typed behind another command, each with a
    /// space in front. What is measured is never taken from the cache.
    fn typed(&self) -> String {
        self.settings.words(&["stage", "cache"])
    }

    /// Returns the flags of judging, in the same way.
    fn own(&self) -> String {
        let out = self.out.as_ref().map(|out| format!(" --out {}", shell::path(out)));
        let pool = (self.pool != POOL).then(|| format!(" --pool {}", self.pool));
        let seed = (self.seed != SEED).then(|| format!(" --seed {}", self.seed));
        let stage = self.settings.text("stage").map(|stage| format!(" --stage {stage}"));
        [out, pool, seed, stage].into_iter().flatten().collect()
    }

    fn pool(&self) -> Result<usize, CliError> {
        let most = *range::CANDIDATES.end();
        match usize::try_from(self.pool) {
            Ok(pool @ 1..) if pool <= most => Ok(pool),
            _ => Err(CliError::usage(format!("--pool is {}, expected 1 to {most}", self.pool))
                .hint("trommel judge --pool 10")),
        }
    }

    fn out(&self, context: &Context) -> PathBuf {
        let beside = || context.folder.parent().unwrap_or(&context.folder).join(FOLDER);
        self.out.clone().map_or_else(beside, folders::absolute)
    }
}

/// Runs the command.
pub(crate) fn run(args: JudgeArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, args.settings.given())?;
    let pool = args.pool()?;
    let settings = context.search()?;
    settings.check().map_err(|error| hints::engine(error, &context))?;
    let pooling = pooling(&settings, pool);
    // Queries on standard input leave no place for keys but a terminal.
    let taken = args.queries.as_deref() == Some(Path::new("-"));
    let Some(mut input) = Input::open(taken) else {
        let message = "--queries - takes all of standard input: expected a terminal for the keys";
        return Err(CliError::usage(message).hint("trommel judge --queries FILE"));
    };
    let queries = given(&args)?;

    let cache = cache::open(&context, settings.stage)?;
    let pipeline = search::open(&context, settings.stage, cache.as_ref())?;
    let cancel = Cancel::on_signal();
    let out = args.out(&context);
    let mut saved = Judgements::open(&out).map_err(hints::judgements)?;
    let files = Files::of(&saved, &context, &args);
    let mut dialogue =
        Dialogue::new(&pipeline, &pooling, (pool, args.seed), &context, &cancel, &mut saved);
    let end = match queries {
        Some(queries) => dialogue.queries(queries, &mut input),
        None => dialogue.typed(&mut input, &files),
    };
    let judged = dialogue.judged();
    let end = end.map_err(|error| match error.kind {
        Kind::Interrupted | Kind::Terminated => files.interrupted(error, &saved),
        _ => error,
    })?;
    summary::tell(&saved, judged, (&pipeline, &settings), (&context, &cancel), &files)?;
    if end == End::Partly && !saved.qrels().is_empty() {
        terminal::tell(format!("to judge on: {}", files.go_on));
    }
    Ok(Exit::Done)
}

/// Returns the queries of the file or of the command line; none if they are to be typed.
fn given(args: &JudgeArgs) -> Result<Option<Vec<NamedQuery>>, CliError> {
    if let Some(file) = &args.queries {
        return batch::read(file).map(Some);
    }
    if args.query.is_empty() {
        return Ok(None);
    }
    let text = args.query.join(" ").trim().to_owned();
    if text.is_empty() {
        return Err(CliError::usage("the query is empty: expected at least one character")
            .hint("trommel judge 'some words'"));
    }
    // Its id follows from the text when the folder is known.
    Ok(Some(vec![NamedQuery { id: String::new(), text }]))
}

/// Returns settings by which the first `pool` documents of every stage are certain: nothing is left
/// unread that belongs to them.
fn pooling(settings: &SearchSettings, pool: usize) -> SearchSettings {
    SearchSettings {
        k: settings.k.max(pool),
        candidates: settings.candidates.max(pool),
        budget: None,
        ..settings.clone()
    }
}

/// The commands that continue from the files.
struct Files {
    /// The folder, as it can be typed.
    folder: String,
    /// What judges on.
    go_on: String,
    /// What measures.
    eval: String,
}

impl Files {
    fn of(saved: &Judgements, context: &Context, args: &JudgeArgs) -> Self {
        let queries = shell::path(&folders::near(&saved.queries_file()));
        let qrels = shell::path(&folders::near(&saved.qrels_file()));
        let (typed, own) = (args.typed(), args.own());
        let stages = args.settings.text("stage").map_or_else(String::new, |last| {
            let names = Stage::ALL.map(Stage::name).into_iter();
            let before = names.take_while(|stage| *stage != last);
            let stages: Vec<&str> = before.chain([last]).collect();
            format!(" --stages {}", stages.join(","))
        });
        let eval = format!("eval --queries {queries} --qrels {qrels}{stages}{typed}");
        Self {
            folder: shell::path(&folders::near(saved.folder())),
            go_on: context.command(&format!("judge --queries {queries}{own}{typed}")),
            eval: context.command(&eval),
        }
    }

    /// Says that nothing is lost.
    fn interrupted(&self, error: CliError, saved: &Judgements) -> CliError {
        if saved.qrels().is_empty() {
            return error;
        }
        let message = format!("{error}, every grade is saved in {}", self.folder);
        CliError::new(error.kind, message).hint(&self.go_on)
    }
}
