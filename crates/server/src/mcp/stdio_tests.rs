use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::fake::FakeTools;

/// A client of a server with the fake tools.
struct Client {
    input: WriteHalf<DuplexStream>,
    output: BufReader<ReadHalf<DuplexStream>>,
    tools: Arc<FakeTools>,
    server: JoinHandle<io::Result<()>>,
}

impl Client {
    fn start() -> Self {
        let (ours, theirs) = duplex(1 << 16);
        let (output, input) = split(ours);
        let (read, written) = split(theirs);
        let tools = Arc::new(FakeTools::default());
        let server = tokio::spawn(serve(tools.clone(), read, written));
        Self { input, output: BufReader::new(output), tools, server }
    }

    async fn put(&mut self, line: &str) {
        self.input.write_all(line.as_bytes()).await.unwrap();
        self.input.write_all(b"\n").await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        timeout(Duration::from_secs(5), read).await.expect("an answer").unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("one message a line: {line}"))
    }

    async fn ask(&mut self, message: Value) -> Value {
        self.put(&message.to_string()).await;
        self.next().await
    }

    /// Closes the input, and returns what is still written.
    async fn close(mut self) -> Vec<Value> {
        self.input.shutdown().await.unwrap();
        drop(self.input);
        let mut rest = Vec::new();
        let mut line = String::new();
        while self.output.read_line(&mut line).await.unwrap() > 0 {
            rest.push(serde_json::from_str(&line).unwrap());
            line.clear();
        }
        self.server.await.unwrap().unwrap();
        rest
    }
}

/// The metadata of every request of the stateless version.
fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "ExampleClient", "version": "1.0.0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn initialize(version: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": version, "capabilities": {},
            "clientInfo": { "name": "ExampleClient", "version": "1.0.0" },
        },
    })
}

#[tokio::test]
async fn a_client_of_today_asks_what_there_is_and_is_told_without_a_handshake() {
    let mut client = Client::start();
    let discover = json!({
        "jsonrpc": "2.0", "id": "discover-1", "method": "server/discover",
        "params": { "_meta": meta() },
    });
    let answer = client.ask(discover).await;
    assert_eq!(answer["id"], "discover-1");
    let result = &answer["result"];
    assert_eq!(result["resultType"], "complete");
    assert_eq!(
        result["supportedVersions"],
        json!(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
    );
    assert_eq!(result["capabilities"], json!({ "tools": {}, "resources": {} }));
    assert!(result["instructions"].as_str().unwrap().contains("manuals: 226 documents"));
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(60_000), &json!("private")));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "trommel");

    let listed = client
        .ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": { "_meta": meta() } }))
        .await;
    let result = &listed["result"];
    assert_eq!(result["tools"].as_array().unwrap().len(), 4);
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(3_600_000), &json!("public")));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "trommel");

    // This version has no ping, and takes no request without its metadata.
    let ping =
        json!({ "jsonrpc": "2.0", "id": 3, "method": "ping", "params": { "_meta": meta() } });
    assert_eq!(client.ask(ping).await["error"]["code"], -32601);
    let bare = json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/list" });
    assert_eq!(client.ask(bare).await["error"]["code"], -32602);
    let mut future = meta();
    future["io.modelcontextprotocol/protocolVersion"] = "1900-01-01".into();
    let other =
        json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": { "_meta": future } });
    let error = client.ask(other).await["error"].clone();
    assert_eq!(
        (&error["code"], &error["data"]["requested"]),
        (&json!(-32022), &json!("1900-01-01"))
    );
    assert!(client.close().await.is_empty());
}

#[tokio::test]
async fn a_client_of_before_shakes_hands_and_gets_the_shape_of_its_version() {
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let mut client = Client::start();
        let answer = client.ask(initialize(version)).await;
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], version);
        assert_eq!(result["serverInfo"]["name"], "trommel");
        assert!(result["instructions"].as_str().unwrap().contains("manuals"));
        client.put(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        let pong = client.ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" })).await;
        assert_eq!(pong, json!({ "jsonrpc": "2.0", "id": 2, "result": {} }));
        let listed =
            client.ask(json!({ "jsonrpc": "2.0", "id": 3, "method": "resources/list" })).await;
        assert_eq!(listed["result"], json!({ "resources": [] }));
        assert!(client.close().await.is_empty());
    }
}

