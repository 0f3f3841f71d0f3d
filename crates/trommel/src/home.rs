//! Where models live if nobody says otherwise.

use std::env;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::{Error, Result};

/// The variable that names the folder of models.
pub const HOME: &str = "TROMMEL_HOME";

/// Returns the folder of models: `$TROMMEL_HOME`, else `trommel` in the XDG data folder.
///
/// This and [`user_config`] are all that the library reads of the environment, and only
/// [`Models::open_default`](crate::Models::open_default) calls it by itself.
///
/// # Errors
///
/// If the environment names no home folder at all.
pub fn default_home() -> Result<PathBuf> {
    match env::var_os(HOME) {
        Some(home) if !home.is_empty() => {
            let home = PathBuf::from(home);
            // The program may change its working folder later.
            Ok(std::path::absolute(&home).unwrap_or(home))
        }
        _ => Ok(base()?.data_dir().join("trommel")),
    }
}

/// Returns the user's file of settings, whether or not it is there; none without a home folder.
#[must_use]
pub fn user_config() -> Option<PathBuf> {
    base().ok().map(|base| base.config_dir().join("trommel").join("config.toml"))
}

fn base() -> Result<impl BaseStrategy> {
    etcetera::choose_base_strategy().map_err(|_| Error::NoHome { variable: HOME })
}
