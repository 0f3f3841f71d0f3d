use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::fake::FakeTools;

type Headers<'a> = &'a [(&'static str, &'a str)];

const TODAY: (&str, &str) = (VERSION, "2026-07-28");

async fn ask(headers: Headers<'_>, body: &str) -> (StatusCode, Value) {
    let http = Http::new(Arc::new(FakeTools::default()));
    let response = http.respond(Method::POST, map(headers), body.to_owned().into()).await;
    let (parts, body) = response.into_parts();
    (parts.status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn map(headers: Headers<'_>) -> HeaderMap {
    let mut map = HeaderMap::new();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    map
}

/// A request of the stateless version, as the protocol's page on streamable HTTP shows it.
fn request(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "ExampleClient", "version": "1.0.0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

fn call(tool: &str, arguments: Value) -> String {
    request("tools/call", json!({ "name": tool, "arguments": arguments }))
}

#[tokio::test]
async fn a_call_whose_headers_say_what_its_body_says_is_answered() {
    let headers = [TODAY, ("mcp-method", "tools/call"), ("mcp-name", "search")];
    let (status, answer) = ask(&headers, &call("search", json!({ "query": "radiator" }))).await;
    assert_eq!(status, 200);
    let result = &answer["result"];
    assert_eq!((&result["resultType"], &result["isError"]), (&json!("complete"), &json!(false)));
    assert_eq!(result["structuredContent"]["hits"].as_array().unwrap().len(), 2);
    assert!(result["content"][0]["text"].as_str().unwrap().starts_with("1. manuals/aerolith-h9"));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "trommel");
    // The name may be written in Base64, and any case will do for the names of headers.
    let headers = [TODAY, ("mcp-method", "tools/call"), ("mcp-name", "=?base64?c3RhdHVz?=")];
    assert_eq!(ask(&headers, &call("status", json!({}))).await.0, 200);
}

#[tokio::test]
async fn headers_that_are_missing_or_say_something_else_are_refused() {
    let body = call("status", json!({}));
    for headers in [
        &[("mcp-method", "tools/call"), ("mcp-name", "status")][..],
        &[TODAY, ("mcp-name", "status")],
        &[TODAY, ("mcp-method", "tools/call")],
        &[TODAY, ("mcp-method", "tools/list"), ("mcp-name", "status")],
        &[TODAY, ("mcp-method", "tools/call"), ("mcp-name", "get")],
        &[(VERSION, "2025-11-25"), ("mcp-method", "tools/call"), ("mcp-name", "status")],
    ] {
        let (status, answer) = ask(headers, &body).await;
        assert_eq!(
            (status.as_u16(), &answer["error"]["code"]),
            (400, &json!(-32020)),
            "{headers:?}"
        );
        assert_eq!(answer["id"], 1);
    }
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_answered_with_those_that_are() {
    let of_today = request("tools/list", json!({})).replace("2026-07-28", "1900-01-01");
    let of_before = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for body in [of_today.as_str(), of_before] {
        let headers = [(VERSION, "1900-01-01"), ("mcp-method", "tools/list")];
        let (status, answer) = ask(&headers, body).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(-32022)));
        let data = &answer["error"]["data"];
        assert_eq!(data["requested"], "1900-01-01");
        assert_eq!(data["supported"][0], "2026-07-28");
    }
}

#[tokio::test]
async fn an_unknown_method_is_404_and_a_request_without_its_metadata_400() {
    // Methods of the versions before are unknown to this one.
    for method in ["no/such", "initialize", "ping", "logging/setLevel", "resources/subscribe"] {
        let unknown = request(method, json!({}));
        let (status, answer) = ask(&[TODAY, ("mcp-method", method)], &unknown).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (404, &json!(-32601)), "{method}");
    }
    let bare = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let (status, answer) = ask(&[TODAY, ("mcp-method", "tools/list")], bare).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(-32602)));
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_of_the_protocol_and_bad_arguments_one_of_the_tool() {
    let headers = [TODAY, ("mcp-method", "tools/call"), ("mcp-name", "serch")];
    let (_, answer) = ask(&headers, &call("serch", json!({}))).await;
    assert_eq!(answer["error"]["code"], -32602);
    assert!(answer["error"]["message"].as_str().unwrap().ends_with("; search is like it"));

    let headers = [TODAY, ("mcp-method", "tools/call"), ("mcp-name", "search")];
    let (status, answer) = ask(&headers, &call("search", json!({ "querry": "a", "k": 0 }))).await;
    assert_eq!((status.as_u16(), &answer["result"]["isError"]), (200, &json!(true)));
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("k: expected a whole number from 1 to 50, got 0\n"));
    assert!(answer["result"].get("structuredContent").is_none());

    let elsewhere = call("search", json!({ "query": "a", "collections": ["x"] }));
    let (_, answer) = ask(&headers, &elsewhere).await;
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(answer["result"]["content"][0]["text"], "x: no such collection\nexpected manuals");
    let (_, answer) = ask(&headers, &call("search", json!({ "query": "broken" }))).await;
    assert_eq!(answer["error"]["code"], -32603);
}

