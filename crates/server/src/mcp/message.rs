//! What comes in, on any transport: one message of JSON-RPC 2.0, or the error that answers it.
//!
//! `rmcp` leaves JSON that it cannot read without an answer, and takes bad parameters for an unknown
//! method; a client would wait, or be told the wrong thing.

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, InitializeRequestParams,
    JsonRpcError, PaginatedRequestParams, ReadResourceRequestParams, RequestId,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Where the parameters of a request of the stateless version say so.
const VERSION: &str = "/_meta/io.modelcontextprotocol~1protocolVersion";

/// Reads a message.
///
/// # Errors
///
/// The answer to a message that is none: -32700 if it is not JSON, -32600 if it is not a message, and
/// -32602 if it has other parameters than its method takes.
pub(super) fn read(bytes: &[u8]) -> Result<ClientJsonRpcMessage, Box<JsonRpcError>> {
    let value = serde_json::from_slice(bytes).map_err(|error| {
        refused(None, ErrorData::parse_error(format!("not JSON: {error}"), None))
    })?;
    let fields = match value {
        Value::Object(fields) => fields,
        // Batches were part of the protocol for one version only, and no client was seen to send one.
        Value::Array(_) => return Err(invalid(None, "expected one message, got a batch")),
        _ => return Err(invalid(None, "expected an object")),
    };
    let id = check(&fields)?;
    let params = fields.get("params").cloned();
    let message = serde_json::from_value(Value::Object(fields))
        .map_err(|error| invalid(id.clone(), &format!("not a message: {error}")))?;
    match parameters(&message, params) {
        Some(error) => Err(refused(id, ErrorData::invalid_params(error, None))),
        None => Ok(message),
    }
}

/// Returns the answer to a message that is longer than `most` bytes, and so was not read.
pub(super) fn too_long(most: usize) -> JsonRpcError {
    *invalid(None, &format!("expected a message of at most {most} bytes, got a longer one"))
}

/// Checks the form of a message, and returns its id.
fn check(fields: &Map<String, Value>) -> Result<Option<RequestId>, Box<JsonRpcError>> {
    let id = match fields.get("id") {
        None => None,
        Some(id @ (Value::String(_) | Value::Number(_))) => Some(
            serde_json::from_value(id.clone())
                .map_err(|_| invalid(None, "id: expected a text or a whole number"))?,
        ),
        Some(_) => return Err(invalid(None, "id: expected a text or a whole number")),
    };
    if fields.get("jsonrpc") != Some(&Value::from("2.0")) {
        return Err(invalid(id, "jsonrpc: expected \"2.0\""));
    }
    let is_answer = fields.contains_key("result") || fields.contains_key("error");
    if !is_answer && !fields.get("method").is_some_and(Value::is_string) {
        return Err(invalid(id, "method: expected a text"));
    }
    if fields.get("params").is_some_and(|params| !params.is_object()) {
        return Err(invalid(id, "params: expected an object"));
    }
    Ok(id)
}

/// Says what is wrong with the parameters of a request whose method takes others.
fn parameters(message: &ClientJsonRpcMessage, params: Option<Value>) -> Option<String> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    // A request whose parameters do not fit its method is read as one of an unknown method.
    let ClientRequest::CustomRequest(custom) = &request.request else { return None };
    let params = params.unwrap_or_else(|| Map::new().into());
    let error = match custom.method.as_str() {
        // The stateless version has no such method, whatever its parameters.
        "initialize" if params.pointer(VERSION).is_none() => {
            misfit::<InitializeRequestParams>(params)
        }
        "tools/call" => misfit::<CallToolRequestParams>(params),
        "resources/read" => misfit::<ReadResourceRequestParams>(params),
        "tools/list" | "resources/list" | "resources/templates/list" => {
            misfit::<PaginatedRequestParams>(params)
        }
        _ => None,
    };
    error.map(|error| format!("params of {}: {error}", custom.method))
}

fn misfit<T: DeserializeOwned>(params: Value) -> Option<String> {
    serde_json::from_value::<T>(params).err().map(|error| error.to_string())
}

fn invalid(id: Option<RequestId>, message: &str) -> Box<JsonRpcError> {
    refused(id, ErrorData::invalid_request(message.to_owned(), None))
}

fn refused(id: Option<RequestId>, error: ErrorData) -> Box<JsonRpcError> {
    Box::new(JsonRpcError::new(id, error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(message: &str) -> Value {
        serde_json::to_value(read(message.as_bytes()).unwrap_err()).unwrap()
    }

    /// The examples of the JSON-RPC 2.0 specification, section 7.
    #[test]
    fn what_is_not_json_or_not_a_message_has_the_code_of_the_specification() {
        let broken = r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#;
        assert_eq!(refusal(broken)["error"]["code"], -32700);
        assert!(refusal(broken).get("id").is_none());
        assert_eq!(
            refusal(r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#)["error"]["code"],
            -32600
        );
        assert_eq!(refusal("[]")["error"]["code"], -32600);
        assert_eq!(refusal("[1,2,3]")["error"]["code"], -32600);
    }

    /// What the protocol says beyond JSON-RPC: ids are texts or integers, and never null.
    #[test]
    fn an_id_is_said_back_if_it_can_be_read() {
        let refused = refusal(r#"{"jsonrpc": "1.0", "id": "a", "method": "ping"}"#);
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!("a"), &json!(-32600)));
        for id in ["null", "1.5", "[1]", "true"] {
            let refused = refusal(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#));
            assert_eq!(refused["error"]["code"], -32600, "{id}");
            assert!(refused.get("id").is_none(), "{id}");
        }
    }

    #[test]
    fn parameters_that_a_method_does_not_take_are_not_an_unknown_method() {
        let refused = refusal(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":[]}}"#,
        );
        assert_eq!(refused["error"]["code"], -32602);
        assert!(
            refused["error"]["message"].as_str().unwrap().starts_with("params of tools/call: ")
        );
        let refused = refusal(r#"{"jsonrpc":"2.0","id":1,"method":"resources/read"}"#);
        assert_eq!(refused["error"]["code"], -32602);
        let refused = refusal(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#);
        assert_eq!(refused["error"]["code"], -32602);
        assert!(read(br#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#).is_ok());
    }
}
