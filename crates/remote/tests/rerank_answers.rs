//! Fears that a wrong answer is believed: a score goes to another passage, to two, to none, or is
//! none; or that the error says too much of it.

mod support;

use support::{KEY, api, reranker, reranker_with};
use trommel_core::{ModelError, Reranker, SystemClock};
use trommel_remote::{Dialect, RemoteError, ScoreScale, Settings};
use trommel_testkit::loopback::{Answer, Loopback};
use trommel_testkit::told;

const PASSAGES: [&str; 3] = ["a", "b", "c"];

/// Returns what becomes of an answer with that body.
fn failure(dialect: Dialect, body: &str) -> RemoteError {
    let answer = Answer::text(200, body);
    let server = Loopback::start(move |_| answer.clone());
    let reranker = reranker(dialect, &server);
    let answer = reranker.ask("q", &PASSAGES, None);
    assert_eq!(answer.scores, [None; 3], "{dialect}: {body}");
    // A wrong answer would be wrong again.
    assert_eq!(server.requests().len(), 1);
    assert_eq!(answer.usage.documents, 0);
    let error = answer.failure.unwrap();
    assert!(error.to_string().contains(&server.url()), "{error}");
    error
}

fn scored(dialect: Dialect, scored: &[(i64, f64)]) -> String {
    api(dialect).body(scored).to_string()
}

#[test]
fn an_index_that_was_not_sent_is_an_error_for_every_api() {
    for dialect in Dialect::ALL {
        for wrong in [3, -1, i64::MAX, i64::MIN] {
            let error = failure(dialect, &scored(dialect, &[(0, 0.5), (1, 0.5), (wrong, 0.5)]));
            let RemoteError::Index { index, documents: 3, .. } = error else { panic!("{error}") };
            assert_eq!(index, wrong);
        }
    }
}

#[test]
fn two_scores_for_a_passage_are_an_error_for_every_api() {
    for dialect in Dialect::ALL {
        let twice = [(0, 0.9), (2, 0.5), (1, 0.5), (2, 0.5)];
        let error = failure(dialect, &scored(dialect, &twice));
        assert!(matches!(error, RemoteError::Duplicate { index: 2, .. }), "{error}");
    }
}

#[test]
fn a_passage_without_a_score_is_an_error_for_every_api() {
    for dialect in Dialect::ALL {
        let error = failure(dialect, &scored(dialect, &[(2, 0.5)]));
        let RemoteError::Missing { first, missing, documents, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((*first, *missing, *documents), (0, 2, 3));
        assert!(error.to_string().contains("scored 1 of 3 documents"), "{error}");
        let error = failure(dialect, &scored(dialect, &[]));
        assert!(matches!(error, RemoteError::Missing { missing: 3, .. }), "{error}");
    }
}

#[test]
fn a_score_that_is_no_probability_is_an_error_for_every_api() {
    for dialect in Dialect::ALL {
        for wrong in [-0.2, 1.5, 7.74] {
            let error = failure(dialect, &scored(dialect, &[(0, 0.5), (1, wrong), (2, 0.5)]));
            let RemoteError::Score { index: 1, got, expected, .. } = &error else {
                panic!("{error}")
            };
            assert_eq!((got, *expected), (&wrong.to_string(), "a probability from 0 to 1"));
        }
        // Servers write what is not finite as null.
        let error = failure(dialect, &scored(dialect, &[(0, f64::NAN), (1, 0.5), (2, 0.5)]));
        assert!(matches!(&error, RemoteError::Score { index: 0, got, .. } if got == "null"));
    }
}

#[test]
fn a_server_that_answers_with_logits_or_cosines_is_read_as_one_if_that_is_said() {
    let body = scored(Dialect::CompatibleV1, &[(0, 7.74), (1, -2.3), (2, 0.0)]);
    let server = Loopback::start(move |_| Answer::text(200, &body));
    let settings = Settings { scale: ScoreScale::Logit, ..Settings::default() };
    let clock = std::sync::Arc::new(SystemClock::start());
    let reranker = reranker_with(Dialect::CompatibleV1, &server, settings, clock);
    let logits: Vec<_> =
        reranker.score_all("q", &PASSAGES).unwrap().iter().map(|score| score.logit).collect();
    assert_eq!(logits, [7.74, -2.3, 0.0]);
}

#[test]
fn half_an_answer_another_answer_and_a_web_page_are_errors_that_say_so() {
    for dialect in Dialect::ALL {
        let whole = scored(dialect, &[(0, 0.5), (1, 0.5), (2, 0.5)]);
        let half = whole[..whole.len() / 2].to_owned();
        for body in [half.as_str(), "", "null", "{}", "7", "<!doctype html><title>log in</title>"] {
            let error = failure(dialect, body);
            let RemoteError::Malformed { expected, said, .. } = &error else {
                panic!("{dialect}: {body}: {error}")
            };
            assert!(expected.contains("index") && said.chars().count() <= 201, "{error}");
        }
    }
    // A number that no 64-bit float holds, an index that is none, a score that is a word.
    for body in [
        r#"[{"index":0,"score":1e999}]"#,
        r#"[{"index":0.5,"score":1}]"#,
        r#"[{"index":0,"score":"high"}]"#,
    ] {
        let error = failure(Dialect::Tei, body);
        assert!(matches!(error, RemoteError::Malformed { .. }), "{error}");
    }
}

#[test]
fn an_error_quotes_the_start_of_an_answer_harmlessly_and_never_the_key() {
    let endless = format!("\u{1b}[2J{}the end", "x".repeat(5000));
    let key_in_it = format!("{{\"you sent\":\"{KEY}\"");
    // The parser itself would quote this string.
    let quoted = format!("[{{\"index\":\"{KEY}{}the end\"}}]", "y".repeat(5000));
    for body in [&endless, &key_in_it, &quoted] {
        let answer = Answer::text(200, body);
        let server = Loopback::start(move |_| answer.clone());
        let error = reranker(Dialect::Tei, &server).score_all("q", &PASSAGES).unwrap_err();
        let told = told(&error);
        assert!(!told.contains(KEY) && !told.contains("the end"), "{told}");
        assert!(!told.contains('\u{1b}') && told.len() < 3000, "{told}");
        let ModelError::Failed { model, .. } = error else { panic!("{told}") };
        assert_eq!(model, "tei:a-model");
    }
}
