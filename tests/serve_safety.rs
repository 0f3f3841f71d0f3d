//! What `docs/security.md` promises of the server, line by line: who may ask, what a request can do, and
//! that nothing it says ends the server.

mod common;

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use common::server::{Server, read_reply, write_request};
use common::{code, copy_of_sample, run, sample, trommel, words};
use serde_json::json;

const SEARCH: (&str, &str) = ("POST", "/v1/search");

#[test]
fn only_names_of_this_server_and_pages_of_its_own_are_answered() {
    let server = Server::start(sample(), &["serve", "--host", "notes.example"]);
    let port = server.address.port();
    let with = |path: &str, headers: &[(&str, &str)]| server.ask("GET", path, headers, b"");
    for path in ["/v1/status", "/", "/page/page.js", "/mcp", "/health", "/metrics", "/v1/models"] {
        let rebound = with(path, &[("host", "evil.example")]);
        assert_eq!((rebound.status, rebound.code().as_str()), (403, "wrong_host"), "{path}");
        let of_another = with(path, &[("origin", "https://evil.example")]);
        assert_eq!(
            (of_another.status, of_another.code().as_str()),
            (403, "wrong_origin"),
            "{path}"
        );
        let headers = &of_another.headers;
        assert!(!headers.iter().any(|(name, _)| name.starts_with("access-control")), "{headers:?}");
    }
    assert_eq!(with("/v1/status", &[("host", "notes.example")]).status, 200);
    assert_eq!(with("/v1/status", &[("host", &format!("localhost:{port}"))]).status, 200);
    let own = format!("http://{}", server.address);
    assert_eq!(with("/v1/status", &[("origin", &own)]).status, 200);
}

