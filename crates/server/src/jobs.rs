//! Indexing runs, which go on beside requests, and who may write to a collection.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde::Serialize;
use tokio::sync::watch;
use trommel::{Event, IndexRequest, Input, Report};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, ErrorDetail};
use crate::served::Served;

/// How many jobs that have ended are remembered.
const REMEMBERED: usize = 20;
/// How often a run tells how far it is.
const TOLD_EVERY: Duration = Duration::from_millis(100);
/// How long a run waits at most, after each batch of passages, while searches are computed.
const GIVEN_WAY: Duration = Duration::from_secs(1);
/// How often it looks whether they still are.
const LOOKED_EVERY: Duration = Duration::from_millis(5);
/// After how many passages a run commits what it has.
const COMMIT_EVERY: usize = 2_000;

/// How far an indexing run is, or what it did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct JobState {
    /// Its id.
    pub(crate) id: String,
    /// The collection.
    pub(crate) collection: String,
    /// `running`, `done`, `failed` or `cancelled`.
    pub(crate) state: &'static str,
    /// Documents looked at.
    documents: usize,
    /// Passages encoded.
    passages: usize,
    /// Bytes of the sources read.
    bytes: u64,
    /// How many there are, once that is known.
    total_bytes: Option<u64>,
    /// Documents a second.
    per_second: f64,
    /// About how long it will take, in seconds.
    seconds_left: Option<u64>,
    /// What it did, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<JobReport>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorDetail>,
}

/// What an indexing run did.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct JobReport {
    generation: u64,
    added: usize,
    updated: usize,
    unchanged: usize,
    removed: usize,
    /// What gave no document, the first thousand.
    skipped: Vec<JobSkipped>,
    /// How many there are of each reason.
    skipped_counts: BTreeMap<String, usize>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct JobSkipped {
    path: String,
    line: Option<u64>,
    reason: &'static str,
    detail: String,
}

/// How much of what was skipped is listed.
const LISTED: usize = 1_000;

impl From<&Report> for JobReport {
    fn from(report: &Report) -> Self {
        let skipped = report.skipped.iter().take(LISTED).map(|skipped| JobSkipped {
            path: skipped.path.clone(),
            line: skipped.line,
            reason: skipped.reason.name(),
            detail: skipped.reason.to_string(),
        });
        let counts = report.skipped_by_reason().into_iter();
        Self {
            generation: report.generation,
            added: report.added,
            updated: report.updated,
            unchanged: report.unchanged,
            removed: report.removed,
            skipped: skipped.collect(),
            skipped_counts: counts.map(|(reason, count)| (reason.to_string(), count)).collect(),
        }
    }
}

/// One indexing run.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) state: watch::Receiver<JobState>,
    pub(crate) cancel: Arc<AtomicBool>,
}

/// All of them.
pub(crate) struct Jobs {
    inner: Mutex<Inner>,
    writing: Arc<Mutex<HashSet<String>>>,
    is_busy: IsBusy,
    /// Whether a run encodes what it does not while it reads, or somebody does in idle time.
    refine: bool,
}

/// Says whether somebody waits for an answer.
type IsBusy = Arc<dyn Fn() -> bool + Send + Sync>;

#[derive(Default)]
struct Inner {
    last: u64,
    jobs: BTreeMap<u64, Job>,
}

/// The right to write to a collection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    writing: Arc<Mutex<HashSet<String>>>,
    name: String,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

impl Jobs {
    /// Returns no jobs yet; those that come give way while `is_busy` says so.
    pub(crate) fn new(is_busy: impl Fn() -> bool + Send + Sync + 'static, refine: bool) -> Self {
        let is_busy: IsBusy = Arc::new(is_busy);
        Self { inner: Mutex::default(), writing: Arc::default(), is_busy, refine }
    }

    /// Waits while somebody waits for an answer.
    pub(crate) fn give_way(&self, cancel: &AtomicBool) {
        give_way(&self.is_busy, cancel);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the right to write to a collection.
    ///
    /// # Errors
    ///
    /// If somebody has it.
    pub(crate) fn hold(&self, name: &str) -> ApiResult<Hold> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !writing.insert(name.to_owned()) {
            let message = format!("{name} is being written to: the same request may do later");
            let error = ApiError::new(StatusCode::CONFLICT, "busy", message);
            return Err(ApiError { retry_after: Some(1), ..error });
        }
        Ok(Hold { writing: Arc::clone(&self.writing), name: name.to_owned() })
    }

    /// Starts a run over `inputs`, or over all that was indexed before if there are none.
    ///
    /// # Errors
    ///
    /// If the collection is being written to.
    pub(crate) fn start(&self, served: Arc<Served>, inputs: Vec<Input>) -> ApiResult<Job> {
        let hold = self.hold(&served.name)?;
        let mut inner = self.inner();
        inner.last += 1;
        let number = inner.last;
        let (told, state) = watch::channel(JobState::begun(number, &served.name));
        let job = Job { state, cancel: Arc::new(AtomicBool::new(false)) };
        inner.jobs.insert(number, job.clone());
        let ended: Vec<u64> = inner
            .jobs
            .iter()
            .filter(|(_, job)| job.state.borrow().state != RUNNING)
            .map(|(number, _)| *number)
            .collect();
        for old in ended.iter().take(ended.len().saturating_sub(REMEMBERED)) {
            inner.jobs.remove(old);
        }
        drop(inner);
        let (cancel, is_busy) = (Arc::clone(&job.cancel), Arc::clone(&self.is_busy));
        let refine = self.refine;
        std::thread::spawn(move || {
            let _hold = hold;
            run(&served, inputs, refine, &told, &cancel, &is_busy);
        });
        Ok(job)
    }

