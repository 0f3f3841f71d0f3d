//! `trommel eval`: measures every stage of a search, or the runs of any engine.

mod beir;
mod known_items;
mod losses;
mod measure;
mod rerankings;
mod runs;
mod subject;
mod sweep;
mod task;

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use trommel::settings::{EVAL, Given};
use trommel_engine::{SearchSettings, Searcher, Stage};
use trommel_eval::{Gate, Metric, Report, Run, regressions};

use self::task::Asked;
pub(super) use self::task::Task;
use super::{Context, search};
use crate::cli::Global;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::object;
use crate::settings::Typed;
use crate::signals::Cancel;
use crate::terminal::{self, Screen};
use crate::{folders, hints, shell};

/// Measure retrieval quality, stage by stage
///
/// Four ways in: a folder in BEIR's layout, which is indexed into a collection of its own and kept
/// for the next time; the collection itself, with --queries and --qrels; the collection, or such a
/// folder, with --known-items, which needs no judgements; or run files of any engine, with --run and
/// --qrels.
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// A folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv
    #[arg(value_name = "BEIR_DIR", conflicts_with_all = ["queries", "qrels", "run"])]
    folder: Option<PathBuf>,
    /// Queries for the collection: JSONL (_id, text) or id, tab, text
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// Judgements: BEIR's three columns or TREC's four
    #[arg(long, value_name = "FILE")]
    qrels: Option<PathBuf>,
    /// A run file of any engine, to be judged instead of the collection; several are compared, each
    /// with the one before
    #[arg(long, value_name = "FILE", requires = "qrels")]
    run: Vec<PathBuf>,
    /// Draw N queries from the documents themselves, each with its own document as the only answer:
    /// words, codes and titles that one document alone has [default: 300]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "300")]
    #[arg(value_parser = known_items::count)]
    #[arg(conflicts_with_all = ["run", "split", "drop_self", "limit"])]
    known_items: Option<NonZeroUsize>,

    /// The stages to show [default: all that there are]
    #[arg(
        long,
        hide = true,
        value_name = "STAGE,…",
        value_delimiter = ',',
        conflicts_with = "run"
    )]
    #[arg(value_parser = PossibleValuesParser::new(Stage::ALL.map(Stage::name)), help_heading = "Measuring")]
    stages: Vec<String>,
    /// The metrics, the first of which leads: nDCG@k, AP@k, RR@k, R@k, P@k, Success@k, Judged@k,
    /// RBP(p=.8) [default: nDCG@10,R@100,AP@1000,RR@10; with --known-items Success@1,RR@10]
    #[arg(long, value_name = "METRIC,…", value_delimiter = ',', help_heading = "Measuring")]
    metrics: Vec<String>,
    /// Which judgements of a BEIR folder
    #[arg(
        long,
        hide = true,
        value_name = "NAME",
        default_value = "test",
        help_heading = "Measuring"
    )]
    split: String,
    /// Leave the document out of an answer whose id is the query's own, as ArguAna needs
    #[arg(long, hide = true, help_heading = "Measuring")]
    drop_self: bool,
    /// Ask only the first N judged queries [default: all]
    #[arg(long, hide = true, value_name = "N", help_heading = "Measuring")]
    limit: Option<usize>,
    /// Report also if a reranker fails for some queries; else that ends with exit code 5
    #[arg(long, hide = true, conflicts_with = "run", help_heading = "Measuring")]
    allow_failures: bool,
    /// Where the random numbers of tests and intervals begin
    #[arg(long, hide = true, value_name = "N", default_value_t = 42, help_heading = "Measuring")]
    seed: u64,
    /// Try other settings too, choose the best on half of the queries and test it on the other half
    #[arg(long, conflicts_with = "run", help_heading = "Measuring")]
    sweep: bool,

    /// How the report looks
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    #[arg(value_parser = PossibleValuesParser::new(["text", "json", "markdown"]))]
    format: String,
    /// Write the report as one page that needs no other file
    #[arg(long, value_name = "FILE.html", help_heading = "Output")]
    report: Option<PathBuf>,
    /// Write what each stage ranked as DIR/STAGE.run
    #[arg(long, hide = true, value_name = "DIR", conflicts_with = "run", help_heading = "Output")]
    save_runs: Option<PathBuf>,
    /// End with exit code 5 unless this holds, such as 'nDCG@10>=0.70' for the last row or
    /// 'fused:R@100>=0.9'; all of several must
    #[arg(long, value_name = "GATE", help_heading = "Output")]
    gate: Vec<String>,
    /// End with exit code 5 if a mean is worse than in this earlier report (--format json)
    #[arg(long, hide = true, value_name = "FILE.json", help_heading = "Output")]
    baseline: Option<PathBuf>,
    /// How much worse than the baseline is still good
    #[arg(long, hide = true, value_name = "X", default_value_t = 0.0, requires = "baseline")]
    #[arg(help_heading = "Output")]
    no_worse_than: f64,

    /// The reranker, or none, as for search; several are compared: each is a row, tested against the
    /// one before and against the stage before them all
    #[arg(long, value_name = "ID,…", conflicts_with = "run", help_heading = "Models")]
    reranker: Vec<String>,
    #[command(flatten)]
    settings: Typed<EVAL>,
}

