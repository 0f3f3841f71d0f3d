//! Where models and the user's own settings live.

use std::path::PathBuf;

use crate::error::CliError;
use crate::hints;

pub(crate) use trommel::{HOME, user_config};

/// Returns the folder of models: `$TROMMEL_HOME`, else `trommel` in the XDG data folder.
pub(crate) fn home() -> Result<PathBuf, CliError> {
    trommel::default_home().map_err(hints::library)
}

/// Returns a path that a change of the working folder does not change.
pub(crate) fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