    /// Returns the job of an id.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn job(&self, id: &str) -> ApiResult<Job> {
        let found = id.parse().ok().and_then(|number: u64| self.inner().jobs.get(&number).cloned());
        found.ok_or_else(|| ApiError::not_found("unknown_job", format!("no job has the id {id:?}")))
    }

    /// Returns how far all jobs are, the newest first.
    pub(crate) fn all(&self) -> Vec<JobState> {
        self.inner().jobs.values().rev().map(|job| job.state.borrow().clone()).collect()
    }

    /// Asks all that run to end at their last commit.
    pub(crate) fn cancel_all(&self) {
        self.inner().jobs.values().for_each(|job| job.cancel.store(true, Ordering::Relaxed));
    }
}

const RUNNING: &str = "running";

impl JobState {
    fn begun(number: u64, collection: &str) -> Self {
        Self {
            id: number.to_string(),
            collection: collection.to_owned(),
            state: RUNNING,
            documents: 0,
            passages: 0,
            bytes: 0,
            total_bytes: None,
            per_second: 0.0,
            seconds_left: None,
            report: None,
            error: None,
        }
    }

    /// Says whether it goes on.
    pub(crate) fn is_running(&self) -> bool {
        self.state == RUNNING
    }

    /// Notes an event of a run that began then.
    fn note(&mut self, event: Event, began: Instant) {
        match event {
            Event::Read { bytes, .. } => {
                self.documents += 1;
                self.bytes += bytes;
            }
            Event::Skipped { bytes } => self.bytes += bytes,
            Event::Encoded { passages } => self.passages += passages,
            _ => {}
        }
        let spent = began.elapsed().as_secs_f64().max(0.001);
        self.per_second = self.documents as f64 / spent;
        self.seconds_left = self.total_bytes.filter(|_| self.bytes > 0).map(|total| {
            (spent * (total.saturating_sub(self.bytes)) as f64 / self.bytes as f64).ceil() as u64
        });
    }
}

/// Runs and tells; ends with the state that the run ended in.
fn run(
    served: &Served,
    inputs: Vec<Input>,
    refine: bool,
    told: &watch::Sender<JobState>,
    cancel: &AtomicBool,
    is_busy: &IsBusy,
) {
    let began = Instant::now();
    let total = total_bytes(served, &inputs, cancel);
    let mut state = told.borrow().clone();
    state.total_bytes = total;
    let mut last_told = began;
    let request = IndexRequest {
        inputs,
        ingest: served.ingest.clone(),
        // A root is read as it was read before, whoever asks for it.
        as_before: true,
        keep_missing: false,
        allow_empty: false,
        commit_every: COMMIT_EVERY,
        depth: None,
        refine,
        late: None,
    };
    let mut progress = |event: Event| {
        let is_batch = matches!(event, Event::Encoded { .. });
        state.note(event, began);
        if is_batch {
            give_way(is_busy, cancel);
        }
        if last_told.elapsed() >= TOLD_EVERY {
            last_told = Instant::now();
            told.send_replace(state.clone());
        }
    };
    let result = served.collection.index_with(request, &mut progress, cancel);
    match result {
        Ok(report) => {
            state.state = "done";
            state.seconds_left = Some(0);
            state.report = Some((&report).into());
        }
        Err(error) if error.kind() == trommel::ErrorKind::Cancelled => state.state = "cancelled",
        Err(error) => {
            state.state = "failed";
            state.error = Some(ApiError::from(error).body().error);
        }
    }
    told.send_replace(state);
}

/// Waits while requests are computed: whoever waits for an answer goes first. Under requests without end the
/// run goes on, too, if slowly.
fn give_way(is_busy: &IsBusy, cancel: &AtomicBool) {
    let began = Instant::now();
    while is_busy() && began.elapsed() < GIVEN_WAY && !cancel.load(Ordering::Relaxed) {
        std::thread::sleep(LOOKED_EVERY);
    }
}

/// Returns how many bytes there are to read.
fn total_bytes(served: &Served, inputs: &[Input], cancel: &AtomicBool) -> Option<u64> {
    let named = inputs.iter().filter_map(|input| match input {
        Input::Path(path) => Some(path.clone()),
        Input::Stdin(_) => None,
    });
    let mut paths: Vec<_> = named.collect();
    if paths.is_empty() {
        let roots = served.collection.status().ok()?.roots.into_iter();
        let on_disk = roots.filter(|root| root.kind.is_on_disk());
        paths = on_disk.map(|root| trommel_core::path_of_text(&root.path)).collect();
    }
    let mut total = 0;
    for path in paths {
        for size in trommel::file_sizes(&path, &served.ingest).ok()? {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            total += size;
        }
    }
    Some(total)
}