impl EvalArgs {
    /// Returns the settings that were typed; what is measured is never taken from the cache.
    fn given(&self) -> Given {
        let cascades = self.reranker.iter();
        let first = cascades.clone().find(|text| *text != trommel::NONE).or(self.reranker.first());
        let first = first.map(|text| ("reranker", text.clone()));
        let uncached = ("cache", false.to_string());
        self.settings.given().into_iter().chain(first).chain([uncached]).collect()
    }

    fn metrics(&self) -> Result<Vec<Metric>, CliError> {
        if self.metrics.is_empty() {
            let known_items = self.known_items.map(|_| Metric::KNOWN_ITEMS.to_vec());
            return Ok(known_items.unwrap_or_else(|| Metric::USUAL.to_vec()));
        }
        let mut metrics: Vec<Metric> = Vec::new();
        for name in &self.metrics {
            let metric = name.parse().map_err(hints::eval)?;
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        Ok(metrics)
    }

    /// Returns the stages to show, in the order in which they run; none means all there are.
    fn stages(&self) -> Vec<Stage> {
        let wanted = |stage: &Stage| self.stages.iter().any(|name| *name == stage.name());
        // What `none` leaves is the order of fusion's own feedback.
        let compared = self.reranker.iter().any(|text| text == trommel::NONE);
        let all = self.stages.is_empty();
        let shown = |stage: &Stage| all || wanted(stage) || (compared && *stage == Stage::Feedback);
        Stage::ALL.into_iter().filter(shown).collect()
    }
}

/// Runs the command.
pub(crate) fn run(args: EvalArgs, global: &Global) -> Result<Exit, CliError> {
    known_items::check(&args)?;
    let metrics = args.metrics()?;
    let gates: Vec<Gate> =
        args.gate.iter().map(|gate| gate.parse().map_err(bad_gate)).collect::<Result<_, _>>()?;
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    let cancel = Cancel::on_signal();
    let report = if args.run.is_empty() {
        evaluate_collection(&args, global, metrics, &cancel)?
    } else {
        runs::evaluate(&args, metrics)?
    };

    print(&report, &args.format)?;
    if let Some(path) = &args.report {
        let page = trommel_report::html(&report);
        fs::write(path, page).map_err(|error| cannot_write(path, &error))?;
        terminal::tell(format!("report in {}", path.display()));
    }
    let mut failures: Vec<String> = gates.iter().filter_map(|gate| gate.failure(&report)).collect();
    if let Some(baseline) = &baseline {
        failures.extend(regressions(&report, baseline, args.no_worse_than));
    }
    for failure in &failures {
        terminal::tell(format!("gate failed: {failure}"));
    }
    if !args.allow_failures {
        unfailing(&report)?;
    }
    Ok(if failures.is_empty() { Exit::Done } else { Exit::Gate })
}

/// Refuses a report of a stage that did not run for every query.
pub(super) fn unfailing(report: &Report) -> Result<(), CliError> {
    let Some(first) = report.failures.first() else { return Ok(()) };
    let count = report.failures.iter().filter(|failure| failure.stage == first.stage).count();
    let message = format!(
        "{} failed for {count} of {} queries, first for {}: {}",
        first.stage, report.queries.evaluated, first.query_id, first.reason
    );
    Err(CliError::new(Kind::Gate, message).hint("trommel eval … --allow-failures"))
}

fn print(report: &Report, format: &str) -> Result<(), CliError> {
    let mut screen = Screen::open();
    match format {
        "json" => object(&mut screen, report),
        "markdown" => write!(screen, "{}", trommel_report::markdown(report)),
        _ => {
            let text = trommel_report::text(report, screen.width());
            write!(screen, "{text}")
        }
    }
    .and_then(|()| screen.flush())
    .map_err(CliError::stdout)
}

/// Evaluates a BEIR folder, or the collection itself.
fn evaluate_collection(
    args: &EvalArgs,
    global: &Global,
    metrics: Vec<Metric>,
    cancel: &Cancel,
) -> Result<Report, CliError> {
    let (context, asked) = task::asked(args, global, &metrics, cancel)?;
    let settings = settings(&context, &args.stages())?;
    let compared = rerankings::compared(&args.reranker)?;
    if args.sweep && compared.len() > 1 {
        return Err(CliError::usage("--sweep is about one reranker: expected one, got several")
            .hint("trommel eval BEIR_DIR --sweep --reranker ID"));
    }
    let pipeline = search::open(&context, settings.stage, None)?;
    let task = match asked {
        Asked::Judged(task) => task,
        Asked::KnownItems(name, count) => {
            // Of the very generation that is searched.
            let from = (&context, &*pipeline.snapshot());
            known_items::task(args, metrics, (name, count), from, cancel)?
        }
    };
    let mut subject = subject::of_collection(&context, &pipeline, &task)?;
    let whereabouts = (&context, &mut subject);
    let (all, pipeline) =
        rerankings::measure_all(pipeline, &compared, &task, &settings, whereabouts, cancel)?;
    if let Some(folder) = &args.save_runs {
        save_runs(folder, &measure::runs(&all, &task)?)?;
        if let Some(known) = &task.known_items {
            known_items::save(folder, known)?;
        }
    }
    let mut report = measure::report(&all, &task)?;
    report.subject = subject;
    if let Some(last) = all.last() {
        report.losses = Some(losses::losses(last, &pipeline, &task, &settings, &context)?);
    }
    if args.sweep {
        report.sweep = Some(sweep::sweep(&context, &pipeline, &task, &settings, cancel)?);
    }
    Ok(report)
}

/// Measures all stages by a task; returns the table and what each stage ranked.
pub(super) fn table(
    pipeline: &Searcher,
    task: &Task,
    settings: &SearchSettings,
    context: &Context,
    cancel: &Cancel,
) -> Result<(Report, Vec<(String, Run)>), CliError> {
    let measured = [measure::measure(pipeline, task, settings, context, cancel)?];
    let report = measure::report(&measured, task)?;
    unfailing(&report)?;
    Ok((report, measure::runs(&measured, task)?))
}

/// Returns the settings of the searches: up to the last stage that is shown and that there is.
fn settings(context: &Context, stages: &[Stage]) -> Result<SearchSettings, CliError> {
    let mut settings = context.search()?;
    let last = stages.last().copied().unwrap_or(Stage::Reranked);
    settings.stage = settings.stage.min(last);
    settings.check().map_err(|error| hints::engine(error, context))?;
    Ok(settings)
}

fn save_runs(folder: &Path, runs: &[(String, Run)]) -> Result<(), CliError> {
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    for (stage, run) in runs {
        let path = folder.join(format!("{}.run", file_name(stage)));
        let mut bytes = Vec::new();
        run.write(&mut bytes)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|error| cannot_write(&path, &error))?;
    }
    Ok(())
}

