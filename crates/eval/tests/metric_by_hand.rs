//! Fears that a metric is wrong in a way that its reference shares, or cannot be read off a page.
//!
//! One query, worked by hand: a (3), b (2), c (1) and d (0) are judged; e is not. The results are
//! e, a, d, c, so at ranks 2 and 4 are the grades 3 and 1.

use trommel_eval::{Judgements, Metric, Qrels, RankedQuery, Run, evaluate};

fn ranked() -> RankedQuery {
    let judgements: Judgements =
        [("a", 3), ("b", 2), ("c", 1), ("d", 0)].map(|(id, grade)| (id.to_owned(), grade)).into();
    let mut run = Run::default();
    run.insert_ranking("q", [("e", 4.0), ("a", 3.0), ("d", 2.0), ("c", 1.0)]).unwrap();
    RankedQuery::new(&judgements, run.of("q").unwrap())
}

#[test]
fn every_metric_of_one_query() {
    let log = f64::log2;
    let ideal = 3.0 + 2.0 / log(3.0) + 1.0 / log(4.0);
    for (name, expected) in [
        ("nDCG", (3.0 / log(3.0) + 1.0 / log(5.0)) / ideal),
        ("nDCG@3", (3.0 / log(3.0)) / ideal),
        ("nDCG@1", 0.0),
        ("AP", (1.0 / 2.0 + 2.0 / 4.0) / 3.0),
        ("AP@3", (1.0 / 2.0) / 3.0),
        ("AP(rel=2)", (1.0 / 2.0) / 2.0),
        ("RR", 1.0 / 2.0),
        ("RR@1", 0.0),
        ("RR(rel=4)", 0.0),
        ("R@2", 1.0 / 3.0),
        ("R@100", 2.0 / 3.0),
        ("R(rel=3)@2", 1.0),
        ("P@4", 2.0 / 4.0),
        ("P@10", 2.0 / 10.0),
        ("Success@1", 0.0),
        ("Success@2", 1.0),
        ("Judged@1", 0.0),
        ("Judged@4", 3.0 / 4.0),
        ("Judged@10", 3.0 / 4.0),
        ("Judged", 3.0 / 4.0),
        ("RBP(p=0.8)", 0.2 * (0.8 + 0.8 * 0.8 * 0.8)),
        ("RBP(p=0.8)@3", 0.2 * 0.8),
        ("RBP(p=0.5,rel=3)", 0.5 * 0.5),
    ] {
        let metric: Metric = name.parse().unwrap();
        let got = metric.score(&ranked());
        assert!((got - expected).abs() < 1e-12, "{name}: expected {expected}, got {got}");
        assert!(got.is_sign_positive(), "{name}: {got}");
    }
}

#[test]
fn what_counts_as_nothing_is_said() {
    let mut qrels = Qrels::default();
    for (query, document, grade) in
        [("answered", "a", 1), ("silent", "a", 1), ("hopeless", "a", 0), ("empty", "a", 1)]
    {
        qrels.insert(query, document, grade);
    }
    let mut run = Run::default();
    for query in ["answered", "hopeless", "stranger"] {
        run.insert(query, [("a", 1.0)]).unwrap();
    }
    run.insert("empty", Vec::<(String, f64)>::new()).unwrap();
    let rr: Metric = "RR".parse().unwrap();
    let evaluation = evaluate(&qrels, &run, &[rr]);
    assert_eq!(evaluation.queries(), ["answered", "empty", "hopeless", "silent"]);
    assert_eq!(evaluation.scores(&rr), Some(&[1.0, 0.0, 0.0, 0.0][..]));
    assert_eq!(evaluation.mean(&rr), Some(0.25));
    assert_eq!(evaluation.without_results(), ["empty", "silent"]);
    assert_eq!(evaluation.without_relevant(), ["hopeless"]);
    assert_eq!(evaluation.not_judged(), ["stranger"]);
    assert!(!evaluation.is_of_other_queries());
    assert_eq!(evaluation.mean(&"AP".parse().unwrap()), None);

    let mut other = Run::default();
    other.insert("stranger", [("a", 1.0)]).unwrap();
    assert!(evaluate(&qrels, &other, &[rr]).is_of_other_queries());
}

#[test]
fn differences_in_the_last_bits_of_a_double_are_ties() {
    let mut run = Run::default();
    run.insert("q", [("a", 0.1 + 1e-10), ("b", 0.1), ("c", -0.0), ("d", 0.0)]).unwrap();
    let ids: Vec<&str> = run.of("q").unwrap().iter().map(|result| &*result.id).collect();
    assert_eq!(ids, ["b", "a", "d", "c"]);
}
