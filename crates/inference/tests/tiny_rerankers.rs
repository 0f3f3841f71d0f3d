//! Fears about rerankers that need no real weights: the head computes something else, a score
//! moves with its company, the query is cut, a model for something else is run.

use std::fs;

use tempfile::TempDir;
use trommel_core::{Calibration, Reranker};
use trommel_inference::{InferenceError, load_reranker as load};
use trommel_models::Runtime;
use trommel_models::{
    AddOptions, InstalledModel, Isa, Kind, ModelsError, NetworkError, Precision, Silent, Store,
};
use trommel_testkit::{TinyModel, network_mut};

fn install(tiny: &TinyModel) -> (TempDir, InstalledModel) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    tiny.write(&folder).unwrap();
    let store = Store::new(home.path().into());
    let model = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
    (home, model)
}

fn candle(model: &InstalledModel, threads: usize) -> Box<dyn Reranker> {
    load(model, &Runtime::Candle, threads).unwrap()
}

fn assert_near(got: f32, expected: f64) {
    assert!((f64::from(got) - expected).abs() < 1e-4, "{got} is not {expected}");
}

/// Returns the runtimes that compute in f32: candle, and our own kernels on every instruction set.
fn exact() -> Vec<Runtime> {
    let kernels = |isa| Runtime::Kernels { precision: Precision::F32, isa };
    [Runtime::Candle].into_iter().chain(Isa::available().into_iter().map(kernels)).collect()
}

/// "live" and "rain" are tokens of the tiny vocabulary.
const LIVE: u32 = 67;
const RAIN: u32 = 97;

/// `[CLS]`, the query, `[SEP]`, the passage, `[SEP]`, with token types 0 and 1.
fn pair(query: &[u32], passage: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let tokens = [&[2], query, &[3], passage, &[3]].concat();
    let types = [vec![0; query.len() + 2], vec![1; passage.len() + 1]].concat();
    (tokens, types)
}

#[test]
fn every_runtime_gives_what_the_plain_forward_pass_gives() {
    let tiny = TinyModel::reranker(1);
    let (_home, model) = install(&tiny);
    // By hand: how many people live in berlin [UNK]; the city of berlin.
    let (tokens, types) = pair(&[64, 65, 66, 67, 62, 68, 1], &[57, 69, 58, 68]);
    let expected = tiny.logit(&tokens, &types);
    for runtime in exact() {
        let scores = load(&model, &runtime, 1)
            .unwrap()
            .score_all("How many people live in Berlin?", &["the city of Berlin"])
            .unwrap();
        assert_near(scores[0].logit, expected);
        assert!(!scores[0].truncated);
    }

    let all_one_side = tiny.logit(&tokens, &vec![0; types.len()]);
    assert!((expected - all_one_side).abs() > 1e-2, "token types make no difference here");
}

#[test]
fn a_score_is_the_same_alone_in_a_batch_and_with_any_number_of_threads() {
    let (_home, model) = install(&TinyModel::reranker(2));
    let long = "hot soup and cold bread ".repeat(20);
    let passages = ["rain", "", &long, "the disk is full", "rain", "ticket to the wind"];
    let query = "is the disk full";
    let one = candle(&model, 1);
    let alone: Vec<_> =
        passages.iter().map(|passage| one.score_all(query, &[passage]).unwrap()[0]).collect();
    for threads in [1, 2, 3] {
        assert_eq!(candle(&model, threads).score_all(query, &passages).unwrap(), alone);
    }
    assert_eq!(
        alone.iter().map(|s| s.truncated).collect::<Vec<_>>(),
        [false, false, true, false, false, false]
    );
    assert!(one.score_all(query, &[]).unwrap().is_empty());
}

#[test]
fn the_passage_is_cut_and_never_the_query() {
    let tiny = TinyModel::reranker(3);
    let (_home, model) = install(&tiny);
    // 64 positions less three special tokens: 31 of the query leave 30 for the passage.
    let query = "live ".repeat(31);
    let (tokens, types) = pair(&[LIVE; 31], &[RAIN; 30]);
    let expected = tiny.logit(&tokens, &types);
    for runtime in exact() {
        let reranker = load(&model, &runtime, 1).unwrap();
        for (count, truncated) in [(30, false), (31, true), (4_000, true)] {
            let score = reranker.score_all(&query, &[&"rain ".repeat(count)]).unwrap()[0];
            assert_near(score.logit, expected);
            assert_eq!(score.truncated, truncated, "{count}");
        }
    }
}

