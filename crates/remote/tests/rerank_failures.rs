//! Fears about servers that fail: a search waits for ever, a busy server is hammered, a refusal is
//! repeated, a key is shown, memory fills up.

mod support;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use support::{KEY, api, reranker, reranker_with, serve, serve_first};
use trommel_core::{Reranker, SystemClock};
use trommel_remote::{ApiKey, Dialect, Endpoint, HostedReranker, RemoteError, Settings};
use trommel_testkit::loopback::{Answer, Loopback, Manner};
use trommel_testkit::{Hurried, told};

const PASSAGES: [&str; 3] = ["rain", "snow", "wind"];
const SOON: Duration = Duration::from_millis(300);
/// Long after, even on a machine that does much else.
const LATE: Duration = Duration::from_secs(5);

fn busy(status: u16) -> Answer {
    Answer::text(status, r#"{"message":"try again later"}"#)
}

/// Returns the failure of a server that always answers so, and how long it took by the true clock
/// if there are 300 ms for everything.
fn within_300_ms(answer: Answer) -> (RemoteError, Duration) {
    let server = Loopback::start(move |_| answer.clone());
    let settings = Settings { total: SOON, ..Settings::default() };
    let clock = Arc::new(SystemClock::start());
    let reranker = reranker_with(Dialect::Cohere, &server, settings, clock);
    let begun = Instant::now();
    let answer = reranker.ask("rain", &PASSAGES, None);
    (answer.failure.unwrap(), begun.elapsed())
}

#[test]
fn a_refused_key_is_not_tried_again_and_not_shown() {
    for dialect in Dialect::ALL {
        let text = format!("{{\"message\":\"invalid api token {KEY}, sorry\"}}");
        for status in [401, 403] {
            let answer = Answer::text(status, &text);
            let server = Loopback::start(move |_| answer.clone());
            let error = reranker(dialect, &server).score_all("q", &PASSAGES).unwrap_err();
            assert_eq!(server.requests().len(), 1, "{dialect}");
            let told = told(&error);
            assert!(told.contains(&format!("status {status}")), "{told}");
            assert!(told.contains("invalid api token [the key]") && !told.contains(KEY), "{told}");
        }
    }
    // The API itself refuses another key, which is not shown either.
    let server = serve(Dialect::Jina);
    let endpoint = support::endpoint(Dialect::Jina, &server);
    let wrong = ApiKey::new("an0ther").unwrap();
    let reranker =
        HostedReranker::new(endpoint, Some(&wrong), Settings::default(), Hurried::start());
    let error = reranker.unwrap().score_all("q", &PASSAGES).unwrap_err();
    assert!(told(&error).contains("status 401") && !told(&error).contains("an0ther"));
}

#[test]
fn no_other_refusal_is_tried_again() {
    for status in [300, 400, 404, 408, 413, 422, 424] {
        let server = Loopback::start(move |_| busy(status).with("Retry-After", "0"));
        let failure = reranker(Dialect::Tei, &server).ask("q", &PASSAGES, None).failure.unwrap();
        let RemoteError::Status { status: got, said, .. } = failure else { panic!("{failure}") };
        assert_eq!((got, server.requests().len()), (status, 1));
        assert!(said.contains("try again later"));
    }
}

#[test]
fn a_redirection_takes_neither_key_nor_texts_elsewhere() {
    let elsewhere = serve(Dialect::Cohere);
    let location = elsewhere.url() + "/v2/rerank";
    for status in [301, 302, 303, 307, 308] {
        let answer = busy(status).with("Location", &location);
        let server = Loopback::start(move |_| answer.clone());
        let failure = reranker(Dialect::Cohere, &server).ask("q", &PASSAGES, None).failure;
        assert!(matches!(failure, Some(RemoteError::Status { status: got, .. }) if got == status));
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_busy_server_is_asked_again_when_it_wants_to_be() {
    let by_date = busy(429)
        .with("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .with("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT");
    for (answer, seconds) in [(busy(429).with("Retry-After", "2"), 2), (by_date, 3)] {
        for dialect in Dialect::ALL {
            let server = serve_first(dialect, vec![answer.clone()]);
            let clock = Hurried::start();
            let reranker = reranker_with(dialect, &server, Settings::default(), clock.clone());
            let answer = reranker.ask("rain", &PASSAGES, None);
            assert_eq!(answer.scores.iter().flatten().count(), 3);
            let [slept] = clock.slept()[..] else { panic!("{:?}", clock.slept()) };
            let least = Duration::from_secs(seconds);
            assert!(slept >= least && slept <= least + Duration::from_millis(250), "{slept:?}");
            let requests = server.requests();
            assert_eq!(requests.len(), 2);
            assert_eq!(requests[0].body, requests[1].body);
            assert_eq!((answer.usage.requests, answer.usage.retries), (2, 1));
            assert_eq!(answer.usage.documents, 3);
        }
    }
}

#[test]
fn a_server_that_asks_for_more_time_than_there_is_is_left_at_once() {
    let server = Loopback::start(|_| busy(429).with("Retry-After", "3600"));
    let clock = Hurried::start();
    let reranker = reranker_with(Dialect::Tei, &server, Settings::default(), clock.clone());
    let failure = reranker.ask("rain", &PASSAGES, None).failure.unwrap();
    let RemoteError::OutOfTime { tries: 1, last: Some(last), .. } = failure else {
        panic!("{failure}")
    };
    let RemoteError::Status { status: 429, retry_after, .. } = *last else { panic!("{last}") };
    assert_eq!(retry_after, Some(Duration::from_secs(3600)));
    assert!(clock.slept().is_empty());
}

#[test]
fn a_server_that_keeps_failing_is_asked_ever_more_rarely_until_the_time_is_over() {
    let server = Loopback::start(|_| busy(500));
    let run = |seed| {
        let clock = Hurried::start();
        let settings = Settings { seed, ..Settings::default() };
        let reranker = reranker_with(Dialect::Voyage, &server, settings, clock.clone());
        let answer = reranker.ask("rain", &PASSAGES, None);
        (answer.failure.unwrap(), answer.usage, clock.slept())
    };
    let (failure, usage, slept) = run(7);
    let RemoteError::OutOfTime { limit, tries, last, .. } = &failure else { panic!("{failure}") };
    assert_eq!(*limit, Duration::from_secs(15));
    assert!(matches!(last.as_deref(), Some(RemoteError::Status { status: 500, .. })));
    assert!((6..=12).contains(tries), "{tries} tries");
    assert_eq!((usage.requests, usage.retries), (u64::from(*tries), u64::from(*tries) - 1));
    assert_eq!(slept.len() as u32, tries - 1);
    assert!(slept.iter().sum::<Duration>() < *limit);
    assert!(failure.to_string().contains("no answer within 15s"), "{failure}");

    assert_eq!(run(7).2, slept, "the same seed waits the same");
    assert_ne!(run(8).2, slept);
}

#[test]
fn a_passing_failure_is_not_even_noticed() {
    let late = Answer::text(200, "{}").sent(Manner::Cut(1));
    let silent = busy(200).sent(Manner::Silent);
    for dialect in Dialect::ALL {
        let first = vec![busy(503), late.clone(), silent.clone(), busy(504)];
        let server = serve_first(dialect, first);
        let reranker = reranker(dialect, &server);
        let answer = reranker.ask("rain", &PASSAGES, None);
        assert_eq!(answer.scores.iter().flatten().count(), 3);
        assert_eq!((answer.usage.requests, answer.usage.retries), (5, 4), "{dialect}");
    }
}

#[test]
fn a_connection_that_keeps_breaking_is_an_error_that_says_so() {
    for manner in [Manner::Silent, Manner::Cut(0), Manner::Cut(5)] {
        let server = Loopback::start(move |_| busy(200).sent(manner));
        let failure = reranker(Dialect::Jina, &server).ask("q", &PASSAGES, None).failure.unwrap();
        let RemoteError::OutOfTime { last: Some(last), tries, .. } = failure else {
            panic!("{failure}")
        };
        assert!(matches!(*last, RemoteError::Broken { .. }) && tries > 1, "{last}");
    }
}

#[test]
fn a_hanging_server_is_left_when_the_time_is_over() {
    let (failure, took) = within_300_ms(busy(200).sent(Manner::Hang));
    assert!(matches!(failure, RemoteError::OutOfTime { tries: 1, last: None, .. }), "{failure}");
    assert!(took >= SOON && took < LATE, "{took:?}");
}

#[test]
fn a_dripping_server_is_left_when_the_time_is_over() {
    let body = api(Dialect::Cohere).body(&[(0, 0.5), (1, 0.5), (2, 0.5)]);
    for status in [200, 500] {
        let drip = Answer::json(status, &body).sent(Manner::Drip(Duration::from_millis(50)));
        let (failure, took) = within_300_ms(drip);
        assert!(matches!(failure, RemoteError::OutOfTime { tries: 1, .. }), "{failure}");
        assert!(took < LATE, "{took:?}");
    }
}

#[test]
fn a_deadline_that_is_sooner_counts_and_a_later_one_does_not() {
    let server = Loopback::start(|_| busy(200).sent(Manner::Hang));
    let settings = Settings { total: SOON, ..Settings::default() };
    let clock = Arc::new(SystemClock::start());
    let reranker = reranker_with(Dialect::Cohere, &server, settings, clock);
    for (within, expected) in
        [(SOON / 3, SOON / 3), (SOON * 9, SOON), (Duration::ZERO, Duration::ZERO)]
    {
        let begun = Instant::now();
        let failure = reranker.ask("q", &PASSAGES, Some(within)).failure.unwrap();
        let took = begun.elapsed();
        let RemoteError::OutOfTime { limit, .. } = failure else { panic!("{failure}") };
        assert_eq!(limit, expected);
        assert!(took >= expected && took < LATE, "{took:?}");
    }
    assert_eq!(server.requests().len(), 2, "without any time nothing is sent");
}

#[test]
fn an_enormous_answer_is_an_error_and_not_memory() {
    let settings = Settings { max_response: 1 << 20, ..Settings::default() };
    let endless = Loopback::start(|_| busy(200).sent(Manner::Endless));
    let told = Loopback::start(|_| Answer::text(200, &" ".repeat((1 << 20) + 1)));
    for server in [&endless, &told] {
        let reranker = reranker_with(Dialect::Cohere, server, settings.clone(), Hurried::start());
        let failure = reranker.ask("q", &PASSAGES, None).failure.unwrap();
        let RemoteError::TooLarge { limit, .. } = failure else { panic!("{failure}") };
        assert_eq!((limit, server.requests().len()), (1 << 20, 1));
    }
    // What the system holds between two ends of a connection is a few megabytes.
    assert!(endless.bytes_sent() < 64 << 20, "{} bytes", endless.bytes_sent());

    // A refusal of that size is as good as a short one.
    let endless = Loopback::start(|_| busy(401).sent(Manner::Endless));
    let failure = reranker(Dialect::Cohere, &endless).ask("q", &PASSAGES, None).failure;
    assert!(matches!(failure, Some(RemoteError::Status { status: 401, .. })));
}

#[test]
fn an_answer_of_exactly_the_limit_is_read() {
    let body = api(Dialect::Cohere).body(&[(0, 0.5), (1, 0.5), (2, 0.5)]).to_string();
    let settings = Settings { max_response: body.len() as u64, ..Settings::default() };
    let server = Loopback::start(move |_| Answer::text(200, &body));
    let reranker = reranker_with(Dialect::Cohere, &server, settings, Hurried::start());
    assert_eq!(reranker.score_all("q", &PASSAGES).unwrap().len(), 3);
}

#[test]
fn where_nobody_listens_or_nobody_is_there_is_no_waiting() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let clock = Hurried::start();
    let endpoint = Endpoint::new(Dialect::Tei, Some(&format!("http://127.0.0.1:{port}")), None);
    let reranker =
        HostedReranker::new(endpoint.unwrap(), None, Settings::default(), clock.clone()).unwrap();
    let failure = reranker.ask("q", &PASSAGES, None).failure.unwrap();
    assert!(matches!(failure, RemoteError::Unreachable { .. }), "{failure}");
    assert!(clock.slept().is_empty());
}

#[test]
fn what_speaks_no_http_and_a_proxy_that_is_none_are_errors() {
    let settings = Settings { proxy: Some("::nonsense::".into()), ..Settings::default() };
    let server = serve(Dialect::Tei);
    let endpoint = support::endpoint(Dialect::Tei, &server);
    let error = HostedReranker::new(endpoint, None, settings, Hurried::start()).err().unwrap();
    assert!(matches!(error, RemoteError::Proxy), "{error}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.9\r\n\r\n");
        }
    });
    let endpoint = Endpoint::new(Dialect::Tei, Some(&base), None).unwrap();
    let reranker =
        HostedReranker::new(endpoint, None, Settings::default(), Hurried::start()).unwrap();
    assert!(reranker.ask("q", &PASSAGES, None).failure.is_some());
}
