//! Fears about many passages: a request is over an API's limits, a score goes to the wrong batch,
//! too many requests are under way at once, or a failure loses what was scored before it.

mod support;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use support::{KEY, api, reranker, reranker_with, serve};
use trommel_core::{Calibration, Reranker, SystemClock};
use trommel_remote::{Dialect, Endpoint, HostedReranker, Limits, RemoteError, Settings};
use trommel_testkit::loopback::{Answer, Loopback, Manner};
use trommel_testkit::{Hurried, overlap};

const NONE: Limits = Limits { documents: usize::MAX, tokens: usize::MAX, bytes: usize::MAX };

/// Passages of which each has another score than its neighbours.
fn passages(count: usize) -> Vec<String> {
    let words = ["rain", "in", "berlin", "today"];
    let passage = |place: usize| format!("{} {place}", words[..place % 5].join(" "));
    (0..count).map(passage).collect()
}

fn of(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Batches of two, one after the other.
fn pairs() -> Settings {
    let limits = Some(Limits { documents: 2, ..NONE });
    Settings { limits, concurrency: 1, ..Settings::default() }
}

fn sizes(server: &Loopback, list: &str) -> Vec<usize> {
    let requests = server.requests();
    let count = |body: serde_json::Value| body[list].as_array().unwrap().len();
    let mut sizes: Vec<_> = requests.iter().map(|request| count(request.json())).collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn every_api_gets_as_many_documents_as_it_documents_and_every_passage_its_own_score() {
    let query = "rain in berlin today";
    for dialect in Dialect::ALL {
        let server = serve(dialect);
        let reranker = reranker(dialect, &server);
        let (count, list, expected) = match dialect {
            Dialect::Tei => (70, "texts", vec![6, 32, 32]),
            _ => (1001, "documents", vec![1, 1000]),
        };
        let texts = passages(count);
        let answer = reranker.ask(query, &of(&texts), None);
        let scores: Vec<_> = answer.scores.into_iter().map(Option::unwrap).collect();
        assert_eq!(sizes(&server, list), expected, "{dialect}");
        assert_eq!(answer.usage.documents as usize, count);
        for (score, text) in scores.iter().zip(&texts) {
            let probability = f64::from(Calibration::SIGMOID.probability(score.logit));
            assert!((probability - overlap(query, text)).abs() < 1e-6, "{dialect}: {text}");
        }
    }
}

#[test]
fn voyages_tokens_and_the_bytes_of_text_embeddings_inference_are_kept_to() {
    let long = "x".repeat(100_000);
    let texts = vec![long.as_str(); 10];
    // 100 001 and 2 tokens a document at most: 5 in 600 000, and 2 in 300 000.
    for (model, expected) in [("rerank-2.5", vec![5, 5]), ("rerank-1", vec![2; 5])] {
        let server = serve(Dialect::Voyage);
        let endpoint = Endpoint::new(Dialect::Voyage, Some(&server.url()), Some(model)).unwrap();
        let key = trommel_remote::ApiKey::new(KEY).unwrap();
        let reranker =
            HostedReranker::new(endpoint, Some(&key), Settings::default(), Hurried::start());
        let scores = reranker.unwrap().score_all("q", &texts).unwrap();
        assert!(scores.iter().all(|score| !score.truncated));
        assert_eq!(sizes(&server, "documents"), expected, "{model}");
    }

    let server = serve(Dialect::Tei);
    let enormous = "\n".repeat(1_500_000);
    let escaped = format!("{enormous}x");
    let scores = reranker(Dialect::Tei, &server).score_all("q", &[&long, &escaped, &long]).unwrap();
    // A line feed is two bytes of JSON: this one is over the limit alone, and its end is cut off.
    assert_eq!(
        scores.iter().map(|score| score.truncated).collect::<Vec<_>>(),
        [false, true, false]
    );
    assert!(server.requests().iter().all(|request| request.body.len() <= 2_000_000));
}

#[test]
fn no_more_requests_are_under_way_than_are_allowed_however_many_ask() {
    let right = api(Dialect::Cohere);
    let late = Manner::Late(Duration::from_millis(30));
    let server = Loopback::start(move |request| right.answer(request, None).sent(late));
    let settings = Settings { concurrency: 3, ..pairs() };
    let clock = Arc::new(SystemClock::start());
    let reranker = reranker_with(Dialect::Cohere, &server, settings, clock);
    let texts = passages(10);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| reranker.score_all("rain", &of(&texts)).unwrap());
        }
    });
    assert_eq!(server.requests().len(), 15);
    assert!((2..=3).contains(&server.busiest()), "{} at once", server.busiest());
}

