//! Fears that a metric or a p-value leaves its range, or changes for no reason, on data that nobody
//! thought of.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trommel_eval::{
    Comparison, Metric, Qrels, Resampling, Run, bootstrap, decode_id, encode_id, evaluate, holm,
    mean, paired_t, randomisation, strictly_falling, write_ranking,
};

const NAMES: [&str; 16] = [
    "nDCG",
    "nDCG@1",
    "nDCG@10",
    "AP",
    "AP@3",
    "AP(rel=2)@100",
    "RR",
    "RR@2",
    "R@5",
    "P@1",
    "P@7",
    "Success@3",
    "Judged",
    "Judged@4",
    "RBP(p=0.8)",
    "RBP(p=0.99)@20",
];

fn metrics() -> Vec<Metric> {
    NAMES.iter().map(|name| name.parse().unwrap()).collect()
}

type Pair = (BTreeMap<u8, BTreeMap<u8, i32>>, BTreeMap<u8, BTreeMap<u8, f32>>);

/// Judgements and results of a few queries over the same few documents.
fn pair() -> impl Strategy<Value = Pair> {
    let grades = prop::collection::btree_map(0u8..30, -2i32..5, 1..15);
    let score = prop_oneof![(0u8..4).prop_map(f32::from), -1e6f32..1e6];
    let scores = prop::collection::btree_map(0u8..30, score, 0..25);
    let qrels = prop::collection::btree_map(0u8..5, grades, 1..5);
    (qrels, prop::collection::btree_map(0u8..6, scores, 0..6))
}

fn build((judged, answered): &Pair) -> (Qrels, Run) {
    let (mut qrels, mut run) = (Qrels::default(), Run::default());
    for (query, judgements) in judged {
        for (document, &grade) in judgements {
            qrels.insert(&query.to_string(), &document.to_string(), grade);
        }
    }
    for (query, results) in answered {
        let results = results.iter().map(|(id, &score)| (id.to_string(), f64::from(score)));
        run.insert(query.to_string(), results).unwrap();
    }
    (qrels, run)
}

fn differences() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![Just(0.0), (-8i32..9).prop_map(|n| f64::from(n) / 8.0), -1.0f64..1.0];
    prop::collection::vec(value, 1..40)
}

fn few(seed: u64) -> Resampling {
    Resampling { draws: 500, ..Resampling::seeded(seed) }
}

