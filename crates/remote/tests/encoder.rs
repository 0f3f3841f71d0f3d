//! Fears about encoders behind an API: other bytes are sent than were meant, vectors go to the wrong
//! texts, a broken answer is believed, another model takes a collection's place, or the key is shown.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use trommel_core::{Clock, Encoder, SystemClock, TokenCounter};
use trommel_remote::{
    ApiKey, EmbeddingsApi, EmbeddingsEndpoint, EstimatedTokens, HttpEncoder, Limits, Prefixes,
    RemoteError, Settings,
};
use trommel_testkit::loopback::{Answer, Loopback, Manner, Request};
use trommel_testkit::{Hurried, told};

const KEY: &str = "k3y-0f-the-tests";
const APIS: [EmbeddingsApi; 2] = [EmbeddingsApi::OpenAi, EmbeddingsApi::Tei];

/// A model of 4 dimensions: the lengths of a text and of its first word, twice as long as a unit
/// vector, as some servers leave them.
fn vector(text: &str) -> Vec<f64> {
    let first = text.split(' ').next().unwrap_or_default().len();
    let numbers = [text.len() as f64, first as f64, 1.0, -2.0];
    let norm = numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
    numbers.iter().map(|x| 2.0 * x / norm).collect()
}

fn texts(request: &Request) -> Vec<String> {
    let body = request.json();
    let list = body.get("input").or(body.get("inputs")).unwrap().clone();
    serde_json::from_value(list).unwrap()
}

/// Answers as documented, OpenAI's in reverse order.
fn right(request: &Request) -> Answer {
    if request.header("authorization") != Some(&*format!("Bearer {KEY}")) {
        return Answer::text(401, &format!("wrong key, not {KEY}"));
    }
    let vectors: Vec<Vec<f64>> = texts(request).iter().map(|text| vector(text)).collect();
    body_of(request, &vectors)
}

fn body_of(request: &Request, vectors: &[Vec<f64>]) -> Answer {
    if request.path == "/embed" {
        return Answer::json(200, &json!(vectors));
    }
    let data = vectors.iter().enumerate().rev();
    let data: Vec<Value> =
        data.map(|(at, it)| json!({"object": "embedding", "index": at, "embedding": it})).collect();
    Answer::json(200, &json!({"object": "list", "data": data, "model": "m"}))
}

/// Answers the probe rightly, and then as `answer` does.
fn after_the_probe(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Loopback {
    Loopback::start(move |request| match request.number {
        0 => right(request),
        _ => answer(request),
    })
}

fn connect_with(
    api: EmbeddingsApi,
    server: &Loopback,
    settings: Settings,
    clock: Arc<dyn Clock>,
) -> Result<HttpEncoder, RemoteError> {
    let endpoint = EmbeddingsEndpoint::new(api, &server.url(), Some("a-model"))?;
    let prefixes = Prefixes { query: Some("query: ".into()), passage: Some("passage: ".into()) };
    HttpEncoder::connect(endpoint, Some(&ApiKey::new(KEY)?), prefixes, settings, clock)
}

fn connect(api: EmbeddingsApi, server: &Loopback) -> HttpEncoder {
    connect_with(api, server, Settings::default(), Hurried::start()).unwrap()
}

fn unit(text: &str) -> Vec<f64> {
    vector(text).iter().map(|x| x / 2.0).collect()
}

fn assert_near(got: &[f32], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((f64::from(*got) - expected).abs() < 1e-6, "{got} is not {expected}");
    }
}

#[test]
fn a_request_is_this_and_nothing_else() {
    let server = Loopback::start(right);
    connect(EmbeddingsApi::OpenAi, &server).encode_query("rain").unwrap();
    let request = &server.requests()[1];
    assert_eq!(request.path, "/v1/embeddings");
    let expected =
        json!({"model": "a-model", "input": ["query: rain"], "encoding_format": "float"});
    assert_eq!(request.json(), expected);

    let server = Loopback::start(right);
    connect(EmbeddingsApi::Tei, &server).encode_passages(&["rain"]).unwrap();
    let request = &server.requests()[1];
    assert_eq!(request.path, "/embed");
    let expected = json!({"inputs": ["passage: rain"], "normalize": true, "truncate": true});
    assert_eq!(request.json(), expected);
}

#[test]
fn every_text_gets_its_own_vector_at_length_1_however_the_texts_are_cut_into_requests() {
    let words: Vec<String> =
        (0..70).map(|at| format!("{} rain", "long".repeat(at % 7 + 1))).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for api in APIS {
        let server = Loopback::start(right);
        let settings = Settings {
            limits: Some(Limits { documents: 32, tokens: usize::MAX, bytes: usize::MAX }),
            ..Settings::default()
        };
        let encoder = connect_with(api, &server, settings, Hurried::start()).unwrap();
        let vectors = encoder.encode_passages(&words).unwrap();
        for (got, word) in vectors.iter().zip(&words) {
            assert_near(got, &unit(&format!("passage: {word}")));
        }
        // The probe, then 32, 32 and 6.
        assert_eq!(server.requests().len(), 4, "{api}");
        assert_near(&encoder.encode_query("rain").unwrap(), &unit("query: rain"));
        assert!(encoder.encode_passages(&[]).unwrap().is_empty());
    }
}

