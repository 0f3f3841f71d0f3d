//! One indexing run.
//!
//! One thread reads, compares and splits, one encodes, and this one writes; between them stand
//! bounded queues, so what waits does not grow with the corpus.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::bounded;
use trommel_core::disk::Folder;
use trommel_core::{Document, Encoder, FileStamp, Origin, TokenCounter, path_of_text, path_text};
use trommel_ingest::{
    IngestError, IngestOptions, Input, Item, KnownFiles, OwnExtractor, SkipReason, Skipped,
    Splitter, Unextracted, extractor_versions, is_costly, own_versions, read,
};

use trommel_predict::LEAST_PASSAGES;

use super::deepen::{DeepenRequest, Deepening};
use super::encoding::encode_all;
use super::plan::{Action, Plan, origin, root_around, within};
use super::queue::{Queue, Work};
use super::report::{Event, Report};
use super::room::Room;
use super::writing::Writing;
use crate::collection::{
    CollectionSettings, CollectionWriter, Depth, Root, RootKind, RootReading, own_names,
};
use crate::documents::{Entry, StoredDocument};
use crate::{EngineError, LateVectors, Manifest};

/// How many documents may wait between reading and encoding.
const QUEUE: usize = 512;

/// How many batches may wait between encoding and writing.
const BATCHES: usize = 2;

/// What to index and how.
pub struct IndexRequest {
    /// What to read; empty means everything that was indexed before.
    pub inputs: Vec<Input>,
    /// How to read it.
    pub ingest: IngestOptions,
    /// Whether a root is read as it was read before, where that is known: with the same fields and flags.
    pub as_before: bool,
    /// Whether documents that their source no longer delivers stay.
    pub keep_missing: bool,
    /// Whether a source that had documents and gives none at all any more loses them. It is most likely
    /// not there for now, such as a disk whose folder is there and empty, so that otherwise they stay.
    pub allow_empty: bool,
    /// After how many passages a long run commits what it has.
    pub commit_every: usize,
    /// How deep passages are brought, in this run and in those that do not say; without it as deep as
    /// before, and all the way in a new collection.
    pub depth: Option<Depth>,
    /// Whether passages that were not encoded while they were read are encoded in this run, or left to
    /// [`deepen`](super::deepen()).
    pub refine: bool,
    /// What searches had encoded, which is taken in and forgotten.
    pub late: Option<Arc<LateVectors>>,
}

