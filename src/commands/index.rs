//! `trommel index`: brings the collection up to date with its sources.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Args;
use trommel::settings::INDEX;
use trommel::{cache_folder, late_vectors};
use trommel_core::{Encoder, escape, path_of_text};
use trommel_engine::{Depth, EngineError, IndexRequest, Manifest, Report, Root};
use trommel_ingest::{IngestError, IngestOptions, Input};
use trommel_lexical::Language;
use trommel_models::DEFAULT_ENCODER;

use super::Context;
use super::first_encoder::{self, Counting};
use super::index_report::{
    as_json, faults, flags, in_words, list_skipped, tell_archives, tell_emptied, tell_foreign,
    tell_lost_predictions, tell_scans,
};
use super::reanalyse::reanalyse;
use crate::cli::Global;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::own_extractors::own_extractors;
use crate::progress::{IndexBar, set_total};
use crate::settings::Typed;
use crate::signals::Cancel;
use crate::{hints, models, reader, shell, terminal};

/// The settings that say how files are read.
const READING: [&str; 3] = ["id-field", "title-field", "text-field"];

/// After how many passages a long run commits what it has: some minutes of encoding.
const COMMIT_EVERY: usize = 2_000;

/// Bring the collection up to date with files and folders
///
/// Unchanged documents cost nothing, changed ones are replaced, and those that are gone from an
/// indexed folder are removed. Without PATH, everything that was indexed before is read again; a
/// new collection reads the current folder.
#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// Files and folders; - is standard input, which adds and never removes
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// List what was skipped, with the reason
    #[arg(long)]
    list_skipped: bool,
    /// Skip and count lines of JSONL files that are no documents
    #[arg(long, hide = true)]
    skip_invalid: bool,
    /// Keep documents that are gone from their folder
    #[arg(long, hide = true)]
    keep_missing: bool,
    /// Remove the documents of a path even if it has none at all any more
    #[arg(long, hide = true)]
    allow_empty: bool,
    /// Read what .gitignore, .ignore and .trommelignore files leave out
    #[arg(long)]
    no_ignore: bool,
    /// Read zip and tar files like folders
    #[arg(long)]
    archives: bool,
    /// How deep passages are brought, in this run and the next: lexical for BM25 alone, predicted for
    /// vectors told from a sample that is encoded, encoded for the encoder's own [default: encoded]
    #[arg(long, value_name = "DEPTH", value_parser = Depth::from_str)]
    depth: Option<Depth>,
    /// Read the words of all texts by this language, such as de, whatever they seem to be in; none ends that
    #[arg(long, value_name = "LANGUAGE", hide = true)]
    language: Option<String>,
    /// Read the words of all stored documents anew with the newest analyzer; no file is read, and nothing
    /// encoded
    #[arg(long, conflicts_with_all = ["paths", "language", "strict", "list_skipped", "id"], hide = true)]
    reanalyse: bool,
    /// Read files by a program of yours, as '*.djvu=djvutxt {}'; it prints text, or JSON with text and
    /// title. See extractors.toml in docs/formats.md
    #[arg(long, value_name = "GLOB=COMMAND", hide = true)]
    extract_with: Vec<String>,
    /// Wait until no other process writes to the collection
    #[arg(long, hide = true)]
    wait: bool,
    /// Call the text of standard input so; without it, it is called by its content
    #[arg(long, value_name = "NAME", hide = true)]
    id: Option<String>,
    /// End with exit code 5 if anything but hidden and ignored files was skipped or an id came twice
    #[arg(long)]
    strict: bool,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    settings: Typed<INDEX>,
}

/// Runs the command.
pub(crate) fn run(args: IndexArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, args.settings.given())?;
    if args.reanalyse {
        return reanalyse(&context, args.wait, args.json);
    }
    let language = args.language.as_deref().map(language).transpose()?.flatten();
    let paths = paths(&args.paths, &context)?;
    let ingest = IngestOptions {
        skip_invalid: args.skip_invalid,
        ignore_rules: !args.no_ignore,
        archives: args.archives,
        language,
        own_extractors: own_extractors(&args.extract_with)?,
        stream_id: args.id.clone(),
        ..ingest(&context)?
    };
    // Whoever says nothing of how to read means what was said before.
    let said = args.skip_invalid
        || args.no_ignore
        || args.archives
        || args.language.is_some()
        || READING.iter().any(|name| args.settings.text(name).is_some());
    let how = How {
        ingest,
        keep_missing: args.keep_missing,
        allow_empty: args.allow_empty,
        as_before: args.paths.is_empty() && !said,
        wait: args.wait,
        depth: args.depth,
    };
    let report = index(&context, paths.clone(), how, &Cancel::on_signal())?;
    if args.list_skipped {
        list_skipped(&report);
    }
    tell_lost_predictions(&report);
    tell_emptied(&report, &context);
    tell_foreign(&report, &context);
    tell_scans(&report);
    tell_archives(&report, &context);
    let read = report.added + report.updated + report.unchanged;
    if args.json {
        terminal::print(as_json(&report, &context))?;
    } else if read + report.removed + report.skipped.len() > 0 {
        terminal::print(in_words(&report, &context))?;
    }
    if args.strict && faults(&report) > 0 {
        terminal::tell(format!("error: --strict: {} faults, expected none", faults(&report)));
        return Ok(Exit::Gate);
    }
    if read + report.removed == 0 && report.emptied.is_empty() {
        let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("{}: expected documents, got none", named.join(", "));
        let words: Vec<String> = paths.iter().map(|path| shell::path(path)).collect();
        let again = context.command(&format!("index --list-skipped {}", words.join(" ")));
        return Err(CliError::new(Kind::Nothing, message).hint(again));
    }
    Ok(Exit::Done)
}

