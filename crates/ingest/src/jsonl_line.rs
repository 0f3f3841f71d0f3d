//! One line of JSONL: a document, or what is wrong with it.

use std::collections::BTreeMap;

use serde_json::Value;
use trommel_core::Metadata;

use crate::unread::{Unread, without_unread};
use crate::{IngestOptions, LineProblem};

/// How many fields of an object are named in a message.
const MAX_NAMES: usize = 12;

type Object = BTreeMap<String, Value>;

/// What one line says.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) metadata: Metadata,
    /// What was left out of the text.
    pub(crate) unread: Unread,
}

/// Returns what a line says, or what is wrong with it and at which byte, from 1.
///
/// What cannot be read of a text, a byte that is not UTF-8 or half of a character that JSON writes as
/// two, becomes U+FFFD and costs the line nothing. In an id it would be another id.
pub(crate) fn parse(line: &[u8], options: &IngestOptions) -> Result<Entry, (usize, LineProblem)> {
    let damaged = str::from_utf8(line).err().map(|error| error.valid_up_to() + 1);
    let line = String::from_utf8_lossy(line);
    let mut object = object(&line)?;
    let entry = |problem| (1, problem);
    let missing = |field: &str, object: &Object| LineProblem::MissingField {
        field: field.to_owned(),
        others: object.keys().take(MAX_NAMES).cloned().collect(),
    };
    if let Some(field) =
        [&options.id_field, &options.text_field].into_iter().find(|it| !object.contains_key(*it))
    {
        return Err(entry(missing(field, &object)));
    }
    // Taken out of the object, so that what is left in the end is the metadata.
    let mut take = |field: &str| object.remove(field).unwrap_or_default();
    let id = id(&options.id_field, take(&options.id_field)).map_err(entry)?;
    if let Some(column) = damaged.filter(|_| id.contains(char::REPLACEMENT_CHARACTER)) {
        return Err((column, LineProblem::NotUtf8));
    }
    let text = text(&options.text_field, take(&options.text_field)).map_err(entry)?;
    let (text, unread) = without_unread(text);
    // A line without a text field is no document; one without a title is.
    let title = self::text(&options.title_field, take(&options.title_field)).map_err(entry)?;
    let metadata: Metadata = object
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name, as_text(value)))
        .collect();
    let bytes = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    let limit = options.limits.max_metadata_bytes;
    if bytes > limit {
        return Err((1, LineProblem::TooMuchMetadata { bytes, limit }));
    }
    Ok(Entry { id, title, text, metadata, unread })
}

/// Returns the object of a line.
fn object(line: &str) -> Result<Object, (usize, LineProblem)> {
    let error = match serde_json::from_str(line) {
        Ok(object) => return Ok(object),
        Err(error) => error,
    };
    if let Some(object) = without_halves(line).and_then(|line| serde_json::from_str(&line).ok()) {
        return Ok(object);
    }
    let words = error.to_string();
    // The place is given in its own words: the parser knows only of line 1.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let detail = words.strip_suffix(&place).unwrap_or(&words).to_owned();
    Err((error.column().max(1), LineProblem::InvalidJson { detail }))
}

/// Returns JSON in which U+FFFD stands for every half of a pair of surrogates that has no other half;
/// nothing if there is none.
fn without_halves(json: &str) -> Option<String> {
    let code = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (mut whole, mut from, mut at) = (String::new(), 0, 0);
    while let Some(found) = json[at..].find('\\') {
        at += found;
        match code(at) {
            Some(0xd800..=0xdbff) if matches!(code(at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0xd800..=0xdfff) => {
                whole.push_str(&json[from..at]);
                whole.push_str("\\ufffd");
                at += 6;
                from = at;
            }
            // What is escaped is no beginning of an escape.
            _ => at = json.ceil_char_boundary(at + 2),
        }
    }
    (from > 0).then(|| whole + &json[from..])
}

/// Returns the id that a line shows, although it is no document; nothing if it shows none.
pub(crate) fn shown_id(line: &[u8], field: &str) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let name = Value::String(field.to_owned()).to_string();
    let (_, behind) = line.split_once(&name)?;
    let value = behind.trim_start().strip_prefix(':')?;
    // The first value of a stream: what comes behind it may be anything.
    let value = serde_json::Deserializer::from_str(value).into_iter::<Value>().next()?.ok()?;
    id(field, value).ok()
}

fn id(field: &str, value: Value) -> Result<String, LineProblem> {
    match value {
        Value::String(id) if id.is_empty() => Err(LineProblem::EmptyId { field: field.to_owned() }),
        Value::String(id) => Ok(id),
        // A fraction, or an integer beyond 64 bits, would lose digits and so its identity.
        Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
        other => Err(wrong_type(field, "text or a 64-bit integer", &other)),
    }
}

fn text(field: &str, value: Value) -> Result<String, LineProblem> {
    match value {
        Value::String(text) => Ok(text),
        // A value that is missing, as data frames write it.
        Value::Null => Ok(String::new()),
        other => Err(wrong_type(field, "text", &other)),
    }
}

/// Returns a value as metadata has it.
pub(crate) fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn wrong_type(field: &str, expected: &'static str, got: &Value) -> LineProblem {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a fraction or too large",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    LineProblem::WrongType { field: field.to_owned(), expected, got }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(line: &[u8]) -> String {
        match parse(line, &IngestOptions::default()) {
            Ok(entry) => entry.text,
            Err((column, problem)) => panic!("{column}: {problem}"),
        }
    }

    #[test]
    fn what_cannot_be_read_of_a_text_costs_nothing_else() {
        assert_eq!(text_of(b"{\"_id\":\"a\",\"text\":\"caf\xe9 au lait\"}"), "caf\u{fffd} au lait");
        let half =
            br#"{"_id":"a","text":"half \ud83d and whole \ud83d\ude00, \\ud83d as written"}"#;
        assert_eq!(text_of(half), "half \u{fffd} and whole \u{1f600}, \\ud83d as written");
        assert_eq!(text_of(br#"{"_id":"a","text":"\ude00\ud83d"}"#), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_missing_field_is_told_with_those_that_are_there() {
        let problem = |line: &[u8]| match parse(line, &IngestOptions::default()) {
            Err((_, problem)) => problem.to_string(),
            Ok(_) => panic!("a document"),
        };
        assert_eq!(
            problem(br#"{"id":"a","contents":"x"}"#),
            r#"the object has no field "_id"; it has "contents", "id""#
        );
        assert_eq!(problem(br#"{"_id":"a"}"#), r#"the object has no field "text"; it has "_id""#);
        assert_eq!(problem(b"{}"), r#"the object has no field "_id""#);
    }

    #[test]
    fn a_bad_line_may_still_show_its_id() {
        let shown = |line: &[u8]| shown_id(line, "_id");
        assert_eq!(shown(br#"{"_id":"b","text": "#), Some("b".into()));
        assert_eq!(shown(br#"{"text":[], "_id" : 7, "x"#), Some("7".into()));
        assert_eq!(shown(br#"{"_id":"q\"1","text"#), Some("q\"1".into()));
        assert_eq!(shown(br#"{"_id":"unfinish"#), None);
        assert_eq!(shown(br#"{"_id": null}"#), None);
        assert_eq!(shown(b"[1, 2]"), None);
    }
}