#[tokio::test]
async fn a_document_is_read_at_its_address() {
    let read = async |uri: &str| {
        let headers = [TODAY, ("mcp-method", "resources/read"), ("mcp-name", uri)];
        ask(&headers, &request("resources/read", json!({ "uri": uri }))).await.1
    };
    let uri = "trommel://manuals/manuals/aerolith-h9-topping-up.html:2-3";
    let answer = read(uri).await;
    let contents =
        json!([{ "uri": uri, "mimeType": "text/plain", "text": "line 2 of it\nline 3 of it" }]);
    assert_eq!(answer["result"]["contents"], contents);
    assert_eq!(answer["result"]["cacheScope"], "private");
    for uri in ["trommel://manuals/other.html", "trommel://other/a", "file:///etc/passwd"] {
        let answer = read(uri).await;
        assert_eq!(answer["error"]["code"], -32602, "{uri}");
        assert_eq!(answer["error"]["data"]["uri"], uri);
    }

    let headers = [TODAY, ("mcp-method", "resources/templates/list")];
    let (_, answer) = ask(&headers, &request("resources/templates/list", json!({}))).await;
    let template = &answer["result"]["resourceTemplates"][0];
    assert_eq!(template["uriTemplate"], "trommel://{collection}/{+id}");
    let headers = [TODAY, ("mcp-method", "resources/list")];
    let (_, answer) = ask(&headers, &request("resources/list", json!({ "cursor": "x" }))).await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test]
async fn a_client_of_before_needs_neither_session_nor_headers() {
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"ExampleClient","version":"1.0.0"}}}"#;
    let (status, answer) = ask(&[], initialize).await;
    assert_eq!(
        (status.as_u16(), &answer["result"]["protocolVersion"]),
        (200, &json!("2025-06-18"))
    );
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(ask(&[(VERSION, "2025-06-18")], notification).await.0, 202);
    let list = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
    for headers in [&[][..], &[(VERSION, "2025-06-18")], &[("accept", "*/*")]] {
        let (status, answer) = ask(headers, list).await;
        assert_eq!(status, 200);
        assert!(answer["result"].get("resultType").is_none());
        assert!(answer["result"].get("ttlMs").is_none());
    }
    let read = r#"{"jsonrpc":"2.0","id":3,"method":"resources/read","params":{"uri":"trommel://manuals/x"}}"#;
    // What these versions say of a resource that is not there.
    assert_eq!(ask(&[], read).await.1["error"]["code"], -32002);
}

#[tokio::test]
async fn only_messages_in_json_are_taken_and_only_by_post() {
    let http = Http::new(Arc::new(FakeTools::default()));
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let response = http.respond(method, map(&[]), Bytes::new()).await;
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "POST");
    }
    assert_eq!(ask(&[("content-type", "text/plain")], "{}").await.0, 415);
    assert_eq!(ask(&[], &" ".repeat(MAX_MESSAGE + 1)).await.0, 413);
    for (body, code) in [("{", -32700), ("[]", -32600), (r#"{"jsonrpc":"2.0","id":1}"#, -32600)] {
        let (status, answer) = ask(&[TODAY], body).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(code)));
    }
}

#[tokio::test]
async fn to_drop_the_answer_cancels_the_search() {
    let tools = Arc::new(FakeTools::default());
    let http = Http::new(tools.clone());
    let headers = map(&[TODAY, ("mcp-method", "tools/call"), ("mcp-name", "search")]);
    let answer =
        http.respond(Method::POST, headers, call("search", json!({ "query": "slow" })).into());
    assert!(tokio::time::timeout(Duration::from_millis(100), answer).await.is_err());
    for _ in 0..200 {
        if tools.cancelled.load(Ordering::Relaxed) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the search goes on");
}