/// Returns the code of the language that was typed; `none` is none.
fn language(typed: &str) -> Result<Option<String>, CliError> {
    if typed == "none" {
        return Ok(None);
    }
    let known = Language::of_tag(typed).ok_or_else(|| {
        let typed = escape(typed);
        CliError::usage(format!("--language: expected a language such as de or pt-BR, got {typed}"))
    })?;
    Ok(Some(known.code().to_owned()))
}

/// Brings the collection up to date with everything that it was made from and that is still there.
pub(super) fn refresh(context: &Context) -> Result<(), CliError> {
    let roots =
        Manifest::read(&context.folder).map_err(|error| hints::engine(error, context))?.roots;
    let is_there = |root: &Root| root.kind.is_on_disk() && path_of_text(&root.path).exists();
    if !roots.iter().any(is_there) {
        terminal::note("--fresh: nothing that was indexed is there to be read again");
        return Ok(());
    }
    let paths = paths(&[], context)?;
    let how = How { ingest: ingest(context)?, as_before: true, ..How::default() };
    let report = index(context, paths, how, &Cancel::on_signal())?;
    tell_lost_predictions(&report);
    tell_emptied(&report, context);
    let Report { added, updated, removed, .. } = report;
    if added + updated + removed > 0 {
        terminal::note(format!("--fresh: {added} added, {updated} updated, {removed} removed"));
    }
    Ok(())
}

/// Returns how files are read.
fn ingest(context: &Context) -> Result<IngestOptions, CliError> {
    let exclude = vec![context.store()?.home().to_owned()];
    let (runner, own_extractors) = (reader::runner(), own_extractors(&[])?);
    Ok(IngestOptions { exclude, runner, own_extractors, ..context.settings.ingest.clone() })
}

/// How a run reads, and what becomes of what it does not find.
#[derive(Default)]
pub(super) struct How {
    pub(super) ingest: IngestOptions,
    pub(super) keep_missing: bool,
    pub(super) allow_empty: bool,
    pub(super) as_before: bool,
    pub(super) wait: bool,
    pub(super) depth: Option<Depth>,
}

/// Runs the engine behind a bar.
pub(super) fn index(
    context: &Context,
    paths: Vec<PathBuf>,
    How { ingest, keep_missing, allow_empty, as_before, wait, depth }: How,
    cancel: &Cancel,
) -> Result<Report, CliError> {
    let shape = context.shape()?;
    let mut settings = context.settings.clone();
    let mut inputs: Vec<Input> = paths.iter().map(|path| input(path)).collect();
    let words: Vec<String> = paths.iter().map(|path| shell::path(path)).collect();
    let is_open = first_encoder::is_open(context);
    if is_open {
        first_encoder::choose(&mut inputs, &ingest, cancel.flag())
            .clone_into(&mut settings.encoder);
    }
    let models = models::models(&settings)?;
    let id = &settings.encoder;
    let most = models.max_tokens(id).map_err(|error| {
        let error = hints::library(error);
        match is_open && *id != DEFAULT_ENCODER {
            true => error.hint(first_encoder::usual(context, &words)),
            false => error,
        }
    })?;
    // Asked before anything is loaded: a longer passage would be cut by the encoder, and its end
    // not be found.
    if let Some(most) = most.filter(|most| shape.splitting.max_tokens > *most) {
        let got = shape.splitting.max_tokens;
        let message = format!("--passage-tokens: {id} reads up to {most} tokens, got {got}");
        return Err(CliError::usage(message)
            .hint(context.command(&format!("index --passage-tokens {most} PATH"))));
    }
    let counter = models.counter(id).map_err(hints::library)?;
    let encoder = models::encoder(&models, &settings)?;
    let encoder = Counting::new(&*encoder);
    if wait {
        wait_for_writer(context, cancel)?;
    }

    let late = late_vectors(
        &cache_folder(context.store()?.home(), &context.folder),
        encoder.fingerprint(),
    );
    let mut bar = IndexBar::begin();
    let stop = Arc::new(AtomicBool::new(false));
    // The total only says how far the run is. It is counted beside it, and it does not wait.
    let counting = {
        let (bar, ingest, stop) = (bar.bar(), ingest.clone(), Arc::clone(&stop));
        thread::spawn(move || {
            if let Some(total) = total_bytes(&paths, &ingest, &stop) {
                set_total(&bar, total);
            }
        })
    };
    let request = IndexRequest {
        inputs,
        ingest,
        as_before,
        keep_missing,
        allow_empty,
        commit_every: COMMIT_EVERY,
        depth,
        refine: true,
        late: Some(late),
    };
    let result = trommel_engine::index(
        &context.folder,
        request,
        &shape,
        &encoder,
        &*counter,
        &mut |event| bar.event(event),
        cancel.flag(),
    );
    // The walk that counts may be slower than a run without changes.
    stop.store(true, Ordering::Relaxed);
    let _ = counting.join();
    bar.end();
    if result.is_ok() {
        encoder.tell(&settings, &words, context);
    }
    result.map_err(|error| {
        let interrupted = matches!(error, EngineError::Interrupted { .. });
        let (bad_line, fields) = match &error {
            EngineError::Ingest(IngestError::BadLine { problem, .. }) => {
                (true, problem.likely_fields().map(flags))
            }
            _ => (false, None),
        };
        // The hints of the engine do not know what was typed; these repeat it.
        let error = hints::engine(error, context);
        if bad_line {
            let flags = fields.into_iter().chain(["--skip-invalid".to_owned()]);
            let again = |flag| context.command(&format!("index {flag} {}", words.join(" ")));
            CliError { hints: flags.map(again).collect(), ..error }
        } else if interrupted {
            let again = context.command(&format!("index {}", words.join(" ")));
            CliError { kind: cancel.kind(), hints: vec![again], ..error }
        } else {
            error
        }
    })
}

