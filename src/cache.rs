//! The cache of the collection's scores, as the settings want it.

use std::env;

use trommel::Stage;
use trommel::{SharedScores, cache_folder, file_version};

use crate::commands::Context;
use crate::error::CliError;

/// Opens the collection's cache, if the stage and the settings ask for one.
pub(crate) fn open(context: &Context, stage: Stage) -> Result<Option<SharedScores>, CliError> {
    if stage != Stage::Reranked || !context.settings.cache {
        return Ok(None);
    }
    let folder = cache_folder(context.store()?.home(), &context.folder);
    let build = env::current_exe().map_or_else(|_| "unknown".into(), |file| file_version(&file));
    Ok(Some(SharedScores::open(&folder, build)))
}
