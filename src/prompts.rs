//! The prompts of the language model: built in, or a file of the user's own.

use std::fs;
use std::path::PathBuf;

use trommel_rerank::llm::{Prompt, PromptKind, Prompts};

use crate::config::{Config, Origin, variable};
use crate::error::{CliError, Kind};
use crate::shell;

/// What stands for the prompt that comes with this program.
pub(crate) const BUILT_IN: &str = "built-in";

/// A prompt with where it comes from.
#[derive(Debug)]
pub(crate) struct Sourced {
    /// The text, as it was written.
    pub(crate) text: String,
    /// The text, read.
    pub(crate) prompt: Prompt,
    /// Its file; missing for the one that is built in.
    pub(crate) path: Option<PathBuf>,
}

/// Returns the setting that replaces a prompt.
pub(crate) fn key(kind: PromptKind) -> &'static str {
    match kind {
        PromptKind::Pointwise => "prompt-pointwise",
        PromptKind::Grade => "prompt-grade",
        PromptKind::Listwise => "prompt-listwise",
        PromptKind::Pairwise => "prompt-pairwise",
    }
}

/// Returns the prompt of a kind as the settings have it.
pub(crate) fn of(kind: PromptKind, config: &Config) -> Result<Sourced, CliError> {
    let path = path(key(kind), config);
    let text = match &path {
        None => kind.usual_text().to_owned(),
        Some(path) => fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot read the {kind} prompt {}: {error}", path.display());
            CliError::usage(message).hint(format!("ls -l {}", shell::path(path)))
        })?,
    };
    let prompt = Prompt::new(kind, &text).map_err(|error| {
        let place = path.as_ref().map_or_else(String::new, |path| format!("{}: ", path.display()));
        CliError::new(Kind::Usage, format!("{place}{error}"))
            .hint(format!("{}={BUILT_IN} trommel config prompts {kind}", variable(key(kind))))
    })?;
    Ok(Sourced { text, prompt, path })
}

/// Returns all prompts as the settings have them.
pub(crate) fn all(config: &Config) -> Result<Prompts, CliError> {
    let usual = Prompts::usual().map_err(|error| CliError::new(Kind::Usage, error))?;
    PromptKind::ALL
        .into_iter()
        .try_fold(usual, |prompts, kind| Ok(prompts.with(of(kind, config)?.prompt)))
}

/// Returns the file that a setting names: in a file of settings, beside that file.
fn path(key: &str, config: &Config) -> Option<PathBuf> {
    let value = config.value(key);
    let named = (value.text != BUILT_IN).then(|| PathBuf::from(&value.text))?;
    match &value.origin {
        Origin::File(file) => {
            Some(file.parent().map_or(named.clone(), |folder| folder.join(named)))
        }
        _ => Some(named),
    }
}
