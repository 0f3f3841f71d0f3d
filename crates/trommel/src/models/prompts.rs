//! The prompts of the language model: built in, or files of the user's own.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use trommel_inference::llm::{Prompt, PromptKind, Prompts};

use super::error::SelectionError;

/// Returns the text of a prompt as it was written: of the file, else the one that is built in.
///
/// # Errors
///
/// If the file cannot be read, or its text lacks what a prompt of that kind needs.
pub fn prompt_text(kind: PromptKind, file: Option<&Path>) -> Result<String, SelectionError> {
    let Some(path) = file else { return Ok(kind.usual_text().to_owned()) };
    let unreadable = |source| SelectionError::PromptFile { kind, path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let unusable = |source| SelectionError::Prompt { kind, path: path.to_owned(), source };
    Prompt::new(kind, &text).map_err(unusable)?;
    Ok(text)
}

/// Returns all prompts, those of the files in the place of the ones that are built in.
pub(super) fn prompts(files: &HashMap<PromptKind, PathBuf>) -> Result<Prompts, SelectionError> {
    PromptKind::ALL.into_iter().filter_map(|kind| Some((kind, files.get(&kind)?))).try_fold(
        Prompts::usual()?,
        |prompts, (kind, file)| {
            Ok(prompts.with(Prompt::new(kind, &prompt_text(kind, Some(file))?)?))
        },
    )
}
