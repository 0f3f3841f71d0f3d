//! Fears about rerankers with the weights that people will use.

use trommel_core::{RerankScore, Reranker};
use trommel_inference::load_reranker as load;
use trommel_models::Runtime;
use trommel_models::{InstalledModel, Isa, Precision};

const QUERY: &str = "How many people live in Berlin?";
const ANSWER: &str = "Berlin had a population of 3,520,031 registered inhabitants in an area of \
                      891.82 square kilometers.";
const TOPIC: &str = "Berlin is well known for its museums.";

fn model() -> InstalledModel {
    trommel_testkit::store().model("ms-marco-MiniLM-L-12-v2").unwrap()
}

fn onnx() -> Runtime {
    Runtime::Onnx { library: trommel_testkit::store().runtime().unwrap() }
}

fn kernels(precision: Precision) -> Runtime {
    Runtime::Kernels { precision, isa: Isa::best() }
}

fn logits(reranker: &dyn Reranker, query: &str, passages: &[&str]) -> Vec<f32> {
    reranker.score_all(query, passages).unwrap().iter().map(|score| score.logit).collect()
}

fn assert_near(got: &[f32], expected: [f32; 2], within: f32) {
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= within, "{got} is not near {expected}");
    }
}

/// Says whether ONNX Runtime multiplies eight-bit integers exactly here. Without the instructions
/// for it (VNNI) it adds pairs of products in 16 bits, which saturate, and its published figures
/// do not hold.
fn onnx_is_exact() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni");
    #[cfg(not(target_arch = "x86_64"))]
    true
}

#[test]
fn the_berlin_pair_scores_as_published_by_candle() {
    let reranker = load(&model(), &Runtime::Candle, 2).unwrap();
    assert_near(&logits(&*reranker, QUERY, &[ANSWER, TOPIC]), [9.09, -3.93], 0.3);
}

#[test]
fn the_berlin_pair_scores_as_published_by_our_kernels() {
    for precision in Precision::ALL {
        let reranker = load(&model(), &kernels(precision), 2).unwrap();
        assert_near(&logits(&*reranker, QUERY, &[ANSWER, TOPIC]), [9.09, -3.93], 0.3);
    }
}

#[test]
fn the_berlin_pair_scores_as_published_by_onnx_int8() {
    let reranker = load(&model(), &onnx(), 2).unwrap();
    let within = if onnx_is_exact() { 0.3 } else { 1.0 };
    assert_near(&logits(&*reranker, QUERY, &[ANSWER, TOPIC]), [9.2, -4.1], within);
}

#[test]
fn a_score_is_the_same_alone_in_a_batch_and_with_two_threads() {
    let long = "Berlin is the capital of Germany. ".repeat(100);
    let passages = [TOPIC, &long, "", ANSWER, "Add salt at the end.", TOPIC];
    for runtime in [onnx(), Runtime::Candle, kernels(Precision::Int8)] {
        let one = load(&model(), &runtime, 1).unwrap();
        let alone: Vec<RerankScore> =
            passages.iter().map(|passage| one.score_all(QUERY, &[passage]).unwrap()[0]).collect();
        assert_eq!(one.score_all(QUERY, &passages).unwrap(), alone, "{runtime:?}, one thread");
        let two = load(&model(), &runtime, 2).unwrap();
        assert_eq!(two.score_all(QUERY, &passages).unwrap(), alone, "{runtime:?}, two threads");
        let truncated: Vec<bool> = alone.iter().map(|score| score.truncated).collect();
        assert_eq!(truncated, [false, true, false, false, false, false]);
    }
}

/// fastembed tokenises by itself: if it cut the query, or padded, the runtimes would drift apart.
#[test]
fn all_runtimes_read_the_same_pair_however_long_it_is() {
    let long_passage = format!("{ANSWER} {}", "Berlin has many lakes and woods. ".repeat(120));
    let long_query = format!("{QUERY} {}", "I mean the city in Germany. ".repeat(60));
    let huge_query = format!("{QUERY} {}", "I mean the city in Germany. ".repeat(30_000));
    let candle = load(&model(), &Runtime::Candle, 1).unwrap();
    let onnx = load(&model(), &onnx(), 1).unwrap();
    let ours = load(&model(), &kernels(Precision::F32), 1).unwrap();
    let pairs = [
        (QUERY, long_passage.as_str()),
        (&long_query, ANSWER),
        (&huge_query, &long_passage),
        ("", ANSWER),
    ];
    for (query, passage) in pairs {
        let f32 = candle.score_all(query, &[passage]).unwrap()[0];
        let int8 = onnx.score_all(query, &[passage]).unwrap()[0];
        assert!(
            (f32.logit - int8.logit).abs() < if onnx_is_exact() { 1.0 } else { 2.0 },
            "query of {}: {f32:?}, {int8:?}",
            query.len()
        );
        assert_eq!(f32.truncated, int8.truncated);
        let ours = ours.score_all(query, &[passage]).unwrap()[0];
        assert!((f32.logit - ours.logit).abs() < 1e-3, "{f32:?}, {ours:?}");
        assert_eq!(f32.truncated, ours.truncated);
    }
}
