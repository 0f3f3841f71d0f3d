//! Rerankers by name: one, or several of which each reads the best of the one before.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What is given for a reranker that is not wanted.
pub const NONE: &str = "none";

/// What a value may look like, in words.
pub const EXPECTED: &str =
    "a reranker, several such as A@64:100,B:20 with depths that do not rise, or none";

/// A reranker with how much it reads, written `ID[@TOKENS][:DEPTH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedReranker {
    /// The model's or API's name.
    pub id: String,
    /// How many tokens of each passage it reads, the best for the query; missing for all.
    pub excerpt: Option<usize>,
    /// How many documents it reads; missing for `rerank-depth`.
    pub depth: Option<usize>,
}

/// Rerankers in the order in which they read; none for `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cascade(pub Vec<NamedReranker>);

/// The text names no rerankers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected {EXPECTED}")]
pub struct NoCascade;

impl NamedReranker {
    /// Returns a reranker that reads whole passages, as many as the search says.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), excerpt: None, depth: None }
    }
}

impl Cascade {
    /// Says whether no reranker is wanted.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names of the rerankers.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|named| named.id.as_str()).collect()
    }
}

impl FromStr for Cascade {
    type Err = NoCascade;

    fn from_str(text: &str) -> Result<Self, NoCascade> {
        if text.trim() == NONE {
            return Ok(Self(Vec::new()));
        }
        let named: Vec<NamedReranker> =
            text.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>()?;
        let depths: Vec<usize> = named.iter().filter_map(|named| named.depth).collect();
        if depths.is_sorted_by(|a, b| a >= b) { Ok(Self(named)) } else { Err(NoCascade) }
    }
}

impl FromStr for NamedReranker {
    type Err = NoCascade;

    fn from_str(text: &str) -> Result<Self, NoCascade> {
        let (rest, depth) = number_behind(text, ':')?;
        let (id, excerpt) = number_behind(rest, '@')?;
        if id.is_empty() || id == NONE {
            return Err(NoCascade);
        }
        Ok(Self { id: id.to_owned(), excerpt, depth })
    }
}

/// Takes a number off the end of a text, if there is one behind that sign; a name may have the sign
/// with something else behind it.
fn number_behind(text: &str, sign: char) -> Result<(&str, Option<usize>), NoCascade> {
    let Some((before, digits)) = text.rsplit_once(sign) else { return Ok((text, None)) };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok((text, None));
    }
    match digits.parse() {
        Ok(0) | Err(_) => Err(NoCascade),
        Ok(number) => Ok((before, Some(number))),
    }
}

impl fmt::Display for NamedReranker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.excerpt.map_or(Ok(()), |tokens| write!(f, "@{tokens}"))?;
        self.depth.map_or(Ok(()), |depth| write!(f, ":{depth}"))
    }
}

impl fmt::Display for Cascade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str(NONE);
        }
        let named: Vec<String> = self.0.iter().map(NamedReranker::to_string).collect();
        f.write_str(&named.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, excerpt: Option<usize>, depth: Option<usize>) -> NamedReranker {
        NamedReranker { id: id.to_owned(), excerpt, depth }
    }

    #[test]
    fn a_name_may_have_numbers_behind_it_and_comes_back_as_it_was_written() {
        let read = |text: &str| text.parse::<Cascade>().unwrap();
        assert_eq!(read("none"), Cascade(Vec::new()));
        assert_eq!(read("cohere").0, [named("cohere", None, None)]);
        let both = [named("a-2@x", Some(64), Some(100)), named("b", None, Some(20))];
        assert_eq!(read("a-2@x@64:100, b:20").0, both);
        assert_eq!(read("a:b").0, [named("a:b", None, None)]);
        for text in ["none", "a", "a@64", "a:5", "a@64:100,b:20", "a,b"] {
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn what_makes_no_cascade_is_refused() {
        for text in ["", "a,", ",a", "a,none", "none:5", "a:0", "a@0", "a:20,b:100", "@64:9"] {
            assert_eq!(text.parse::<Cascade>(), Err(NoCascade), "{text}");
        }
        assert!("a:9,b,c:9".parse::<Cascade>().is_ok());
    }
}
