//! Reading JSON whose fields may be missing.

use serde_json::Value;

/// Returns the text at a pointer (RFC 6901); none if there is none, or it is empty.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// Returns the whole number at a pointer.
pub(super) fn whole(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_u64()
}

/// Returns the items at a pointer; none if there is no list.
pub(super) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the first and the last line at a pointer.
pub(super) fn lines(value: &Value, pointer: &str) -> Option<(u64, u64)> {
    let lines = value.pointer(pointer)?;
    Some((whole(lines, "/first")?, whole(lines, "/last")?))
}

/// Returns a value without the fields that are null, which the schemas of results do not have.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, field)| !field.is_null())
            .map(|(name, field)| (name, without_nulls(field)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_are_null_are_left_out_at_every_depth() {
        let value = json!({ "a": null, "b": [{ "c": null, "d": 1 }, null], "e": "" });
        assert_eq!(without_nulls(value), json!({ "b": [{ "d": 1 }, null], "e": "" }));
    }
}
