//! The fields of a JSON body, each with the type that it has to have.

use serde_json::{Map, Value};

use super::CallError;

/// How much of a wrong value an error shows, in characters.
const SHOWN: usize = 40;

/// The fields of a body. Each is moved out as it is read; one that is `null` counts as left out.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Returns the fields of a body.
    ///
    /// # Errors
    ///
    /// If the body is no JSON object.
    pub(crate) fn read(body: &[u8]) -> Result<Self, CallError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(other) => Err(CallError::NotAnObject { got: show(&other) }),
            Err(error) => Err(CallError::NotJson { problem: error.to_string() }),
        }
    }

    /// Says whether a field is there, be it `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns a field whatever it is.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Returns a field whatever it is, which has to be there.
    pub(crate) fn need(
        &mut self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<Value, CallError> {
        self.take(name).ok_or(CallError::Missing { field: name, expected })
    }

    /// Returns a string.
    pub(crate) fn string(&mut self, name: &str) -> Result<Option<String>, CallError> {
        let string = |value| match value {
            Value::String(text) => Ok(text),
            other => Err(wrong(name, "a string", &other)),
        };
        self.take(name).map(string).transpose()
    }

    /// Returns an array of strings.
    pub(crate) fn strings(&mut self, name: &str) -> Result<Option<Vec<String>>, CallError> {
        let string = |(at, value)| match value {
            Value::String(text) => Ok(text),
            other => Err(wrong(&format!("{name}[{at}]"), "a string", &other)),
        };
        let strings = |value| match value {
            Value::Array(values) => values.into_iter().enumerate().map(string).collect(),
            other => Err(wrong(name, "an array of strings", &other)),
        };
        self.take(name).map(strings).transpose()
    }

    /// Returns a string that is one of a few, in whatever case.
    pub(crate) fn one_of(
        &mut self,
        name: &str,
        choices: &[&'static str],
    ) -> Result<Option<&'static str>, CallError> {
        let chosen = |value: Value| {
            let said = value.as_str().unwrap_or_default();
            let choice = choices.iter().find(|choice| choice.eq_ignore_ascii_case(said));
            choice.copied().ok_or_else(|| wrong(name, &either(choices), &value))
        };
        self.take(name).map(chosen).transpose()
    }

    /// Returns a boolean.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, CallError> {
        let flag = |value: Value| value.as_bool().ok_or_else(|| wrong(name, "a boolean", &value));
        self.take(name).map(flag).transpose()
    }

    /// Returns how many of something there are to be: at least 1.
    pub(crate) fn count(&mut self, name: &str) -> Result<Option<usize>, CallError> {
        let count = |value: Value| {
            let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
            let count = count.filter(|&count| count > 0);
            count.ok_or_else(|| wrong(name, "an integer of at least 1", &value))
        };
        self.take(name).map(count).transpose()
    }

    /// Returns how long something may take, in whole milliseconds, a part of one counting as one.
    pub(crate) fn milliseconds(&mut self, name: &str) -> Result<Option<u64>, CallError> {
        let milliseconds = |value: Value| {
            let number = value.as_f64().filter(|number| *number >= 0.0);
            let number = number.map(|number| number.ceil() as u64);
            number.ok_or_else(|| wrong(name, "milliseconds, a number of at least 0", &value))
        };
        self.take(name).map(milliseconds).transpose()
    }
}

/// Returns the error of a value that is not as expected.
pub(crate) fn wrong(field: &str, expected: &str, got: &Value) -> CallError {
    CallError::Field { field: field.to_owned(), expected: expected.to_owned(), got: show(got) }
}

/// Returns a few values as words, such as `"a" or "b"`.
fn either(choices: &[&str]) -> String {
    let quoted: Vec<_> = choices.iter().map(|choice| format!("{choice:?}")).collect();
    quoted.join(" or ")
}

