//! Fears about the encoder of many languages, with the weights that people will use.

use std::sync::OnceLock;

use trommel_core::TokenCounter;
use trommel_inference::{InferenceError, ModelTokenCounter, load_encoder as load};
use trommel_models::{InstalledModel, Isa, Precision, Runtime};

/// Five sentences in each of twenty languages, the same in all; the language before each.
const TEXTS: &str = include_str!("languages.txt");
const SENTENCES: usize = 5;

fn model() -> Option<InstalledModel> {
    trommel_testkit::in_store("multilingual-e5-small")
}

fn kernels(precision: Precision) -> Runtime {
    Runtime::Kernels { precision, isa: Isa::best() }
}

/// Returns language and text of every sentence.
fn texts() -> Vec<(&'static str, &'static str)> {
    TEXTS.lines().map(|line| line.split_once('\t').unwrap()).collect()
}

/// Returns the vectors of all sentences in eight bits, made once for all tests.
fn in_eight_bits(model: &InstalledModel) -> &'static [Vec<f32>] {
    static VECTORS: OnceLock<Vec<Vec<f32>>> = OnceLock::new();
    VECTORS.get_or_init(|| vectors(model, Precision::Int8))
}

fn vectors(model: &InstalledModel, precision: Precision) -> Vec<Vec<f32>> {
    let passages: Vec<&str> = texts().iter().map(|(_, text)| *text).collect();
    load(model, &kernels(precision), 2).unwrap().encode_passages(&passages).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[test]
fn eight_bits_are_near_to_floats_in_every_language() {
    let Some(model) = model() else { return };
    let (floats, ours) = (vectors(&model, Precision::F32), in_eight_bits(&model));
    for ((language, text), (ours, exact)) in texts().iter().zip(ours.iter().zip(&floats)) {
        let cosine = cosine(ours, exact);
        assert!(cosine >= 0.99, "{language}: {cosine} for {text}");
    }
}

#[test]
fn a_sentence_is_nearest_to_itself_in_another_language() {
    let Some(model) = model() else { return };
    assert_eq!(texts().len(), 20 * SENTENCES);
    let vectors = in_eight_bits(&model);
    let english = &vectors[..SENTENCES];
    let mut found = 0;
    for (at, vector) in vectors.iter().enumerate().skip(SENTENCES) {
        let nearest = (0..SENTENCES)
            .max_by(|a, b| cosine(vector, &english[*a]).total_cmp(&cosine(vector, &english[*b])));
        found += usize::from(nearest == Some(at % SENTENCES));
    }
    assert!(found >= 93, "{found} of 95");
}

#[test]
fn queries_and_passages_have_their_own_words_before_them() {
    let Some(model) = model() else { return };
    let encoder = load(&model, &kernels(Precision::Int8), 1).unwrap();
    let text = texts()[2].1;
    let query = encoder.encode_query(text).unwrap();
    let passage = &encoder.encode_passages(&[text]).unwrap()[0];
    assert_eq!(passage, &in_eight_bits(&model)[2], "a vector depends on its text alone");
    let cosine = cosine(&query, passage);
    assert!((0.8..0.999).contains(&cosine), "{cosine}");
    assert_eq!(encoder.fingerprint().query_prefix, "query: ");
    assert_eq!(encoder.fingerprint().passage_prefix, "passage: ");
}

#[test]
fn texts_of_any_length_and_script_are_encoded() {
    let Some(model) = model() else { return };
    let huge = "слово ".repeat(3_000);
    let endless = "字".repeat(300_000);
    let texts = ["", " ", "🦀🦀", "\0\u{202e}", "東京の人口", &huge, &endless];
    let encoder = load(&model, &kernels(Precision::Int8), 2).unwrap();
    for vector in encoder.encode_passages(&texts).unwrap() {
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5);
    }
}

#[test]
fn tokens_are_counted_as_xlm_roberta_counts_them() {
    // The ids of these are in the README of XLM-R in the library fairseq: ▁Hello ▁world !
    let Some(model) = model() else { return };
    let counter = ModelTokenCounter::new(&model).unwrap();
    assert_eq!(counter.count("Hello world!"), 3);
    assert_eq!(counter.count("你好，世界"), 4);
}

#[test]
fn another_runtime_is_refused_by_name() {
    let Some(model) = model() else { return };
    let error = load(&model, &Runtime::Candle, 1).err().unwrap();
    assert!(matches!(&error, InferenceError::OnlyKernels { .. }), "{error}");
    assert_eq!(error.to_string(), "only our own kernels can run model multilingual-e5-small");
}
