//! Collections that follow their files: what is saved is indexed at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use trommel::Input;
use trommel_core::path_of_text;
use trommel_watch::{Watch, WatchOptions, is_hidden};

use crate::served::Served;
use crate::state::App;

/// How long it takes until a collection that is busy is asked again.
const PATIENCE: Duration = Duration::from_millis(200);

/// Begins to follow the files of a collection, until the server ends. One without files has nothing to
/// follow.
pub(crate) fn start(app: &App, served: &Arc<Served>) {
    let (app, served) = (app.clone(), Arc::clone(served));
    thread::spawn(move || {
        let Some(mut watch) = watch_of(&served) else { return };
        // What changed while nobody watched.
        index(&app, &served, &[]);
        while let Some(changes) = watch.next(&app.ending) {
            if !changes.paths.is_empty() {
                index(&app, &served, &changes.paths);
            }
        }
    });
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