#[test]
fn a_connection_that_breaks_in_the_middle_of_a_batch_is_made_again() {
    let right = api(Dialect::Cohere);
    let server = Loopback::start(move |request| {
        let answer = right.answer(request, Some(KEY));
        if request.number == 1 { answer.sent(Manner::Cut(40)) } else { answer }
    });
    let clock = Hurried::start();
    let reranker = reranker_with(Dialect::Cohere, &server, pairs(), clock.clone());
    let texts = passages(6);
    let answer = reranker.ask("rain in berlin", &of(&texts), None);
    let scores: Vec<_> = answer.scores.into_iter().map(Option::unwrap).collect();
    let expected = support::reranker(Dialect::Cohere, &serve(Dialect::Cohere))
        .score_all("rain in berlin", &of(&texts))
        .unwrap();
    assert_eq!(scores, expected);
    assert_eq!((answer.usage.requests, answer.usage.retries), (4, 1));
    assert_eq!((answer.usage.search_units, clock.slept().len()), (Some(3.0), 1));
}

#[test]
fn what_was_scored_before_a_failure_is_kept_and_nothing_more_is_asked() {
    let right = api(Dialect::Voyage);
    let server = Loopback::start(move |request| match request.number {
        0 => right.answer(request, Some(KEY)),
        _ => Answer::text(400, "no more"),
    });
    let reranker = reranker_with(Dialect::Voyage, &server, pairs(), Hurried::start());
    let texts = passages(8);
    let answer = reranker.ask("rain", &of(&texts), None);
    let known: Vec<bool> = answer.scores.iter().map(Option::is_some).collect();
    assert_eq!(known, [true, true, false, false, false, false, false, false]);
    assert!(matches!(answer.failure, Some(RemoteError::Status { status: 400, .. })));
    assert_eq!(server.requests().len(), 2);
    assert_eq!(answer.usage.documents, 2);
    // As a plain reranker it gives all or nothing.
    assert!(reranker.score_all("rain", &of(&texts)).is_err());
}

#[test]
fn a_server_that_is_killed_between_two_batches_leaves_the_first() {
    let right = api(Dialect::Jina);
    let server = Loopback::start(move |request| {
        let answer = right.answer(request, Some(KEY));
        if request.number == 1 { answer.sent(Manner::Hang) } else { answer }
    });
    let clock = Arc::new(SystemClock::start());
    let reranker = reranker_with(Dialect::Jina, &server, pairs(), clock);
    let texts = passages(4);
    let texts = of(&texts);
    let answer = thread::scope(|scope| {
        let asked = scope.spawn(|| reranker.ask("rain", &texts, None));
        while server.requests().len() < 2 {
            thread::sleep(Duration::from_millis(5));
        }
        server.stop();
        asked.join().unwrap()
    });
    assert!(answer.scores[0].is_some() && answer.scores[1].is_some());
    assert_eq!(answer.scores[2..], [None, None]);
    // Broken, asked again, and then nobody listens.
    assert!(matches!(answer.failure, Some(RemoteError::Unreachable { .. })), "{answer:?}");
}

#[test]
fn all_batches_share_one_time() {
    let right = api(Dialect::Cohere);
    let late = Manner::Late(Duration::from_millis(120));
    let server = Loopback::start(move |request| right.answer(request, None).sent(late));
    let settings = Settings { total: Duration::from_millis(300), ..pairs() };
    let clock = Arc::new(SystemClock::start());
    let reranker = reranker_with(Dialect::Cohere, &server, settings, clock);
    let texts = passages(20);
    let answer = reranker.ask("rain", &of(&texts), None);
    let known = answer.scores.iter().flatten().count();
    assert!(known <= 4, "{known}");
    assert!(matches!(answer.failure, Some(RemoteError::OutOfTime { .. })));
}

#[test]
fn a_deadline_holds_even_while_others_have_all_turns() {
    let server = Loopback::start(|_| Answer::text(200, "").sent(Manner::Hang));
    let settings = Settings { total: Duration::from_secs(3), ..pairs() };
    let clock = Arc::new(SystemClock::start());
    let reranker = reranker_with(Dialect::Cohere, &server, settings, clock);
    thread::scope(|scope| {
        let first = scope.spawn(|| reranker.ask("rain", &["a"], None));
        while server.requests().is_empty() {
            thread::sleep(Duration::from_millis(5));
        }
        let second = reranker.ask("rain", &["b"], Some(Duration::from_millis(50)));
        assert!(!first.is_finished());
        server.stop();
        assert!(first.join().unwrap().failure.is_some());
        let failure = second.failure.unwrap();
        assert!(matches!(failure, RemoteError::OutOfTime { tries: 0, .. }), "{failure}");
    });
    assert_eq!(server.requests().len(), 1);
}