#[tokio::test]
async fn a_version_that_is_not_known_is_answered_with_the_newest_that_begins_so() {
    let mut client = Client::start();
    let answer = client.ask(initialize("2099-01-01")).await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn a_client_may_probe_and_then_shake_hands() {
    let mut client = Client::start();
    // A probe that was given up is about nothing that runs.
    client
        .put(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":0}}"#)
        .await;
    let discover = json!({
        "jsonrpc": "2.0", "id": 0, "method": "server/discover", "params": { "_meta": meta() },
    });
    assert!(client.ask(discover).await["result"].is_object());
    assert_eq!(
        client.ask(initialize("2025-06-18")).await["result"]["protocolVersion"],
        "2025-06-18"
    );
    assert!(client.close().await.is_empty());
}

#[tokio::test]
async fn a_slow_search_holds_up_nothing_and_ends_without_an_answer_when_it_is_cancelled() {
    let mut client = Client::start();
    client.ask(initialize("2025-11-25")).await;
    let slow = json!({
        "jsonrpc": "2.0", "id": "123", "method": "tools/call",
        "params": { "name": "search", "arguments": { "query": "slow" } },
    });
    client.put(&slow.to_string()).await;
    let pong = client.ask(json!({ "jsonrpc": "2.0", "id": 3, "method": "ping" })).await;
    assert_eq!(pong["id"], 3);
    client
        .put(
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"123","reason":"User requested cancellation"}}"#,
        )
        .await;
    let pong = client.ask(json!({ "jsonrpc": "2.0", "id": 4, "method": "ping" })).await;
    assert_eq!(pong["id"], 4);
    let tools = Arc::clone(&client.tools);
    assert!(client.close().await.is_empty());
    assert!(tools.cancelled.load(Ordering::Relaxed));
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_and_the_next_line_is_read_as_ever() {
    let mut client = Client::start();
    client.ask(initialize("2025-11-25")).await;
    client.put("").await;
    client.put("{\"jsonrpc\"").await;
    assert_eq!(client.next().await["error"]["code"], -32700);
    let batch = json!([{ "jsonrpc": "2.0", "id": 5, "method": "ping" }]);
    assert_eq!(client.ask(batch).await["error"]["code"], -32600);
    client.put(&"x".repeat(MAX_MESSAGE + 1)).await;
    assert_eq!(client.next().await["error"]["code"], -32600);
    let unknown = json!({ "jsonrpc": "2.0", "id": 6, "method": "no/such" });
    let error = json!({ "code": -32601, "message": "no such method: no/such" });
    assert_eq!(client.ask(unknown).await["error"], error);
    let pong = client.ask(json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" })).await;
    assert_eq!(pong["id"], 7);
}

#[tokio::test]
async fn a_message_of_the_longest_length_is_read() {
    let mut client = Client::start();
    client.ask(initialize("2025-11-25")).await;
    let front = r#"{"jsonrpc":"2.0","id":2,"method":"ping","params":{"x":""#;
    let back = r#""}}"#;
    let filler = "x".repeat(MAX_MESSAGE - front.len() - back.len());
    client.put(&format!("{front}{filler}{back}")).await;
    assert_eq!(client.next().await["id"], 2);
}

#[tokio::test]
async fn what_was_asked_before_the_input_ended_is_answered_even_on_a_line_without_an_end() {
    let mut client = Client::start();
    client.ask(initialize("2025-11-25")).await;
    let status = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"status"}}"#;
    client.input.write_all(status.as_bytes()).await.unwrap();
    let rest = client.close().await;
    assert_eq!((rest.len(), &rest[0]["id"]), (1, &json!(2)));
    assert_eq!(rest[0]["result"]["isError"], false);
}
