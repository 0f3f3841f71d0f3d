//! Roots whose changes the system does not tell.

use std::fmt;
use std::path::PathBuf;

/// A root that is told as a whole every now and then, because not all of its changes are noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polled {
    /// The root.
    pub root: PathBuf,
    /// Why its changes are not noticed.
    pub reason: PollReason,
}

/// Why changes are not noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollReason {
    /// There are more folders than the system lets us watch.
    WatchLimit,
    /// What other machines change is not told.
    NetworkFileSystem,
    /// The system gives us nothing to watch with.
    NoWatcher {
        /// What it said.
        detail: String,
    },
}

impl fmt::Display for PollReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WatchLimit if cfg!(target_os = "linux") => {
                f.write_str("more folders than fs.inotify.max_user_watches allows to watch")
            }
            Self::WatchLimit => f.write_str("more folders than the system allows to watch"),
            Self::NetworkFileSystem => {
                f.write_str("a network file system, which tells no changes of other machines")
            }
            Self::NoWatcher { detail } => write!(f, "the system cannot watch: {detail}"),
        }
    }
}
