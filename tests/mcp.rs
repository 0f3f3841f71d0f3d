//! Fears for agents' tools: anything but JSON-RPC on standard output, another answer than a search gives, an
//! argument that is dropped in silence, a client of either era that is not understood.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use common::server::Server;
use common::{code, data, json, program, run, sample};
use serde_json::{Value, json};

const QUERY: &str = "what do I do if I have lost a receipt";

/// A client on the streams of `trommel mcp`.
struct Client {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    last: u64,
}

impl Client {
    fn start(folder: &Path) -> Self {
        let mut command = program(folder);
        command.arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from, last: 0 }
    }

    fn send(&mut self, message: &Value) {
        let to = self.to.as_mut().unwrap();
        writeln!(to, "{message}").and_then(|()| to.flush()).unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        self.send(
            &json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": params }),
        );
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&answer["jsonrpc"], &answer["id"]),
            (&"2.0".into(), &self.last.into()),
            "{line}"
        );
        answer
    }

    /// Begins as clients did before 2026-07-28.
    fn initialize(&mut self) -> Value {
        let answer = self.ask(
            "initialize",
            json!({
                "protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            }),
        );
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        answer["result"].clone()
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments }))["result"].clone()
    }

    /// Closes the streams; returns the exit code.
    fn end(mut self) -> Option<i32> {
        self.to = None;
        self.child.wait().unwrap().code()
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

#[test]
fn an_agent_of_the_older_era_lists_and_calls_every_tool() {
    let mut client = Client::start(sample());
    let begun = client.initialize();
    assert_eq!(begun["protocolVersion"], "2025-11-25", "{begun}");
    assert!(begun["instructions"].as_str().unwrap().contains("documents"), "{begun}");
    let tools = client.ask("tools/list", json!({}))["result"]["tools"].clone();
    let names: Vec<&str> =
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 4);
    for tool in tools.as_array().unwrap() {
        let marks = &tool["annotations"];
        assert_eq!(
            (&marks["readOnlyHint"], &marks["openWorldHint"]),
            (&true.into(), &false.into())
        );
        assert!(!tool["inputSchema"].to_string().contains("null"), "{tool}");
    }
    let found = client.call("search", json!({ "query": QUERY, "k": 3 }));
    let expected = json(sample(), &["search", QUERY, "-k", "3", "--format", "json"]);
    let ids = |answer: &Value| -> Vec<Value> {
        answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].clone()).collect()
    };
    assert_eq!(ids(&found["structuredContent"]), ids(&expected), "{found}");
    assert!(text(&found).contains("lost-receipts.txt:"), "{}", text(&found));
    let read = client.call("get", json!({ "id": "lost-receipts.txt:1-2" }));
    let lines = data(&run(sample(), &["get", "lost-receipts.txt:1-2"]));
    assert!(text(&read).contains(lines.lines().next().unwrap()), "{}", text(&read));
    let why = client.call("why", json!({ "query": QUERY, "id": "garden.jsonl" }));
    assert_eq!(why["isError"], true, "{why}");
    let why = client.call("why", json!({ "query": QUERY, "id": "lost-receipts.txt" }));
    assert!(text(&why).contains("bm25"), "{}", text(&why));
    let status = client.call("status", json!({}));
    assert!(text(&status).contains("documents"), "{}", text(&status));
    let unknown = client.call("search", json!({ "query": QUERY, "limt": 3 }));
    assert_eq!(unknown["isError"], true);
    assert!(text(&unknown).contains("limt"), "{}", text(&unknown));
    assert_eq!(client.end(), Some(0));
}

#[test]
fn an_agent_of_the_present_era_needs_no_beginning() {
    let mut client = Client::start(sample());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let told = client.ask("server/discover", json!({ "_meta": meta }))["result"].clone();
    let versions = told["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&"2026-07-28".into()), "{told}");
    let params =
        json!({ "name": "search", "arguments": { "query": QUERY, "k": 1 }, "_meta": meta });
    let found = client.ask("tools/call", params)["result"].clone();
    assert_eq!(found["resultType"], "complete", "{found}");
    assert_eq!(found["structuredContent"]["hits"][0]["id"], "lost-receipts.txt", "{found}");
    assert_eq!(client.end(), Some(0));
}

#[test]
fn nonsense_is_answered_as_json_rpc_says() {
    let mut client = Client::start(sample());
    client.initialize();
    for (line, expected) in [
        ("{", -32700),
        ("[]", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"nope\"}", -32601),
    ] {
        let to = client.to.as_mut().unwrap();
        writeln!(to, "{line}").unwrap();
        let mut answer = String::new();
        client.from.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["error"]["code"], expected, "{line}: {answer}");
    }
    let unknown = client.ask("tools/call", json!({ "name": "delete", "arguments": {} }));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    assert_eq!(client.end(), Some(0));
}

#[test]
fn the_same_tools_are_there_over_http() {
    let server = Server::start(sample(), &["serve"]);
    let accept =
        [("accept", "application/json, text/event-stream"), ("content-type", "application/json")];
    let ask = |message: &Value| server.ask("POST", "/mcp", &accept, message.to_string().as_bytes());
    let begun = ask(&json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": { "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
    }));
    assert_eq!(begun.json()["result"]["protocolVersion"], "2025-11-25", "{}", begun.text());
    let found = ask(&json!({
        "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": { "name": "search", "arguments": { "query": QUERY, "k": 1 } },
    }));
    let result = found.json()["result"].clone();
    assert_eq!(
        result["structuredContent"]["hits"][0]["id"],
        "lost-receipts.txt",
        "{}",
        found.text()
    );
    assert_eq!(server.get("/mcp").status, 405);
}

#[test]
fn what_to_put_into_a_client_is_printed() {
    let output = run(sample(), &["-c", ".trommel", "mcp", "--print-config", "claude-desktop"]);
    assert_eq!(code(&output), 0);
    let config: Value = serde_json::from_str(&data(&output)).unwrap();
    let server = &config["mcpServers"]["trommel"];
    assert!(server["args"].as_array().unwrap().contains(&"mcp".into()), "{config}");
    assert_eq!(code(&run(sample(), &["mcp", "--print-config", "nope"])), 2);
}