proptest! {
    #[test]
    fn every_value_is_in_its_range(pair in pair()) {
        let (qrels, run) = build(&pair);
        let metrics = metrics();
        let evaluation = evaluate(&qrels, &run, &metrics);
        prop_assert_eq!(evaluation.queries().len(), qrels.len());
        for metric in &metrics {
            let scores = evaluation.scores(metric).unwrap();
            prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)), "{}", metric);
            prop_assert!((0.0..=1.0).contains(&evaluation.mean(metric).unwrap()));
        }
    }

    #[test]
    fn the_best_order_is_worth_one(judged in pair()) {
        let (qrels, _) = build(&judged);
        let mut run = Run::default();
        for (query, judgements) in qrels.iter() {
            let scored = judgements.iter().map(|(id, &grade)| (id.clone(), f64::from(grade)));
            run.insert(query, scored).unwrap();
        }
        let metrics = ["nDCG", "nDCG@1", "nDCG@5", "AP", "RR", "Success@1", "R@30"]
            .map(|name| name.parse::<Metric>().unwrap());
        let evaluation = evaluate(&qrels, &run, &metrics);
        for metric in &metrics {
            let scores = evaluation.scores(metric).unwrap();
            for (query, score) in evaluation.queries().iter().zip(scores) {
                let hopeless = evaluation.without_relevant().contains(query);
                prop_assert_eq!(*score, if hopeless { 0.0 } else { 1.0 }, "{}", metric);
            }
        }
    }

    #[test]
    fn queries_that_nobody_judged_change_nothing(pair in pair()) {
        let (qrels, run) = build(&pair);
        let (mut more, metrics) = (run.clone(), metrics());
        more.insert("stranger", [("1", 1.0), ("2", 2.0)]).unwrap();
        let (before, after) = (evaluate(&qrels, &run, &metrics), evaluate(&qrels, &more, &metrics));
        for metric in &metrics {
            prop_assert_eq!(before.scores(metric), after.scores(metric));
        }
        prop_assert_eq!(after.not_judged().len(), before.not_judged().len() + 1);
    }

    #[test]
    fn a_document_that_nobody_judged_below_all_others_changes_no_gain(pair in pair()) {
        let (qrels, run) = build(&pair);
        let mut more = Run::default();
        for (query, results) in run.iter() {
            let results = results.iter().map(|result| (result.id.clone(), result.score.into()));
            more.insert(query, results.chain([("stranger".to_owned(), -1e9)])).unwrap();
        }
        let metrics = metrics();
        let (before, after) = (evaluate(&qrels, &run, &metrics), evaluate(&qrels, &more, &metrics));
        for metric in metrics.iter().filter(|metric| !metric.to_string().starts_with("Judged")) {
            prop_assert_eq!(before.scores(metric), after.scores(metric), "{}", metric);
        }
    }

    #[test]
    fn files_give_back_what_was_written(pair in pair()) {
        let (qrels, run) = build(&pair);
        let mut text = Vec::new();
        qrels.write(&mut text).unwrap();
        prop_assert_eq!(&Qrels::parse(&*text, "q".as_ref()).unwrap(), &qrels);
        let mut text = Vec::new();
        run.write(&mut text).unwrap();
        if !text.is_empty() {
            let read = Run::parse(&*text, "r".as_ref()).unwrap();
            let answered = run.iter().filter(|(_, results)| !results.is_empty());
            prop_assert!(read.iter().eq(answered));
        }
    }

    #[test]
    fn a_ranking_keeps_its_order_through_a_file(
        scores in prop::collection::vec(prop_oneof![0.0f32..1.0, Just(0.5), Just(0.0)], 1..50),
        query in "\\PC{1,8}",
    ) {
        let mut scores = scores;
        scores.sort_by(|a, b| b.total_cmp(a));
        let ids: Vec<String> = (0..scores.len()).map(|n| format!("d {n}%")).collect();
        let ranking = ids.iter().map(String::as_str).zip(scores);
        let mut text = Vec::new();
        write_ranking(&mut text, &query, ranking.clone()).unwrap();
        let read = Run::parse(&*text, "r".as_ref()).unwrap();
        let got: Vec<&str> = read.of(&query).unwrap().iter().map(|result| &*result.id).collect();
        prop_assert_eq!(&got, &ids);
        let mut built = Run::default();
        built.insert_ranking(query.as_str(), ranking).unwrap();
        prop_assert_eq!(read, built);
    }

    #[test]
    fn ids_come_back(id in any::<String>()) {
        let encoded = encode_id(&id);
        prop_assert!(!encoded.contains(char::is_whitespace));
        prop_assert_eq!(decode_id(&encoded).unwrap(), id.as_str());
    }

    #[test]
    fn scores_fall_and_move_little(scores in prop::collection::vec(-1e3f32..1e3, 0..50)) {
        let mut scores = scores;
        scores.sort_by(|a, b| b.total_cmp(a));
        let falling: Vec<f32> = strictly_falling(scores.iter().copied()).collect();
        prop_assert!(falling.windows(2).all(|pair| pair[0] > pair[1]));
        prop_assert!(falling.iter().zip(&scores).all(|(new, old)| (old - new).abs() < 0.01));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let name = "f".as_ref();
        let _ = Qrels::parse(&*bytes, name);
        let _ = Run::parse(&*bytes, name);
        let _ = trommel_eval::parse_queries(&*bytes, name);
    }

    #[test]
    fn no_text_makes_a_metric_panic(text in "[nNdDcCgGaApPrR(=,)@0-9. ]{0,20}|\\PC{0,20}") {
        if let Ok(metric) = text.parse::<Metric>() {
            prop_assert_eq!(metric.to_string().parse::<Metric>().unwrap(), metric);
        }
    }

    #[test]
    fn p_values_are_in_their_range_and_blind_to_sides(d in differences(), seed in any::<u64>()) {
        let test = randomisation(&d, 500, seed);
        prop_assert!(test.p > 0.0 && test.p <= 1.0);
        let turned: Vec<f64> = d.iter().map(|d| -d).collect();
        prop_assert_eq!(randomisation(&turned, 500, seed), test);
        if let Some(t) = paired_t(&d) {
            prop_assert!((0.0..=1.0).contains(&t.p) && t.t.is_finite());
            prop_assert_eq!(paired_t(&turned).unwrap().p, t.p);
        }
    }

    #[test]
    fn zeros_say_nothing_against_a_difference(d in differences(), zeros in 0usize..20) {
        let mut more = d.clone();
        more.extend(std::iter::repeat_n(0.0, zeros));
        prop_assert_eq!(randomisation(&d, 500, 1), randomisation(&more, 500, 1));
    }

    #[test]
    fn an_interval_holds_its_mean_and_stays_among_the_values(
        d in differences(),
        seed in any::<u64>(),
    ) {
        let interval = bootstrap(&d, few(seed)).unwrap();
        let (least, most) = d.iter().fold((d[0], d[0]), |(a, b), &v| (a.min(v), b.max(v)));
        prop_assert_eq!(interval.mean, mean(&d));
        // Sums of equal values may round.
        let slack = 1e-12;
        prop_assert!(interval.low <= interval.mean + slack && interval.mean <= interval.high + slack);
        prop_assert!(least - slack <= interval.low && interval.high <= most + slack);
        let wider = bootstrap(&d, Resampling { level: 0.99, ..few(seed) }).unwrap();
        prop_assert!(wider.low <= interval.low && interval.high <= wider.high);
    }

    #[test]
    fn holm_keeps_the_order_and_never_lowers(p in prop::collection::vec(0.0f64..=1.0, 0..20)) {
        let adjusted = holm(&p);
        prop_assert_eq!(adjusted.len(), p.len());
        for (i, &new) in adjusted.iter().enumerate() {
            prop_assert!(new >= p[i] && new <= 1.0);
            for (j, &other) in adjusted.iter().enumerate() {
                prop_assert!(p[i] > p[j] || new <= other);
            }
        }
    }

    #[test]
    fn a_comparison_says_the_same_from_both_sides(
        pairs in prop::collection::vec((0u8..9, 0u8..9), 1..30),
    ) {
        let (new, old): (Vec<f64>, Vec<f64>) =
            pairs.iter().map(|&(new, old)| (f64::from(new) / 8.0, f64::from(old) / 8.0)).unzip();
        let (one, other) = (
            Comparison::of(&new, &old, few(1)).unwrap(),
            Comparison::of(&old, &new, few(1)).unwrap(),
        );
        prop_assert_eq!((one.better, one.worse), (other.worse, other.better));
        prop_assert_eq!(one.difference.mean, -other.difference.mean);
        prop_assert_eq!(one.randomisation, other.randomisation);
        let verdict = one.verdict(one.randomisation.p, 0.05);
        prop_assert_eq!(verdict == "no difference", new == old);
        prop_assert!(!verdict.contains('-') && !verdict.contains("0."), "{}", verdict);
    }
}
