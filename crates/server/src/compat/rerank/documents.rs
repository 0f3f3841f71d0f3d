//! Documents as clients send them: texts, objects with a text, objects with fields.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{CallError, Fields, Limits, wrong};

/// What one document may be.
const DOCUMENT: &str = "a string or an object with a \"text\"";

/// The documents of a call.
pub(super) struct Documents {
    /// What is read of each.
    pub(super) texts: Vec<String>,
    /// What each was beside that; empty if nobody wants to know.
    pub(super) originals: Vec<Original>,
}

/// What a document was before its text was taken out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Original {
    /// Nothing but the text.
    Text,
    /// An object with the text in `text`, and these fields.
    Object(Map<String, Value>),
    /// An object of whose fields the text was made.
    Fields(Map<String, Value>),
}

impl Documents {
    /// Moves the documents out of a field, with what they were if they are to be kept.
    pub(super) fn take(
        fields: &mut Fields,
        name: &'static str,
        keep: bool,
        limits: Limits,
    ) -> Result<Self, CallError> {
        let values = match fields.need(name, "an array of documents")? {
            Value::Array(values) => values,
            other => return Err(wrong(name, "an array of documents", &other)),
        };
        let (limit, got) = (limits.documents, values.len());
        if got == 0 {
            return Err(CallError::Empty { field: name, expected: "at least one document" });
        }
        if got > limit {
            return Err(CallError::TooMany { field: name, limit, got });
        }
        let rank_fields = fields.strings("rank_fields")?.filter(|names| !names.is_empty());
        let mut texts = Vec::with_capacity(got);
        let mut originals = Vec::with_capacity(if keep { got } else { 0 });
        for (index, value) in values.into_iter().enumerate() {
            let place = || format!("{name}[{index}]");
            let (text, original) = document(value, rank_fields.as_deref(), place)?;
            let (limit, got) = (limits.document_bytes, text.len());
            if got > limit {
                return Err(CallError::TooLong { field: place(), limit, got });
            }
            texts.push(text);
            if keep {
                originals.push(original);
            }
        }
        Ok(Self { texts, originals })
    }
}

fn document(
    value: Value,
    rank_fields: Option<&[String]>,
    place: impl Fn() -> String,
) -> Result<(String, Original), CallError> {
    let mut object = match value {
        Value::String(text) => return Ok((text, Original::Text)),
        Value::Object(object) => object,
        other => return Err(wrong(&place(), DOCUMENT, &other)),
    };
    if let Some(names) = rank_fields {
        return match joined(&object, names) {
            Some(text) => Ok((text, Original::Fields(object))),
            None => Err(CallError::Field {
                field: place(),
                expected: format!("one of the rank_fields {}", names.join(", ")),
                got: "an object with none of them".to_owned(),
            }),
        };
    }
    match object.remove("text") {
        Some(Value::String(text)) if object.is_empty() => Ok((text, Original::Text)),
        Some(Value::String(text)) => Ok((text, Original::Object(object))),
        Some(other) => Err(wrong(&format!("{}.text", place()), "a string", &other)),
        None => Err(CallError::Field {
            field: place(),
            expected: DOCUMENT.to_owned(),
            got: "an object without it".to_owned(),
        }),
    }
}

/// Returns the fields of those names as the lines of a YAML text, in the order of the names.
fn joined(object: &Map<String, Value>, names: &[String]) -> Option<String> {
    let line = |name: &String| match object.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(format!("{name}: {text}")),
        other => Some(format!("{name}: {other}")),
    };
    let lines: Vec<String> = names.iter().filter_map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A document on its way back, as an object.
pub(super) struct Returned<'a> {
    /// What was read.
    pub(super) text: &'a str,
    /// What it was.
    pub(super) original: &'a Original,
}

impl Serialize for Returned<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (text, rest) = match self.original {
            Original::Text => (Some(self.text), None),
            Original::Object(rest) => (Some(self.text), Some(rest)),
            Original::Fields(all) => (None, Some(all)),
        };
        let mut object = serializer.serialize_map(None)?;
        if let Some(text) = text {
            object.serialize_entry("text", text)?;
        }
        for (name, value) in rest.into_iter().flatten() {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}
