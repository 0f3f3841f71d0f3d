//! Ctrl-C and the system's wish that we end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{CliError, Kind};
use crate::exit::Exit;

/// The signals that end a command, and how.
const ENDS: [(i32, Exit); 2] = [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)];

/// Whether a signal ends the process at once, as it does until long work begins.
static IMMEDIATE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// A wish to stop that long work looks at from time to time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel {
    wanted: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Cancel {
    /// Returns a wish that the first signal makes; a second one ends the process at once.
    pub(crate) fn on_signal() -> Self {
        let cancel = Self::default();
        for (signal, exit) in ENDS {
            // The order of registration is the order of the actions: the check for a second
            // signal must look before the first one is noted.
            let installed = flag::register_conditional_shutdown(
                signal,
                exit.code().into(),
                Arc::clone(&cancel.wanted),
            )
            .and_then(|_| flag::register_usize(signal, Arc::clone(&cancel.signal), signal as usize))
            .and_then(|_| flag::register(signal, Arc::clone(&cancel.wanted)));
            // Without a handler the signal ends the process, which loses no commit either.
            let _ = installed;
        }
        if let Some(immediate) = IMMEDIATE.get() {
            // Only now, when the handlers are there: in between, a signal still ends the process at
            // once.
            immediate.store(false, Ordering::Relaxed);
        }
        cancel
    }

    /// Returns the flag itself, for libraries.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.wanted
    }

    /// Says whether a signal came.
    pub(crate) fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// Returns which kind of end was asked for.
    pub(crate) fn kind(&self) -> Kind {
        if self.signal.load(Ordering::Relaxed) == SIGTERM as usize {
            Kind::Terminated
        } else {
            Kind::Interrupted
        }
    }

    /// Waits for something that a signal does not wake: meanwhile a signal ends the process at once.
    pub(crate) fn or_end<T>(&self, wait: impl FnOnce() -> T) -> Result<T, CliError> {
        let Some(immediate) = IMMEDIATE.get() else { return Ok(wait()) };
        immediate.store(true, Ordering::SeqCst);
        // One that came a moment ago only left its wish.
        let came = self.check().map(|()| wait());
        immediate.store(false, Ordering::SeqCst);
        came
    }

    /// Stops here with an error if a signal came.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        if self.wanted() { Err(CliError::new(self.kind(), "interrupted")) } else { Ok(()) }
    }
}

/// Lets a signal end the process at once, with the exit code of the table.
pub(crate) fn end_at_once() {
    let immediate = IMMEDIATE.get_or_init(|| Arc::new(AtomicBool::new(true)));
    for (signal, exit) in ENDS {
        let _ = flag::register_conditional_shutdown(signal, exit.code().into(), immediate.clone());
    }
}