/// Brings a collection up to date with its sources, making it if there is none.
///
/// Unchanged documents cost no encoding; changed ones are replaced; those that a source no longer
/// delivers are removed. Setting `cancel` ends the run at the last commit.
///
/// # Errors
///
/// [`EngineError::Interrupted`] after `cancel`; otherwise whatever reading, encoding or writing
/// reports. The last commit always stays in force.
pub fn index(
    folder: impl Into<Folder>,
    request: IndexRequest,
    settings: &CollectionSettings,
    encoder: &dyn Encoder,
    counter: &dyn TokenCounter,
    progress: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<Report, EngineError> {
    let folder = folder.into();
    let (late_vectors, refine) = (request.late, request.refine);
    let inputs = locate(request.inputs, &folder)?;
    let mut ingest = request.ingest;
    let folder_itself = folder.canonicalize().unwrap_or_else(|_| folder.path().to_owned());
    ingest.exclude.extend(own_names().map(|name| folder_itself.join(name)));
    ingest.exclude.push(folder_itself);
    let missing = Missing { keep: request.keep_missing, allow_empty: request.allow_empty };

    let mut writer = CollectionWriter::open_or_create(folder, encoder.fingerprint(), settings)?;
    if let Some(depth) = request.depth {
        writer.set_depth(depth);
    }
    let most_at_once = encoded_on_the_way(&writer);
    let extractors = extractor_versions() + &own_versions(&ingest.own_extractors);
    if writer.extractors() == extractors {
        ingest.unextracted = writer.unextracted().iter().cloned().collect();
        ingest.known = known_files(&writer, &ingest.own_extractors)?;
    }
    let sources = sources(inputs, writer.roots(), &ingest, request.as_before)?;
    let read_anew: Vec<String> = sources.iter().map(|source| source.path.clone()).collect();
    let mut speaks_otherwise = false;
    for source in sources.iter().filter(|source| source.is_root()) {
        speaks_otherwise |= writer.remember(&source.root);
    }
    if speaks_otherwise {
        // Documents that did not change are not read again, but their words are others now.
        writer.reanalyse(cancel)?;
    }
    let splitter = writer.splitting().splitter(counter);
    let mut run = Writing {
        progress,
        cancel,
        report: Report {
            lost_predictions: writer.lost_predictions().cloned(),
            ..Report::default()
        },
        commit_every: request.commit_every.max(1),
        uncommitted: 0,
    };
    let mut plan = Plan::new(&writer)?;
    let (work, read) = bounded(QUEUE);
    let (batches, encoded) = bounded(BATCHES);
    let room = Room::default();
    let unextracted = thread::scope(|scope| {
        let queue = Queue { work, room: &room };
        let reader = scope.spawn(move || {
            let result = deliver(sources, &splitter, &mut plan, missing, &queue, cancel);
            (result, plan.duplicates, plan.unextracted)
        });
        let encoding = scope.spawn(|| {
            let _closed = room.closed_at_the_end();
            // The queues go with this thread, so that neither neighbour waits for it in vain.
            let batches = batches;
            encode_all(encoder, most_at_once, read, &room, &batches, cancel)
        });
        let written = run.write_all(&mut writer, encoded);
        let encoded = joined(encoding);
        let (delivered, duplicates, unextracted) = joined(reader);
        run.report.duplicates = duplicates;
        delivered.and(encoded).and(written).map(|()| unextracted)
    });
    let unextracted = with_those_elsewhere(unextracted?, &writer, &read_anew);
    if cancel.load(Ordering::Relaxed) {
        return Err(EngineError::Interrupted { generation: writer.generation() });
    }
    writer.set_unextracted(unextracted);
    let was_read = |root: &Root| read_anew.iter().any(|path| within(&root.path, path));
    if writer.roots().iter().all(|root| !root.kind.is_on_disk() || was_read(root)) {
        writer.set_extractors(extractors);
    }
    let (until, most) = match refine {
        true => (writer.depth(), usize::MAX),
        false => (writer.depth().min(Depth::Predicted), 0),
    };
    let late = late_vectors.as_ref().map(|late| late.all()).unwrap_or_default();
    let is_deep_enough = until == Depth::Lexical || writer.is_encoded();
    run.report.generation = writer.commit(is_deep_enough && late.is_empty())?;
    (run.progress)(Event::Committed { generation: run.report.generation });
    if !is_deep_enough || !late.is_empty() {
        let commit_every = run.commit_every;
        let depths = writer.depths();
        let passages = depths.passages() - depths.encoded;
        (run.progress)(Event::Lexical { passages });
        let request = DeepenRequest { most, commit_every, late, ..DeepenRequest::until(until) };
        let deepened =
            Deepening::new(&mut writer, &request, encoder, &mut *run.progress, cancel).run()?;
        run.report.passages += deepened.encoded;
        run.report.predicted = deepened.predicted;
        run.report.unpredicted = deepened.unpredicted;
        run.report.generation = deepened.generation;
    }
    if let Some(late) = &late_vectors {
        late.clear();
    }
    run.report.documents = writer.documents();
    Ok(run.report)
}

/// Returns how many new passages are encoded while they are read, if there are no more: all where nothing
/// but them is left to encode, so that the vectors are never without them; few in a new collection,
/// which is searched sooner if the rest is encoded later.
fn encoded_on_the_way(writer: &CollectionWriter) -> usize {
    match writer.depth() {
        Depth::Lexical => 0,
        _ if writer.depths().passages() == 0 => LEAST_PASSAGES as usize,
        Depth::Encoded if writer.is_encoded() => usize::MAX,
        Depth::Predicted | Depth::Encoded => 0,
    }
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// An input with the root it is read under.
struct Source {
    input: Input,
    /// The absolute path, or `-`.
    path: String,
    root: Root,
    ingest: IngestOptions,
}

impl Source {
    /// Whether all of the root is read.
    fn is_root(&self) -> bool {
        self.path == self.root.path
    }
}

/// An input with its absolute path and kind.
type Located = (Input, String, RootKind);

/// Locates what is to be read; nothing named means all that was read before.
fn locate(inputs: Vec<Input>, folder: &Path) -> Result<Vec<Located>, EngineError> {
    let inputs = if inputs.is_empty() { read_before(folder)? } else { inputs };
    let locate = |input: Input| {
        let (path, kind) = match &input {
            Input::Path(path) => located(path)?,
            Input::Stdin(_) => (Origin::STDIN.to_owned(), RootKind::Stdin),
        };
        Ok((input, path, kind))
    };
    inputs.into_iter().map(locate).collect()
}

fn read_before(folder: &Path) -> Result<Vec<Input>, EngineError> {
    let roots = match Manifest::read(folder) {
        Ok(manifest) => manifest.roots,
        Err(EngineError::NoCollection { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let paths = roots.into_iter().filter(|root| root.kind.is_on_disk());
    Ok(paths.map(|root| Input::Path(path_of_text(&root.path))).collect())
}

/// Finds the root that each input is read under, and how it is read.
fn sources(
    inputs: Vec<Located>,
    known: &[Root],
    ingest: &IngestOptions,
    as_before: bool,
) -> Result<Vec<Source>, EngineError> {
    let mut roots = known.to_vec();
    let source = |(input, path, kind): Located| {
        let mut root = root_around(&roots, &path, kind);
        let before = root.reading.as_ref().filter(|_| as_before);
        let ingest = before.map_or_else(|| ingest.clone(), |before| before.in_options(ingest));
        let is_told = ingest.language.is_some() || root.reading.is_some();
        if path == root.path && (kind.is_on_disk() || is_told) {
            root.reading = Some(RootReading::of(&ingest));
        }
        // All of a root is read by one language.
        let of_root = root.reading.as_ref().and_then(|reading| reading.language.clone());
        if ingest.language.is_some() && ingest.language != of_root {
            return Err(EngineError::FixedSetting {
                setting: "language",
                collection: of_root.unwrap_or_else(|| "none".into()),
                given: ingest.language.unwrap_or_default(),
            });
        }
        roots.push(root.clone());
        Ok(Source { input, path, root, ingest })
    };
    let sources: Result<Vec<Source>, EngineError> = inputs.into_iter().map(source).collect();
    Ok(outermost(sources?))
}

/// Returns the files that need not be read again as long as they are as they were.
fn known_files(writer: &CollectionWriter, own: &[OwnExtractor]) -> Result<KnownFiles, EngineError> {
    let known = |entry: Entry| {
        let origin = origin(writer.roots(), &entry);
        let is_whole = origin.line.is_none() && origin.member().is_none() && origin.is_file();
        let is_known = is_whole && is_costly(&origin.path, own);
        is_known.then_some((origin.file(), (origin.root, entry.stamp?)))
    };
    writer.entries().filter_map(|entry| entry.map(known).transpose()).collect()
}

/// Leaves out what lies within another source, which reads it anyway.
fn outermost(sources: Vec<Source>) -> Vec<Source> {
    let paths: Vec<String> = sources.iter().map(|source| source.path.clone()).collect();
    let covered = |place: usize| {
        paths.iter().enumerate().any(|(other, path)| {
            other != place
                && within(&paths[place], path)
                && (paths[place] != *path || other < place)
        })
    };
    let places = sources.into_iter().enumerate();
    places.filter(|&(place, _)| !covered(place)).map(|(_, source)| source).collect()
}

fn located(path: &Path) -> Result<(String, RootKind), EngineError> {
    let absolute = fs::canonicalize(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => IngestError::NotFound { path: path.to_owned() }.into(),
        _ => EngineError::io("read", path)(source),
    })?;
    let kind = if absolute.is_dir() { RootKind::Folder } else { RootKind::File };
    Ok((path_text(&absolute), kind))
}

/// Reads, compares and splits all sources. A receiver that is gone ends it quietly.
fn deliver(
    sources: Vec<Source>,
    splitter: &Splitter<'_>,
    plan: &mut Plan,
    missing: Missing,
    queue: &Queue<'_>,
    cancel: &AtomicBool,
) -> Result<(), EngineError> {
    for Source { input, path, root, ingest } in sources {
        let mut reader = read(input, &ingest)?.under(&root.path);
        let mut read_before = 0;
        let mut documents = 0;
        while let Some(item) = reader.next() {
            let stamp = reader.stamp();
            let read = reader.bytes_read().saturating_sub(read_before);
            read_before = reader.bytes_read();
            if cancel.load(Ordering::Relaxed) {
                return Ok(());
            }
            let next = match item? {
                Item::Document(document) => {
                    documents += 1;
                    match plan.decide(document, stamp) {
                        Action::Keep => Work::Kept,
                        Action::Move { id, line } => {
                            Work::Moved { id, root: root.clone(), line, stamp }
                        }
                        Action::Write(document) => {
                            let passages = splitter.split(&document);
                            let limit = ingest.limits.max_passages;
                            if passages.len() > limit {
                                let refused = refused(&document, passages.len(), limit);
                                let ids = vec![document.id];
                                plan.gone(&ids);
                                // what an earlier run made of it is out of date
                                if !queue.send(Work::Missing { ids, keep: false }, 0) {
                                    return Ok(());
                                }
                                refused
                            } else {
                                let stored =
                                    Box::new(StoredDocument { document: *document, passages });
                                Work::Write { stored, root: root.clone(), stamp }
                            }
                        }
                    }
                }
                Item::Unchanged(file) => {
                    documents += 1;
                    if !plan.unchanged(&file) {
                        continue;
                    }
                    Work::Kept
                }
                Item::Skipped(skipped) => {
                    note_unread(plan, &skipped);
                    note_unextracted(plan, &skipped, stamp);
                    Work::Skipped(skipped)
                }
            };
            if !queue.send(next, read) {
                return Ok(());
            }
        }
        // A stream is no place where something could be missing.
        if !root.kind.is_on_disk() {
            continue;
        }
        let ids = plan.missing_within(&path);
        let emptied = documents == 0 && !ids.is_empty() && !missing.allow_empty;
        let keep = missing.keep || emptied;
        if !keep {
            plan.gone(&ids);
        }
        if emptied && !missing.keep {
            queue.send(Work::Emptied { path: path.clone(), documents: ids.len() }, 0);
        }
        let missing = Work::Missing { ids, keep };
        if !queue.send(missing, 0) {
            return Ok(());
        }
    }
    queue.send(Work::ReadAll, 0);
    Ok(())
}

/// What becomes of documents that their source no longer delivers.
#[derive(Debug, Clone, Copy)]
struct Missing {
    keep: bool,
    allow_empty: bool,
}

/// Returns that a document has too many passages.
fn refused(document: &Document, passages: usize, limit: usize) -> Work {
    Work::Skipped(Skipped {
        path: document.origin.file(),
        line: document.origin.line,
        reason: SkipReason::TooManyPassages { passages, limit },
    })
}

/// How many files are remembered that gave no text.
const MOST_UNEXTRACTED: usize = 10_000;

/// Notes a file that gave no text, so that it need not be read again as long as it is as it is; not one
/// within another.
fn note_unextracted(plan: &mut Plan, skipped: &Skipped, stamp: Option<FileStamp>) {
    let (SkipReason::NoExtract(error), Some(stamp)) = (&skipped.reason, stamp) else { return };
    let now = fs::symlink_metadata(&skipped.path).ok().as_ref().and_then(FileStamp::of);
    if now == Some(stamp) && plan.unextracted.len() < MOST_UNEXTRACTED {
        let (path, error) = (skipped.path.clone(), error.clone());
        plan.unextracted.push(Unextracted { path, stamp, error });
    }
}

/// Returns the files that gave no text in this run, and those of before that were not looked at.
fn with_those_elsewhere(
    mut files: Vec<Unextracted>,
    writer: &CollectionWriter,
    read_anew: &[String],
) -> Vec<Unextracted> {
    let elsewhere = |file: &&Unextracted| !read_anew.iter().any(|path| within(&file.path, path));
    files.extend(writer.unextracted().iter().filter(elsewhere).cloned());
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.truncate(MOST_UNEXTRACTED);
    files
}

/// Notes what may only be unreadable for now: its documents are then kept.
fn note_unread(plan: &mut Plan, Skipped { path, line, reason }: &Skipped) {
    match (reason, line) {
        (SkipReason::Unreadable { .. } | SkipReason::NoDocuments { .. }, _) => plan.unread(path),
        (SkipReason::BadLine { id, .. }, Some(line)) => {
            plan.unread_line(path, *line, id.as_deref())
        }
        _ => {}
    }
}
