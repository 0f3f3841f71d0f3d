//! Where extractors run.

use std::fmt;
use std::sync::Arc;

use crate::{ExtractError, Extracted, Extractor, Limits};

/// Runs extractors: in this process, or in one that a file can do no harm to.
pub trait Runner: Send + Sync {
    /// Returns what an extractor makes of a file.
    ///
    /// # Errors
    ///
    /// If it gives no text.
    fn run(
        &self,
        extractor: &'static dyn Extractor,
        bytes: &[u8],
        name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError>;
}

/// Runs extractors in this process, on the thread that asks. Their own limits hold, but what a library
/// does to the process is done to this one.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

impl Runner for InProcess {
    fn run(
        &self,
        extractor: &'static dyn Extractor,
        bytes: &[u8],
        name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        extractor.extract(bytes, name, limits)
    }
}

/// A runner that is shared; two are equal if they are the same one.
#[derive(Clone)]
pub struct SharedRunner(pub Arc<dyn Runner>);

impl Default for SharedRunner {
    /// Returns one that runs in this process.
    fn default() -> Self {
        Self(Arc::new(InProcess))
    }
}

impl fmt::Debug for SharedRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedRunner")
    }
}

impl PartialEq for SharedRunner {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SharedRunner {}
