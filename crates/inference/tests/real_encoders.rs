//! Fears about encoders with the weights that people will use.

use std::sync::OnceLock;

use trommel_core::{Encoder, TokenCounter};
use trommel_inference::{ModelTokenCounter, load_encoder as load};
use trommel_models::Runtime;
use trommel_models::{InstalledModel, Isa, Precision, RuntimeError, onnx_environment};

const TEXTS: &str = include_str!("texts.txt");

fn bge() -> InstalledModel {
    trommel_testkit::store().model("bge-small-en-v1.5").unwrap()
}

fn onnx() -> Runtime {
    Runtime::Onnx { library: trommel_testkit::store().runtime().unwrap() }
}

fn kernels(precision: Precision) -> Runtime {
    Runtime::Kernels { precision, isa: Isa::best() }
}

fn texts() -> Vec<&'static str> {
    TEXTS.lines().collect()
}

/// Returns the vectors of all texts by candle on two threads, made once for all tests.
fn by_candle() -> &'static [Vec<f32>] {
    static VECTORS: OnceLock<Vec<Vec<f32>>> = OnceLock::new();
    VECTORS.get_or_init(|| {
        load(&bge(), &Runtime::Candle, 2).unwrap().encode_passages(&texts()).unwrap()
    })
}

/// Returns the vectors of all texts by ONNX Runtime on two threads, made once for all tests.
fn by_onnx() -> &'static [Vec<f32>] {
    static VECTORS: OnceLock<Vec<Vec<f32>>> = OnceLock::new();
    VECTORS.get_or_init(|| load(&bge(), &onnx(), 2).unwrap().encode_passages(&texts()).unwrap())
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[test]
fn onnx_int8_and_candle_on_the_same_weights_agree() {
    assert_eq!(texts().len(), 100);
    let cosines: Vec<f64> =
        by_onnx().iter().zip(by_candle()).map(|(int8, f32)| cosine(int8, f32)).collect();
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    let least = cosines.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(mean >= 0.995 && least >= 0.98, "mean {mean}, least {least}");
    assert!(mean < 0.999_999, "int8 cannot be this near to f32: {mean}");
}

/// The bounds are those of the paper trail of eight bits: ONNX Runtime's own reach .995 on the same
/// weights, sixteen bits lose three digits of the seven, and f32 differs by its order of adding.
#[test]
fn our_kernels_and_candle_agree_at_every_precision() {
    for (precision, mean_at_least, least) in [
        (Precision::F32, 0.999_999, 0.999_999),
        (Precision::Bf16, 0.999_5, 0.998),
        (Precision::Int8, 0.995, 0.98),
    ] {
        let encoder = load(&bge(), &kernels(precision), 2).unwrap();
        let vectors = encoder.encode_passages(&texts()).unwrap();
        let cosines: Vec<f64> =
            vectors.iter().zip(by_candle()).map(|(ours, candle)| cosine(ours, candle)).collect();
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        let worst = cosines.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(mean >= mean_at_least && worst >= least, "{precision:?}: {mean}, least {worst}");
    }
}

#[test]
fn a_vector_by_our_kernels_depends_on_its_text_alone() {
    let vectors =
        load(&bge(), &kernels(Precision::Int8), 2).unwrap().encode_passages(&texts()).unwrap();
    let one_thread = load(&bge(), &kernels(Precision::Int8), 1).unwrap();
    assert_a_vector_depends_on_its_text_alone(&*one_thread, &vectors);
}

fn assert_a_vector_depends_on_its_text_alone(encoder: &dyn Encoder, expected: &[Vec<f32>]) {
    assert!(expected.iter().flatten().all(|x| x.is_finite()));
    let alone = |i: usize| encoder.encode_passages(&[texts()[i]]).unwrap().remove(0);
    for i in [0, 4, 26, 99] {
        assert_eq!(alone(i), expected[i], "text {i} alone");
    }
    let some: Vec<usize> = (0..100).rev().step_by(7).collect();
    let picked: Vec<&str> = some.iter().map(|i| texts()[*i]).collect();
    let vectors = encoder.encode_passages(&picked).unwrap();
    for (i, vector) in some.iter().zip(&vectors) {
        assert_eq!(*vector, expected[*i], "text {i} in other company");
    }
}

#[test]
fn a_vector_by_onnx_depends_on_its_text_alone() {
    let one_thread = load(&bge(), &onnx(), 1).unwrap();
    assert_a_vector_depends_on_its_text_alone(&*one_thread, by_onnx());
}

#[test]
fn a_vector_by_candle_depends_on_its_text_alone() {
    let one_thread = load(&bge(), &Runtime::Candle, 1).unwrap();
    assert_a_vector_depends_on_its_text_alone(&*one_thread, by_candle());
}

#[test]
fn a_question_is_nearer_to_its_answer_than_to_its_topic_and_that_than_to_anything() {
    for runtime in [onnx(), Runtime::Candle, kernels(Precision::Int8)] {
        let encoder = load(&bge(), &runtime, 2).unwrap();
        let query = encoder.encode_query("How many people live in Berlin?").unwrap();
        let passages = encoder
            .encode_passages(&[
                "Berlin had a population of 3,520,031 registered inhabitants.",
                "Berlin is well known for its museums.",
                "Sourdough starter: equal weights of flour and water, once a day.",
            ])
            .unwrap();
        let near: Vec<f64> = passages.iter().map(|passage| cosine(&query, passage)).collect();
        assert!(near[0] > near[1] + 0.05 && near[1] > near[2] + 0.05, "{near:?}");
        let plain = &encoder.encode_passages(&["How many people live in Berlin?"]).unwrap()[0];
        assert_ne!(&query, plain, "the query had no prefix");
    }
}

#[test]
fn texts_of_any_length_and_script_are_encoded() {
    let huge = "word ".repeat(3_000);
    let texts = ["", " ", "🦀🦀", "\0\u{202e}", "東京の人口", &huge];
    for runtime in [onnx(), Runtime::Candle, kernels(Precision::Int8)] {
        let vectors = load(&bge(), &runtime, 2).unwrap().encode_passages(&texts).unwrap();
        for vector in vectors {
            assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn tokens_are_counted_as_bert_counts_them() {
    // em ##bed ##ding ##s, by the WordPiece vocabulary of bert-base-uncased.
    let counter = ModelTokenCounter::new(&bge()).unwrap();
    assert_eq!(counter.count("Embeddings"), 4);
    assert_eq!(counter.count("Hello, world!"), 4);
}

#[test]
fn a_process_keeps_to_one_onnx_runtime() {
    let library = trommel_testkit::store().runtime().unwrap();
    onnx_environment(&library).unwrap();
    onnx_environment(&library).unwrap();
    let error = onnx_environment(std::path::Path::new("/nowhere/other.so")).unwrap_err();
    assert!(matches!(error, RuntimeError::OtherLibrary { .. }), "{error}");
}
