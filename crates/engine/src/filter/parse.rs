//! The language of filters.
//!
//! ```text
//! condition = [ "not " ] field test
//! test      = "=" text | "!=" text | ( "<" | "<=" | ">" | ">=" ) bound | "~" glob
//!           | " in " ( "(" text { "," text } ")" | [ bound ] ".." [ bound ] )
//! field     = a name, or any name as a JSON string
//! text      = what is written, or any text as a JSON string
//! bound     = a number, or a date such as 2024-05, 2024-05-01 or 2024-05-01T10:30Z
//! ```

use thiserror::Error;

use super::column::number;
use super::date::Span;
use super::{Bound, Condition, Glob, Name, Test};

/// Says where a condition of a filter does not parse.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("filter {}, byte {at}: expected {expected}, got {got}", shown(text))]
pub struct FilterError {
    /// The condition as it was given.
    pub text: String,
    /// The byte, from 1, where the trouble begins.
    pub at: usize,
    /// What was expected there.
    pub expected: String,
    /// What is there.
    pub got: String,
}

/// Reads one condition.
pub(super) fn condition(text: &str) -> Result<Condition, FilterError> {
    let mut rest = Rest { text, at: 0 };
    rest.blanks();
    let negated = rest.word("not");
    rest.blanks();
    let field = rest.field()?;
    let (operator, raw) = rest.operator()?;
    let test = match operator {
        Operator::Equal | Operator::Unequal => Test::AnyOf(rest.values_of_the_rest(raw)),
        Operator::Below { inclusive } => {
            Test::Range { from: None, to: Some(rest.bound(rest.left(), inclusive)?) }
        }
        Operator::Above { inclusive } => {
            Test::Range { from: Some(rest.bound(rest.left(), inclusive)?), to: None }
        }
        Operator::Like => Test::Matches(rest.glob()?),
        Operator::In if rest.left().starts_with('(') => Test::AnyOf(rest.list()?),
        Operator::In => rest.range()?,
    };
    Ok(Condition { field, test, negated: negated != matches!(operator, Operator::Unequal) })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Below { inclusive: bool },
    Above { inclusive: bool },
    Like,
    In,
}

/// Longer ones first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::Below { inclusive: true }),
    (">=", Operator::Above { inclusive: true }),
    ("=", Operator::Equal),
    ("<", Operator::Below { inclusive: false }),
    (">", Operator::Above { inclusive: false }),
    ("~", Operator::Like),
];

