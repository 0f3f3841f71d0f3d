//! `trommel watch`: keeps a collection up to date with its files while they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use trommel::{Collection, ErrorKind, IndexRequest, Input, Report};
use trommel_core::path_of_text;
use trommel_engine::Manifest;
use trommel_ingest::IngestOptions;
use trommel_watch::{Background, Watch, WatchOptions, is_hidden};

use super::Context;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::own_extractors::own_extractors;
use crate::signals::Cancel;
use crate::{hints, models, reader, terminal};

/// After how many passages a long run commits what it has.
const COMMIT_EVERY: usize = 2_000;

/// After how much time without a change passages are encoded that are not yet.
const IDLE: Duration = Duration::from_secs(2);

/// How many of them before the files are looked at again.
const AT_ONCE: usize = 256;

/// Keep the collection up to date with its files, until Ctrl-C
///
/// What is saved is found about a second later. Files and folders are those that were indexed; searches of
/// other processes see each change as a whole.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Give way to everything else on this machine: little processor time, one thread
    #[arg(long)]
    background: bool,
}

/// Runs the command.
pub(crate) fn run(args: WatchArgs, global: &Global) -> Result<Exit, CliError> {
    let mut given = Vec::new();
    if args.background {
        // Before any pool of threads is made, which then gives way too.
        let _ = Background::enter();
        given.push(("threads", "1".to_owned()));
    }
    let context = Context::new(global, given)?;
    let manifest =
        Manifest::read(&context.folder).map_err(|error| hints::engine(error, &context))?;
    let roots = manifest.roots.iter().filter(|root| root.kind.is_on_disk());
    let roots: Vec<PathBuf> = roots.map(|root| path_of_text(&root.path)).collect();
    if roots.is_empty() {
        let message = "nothing to watch: no file or folder was indexed";
        return Err(CliError::usage(message).hint(context.command("index PATH")));
    }
    let cancel = Cancel::on_signal();
    let models = models::models(&context.settings)?;
    let collection = Collection::open(&context.folder, &models)
        .map_err(|error| hints::collection(error, &context))?;
    let own = context.folder.clone();
    let ignored = move |path: &Path| is_hidden(path) || path.starts_with(&own);
    let options = WatchOptions { ignored: Arc::new(ignored), ..WatchOptions::default() };
    let mut watch = Watch::start(roots.clone(), options)
        .map_err(|error| CliError::usage(error.to_string()).hint(context.command("index")))?;
    for polled in watch.polled() {
        let root = polled.root.display();
        terminal::note(format!("{root} is looked at now and then: {}", polled.reason));
    }
    let ingest = IngestOptions {
        exclude: vec![context.store()?.home().to_owned()],
        runner: reader::runner(),
        own_extractors: own_extractors(&[])?,
        ..context.settings.ingest.clone()
    };
    // What changed while nobody watched.
    follow(&collection, &ingest, Vec::new(), &context, &cancel)?;
    terminal::tell(format!("watching {} files and folders; Ctrl-C ends", roots.len()));
    let mut is_deep = false;
    while !cancel.flag().load(Ordering::Relaxed) {
        let idle = if is_deep { Duration::MAX } else { IDLE };
        match watch.next_within(idle, cancel.flag()) {
            Some(changes) => {
                for root in &changes.gone {
                    terminal::note(format!("{} is gone; its documents stay", root.display()));
                }
                if !changes.paths.is_empty() {
                    follow(&collection, &ingest, changes.paths, &context, &cancel)?;
                }
                is_deep = false;
            }
            None => is_deep = deepen(&collection, &watch, &context, &cancel)?,
        }
    }
    Ok(Exit::Done)
}

/// Encodes some passages that are not encoded yet, until something changes, and says whether none are left.
fn deepen(
    collection: &Collection,
    watch: &Watch,
    context: &Context,
    cancel: &Cancel,
) -> Result<bool, CliError> {
    let stop = AtomicBool::new(false);
    let mut progress = |_| {
        let is_wanted = watch.has_news() || cancel.flag().load(Ordering::Relaxed);
        stop.fetch_or(is_wanted, Ordering::Relaxed);
    };
    match collection.deepen(AT_ONCE, &mut progress, &stop) {
        Ok(depths) => Ok(depths.is_none_or(|depths| depths.encoded == depths.passages())),
        // It goes on when nothing changes any more, or nobody else writes.
        Err(error) if matches!(error.kind(), ErrorKind::Busy | ErrorKind::Cancelled) => Ok(false),
        Err(error) => Err(hints::collection(error, context)),
    }
}

/// Reads paths again, or all there is, and says what changed. A run that fails is told, and the next
/// change tries again.
fn follow(
    collection: &Collection,
    ingest: &IngestOptions,
    paths: Vec<PathBuf>,
    context: &Context,
    cancel: &Cancel,
) -> Result<(), CliError> {
    let named = !paths.is_empty();
    let inputs: Vec<Input> =
        paths.into_iter().filter(|path| path.exists()).map(Input::Path).collect();
    if named && inputs.is_empty() {
        return Ok(());
    }
    let request = IndexRequest {
        inputs,
        ingest: ingest.clone(),
        as_before: true,
        keep_missing: false,
        allow_empty: false,
        commit_every: COMMIT_EVERY,
        depth: None,
        refine: false,
        late: None,
    };
    match collection.index_with(request, &mut |_| {}, cancel.flag()) {
        Ok(Report { added, updated, removed, generation, .. }) if added + updated + removed > 0 => {
            terminal::print(format!(
                "{added} added, {updated} updated, {removed} removed, generation {generation}"
            ))
        }
        Ok(_) => Ok(()),
        Err(_) if cancel.flag().load(Ordering::Relaxed) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::Busy | ErrorKind::NotFound) => {
            terminal::warn(error);
            Ok(())
        }
        Err(error) => Err(hints::collection(error, context)),
    }
}
