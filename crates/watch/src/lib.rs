//! Which files of watched folders changed, so that an index can follow them within about a second.
//!
//! [`Watch::start`] begins to watch, and [`Watch::next`] waits until something changed and has come to
//! rest. What it tells is enough: an indexer that reads exactly the paths of each [`Changes`] again is up
//! to date. Start the watch first and index everything then, so that nothing falls in between.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//!
//! use trommel_watch::{Watch, WatchError, WatchOptions};
//!
//! # fn index(path: &std::path::Path) {}
//! # fn main() -> Result<(), WatchError> {
//! let stop = AtomicBool::new(false);
//! let mut watch = Watch::start(vec!["notes".into()], WatchOptions::default())?;
//! while let Some(changes) = watch.next(&stop) {
//!     changes.paths.iter().for_each(|path| index(path));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is believed for ever: every root is told as a whole from time to time, because every system
//! loses events. Where it is known to lose them, that is soon; [`Watch::polled`] says where and why.

mod backend;
mod background;
mod changes;
mod error;
mod file_system;
mod inbox;
mod listener;
mod merge;
mod options;
mod place;
mod polled;
mod root;
mod scope;
mod watch;

pub use background::Background;
pub use changes::{Cause, Changes};
pub use error::WatchError;
pub use options::{PathTest, WatchOptions, is_hidden};
pub use polled::{PollReason, Polled};
pub use watch::Watch;