/// How often a busy collection is asked for again.
const PATIENCE: Duration = Duration::from_millis(200);

/// Waits until no process writes to the collection. Another may still come between: then it is busy.
pub(super) fn wait_for_writer(context: &Context, cancel: &Cancel) -> Result<(), CliError> {
    let mut told = false;
    while let Some(pid) = trommel_engine::writer_of(&context.folder) {
        if cancel.flag().load(Ordering::Relaxed) {
            return Err(CliError::new(cancel.kind(), "interrupted while waiting"));
        }
        if !told {
            let writer = pid.map_or_else(String::new, |pid| format!(" {pid}"));
            terminal::note(format!("waiting for process{writer}, which writes to the collection"));
            told = true;
        }
        thread::sleep(PATIENCE);
    }
    Ok(())
}

/// Returns what to read: what was named, else what the collection knows, else the current folder.
fn paths(named: &[PathBuf], context: &Context) -> Result<Vec<PathBuf>, CliError> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    match Manifest::read(&context.folder) {
        Ok(manifest) => {
            let roots = manifest.roots.into_iter().filter(|root| root.kind.is_on_disk());
            let roots: Vec<PathBuf> = roots.map(|root| path_of_text(&root.path)).collect();
            // A root that is gone may be a disk that is not there today: its documents are not
            // removed without being asked to.
            let (there, gone): (Vec<PathBuf>, Vec<PathBuf>) =
                roots.into_iter().partition(|root| root.exists());
            for root in &gone {
                let forget = context.command(&format!("remove --root {}", shell::path(root)));
                let root = root.display();
                terminal::note(format!("{root} is gone; its documents stay until {forget}"));
            }
            if there.is_empty() && gone.is_empty() {
                let message = "nothing to read again: no file or folder was indexed";
                return Err(CliError::usage(message).hint(context.command("index PATH")));
            }
            match gone.first() {
                Some(root) if there.is_empty() => {
                    let message = format!("nothing to read: {} is gone", root.display());
                    let forget = context.command(&format!("remove --root {}", shell::path(root)));
                    Err(CliError::usage(message).hint(forget))
                }
                _ => Ok(there),
            }
        }
        Err(EngineError::NoCollection { .. }) => Ok(vec![PathBuf::from(".")]),
        Err(error) => Err(hints::engine(error, context)),
    }
}

/// Returns what is read at a path; `-` is standard input.
pub(super) fn input(path: &Path) -> Input {
    if path == Path::new("-") {
        Input::Stdin(Box::new(io::stdin()))
    } else {
        Input::Path(path.to_owned())
    }
}

/// Adds up what a run will read, for the bar; `None` if that cannot be known. No file is opened.
fn total_bytes(paths: &[PathBuf], ingest: &IngestOptions, stop: &AtomicBool) -> Option<u64> {
    if paths.iter().any(|path| path == Path::new("-")) {
        return None;
    }
    let mut total = 0;
    for path in paths {
        for size in trommel_ingest::file_sizes(path, ingest).ok()? {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            total += size;
        }
    }
    Some(total)
}