/// Returns a value, or its type where it may be long.
fn show(value: &Value) -> String {
    match value {
        Value::Array(values) if values.is_empty() => "an empty array".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{:?}…", &text[..end]),
            None => format!("{text:?}"),
        },
        simple => simple.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Fields {
        Fields::read(body.as_bytes()).unwrap()
    }

    fn said<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_with_the_place_or_the_type() {
        let read = |body: &[u8]| said(Fields::read(body));
        assert_eq!(read(b"[1]"), "the body: expected a JSON object, got an array");
        assert_eq!(read(b"null"), "the body: expected a JSON object, got null");
        assert!(read(b"").starts_with("the body is not JSON: "));
        assert!(read(b"{\"query\": \"a\",\n}").contains("line 2 column 1"));
        assert!(read(b"{\"query\": \"\xff\"}").starts_with("the body is not JSON: "));
        // Not a number is no JSON; some clients write it all the same.
        assert!(read(br#"{"budget_ms": NaN}"#).contains("column 15"));
        // As deep as a stack could not bear.
        assert!(read("[".repeat(100_000).as_bytes()).contains("recursion limit"));
    }

    #[test]
    fn null_is_as_good_as_left_out() {
        let mut fields = fields(r#"{"a": null, "b": null, "c": null, "d": null, "e": null}"#);
        assert!(fields.has("a") && !fields.has("f"));
        assert_eq!(fields.string("a"), Ok(None));
        assert_eq!(fields.flag("b"), Ok(None));
        assert_eq!(fields.count("c"), Ok(None));
        assert_eq!(fields.milliseconds("d"), Ok(None));
        assert_eq!(fields.strings("e"), Ok(None));
        let missing = fields.need("f", "a string");
        assert_eq!(said(missing), "f is missing, expected a string");
    }

    #[test]
    fn a_wrong_type_is_named_with_the_field_what_it_should_be_and_what_it_is() {
        let mut fields =
            fields(r#"{"query": 7, "flag": "yes", "list": ["a", {}], "one": "left", "no": []}"#);
        assert_eq!(said(fields.string("query")), "query: expected a string, got 7");
        assert_eq!(said(fields.flag("flag")), "flag: expected a boolean, got \"yes\"");
        assert_eq!(said(fields.strings("list")), "list[1]: expected a string, got an object");
        let one = fields.one_of("one", &["right", "none"]);
        assert_eq!(said(one), r#"one: expected "right" or "none", got "left""#);
        assert_eq!(said(fields.flag("no")), "no: expected a boolean, got an empty array");
    }

    #[test]
    fn a_long_value_is_cut_where_it_is_shown() {
        let body = format!(r#"{{"flag": "{}"}}"#, "ä".repeat(100));
        let expected = format!("flag: expected a boolean, got \"{}\"…", "ä".repeat(40));
        assert_eq!(said(fields(&body).flag("flag")), expected);
    }

    #[test]
    fn counts_start_at_one_and_are_whole() {
        let mut good = fields(r#"{"top_n": 3}"#);
        assert_eq!(good.count("top_n"), Ok(Some(3)));
        for got in ["0", "-1", "2.5", "1e3", "\"3\"", "true"] {
            let mut bad = fields(&format!(r#"{{"top_n": {got}}}"#));
            assert!(said(bad.count("top_n")).contains("an integer of at least 1"), "{got}");
        }
    }

    #[test]
    fn a_budget_is_a_number_of_at_least_0() {
        for (given, read) in [("0", 0), ("250", 250), ("0.2", 1), ("1e2", 100), ("1e30", u64::MAX)]
        {
            let mut good = fields(&format!(r#"{{"budget_ms": {given}}}"#));
            assert_eq!(good.milliseconds("budget_ms"), Ok(Some(read)), "{given}");
        }
        for got in ["-1", "-0.5", "\"100\"", "[]", "false"] {
            let mut bad = fields(&format!(r#"{{"budget_ms": {got}}}"#));
            let error = said(bad.milliseconds("budget_ms"));
            let start = "budget_ms: expected milliseconds, a number of at least 0, got ";
            assert!(error.starts_with(start), "{error}");
        }
    }
}