/// A condition as far as it was read.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    fn left(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.left().trim_start().len();
    }

    /// Takes a word that a blank follows, if it is next.
    fn word(&mut self, word: &str) -> bool {
        let is_next = self.left().strip_prefix(word).is_some_and(|it| it.starts_with([' ', '\t']));
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn error(&self, expected: impl Into<String>) -> FilterError {
        let got = if self.left().is_empty() { "the end".into() } else { shown(self.left()) };
        self.error_of(expected, got)
    }

    fn error_of(&self, expected: impl Into<String>, got: String) -> FilterError {
        let (text, at) = (self.text.to_owned(), self.at + 1);
        FilterError { text, at, expected: expected.into(), got }
    }

    /// Takes the JSON string that is next.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let mut strings = serde_json::Deserializer::from_str(self.left()).into_iter::<String>();
        match strings.next() {
            Some(Ok(string)) => {
                self.at += strings.byte_offset();
                Ok(string)
            }
            _ => Err(self.error("a string that ends in quotes, as in JSON")),
        }
    }

    /// Takes the name before the operator, which stays.
    fn field(&mut self) -> Result<Name, FilterError> {
        if self.left().starts_with('"') {
            let name = self.quoted()?;
            self.blanks();
            return Ok(Name::Quoted(name));
        }
        let left = self.left();
        let symbol = OPERATORS.iter().filter_map(|(symbol, _)| left.find(symbol)).min();
        let word = in_word(left);
        let Some(end) = symbol.into_iter().chain(word).min() else {
            return Err(self.error("key=value"));
        };
        let name = left[..end].trim_end();
        if name.is_empty() {
            return Err(self.error("key=value"));
        }
        self.at += end;
        Ok(Name::Plain(name.to_owned()))
    }

    /// Takes the operator and the blanks around it; returns what is behind it with its blanks, too.
    fn operator(&mut self) -> Result<(Operator, &'a str), FilterError> {
        self.blanks();
        let left = self.left();
        if left.strip_prefix("in").is_some_and(|it| it.starts_with([' ', '\t', '('])) {
            self.at += 2;
            self.blanks();
            return Ok((Operator::In, self.left()));
        }
        let found = OPERATORS.iter().find(|(symbol, _)| left.starts_with(symbol));
        let Some((symbol, operator)) = found else {
            return Err(self.error("=, !=, <, <=, >, >=, ~ or in"));
        };
        self.at += symbol.len();
        let raw = self.left();
        self.blanks();
        Ok((*operator, raw))
    }

    /// Returns all that the rest may mean as a value: what is written to the last blank, without the
    /// blanks around it, and without quotes.
    fn values_of_the_rest(&mut self, raw: &str) -> Vec<String> {
        let plain = raw.trim();
        let mut values = vec![raw.to_owned()];
        if plain != raw {
            values.push(plain.to_owned());
        }
        if plain.starts_with('"') {
            values.extend(serde_json::from_str::<String>(plain));
        }
        values
    }

    fn glob(&mut self) -> Result<Glob, FilterError> {
        let text = match self.left().trim_end() {
            text if text.starts_with('"') => self.all_of_the_rest(Self::quoted)?,
            text => text.to_owned(),
        };
        Glob::new(&text).map_err(|error| {
            self.error_of(format!("a glob: {}", error.kind()), format!("{text:?}"))
        })
    }

    fn all_of_the_rest<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        let value = read(self)?;
        self.blanks();
        if self.left().is_empty() { Ok(value) } else { Err(self.error("the end")) }
    }

    /// Takes a list in parentheses, and the end behind it.
    fn list(&mut self) -> Result<Vec<String>, FilterError> {
        self.all_of_the_rest(|rest| {
            let mut values = Vec::new();
            loop {
                // A parenthesis or a comma.
                rest.at += 1;
                rest.blanks();
                values.push(rest.member()?);
                rest.blanks();
                match rest.left().chars().next() {
                    Some(',') => {}
                    Some(')') => break rest.at += 1,
                    _ => return Err(rest.error("a comma or )")),
                }
            }
            Ok(values)
        })
    }

    fn member(&mut self) -> Result<String, FilterError> {
        if self.left().starts_with('"') {
            return self.quoted();
        }
        let left = self.left();
        let member = left[..left.find([',', ')']).unwrap_or(left.len())].trim_end();
        if member.is_empty() {
            return Err(self.error("a value"));
        }
        self.at += member.len();
        Ok(member.to_owned())
    }

    /// Reads a range, whose ends are both within.
    fn range(&mut self) -> Result<Test, FilterError> {
        let left = self.left();
        let Some((from, to)) = left
            .split_once("..")
            .filter(|(from, to)| !(from.trim().is_empty() && to.trim().is_empty()))
        else {
            return Err(self.error("a list such as (a, b) or a range such as 1..9"));
        };
        let end = |rest: &Self, text: &str| {
            (!text.trim().is_empty()).then(|| rest.bound(text, true)).transpose()
        };
        let from_end = end(self, from)?;
        self.at += from.len() + "..".len();
        self.blanks();
        Ok(Test::Range { from: from_end, to: end(self, to)? })
    }

    fn bound(&self, text: &str, inclusive: bool) -> Result<Bound, FilterError> {
        let text = text.trim();
        let number = number(text);
        // A year is a number, and all of its days for a field of dates.
        let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        let year = text.parse().ok().filter(|_| is_year).map(Span::of_year);
        let date = Span::parse(text).or(year);
        if number.is_none() && date.is_none() {
            return Err(self.error("a number or a date such as 2024-05-01"));
        }
        Ok(Bound { number, date, inclusive })
    }
}

/// Returns as much of a text as tells which it is.
fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Finds the word `in` as an operator: blanks before it, and a blank or a parenthesis behind it.
fn in_word(text: &str) -> Option<usize> {
    let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
    let bytes = text.as_bytes();
    (1..bytes.len().saturating_sub(2)).find(|&at| {
        is_blank(bytes[at - 1])
            && bytes[at..].starts_with(b"in")
            && (is_blank(bytes[at + 2]) || bytes[at + 2] == b'(')
    })
}
