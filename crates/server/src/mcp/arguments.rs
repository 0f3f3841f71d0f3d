//! The arguments of a tool: what they may be, and the check that they are.

use serde_json::{Map, Value, json};
use trommel_core::near;

use super::argument_error::{ArgumentError, got, said_back};

/// What an argument may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Text with at least one character that is not white space.
    Text,
    /// A list of such texts.
    Texts,
    /// One of some words.
    Word(&'static [&'static str]),
    /// A whole number.
    Whole { least: u64, most: u64 },
    /// A number from 0 to 1.
    Probability,
    /// Lines, counted from 1, such as 10-40.
    Lines,
}

/// An argument of a tool.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// What is taken if it is not given.
    pub(super) default: Option<u64>,
    pub(super) about: &'static str,
}

impl Argument {
    pub(super) const fn required(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, required: true, default: None, about }
    }

    pub(super) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, required: false, default: None, about }
    }

    pub(super) const fn or(mut self, default: u64) -> Self {
        self.default = Some(default);
        self
    }

    /// Returns the JSON Schema of its value.
    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Text => json!({ "type": "string", "minLength": 1 }),
            Kind::Texts => {
                json!({ "type": "array", "items": { "type": "string", "minLength": 1 } })
            }
            Kind::Word(words) => json!({ "type": "string", "enum": words }),
            Kind::Whole { least, most } => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Kind::Probability => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            Kind::Lines => json!({ "type": "string", "pattern": "^[0-9]+(-[0-9]+)?$" }),
        };
        schema["description"] = self.about.into();
        if let Some(default) = self.default {
            schema["default"] = default.into();
        }
        schema
    }
}

impl Kind {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Text => value.as_str().is_some_and(|text| !text.trim().is_empty()),
            Self::Texts => value
                .as_array()
                .is_some_and(|items| items.iter().all(|item| Self::Text.holds(item))),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Whole { least, most } => {
                whole(value).is_some_and(|number| (least..=most).contains(&number))
            }
            Self::Probability => value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number)),
            Self::Lines => value.as_str().and_then(lines).is_some(),
        }
    }

    fn expected(self) -> String {
        match self {
            Self::Text => "text that is not blank".to_owned(),
            Self::Texts => "a list of texts that are not blank".to_owned(),
            Self::Word(words) => one_of(words),
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Probability => "a number from 0 to 1".to_owned(),
            Self::Lines => "lines from 1 on, such as 10-40".to_owned(),
        }
    }
}

/// The arguments of a call, of which every one is what it may be.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    of: &'static [Argument],
    values: &'a Map<String, Value>,
}

impl<'a> Arguments<'a> {
    /// Checks the arguments of a call. One that is null counts as not given.
    ///
    /// # Errors
    ///
    /// All that is wrong, at once.
    pub(super) fn read(
        of: &'static [Argument],
        values: &'a Map<String, Value>,
    ) -> Result<Self, Vec<ArgumentError>> {
        let named = |name: &str| of.iter().find(|argument| argument.name == name);
        let mut errors: Vec<ArgumentError> = of
            .iter()
            .filter(|argument| argument.required && given(values, argument.name).is_none())
            .map(|Argument { name, kind, .. }| ArgumentError::Missing {
                name,
                expected: kind.expected(),
            })
            .collect();
        errors.extend(values.iter().filter_map(|(name, value)| match named(name) {
            None => Some(unknown(name, of)),
            Some(argument) => wrong(argument, value),
        }));
        if errors.is_empty() { Ok(Self { of, values }) } else { Err(errors) }
    }

    /// Returns an argument that is text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        given(self.values, name)?.as_str().map(str::to_owned)
    }

    /// Returns an argument that is a list of texts; an empty one if it is not given.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let items = given(self.values, name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Returns an argument that is a whole number, or what is taken without one.
    pub(super) fn whole(&self, name: &str) -> Option<u64> {
        let default =
            || self.of.iter().find(|argument| argument.name == name).and_then(|it| it.default);
        given(self.values, name).and_then(whole).or_else(default)
    }

    /// Returns an argument that is a number.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        given(self.values, name)?.as_f64()
    }

    /// Returns an argument that is lines: the first and the last.
    pub(super) fn lines(&self, name: &str) -> Option<(u64, u64)> {
        given(self.values, name)?.as_str().and_then(lines)
    }
}

