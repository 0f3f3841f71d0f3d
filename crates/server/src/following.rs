//! Collections that follow their files: what is saved is indexed at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use trommel::{ErrorKind, Input};
use trommel_core::path_of_text;
use trommel_watch::{Watch, WatchOptions, is_hidden};

use crate::served::Served;
use crate::state::App;

/// How long it takes until a collection that is busy is asked again.
const PATIENCE: Duration = Duration::from_millis(200);

/// After how much time without a change passages are encoded that are not yet.
const IDLE: Duration = Duration::from_secs(2);

/// How many of them at a time: what is added to the collection meanwhile waits.
const AT_ONCE: usize = 64;

/// Begins to follow the files of a collection, until the server ends. One without files has nothing to
/// follow.
pub(crate) fn start(app: &App, served: &Arc<Served>) {
    let (app, served) = (app.clone(), Arc::clone(served));
    thread::spawn(move || {
        let Some(mut watch) = watch_of(&served) else { return };
        // What changed while nobody watched.
        index(&app, &served, &[]);
        let mut is_deep = false;
        while !app.ending.load(Ordering::Relaxed) {
            let idle = if is_deep { Duration::MAX } else { IDLE };
            match watch.next_within(idle, &app.ending) {
                Some(changes) => {
                    if !changes.paths.is_empty() {
                        index(&app, &served, &changes.paths);
                    }
                    is_deep = false;
                }
                None => is_deep = deepen(&app, &served, &watch),
            }
        }
    });
}

/// Encodes some passages that are not encoded yet, until something changes, and says whether none are left
/// or none can be.
fn deepen(app: &App, served: &Served, watch: &Watch) -> bool {
    let stop = AtomicBool::new(false);
    let mut progress = |_| {
        app.jobs.give_way(&app.ending);
        let is_wanted = watch.has_news() || app.ending.load(Ordering::Relaxed);
        stop.fetch_or(is_wanted, Ordering::Relaxed);
    };
    match served.collection.deepen(AT_ONCE, &mut progress, &stop) {
        Ok(depths) => depths.is_none_or(|depths| depths.encoded == depths.passages()),
        // Whoever else writes, or the next change, goes first.
        Err(error) => !matches!(error.kind(), ErrorKind::Busy | ErrorKind::Cancelled),
    }
}

fn watch_of(served: &Served) -> Option<Watch> {
    let roots = served.collection.status().ok()?.roots;
    let on_disk = roots.into_iter().filter(|root| root.kind.is_on_disk());
    let roots: Vec<PathBuf> = on_disk.map(|root| path_of_text(&root.path)).collect();
    let own = served.collection.folder().to_owned();
    let ignored = move |path: &Path| is_hidden(path) || path.starts_with(&own);
    let options = WatchOptions { ignored: Arc::new(ignored), ..WatchOptions::default() };
    Watch::start(roots, options).ok()
}

/// Reads paths again, or all there is; waits while somebody else writes.
fn index(app: &App, served: &Arc<Served>, paths: &[PathBuf]) {
    while !app.ending.load(Ordering::Relaxed) {
        // What is gone by now is told again as the folder around it.
        let there = paths.iter().filter(|path| path.exists());
        let inputs: Vec<Input> = there.cloned().map(Input::Path).collect();
        if inputs.is_empty() && !paths.is_empty() {
            return;
        }
        let Ok(job) = app.jobs.start(Arc::clone(served), inputs) else {
            thread::sleep(PATIENCE);
            continue;
        };
        while job.state.borrow().is_running() {
            thread::sleep(PATIENCE / 10);
        }
        return;
    }
}
