//! Where models and the user's own settings live, and paths as the working folder has them.

use std::env;
use std::path::{Path, PathBuf};

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

/// Returns a path relative to the working folder, if it lies in it.
pub(crate) fn near(path: &Path) -> PathBuf {
    let here = env::current_dir().ok();
    let inside = here.and_then(|here| path.strip_prefix(here).ok());
    // The working folder itself would become the empty path.
    inside.filter(|inside| !inside.as_os_str().is_empty()).unwrap_or(path).to_owned()
}

/// Returns the folder that a path lies in: the working folder if it is a name alone.
pub(crate) fn around(path: &Path) -> &Path {
    // The parent of a name alone is the empty path, which no system call takes.
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