#[test]
fn a_busy_server_or_a_broken_connection_is_asked_again() {
    for api in APIS {
        let server = after_the_probe(|request| match request.number {
            1 => Answer::text(429, "busy").with("Retry-After", "2"),
            2 => Answer::text(503, "busy"),
            3 => right(request).sent(Manner::Cut(20)),
            4 => right(request).sent(Manner::Silent),
            _ => right(request),
        });
        let clock = Hurried::start();
        let encoder = connect_with(api, &server, Settings::default(), clock.clone()).unwrap();
        assert_near(&encoder.encode_passages(&["a"]).unwrap()[0], &unit("passage: a"));
        assert_eq!(clock.slept().len(), 4);
        assert!(clock.slept()[0] >= Duration::from_secs(2));
    }
}

#[test]
fn a_server_that_is_too_slow_is_given_up() {
    let server = after_the_probe(|request| right(request).sent(Manner::Hang));
    let settings = Settings { total: Duration::from_millis(300), ..Settings::default() };
    let clock = Arc::new(SystemClock::start());
    let encoder = connect_with(EmbeddingsApi::Tei, &server, settings, clock).unwrap();
    let error = encoder.encode_query("rain").unwrap_err();
    assert!(told(&error).contains("gave no answer within 300ms"), "{}", told(&error));
}

#[test]
fn an_answer_that_is_none_to_the_texts_is_refused() {
    let two = ["a", "b"];
    for api in APIS {
        let refusal = |answer: fn(&Request) -> Answer| {
            let server = after_the_probe(answer);
            told(&connect(api, &server).encode_passages(&two).unwrap_err())
        };
        let count = refusal(|request| body_of(request, &[vec![1.0; 4]]));
        assert!(count.contains("expected 2 vectors, got"), "{api}: {count}");
        let null = refusal(|request| {
            let broken = json!([1.0, null, 0.0, 0.0]);
            match request.path.as_str() {
                "/embed" => Answer::json(200, &json!([broken, broken])),
                _ => Answer::json(200, &json!({"data": [{"index": 0, "embedding": broken}]})),
            }
        });
        assert!(null.contains("answered with"), "{api}: {null}");
        let dimension = refusal(|request| body_of(request, &[vec![1.0; 3], vec![1.0; 3]]));
        let expected = "gave 3 numbers where 4 finite numbers, not all of them 0 was expected";
        assert!(dimension.contains(expected), "{api}: {dimension}");
        let zero = refusal(|request| body_of(request, &[vec![0.0; 4], vec![1.0; 4]]));
        assert!(zero.contains("a vector of length 0"), "{api}: {zero}");
        // Too large for 32 bits: infinite, or no number to the parser.
        let huge = refusal(|request| body_of(request, &[vec![1e300; 4], vec![1.0; 4]]));
        assert!(huge.contains("length inf") || huge.contains("number"), "{api}: {huge}");
    }
}

#[test]
fn no_answer_to_the_probe_is_no_encoder() {
    let server = Loopback::start(|request| body_of(request, &[vec![0.0; 4], vec![0.0; 4]]));
    let connect = |server: &Loopback| {
        connect_with(EmbeddingsApi::Tei, server, Settings::default(), Hurried::start())
    };
    let error = connect(&server).err().unwrap();
    assert!(matches!(error, RemoteError::Probe { .. }), "{error}");
    let server = Loopback::start(|request| body_of(request, &[vec![1.0; 4], vec![1.0; 5]]));
    let error = connect(&server).err().unwrap();
    assert!(matches!(error, RemoteError::Probe { .. }), "{error}");
    let server = Loopback::start(|_| Answer::text(200, "[]"));
    let error = connect(&server).err().unwrap();
    assert!(matches!(error, RemoteError::Malformed { .. }), "{error}");
}

#[test]
fn another_model_behind_the_same_address_has_another_fingerprint() {
    let server = Loopback::start(|request| {
        let mut vectors: Vec<Vec<f64>> = texts(request).iter().map(|text| vector(text)).collect();
        match request.number {
            // The first model, and the same with the noise of another order of additions.
            0 => {}
            1 => vectors.iter_mut().flatten().for_each(|x| *x += 1e-6),
            _ => vectors.iter_mut().for_each(|vector| vector.reverse()),
        }
        body_of(request, &vectors)
    });
    let print = || connect(EmbeddingsApi::Tei, &server).fingerprint().clone();
    let first = print();
    assert_eq!((first.model.as_str(), first.dimension, first.max_tokens), ("http", 4, 0));
    assert_eq!((first.query_prefix.as_str(), first.weights.len()), ("query: ", 16));
    assert_eq!(print(), first);
    assert_ne!(print(), first);
}

#[test]
fn a_refusal_is_not_repeated_and_no_error_shows_the_key() {
    let server = after_the_probe(|_| Answer::text(401, &format!("wrong key {KEY}")));
    let error = connect(EmbeddingsApi::OpenAi, &server).encode_query("rain").unwrap_err();
    assert_eq!(server.requests().len(), 2);
    let told = told(&error);
    assert!(told.contains("401") && !told.contains(KEY), "{told}");
}

#[test]
fn tokens_are_counted_high_where_no_tokenizer_is_known() {
    // 43 bytes; BERT's tokenizer makes 9 tokens of it.
    assert_eq!(EstimatedTokens.count("the quick brown fox jumps over the lazy dog"), 15);
    assert_eq!(EstimatedTokens.count(""), 1);
}
