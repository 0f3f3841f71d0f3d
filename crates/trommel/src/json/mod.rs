//! Answers for programs: the same on every surface. The fields are described in `docs/json.md`.

mod answer;
mod document;
pub mod several;
mod stage;
mod why;

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use trommel_core::Lookups;
use trommel_core::is_deceptive;
use trommel_engine::Answer;
use trommel_engine::score_cache::{CacheError, ScoreCache};

pub use answer::{alone, begin_batch, end_batch, in_batch, lines};
pub use document::{document, document_of};
pub use several::Named;
pub use stage::{JsonReranked, JsonScored};
pub use why::{why, why_with_text};

/// An answer on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The query's id in a batch.
    pub id: Option<&'a str>,
    /// The answer.
    pub answer: &'a Answer,
    /// What the cache did for it, if there is one.
    pub cached: Option<&'a FromCache>,
}

/// What the cache did for one answer.
#[derive(Debug)]
pub struct FromCache {
    /// How many scores were asked for and found.
    pub counts: Lookups,
    /// Why it is off or began anew.
    pub problem: Option<String>,
}

impl FromCache {
    /// Returns what the cache did for an answer; none for one that did not need it.
    #[must_use]
    pub fn of(cache: Option<&Arc<ScoreCache>>, answer: &Answer) -> Option<Self> {
        let cache = cache.filter(|_| answer.reading.is_some())?;
        let problem = cache.problem().map(problem);
        Some(Self { counts: answer.usage.cache, problem })
    }
}

/// Returns why a cache is off, with the cause.
#[must_use]
pub fn problem(error: &CacheError) -> String {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

/// Writes any object on one line.
///
/// # Errors
///
/// If `out` refuses.
pub fn object(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    write(out, value)?;
    writeln!(out)
}

fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Harmless)).map_err(io::Error::from)
}

/// Compact JSON whose strings hold no character that a terminal would obey: they are written as
/// `\uXXXX`, which means the same.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_deceptive) {
            let (plain, from) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let mut chars = from.chars();
            let mut units = [0; 2];
            for unit in chars.next().into_iter().flat_map(|c| c.encode_utf16(&mut units).to_vec()) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_harmless_and_lossless() {
        let text = "a\u{1b}[31m \u{202e}x\u{9b}\u{e0041} ü\n\"\\";
        let mut out = Vec::new();
        write(&mut out, &text).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert!(!json.contains(is_deceptive), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