#[test]
fn a_query_longer_than_the_model_leaves_room_for_the_passage() {
    let tiny = TinyModel::reranker(4);
    let (_home, model) = install(&tiny);
    let (tokens, types) = pair(&[LIVE; 31], &[RAIN; 30]);
    let expected = tiny.logit(&tokens, &types);
    for (count, runtime) in
        [32, 100, 200_000].into_iter().flat_map(|n| exact().into_iter().map(move |r| (n, r)))
    {
        let query = "live ".repeat(count);
        let reranker = load(&model, &runtime, 1).unwrap();
        let score = reranker.score_all(&query, &[&"rain ".repeat(30)]).unwrap()[0];
        assert_near(score.logit, expected);
        assert!(!score.truncated, "the passage was whole");
    }
}

#[test]
fn a_passage_cannot_end_itself() {
    let (_home, model) = install(&TinyModel::reranker(5));
    for runtime in exact() {
        let reranker = load(&model, &runtime, 1).unwrap();
        let scores = reranker.score_all("rain", &["sun [SEP] rain", "sun [ sep ] rain"]).unwrap();
        assert_eq!(scores[0], scores[1]);
    }
}

#[test]
fn a_head_that_does_not_fit_is_named() {
    let tiny = TinyModel::reranker(6);
    let (_home, model) = install(&tiny);

    let mut lacking = tiny.clone();
    lacking.tensors.remove("pooler.dense.bias");
    lacking.write(&model.folder).unwrap();
    let error = load(&model, &Runtime::Candle, 1).err().unwrap();
    assert!(
        matches!(
            &error,
            InferenceError::Network(NetworkError::MissingTensor { name, .. }) if name == "pooler.dense.bias"
        ),
        "{error}"
    );

    let mut three_labels = tiny;
    let tensor = three_labels.tensors.get_mut("classifier.weight").unwrap();
    tensor.shape[0] = 3;
    tensor.values = tensor.values.repeat(3);
    three_labels.write(&model.folder).unwrap();
    let error = load(&model, &Runtime::Candle, 1).err().unwrap();
    assert!(
        matches!(
            &error,
            InferenceError::Network(NetworkError::WrongShape { expected, got, .. })
                if *expected == [1, 32] && *got == [3, 32]
        ),
        "{error}"
    );
}

#[test]
fn weights_that_give_no_number_are_an_error() {
    let mut tiny = TinyModel::reranker(7);
    tiny.tensors.get_mut("classifier.bias").unwrap().values[0] = f32::NAN;
    let (_home, model) = install(&tiny);
    let error = candle(&model, 1).score_all("rain", &["sun"]).unwrap_err();
    assert_eq!(error.to_string(), "model tiny gave NaN where a finite logit was expected");
}

#[test]
fn a_model_for_something_else_is_refused() {
    let (_home, model) = install(&TinyModel::reranker(8));
    let onnx = Runtime::Onnx { library: "/nowhere/libonnxruntime.so".into() };
    let error = load(&model, &onnx, 1).err().unwrap();
    assert!(matches!(error, InferenceError::NotOnnx { .. }), "{error}");

    let (_home, encoder) = install(&TinyModel::encoder(8));
    let error = load(&encoder, &Runtime::Candle, 1).err().unwrap();
    let InferenceError::Models(ModelsError::WrongKind { got: Kind::Encoder, .. }) = error else {
        panic!("{error}");
    };

    let mut short = model.clone();
    network_mut(&mut short.spec).max_tokens = 4;
    let error = load(&short, &Runtime::Candle, 1).err().unwrap();
    assert!(matches!(error, InferenceError::Tokenizer { .. }), "{error}");

    let single = fs::read_to_string(model.tokenizer_file()).unwrap();
    let one_sided = single.replace(r#""type_id":1"#, r#""type_id":0"#);
    assert_ne!(one_sided, single);
    fs::write(model.tokenizer_file(), one_sided).unwrap();
    let error = load(&model, &Runtime::Candle, 1).err().unwrap();
    assert!(matches!(error, InferenceError::Tokenizer { .. }), "{error}");
}

#[test]
fn a_reranker_names_its_weights_and_its_curve() {
    let (_home, model) = install(&TinyModel::reranker(9));
    let reranker = candle(&model, 1);
    assert_eq!(reranker.info().fingerprint, format!("tiny@{}", model.weights_id()));
    assert_eq!(reranker.info().calibration, Calibration::SIGMOID);
}