#[test]
fn a_key_is_wanted_on_every_route_and_another_address_wants_a_key() {
    let folder = copy_of_sample();
    fs::write(folder.path().join("key"), "correct horse battery\n").unwrap();
    let server = Server::start(folder.path(), &["serve", "--key-file", "key"]);
    let body = json!({ "query": "x", "documents": ["a"] }).to_string();
    for (method, path) in [
        ("POST", "/v1/search"),
        ("GET", "/v1/status"),
        ("GET", "/v1/documents/a"),
        ("POST", "/v1/index"),
        ("POST", "/v1/rerank"),
        ("POST", "/v2/rerank"),
        ("POST", "/embed"),
        ("GET", "/metrics"),
        ("POST", "/mcp"),
        ("GET", "/openapi.json"),
        ("GET", "/v1/judgements"),
        ("GET", "/nothing"),
    ] {
        let refused = server.ask(method, path, &[], body.as_bytes());
        assert_eq!(refused.status, 401, "{method} {path}: {}", refused.text());
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
        let wrong = server.ask(method, path, &[("authorization", "Bearer wrong")], body.as_bytes());
        assert_eq!(wrong.status, 401, "{method} {path}");
    }
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/health").status, 200);
    let right = [("authorization", "Bearer correct horse battery")];
    assert_eq!(server.ask("GET", "/v1/status", &right, b"").status, 200);
    let output = run(folder.path(), &["serve", "--bind", "0.0.0.0:0"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("--key-file"), "{}", words(&output));
}

#[test]
fn what_is_wrong_with_a_request_is_said_and_the_server_goes_on() {
    let mut server = Server::start(sample(), &["serve", "--max-body", "100000"]);
    let ask = |body: &str| server.ask("POST", "/v1/search", &[], body.as_bytes());
    for (body, status, code) in [
        ("", 400, "invalid_json"),
        ("{", 400, "invalid_json"),
        ("[]", 400, "invalid_json"),
        ("\u{0}\u{1}", 400, "invalid_json"),
        (r#"{"query":"x","kk":3}"#, 422, "unknown_field"),
        (r#"{"query":["x"]}"#, 422, "wrong_type"),
        (r#"{"query":"x","k":-1}"#, 422, "wrong_type"),
        (r#"{"query":"x","k":1.5}"#, 422, "wrong_type"),
        (r#"{"query":"x","k":0}"#, 400, "invalid"),
        (r#"{"query":"x","k":99999999}"#, 400, "invalid"),
        (r#"{"query":""}"#, 400, "invalid"),
        (r#"{"query":"  \n"}"#, 400, "invalid"),
        (r#"{}"#, 400, "invalid"),
        (r#"{"query":"x","queries":["y"]}"#, 400, "invalid"),
        (r#"{"queries":[]}"#, 400, "invalid"),
        (r#"{"query":"x","budget_ms":-1}"#, 400, "invalid"),
        (r#"{"query":"x","budget_ms":NaN}"#, 400, "invalid_json"),
        (r#"{"query":"x","budget_ms":1e300}"#, 400, "invalid"),
        (r#"{"query":"x","stage":"best"}"#, 400, "invalid"),
        (r#"{"query":"x","filter":["=("]}"#, 400, "invalid"),
        (r#"{"query":"x","settings":{"nope":1}}"#, 400, "invalid"),
        (r#"{"query":"x","settings":{"k":[1]}}"#, 400, "invalid"),
        (r#"{"query":"x","collections":["nope"]}"#, 404, "unknown_collection"),
    ] {
        let reply = ask(body);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (status, code),
            "{body}: {}",
            reply.text()
        );
        assert!(reply.json()["error"]["message"].is_string());
    }
    assert_eq!(ask(r#"{"query":"x","qury":3}"#).json()["error"]["hint"], "did you mean \"query\"?");
    let huge = format!(r#"{{"query":"{}"}}"#, "x".repeat(200_000));
    assert_eq!(ask(&huge).status, 413);
    let many = json!({ "query": "x", "documents": vec!["a"; 3000] });
    let reply = server.post("/v2/rerank", &many);
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    assert_eq!(server.ask("GET", "/v1/search", &[], b"").code(), "wrong_method");
    assert_eq!(server.ask("BREW", "/v1/search", &[], b"").status, 405);
    assert_eq!(server.get("/v1/nothing").code(), "unknown_route");
    assert_eq!(ask(r#"{"query":"receipts"}"#).status, 200);
    assert!(server.is_alive());
}

#[test]
fn clients_that_say_half_or_nonsense_or_go_away_harm_nobody() {
    let mut server = Server::start(sample(), &["serve", "--connections", "8"]);
    for said in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/search HTTP/1.1\r\ncontent-length: 99999\r\n\r\n{",
        b"POST /v1/search HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n",
        b"POST /v1/search HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /\r\n\r\nGET /\r\n\r\nGET /",
        &[b'A'; 200_000],
    ] {
        let mut stream = server.connect();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let _ = stream.write_all(said);
        let mut answer = [0; 512];
        let _ = stream.read(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{:?}", String::from_utf8_lossy(&answer));
        let _ = stream.shutdown(Shutdown::Both);
    }
    // Clients that open more connections than there may be, and say nothing.
    let silent: Vec<_> = (0..8).map(|_| server.connect()).collect();
    drop(silent);
    let body = json!({ "query": "how do I get my money back for a trip" }).to_string();
    for _ in 0..20 {
        let mut stream = server.connect();
        let accept = [("accept", "text/event-stream")];
        write_request(&mut stream, server.address, SEARCH, &accept, body.as_bytes());
        let mut some = [0; 64];
        let _ = stream.read(&mut some);
        drop(stream);
    }
    assert_eq!(server.post("/v1/search", &json!({ "query": "receipts" })).status, 200);
    assert!(server.is_alive());
}

#[test]
fn past_the_queue_requests_are_refused_with_when_to_come_back_and_all_others_are_answered() {
    let server = Server::start(sample(), &["serve", "--queue", "2", "--workers", "1"]);
    let texts: Vec<String> =
        (0..40).map(|number| format!("passage {number} of the ferry")).collect();
    let ask = |client: usize| {
        let body = json!({ "query": format!("ferry {client}"), "texts": texts });
        server.post("/rerank", &body)
    };
    let replies: Vec<_> = thread::scope(|scope| {
        let ask = &ask;
        let clients: Vec<_> = (0..16).map(|client| scope.spawn(move || ask(client))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let count = |status| replies.iter().filter(|reply| reply.status == status).count();
    // Two wait; a third is computed, if the thread had begun before the others came.
    assert!(count(200) >= 2 && count(429) >= 1, "{} {}", count(200), count(429));
    assert_eq!(count(200) + count(429), 16);
    let refused = replies.iter().find(|reply| reply.status == 429).unwrap();
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(refused.json()["error_type"], "Overloaded");
}

#[test]
fn a_stream_past_the_queue_is_refused_by_its_status() {
    let server = Server::start(sample(), &["serve", "--queue", "1", "--workers", "1"]);
    let texts: Vec<String> =
        (0..60).map(|number| format!("passage {number} of the ferry")).collect();
    let body = json!({ "query": "ferry", "texts": texts }).to_string();
    let work: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = server.connect();
            write_request(&mut stream, server.address, ("POST", "/rerank"), &[], body.as_bytes());
            stream
        })
        .collect();
    let accept = [("accept", "text/event-stream")];
    // The two requests may not have arrived yet.
    let refused = (0..100).find_map(|_| {
        let mut stream = server.connect();
        let query = json!({ "query": "receipts" }).to_string();
        write_request(&mut stream, server.address, SEARCH, &accept, query.as_bytes());
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        (&head == b"HTTP/1.1 429").then_some(())
    });
    assert!(refused.is_some());
    drop(work);
}

#[test]
fn a_path_in_a_request_leads_to_no_file() {
    let copy = copy_of_sample();
    fs::write(copy.path().join("secret.txt"), "root:secret").unwrap();
    let server = Server::start(copy.path(), &["serve"]);
    let secret = copy.path().join("secret.txt").display().to_string();
    let encoded = secret.replace('/', "%2F");
    for id in [
        "../secret.txt",
        "..%2Fsecret.txt",
        "documents%2F..%2F..%2Fsecret.txt",
        "%2e%2e/%2e%2e/etc/passwd",
        "%2Fetc%2Fpasswd",
        &secret,
        &encoded,
        "secret.txt%00",
        ".trommel%2Fmanifest.json",
    ] {
        for path in [format!("/v1/documents/{id}"), format!("/{id}")] {
            let reply = server.get(&path);
            assert!((400..500).contains(&reply.status), "{path}: {}", reply.status);
            assert!(!reply.text().contains("root:"), "{path}");
        }
    }
    let why = server.post("/v1/why", &json!({ "query": "secret", "id": secret }));
    assert!(!why.text().contains("root:"), "{}", why.text());
}

#[test]
fn who_says_nothing_is_hung_up_on_and_who_comes_later_is_answered() {
    let server = Server::start(sample(), &["serve", "--connections", "2"]);
    let mut silent: Vec<_> = (0..2).map(|_| server.connect()).collect();
    let begun = Instant::now();
    silent.iter_mut().for_each(|stream| stream.write_all(b"GET / HTTP/1.1\r\nho").unwrap());
    // There is no place for a third, until the two have had their 10 s.
    assert_eq!(server.get("/health").status, 200);
    let waited = begun.elapsed();
    assert!((Duration::from_secs(8)..Duration::from_secs(60)).contains(&waited), "{waited:?}");
    for stream in &mut silent {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    }
}

#[test]
fn the_log_holds_no_query_and_the_page_lets_nothing_else_in() {
    let server = Server::start(sample(), &["serve", "--log"]);
    let reply = server.post("/v1/search", &json!({ "query": "zanzibar receipts" }));
    assert_eq!(reply.status, 200);
    assert_eq!(server.get("/v1/documents/zanzibar").status, 404);
    let page = server.get("/?q=zanzibar");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(!policy.contains("http:") && !policy.contains("https:"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    // What it said is read beside this thread, so an answer may be here before the line that tells of it.
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.said().matches("\"route\"").count() < 3 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    let said = server.said();
    assert!(said.contains("/v1/search") && !said.contains("zanzibar"), "{said}");
}

#[test]
fn under_load_budgets_shrink_if_the_operator_says_so() {
    let arguments = ["serve", "--queue", "64", "--workers", "1", "--shed", "budget"];
    let server = Server::start(sample(), &arguments);
    let ask = |client: usize| {
        let query = format!("how do I get money back for trip {client}");
        let reply = server.post("/v1/search", &json!({ "query": query, "budget_ms": 1000 }));
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.header("x-trommel-budget-ms").map(|it| it.parse().unwrap())
    };
    let budgets: Vec<Option<u64>> = thread::scope(|scope| {
        let ask = &ask;
        let clients: Vec<_> = (0..16).map(|client| scope.spawn(move || ask(client))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let told: Vec<u64> = budgets.into_iter().flatten().collect();
    assert!(!told.is_empty() && told.iter().all(|ms| (50..1000).contains(ms)), "{told:?}");
}

#[test]
fn the_end_answers_what_was_begun_and_is_0() {
    let server = Server::start(sample(), &["serve", "--workers", "1"]);
    let texts: Vec<String> =
        (0..60).map(|number| format!("passage {number} of the tide")).collect();
    let body = json!({ "query": "tide", "texts": texts }).to_string();
    let mut streams: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = server.connect();
            write_request(&mut stream, server.address, ("POST", "/rerank"), &[], body.as_bytes());
            stream
        })
        .collect();
    thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    let waiting = thread::spawn(move || server.terminate());
    for stream in &mut streams {
        let reply = read_reply(&mut BufReader::new(stream));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.json().as_array().unwrap().len(), 60);
    }
    drop(streams);
    assert_eq!(waiting.join().unwrap(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn two_servers_on_one_port_and_a_missing_collection_are_clear_errors() {
    let server = Server::start(sample(), &["serve"]);
    let address = server.address.to_string();
    let output = run(sample(), &["serve", "--bind", &address]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains(&format!("cannot listen at {address}")), "{}", words(&output));
    let empty = tempfile::tempdir().unwrap();
    let output = run(empty.path(), &["serve", "--bind", "127.0.0.1:0"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("trommel index"), "{}", words(&output));
    let mut command = trommel(sample());
    let output = command.env("TROMMEL_HOME", empty.path()).args(["serve", "--bind", "127.0.0.1:0"]);
    let output = output.output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("trommel models fetch"), "{}", words(&output));
}

#[test]
fn a_collection_that_is_damaged_while_it_is_served_is_an_error_without_a_path() {
    let copy = copy_of_sample();
    let mut server = Server::start(copy.path(), &["serve"]);
    let manifest = copy.path().join(".trommel/manifest.json");
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, b"{}").unwrap();
    let reply = server.post("/v1/search", &json!({ "query": "receipts" }));
    assert_eq!((reply.status, reply.code().as_str()), (500, "damaged"), "{}", reply.text());
    assert!(!reply.text().contains("manifest"), "{}", reply.text());
    fs::write(&manifest, whole).unwrap();
    assert_eq!(server.post("/v1/search", &json!({ "query": "receipts" })).status, 200);
    assert!(server.is_alive());
}

/// A stream of numbers that a seed decides.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        // Marsaglia, *Xorshift RNGs*, 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
}

const REQUESTS: [(&str, &str, &str); 12] = [
    (
        "POST",
        "/v1/search",
        r#"{"query":"receipts","k":3,"stage":"bm25","filter":["a=b"],"path":["*.txt"],"budget_ms":5}"#,
    ),
    ("POST", "/v1/why", r#"{"query":"receipts","id":"lost-receipts.txt","stage":"bm25","k":3}"#),
    ("GET", "/v1/documents/lost-receipts.txt?lines=1-2&max_chars=50", ""),
    ("GET", "/v1/documents/garden.jsonl?page=1", ""),
    (
        "POST",
        "/v2/rerank",
        r#"{"model":"m","query":"q","documents":["a","b"],"top_n":1,"max_tokens_per_doc":10}"#,
    ),
    (
        "POST",
        "/rerank",
        r#"{"query":"q","texts":["a","b"],"raw_scores":true,"return_text":true,"truncate":false}"#,
    ),
    (
        "POST",
        "/v1/rerank",
        r#"{"query":"q","documents":[{"text":"a"}],"return_documents":true,"top_k":1}"#,
    ),
    (
        "POST",
        "/v1/embeddings",
        r#"{"input":["a"],"encoding_format":"base64","model":"m","dimensions":384}"#,
    ),
    ("POST", "/embed", r#"{"inputs":"a","normalize":true,"prompt_name":"query"}"#),
    ("GET", "/v1/judgements?query=receipts&collection=sample", ""),
    (
        "POST",
        "/mcp",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"status","arguments":{}}}"#,
    ),
    ("GET", "/v1/jobs/1", ""),
];

/// Changes a few bytes.
fn mutated(text: &str, numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=numbers.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = numbers.below(bytes.len());
        match numbers.below(5) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\"{}[],:-0e\\\x00\xff"[numbers.below(13)]),
            3 => bytes.truncate(at),
            _ => {
                let part = bytes[at..].to_vec();
                bytes.extend(part);
            }
        }
    }
    bytes
}

#[test]
fn no_request_is_a_500_or_ends_the_server() {
    let count =
        std::env::var("TROMMEL_COUNT").ok().and_then(|it| it.parse().ok()).unwrap_or(20_000);
    let mut server = Server::start(sample(), &["serve"]);
    let mut numbers = Numbers(0x5eed);
    let mut statuses = std::collections::BTreeMap::new();
    let mut half_way = None;
    for number in 0..count {
        if number == count / 2 {
            half_way = server.resident();
        }
        let (method, path, body) = REQUESTS[numbers.below(REQUESTS.len())];
        let (path, body) = match numbers.below(4) {
            0 if body.is_empty() => (mutated(path, &mut numbers), Vec::new()),
            0 => (mutated(path, &mut numbers), body.as_bytes().to_vec()),
            _ => (path.as_bytes().to_vec(), mutated(body, &mut numbers)),
        };
        let visible = |byte: &u8| byte.is_ascii_graphic();
        let path: String = path.iter().filter(|it| visible(it)).map(|it| char::from(*it)).collect();
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        let accept = [("accept", "application/json, text/event-stream")];
        let headers = if path == "/mcp" { &accept[..] } else { &[] };
        let reply = server.ask(method, &path, headers, &body);
        assert!(
            reply.status < 500 || reply.status == 501,
            "{number}: {method} {path} {}: {} {}",
            String::from_utf8_lossy(&body),
            reply.status,
            reply.text()
        );
        *statuses.entry(reply.status).or_insert(0) += 1;
    }
    assert!(server.is_alive());
    assert!(statuses.len() > 3, "{statuses:?}");
    if let (Some(half_way), Some(whole)) = (half_way, server.resident()) {
        assert!(whole < half_way + half_way / 10 + (8 << 20), "{half_way} then {whole} bytes");
    }
    assert_eq!(server.post("/v1/search", &json!({ "query": "receipts" })).status, 200);
}
