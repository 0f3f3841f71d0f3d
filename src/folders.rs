//! Where models and the user's own settings live.

use std::env;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::error::CliError;

/// The variable that names the home of models.
pub(crate) const HOME: &str = "TROMMEL_HOME";

/// Returns the folder of models: `$TROMMEL_HOME`, else `trommel` in the XDG data folder.
pub(crate) fn home() -> Result<PathBuf, CliError> {
    match env::var_os(HOME) {
        Some(home) if !home.is_empty() => Ok(absolute(PathBuf::from(home))),
        _ => Ok(base()?.data_dir().join("trommel")),
    }
}

/// Returns the user's `config.toml`, whether or not it is there; none without a home folder.
pub(crate) fn user_config() -> Option<PathBuf> {
    base().ok().map(|base| base.config_dir().join("trommel").join("config.toml"))
}

/// Returns a path that a change of the working folder does not change.
pub(crate) fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

fn base() -> Result<impl BaseStrategy, CliError> {
    etcetera::choose_base_strategy().map_err(|_| {
        CliError::usage(format!(
            "no home folder: expected ${HOME}, $XDG_DATA_HOME or $HOME, got none of them"
        ))
        .hint(format!("export {HOME}=/path/to/a/folder"))
    })
}
