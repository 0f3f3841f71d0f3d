//! Reading a `config.toml`.

use std::fs;
use std::io;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, find, nearest};
use crate::error::CliError;
use crate::shell;

/// Returns the keys of a file with their values as text; nothing if there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<(&'static str, String)>, CliError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if absent(&error) => return Ok(Vec::new()),
        Err(error) => {
            let message = format!("cannot read {}: {error}", path.display());
            return Err(CliError::usage(message).hint(format!("ls -l {}", shell::path(path))));
        }
    };
    let file = File { path, text: &text };
    let table = DeTable::parse(&text).map_err(|error| {
        let (line, column) = file.place(error.span().map_or(0, |span| span.start));
        file.error(&format!("{line}:{column}"), error.message())
    })?;
    table.into_inner().into_iter().map(|(name, value)| file.entry(&name, &value)).collect()
}

fn absent(error: &io::Error) -> bool {
    // NotADirectory: a collection that is no folder is found out elsewhere.
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn entry(
        &self,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(&'static str, String), CliError> {
        let (line, _) = self.place(name.span().start);
        let line = line.to_string();
        let name = name.get_ref().as_ref();
        let Some(key) = find(name) else {
            let nearest = nearest(name).map_or_else(
                || format!("expected one of {}", names()),
                |nearest| format!("the nearest is {nearest}"),
            );
            return Err(self.error(&line, &format!("unknown key {name}, {nearest}")));
        };
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(value) => value.to_string(),
            other => {
                let (expected, got) = (key.shape.expected(), other.type_str());
                let problem = format!("{name}: expected {expected}, got {got}");
                return Err(self.error(&line, &problem));
            }
        };
        Ok((key.name, text))
    }

    /// Returns line and column, both from 1, of a byte.
    fn place(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
        (line, column)
    }

    fn error(&self, place: &str, problem: &str) -> CliError {
        CliError::usage(format!("{}:{place}: {problem}", self.path.display()))
            .hint(format!("${{EDITOR:-vi}} {}", shell::path(self.path)))
    }
}

fn names() -> String {
    KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}