/// Returns the name of a row as that of a file.
fn file_name(row: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-._@,+".contains(c);
    row.chars().map(|c| if plain(c) { c } else { '_' }).collect()
}

fn read_baseline(path: &Path) -> Result<Report, CliError> {
    let hint = format!("trommel eval … --format json > {}", shell::path(path));
    let text = fs::read_to_string(path).map_err(|error| {
        CliError::usage(format!("cannot read {}: {error}", path.display())).hint(&hint)
    })?;
    let report: Report = serde_json::from_str(&text).map_err(|error| {
        let message = format!("{}: expected a report in JSON: {error}", path.display());
        CliError::usage(message).hint(&hint)
    })?;
    if report.schema != trommel_eval::SCHEMA {
        let (got, expected) = (report.schema, trommel_eval::SCHEMA);
        let message = format!("{}: expected schema {expected}, got {got:?}", path.display());
        return Err(CliError::usage(message).hint(hint));
    }
    Ok(report)
}

pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot write {}: {error}", path.display()))
        .hint(format!("ls -ld {}", shell::path(folders::around(path))))
}

fn bad_gate(error: trommel_eval::BadGate) -> CliError {
    CliError::usage(format!("--gate: {error}"))
        .hint("trommel eval BEIR_DIR --gate 'fused:nDCG@10>=0.70'")
}
