//! What the system has to watch with.

use std::time::Duration;

use notify::{Config, EventKindMask, RecommendedWatcher, Watcher, WatcherKind};

use crate::listener::Listener;

/// Something that watches for one listener.
pub(crate) type Native = Box<dyn Watcher + Send>;

/// Makes watchers.
pub(crate) struct Backend {
    pub(crate) make: Box<dyn Fn(Listener) -> notify::Result<Native> + Send>,
    /// Whether each folder is watched for itself. Linux knows nothing else, and only whoever walks through
    /// the folders himself can pass by those that do not count.
    pub(crate) one_by_one: bool,
}

impl Backend {
    /// Returns what fits the system. Where it has nothing, folders are compared every `poll`.
    pub(crate) fn native(poll: Duration) -> Self {
        let one_by_one = RecommendedWatcher::kind() == WatcherKind::Inotify;
        let named = EventKindMask::CREATE | EventKindMask::REMOVE | EventKindMask::MODIFY_NAME;
        let kinds = if one_by_one {
            // Without reads the queue stays short while an index reads everything; files that are
            // written through memory are only seen to be closed.
            named | EventKindMask::MODIFY_DATA | EventKindMask::ACCESS_CLOSE
        } else {
            EventKindMask::CORE
        };
        let config = Config::default()
            .with_poll_interval(poll)
            .with_follow_symlinks(false)
            .with_event_kinds(kinds);
        let make = move |listener| {
            RecommendedWatcher::new(listener, config).map(|watcher| Box::new(watcher) as Native)
        };
        Self { make: Box::new(make), one_by_one }
    }
}