/// Returns the JSON Schema of the arguments of a tool.
pub(super) fn schema(of: &[Argument]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        of.iter().map(|argument| (argument.name.to_owned(), argument.schema())).collect();
    let required: Vec<&str> =
        of.iter().filter(|argument| argument.required).map(|argument| argument.name).collect();
    let mut schema = Map::from_iter([
        ("type".to_owned(), "object".into()),
        ("properties".to_owned(), properties.into()),
        ("additionalProperties".to_owned(), false.into()),
    ]);
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

/// Reads lines as they are written: `10-40`, or `10` alone.
pub(super) fn lines(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (1 <= first && first <= last).then_some((first, last))
}

fn given<'a>(values: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    values.get(name).filter(|value| !value.is_null())
}

/// Returns a whole number. JSON has one kind of number, and 8.0 is as whole as 8.
fn whole(value: &Value) -> Option<u64> {
    let of_float = |number: f64| {
        let is_whole = number.fract() == 0.0 && (0.0..=9e15).contains(&number);
        is_whole.then_some(number as u64)
    };
    value.as_u64().or_else(|| value.as_f64().and_then(of_float))
}

fn unknown(name: &str, of: &[Argument]) -> ArgumentError {
    let names: Vec<&str> = of.iter().map(|argument| argument.name).collect();
    ArgumentError::Unknown {
        name: said_back(name),
        near: near(name, names.iter().copied()).into_iter().next(),
        expected: if names.is_empty() { "none".to_owned() } else { one_of(&names) },
    }
}

fn wrong(argument: &Argument, value: &Value) -> Option<ArgumentError> {
    let Argument { name, kind, .. } = *argument;
    (!value.is_null() && !kind.holds(value)).then(|| ArgumentError::Wrong {
        name,
        expected: kind.expected(),
        got: match (kind, value) {
            (Kind::Texts, Value::Array(items)) => {
                let bad = items.iter().find(|item| !Kind::Text.holds(item));
                format!("a list with {}", bad.map(got).unwrap_or_default())
            }
            _ => got(value),
        },
    })
}

/// Returns words as a choice: `a, b or c`.
fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF: &[Argument] = &[
        Argument::required("query", Kind::Text, "what"),
        Argument::optional("k", Kind::Whole { least: 1, most: 50 }, "how many").or(8),
        Argument::optional("path", Kind::Texts, "where"),
        Argument::optional("stage", Kind::Word(&["bm25", "dense"]), "how"),
        Argument::optional("min_score", Kind::Probability, "least"),
        Argument::optional("lines", Kind::Lines, "which"),
    ];

    fn said(arguments: &Value) -> Vec<String> {
        let read = Arguments::read(OF, arguments.as_object().unwrap());
        read.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_is_said_all_at_once_with_what_is_expected_and_what_came() {
        let call = json!({
            "qury": "a", "k": 51, "path": ["a", 1], "stage": "fuse", "min_score": "0.5",
            "lines": "40-10",
        });
        assert_eq!(
            said(&call),
            [
                "query: missing, expected text that is not blank",
                "k: expected a whole number from 1 to 50, got 51",
                "lines: expected lines from 1 on, such as 10-40, got the text \"40-10\"",
                "min_score: expected a number from 0 to 1, got the text \"0.5\"",
                "path: expected a list of texts that are not blank, got a list with 1",
                "\"qury\": no such argument, expected query, k, path, stage, min_score or lines, \
                 such as query",
                "stage: expected bm25 or dense, got the text \"fuse\"",
            ]
        );
        assert_eq!(said(&json!({ "query": " " })).len(), 1);
        assert_eq!(said(&json!({ "query": "a", "k": 2.5 })).len(), 1);
        assert_eq!(said(&json!({ "query": "a", "k": 0, "min_score": 1.01 })).len(), 2);
    }

    #[test]
    fn null_is_as_good_as_nothing_and_8_point_0_is_whole() {
        let call = json!({ "query": "a", "k": null, "path": null });
        let arguments = Arguments::read(OF, call.as_object().unwrap()).unwrap();
        assert_eq!((arguments.whole("k"), arguments.texts("path")), (Some(8), Vec::new()));
        let call = json!({ "query": "a", "k": 9.0, "lines": "7" });
        let arguments = Arguments::read(OF, call.as_object().unwrap()).unwrap();
        assert_eq!((arguments.whole("k"), arguments.lines("lines")), (Some(9), Some((7, 7))));
    }

    #[test]
    fn the_schema_says_what_the_check_holds_to() {
        let schema = Value::from(schema(OF));
        assert_eq!(schema["required"], json!(["query"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(
            schema["properties"]["k"],
            json!({
                "type": "integer", "minimum": 1, "maximum": 50, "default": 8,
                "description": "how many",
            })
        );
    }
}
