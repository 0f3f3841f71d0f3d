//! Collections that were named on the command line, several at once.

use std::path::Path;

use trommel::settings::Given;

use super::Context;
use crate::cli::Global;
use crate::collection;
use crate::error::CliError;

/// Returns every collection that was named, under the name that it was given or that its folder has.
///
/// # Errors
///
/// If two have the same name, or the settings of one cannot be read.
pub(super) fn contexts(global: &Global, given: &Given) -> Result<Vec<(String, Context)>, CliError> {
    let mut contexts: Vec<(String, Context)> = Vec::new();
    for (name, folder) in global.named() {
        let context = Context::of(folder.as_deref(), global, given.clone())?;
        let name = name.unwrap_or_else(|| name_of(&context.folder));
        if contexts.iter().any(|(known, _)| *known == name) {
            let message = format!("two collections are called {name:?}");
            return Err(CliError::usage(message).hint("trommel -c one=DIR -c other=DIR …"));
        }
        contexts.push((name, context));
    }
    Ok(contexts)
}

/// Returns what a collection is called that has no name: as the folder that it is of.
fn name_of(folder: &Path) -> String {
    let is_hidden = folder.file_name().is_some_and(|name| name == collection::FOLDER);
    let named = if is_hidden { folder.parent().unwrap_or(folder) } else { folder };
    let name = named.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "collection".to_owned())
}
