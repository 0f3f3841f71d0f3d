//! Fears about encoders that need no real weights: candle computes something else than BERT, a
//! vector moves with its company, a text too long slips through, files that do not fit are run.

use std::fs;

use tempfile::TempDir;
use trommel_core::TokenCounter;
use trommel_inference::{InferenceError, ModelTokenCounter, load_encoder as load};
use trommel_models::Runtime;
use trommel_models::{
    AddOptions, Architecture, InstalledModel, Isa, Kind, ModelsError, NetworkError, Pooling,
    Precision, Silent, Store,
};
use trommel_testkit::{TinyModel, network_mut};

/// "How many people live in Berlin?" by hand: `[CLS]`, six words, `[UNK]` for `?`, `[SEP]`.
const BERLIN: &str = "How many people live in Berlin?";
const BERLIN_TOKENS: [u32; 9] = [2, 64, 65, 66, 67, 62, 68, 1, 3];

fn install(tiny: &TinyModel, pooling: Pooling) -> (TempDir, InstalledModel) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    tiny.write(&folder).unwrap();
    let options = AddOptions { pooling: Some(pooling), ..Default::default() };
    let model = Store::new(home.path().into()).add(&folder, &options, &Silent).unwrap();
    (home, model)
}

fn unit(vector: &[f64]) -> Vec<f64> {
    let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.iter().map(|x| x / norm).collect()
}

fn assert_near(got: &[f32], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((f64::from(*got) - expected).abs() < 1e-4, "{got} is not {expected}");
    }
}

/// Returns the runtimes that compute in f32: candle, and our own kernels on every instruction set.
fn exact() -> Vec<Runtime> {
    let kernels = |isa| Runtime::Kernels { precision: Precision::F32, isa };
    [Runtime::Candle].into_iter().chain(Isa::available().into_iter().map(kernels)).collect()
}

fn int8() -> Runtime {
    Runtime::Kernels { precision: Precision::Int8, isa: Isa::best() }
}

#[test]
fn every_runtime_gives_what_the_plain_forward_pass_gives() {
    let tiny = TinyModel::encoder(1);
    let states = tiny.states(&BERLIN_TOKENS, &[0; 9]);
    let mean: Vec<f64> =
        (0..states[0].len()).map(|i| states.iter().map(|state| state[i]).sum()).collect();
    for (pooling, expected) in [(Pooling::Cls, &states[0]), (Pooling::Mean, &mean)] {
        let (_home, model) = install(&tiny, pooling);
        for runtime in exact() {
            let encoder = load(&model, &runtime, 1).unwrap();
            assert_near(&encoder.encode_query(BERLIN).unwrap(), &unit(expected));
            let passages = encoder.encode_passages(&["rain", BERLIN]).unwrap();
            assert_near(&passages[1], &unit(expected));
        }
    }
}

#[test]
fn a_vector_is_the_same_alone_in_a_batch_and_with_any_number_of_threads() {
    let (_home, model) = install(&TinyModel::encoder(2), Pooling::Mean);
    let long = "hot soup and cold bread ".repeat(9);
    let texts = [BERLIN, "", "rain", &long, "the disk is full", "rain", "ticket to the wind"];
    for runtime in [Runtime::Candle, int8()] {
        let alone: Vec<Vec<f32>> = {
            let encoder = load(&model, &runtime, 1).unwrap();
            texts.iter().map(|text| encoder.encode_passages(&[text]).unwrap().remove(0)).collect()
        };
        for threads in [1, 2, 3] {
            let encoder = load(&model, &runtime, threads).unwrap();
            assert_eq!(encoder.encode_passages(&texts).unwrap(), alone);
        }
        assert_eq!(alone[2], alone[5]);
        assert_ne!(alone[2], alone[4]);
    }
}

#[test]
fn a_text_too_long_is_cut_and_keeps_its_last_special_token() {
    let tiny = TinyModel::encoder(3);
    let (_home, model) = install(&tiny, Pooling::Cls);
    let mut tokens = vec![2];
    tokens.extend([67; 62]); // "live"
    tokens.push(3);
    let expected = unit(&tiny.states(&tokens, &[0; 64])[0]);
    for runtime in exact() {
        let encoder = load(&model, &runtime, 1).unwrap();
        for count in [62, 63, 5_000] {
            assert_near(&encoder.encode_query(&"live ".repeat(count)).unwrap(), &expected);
        }
    }
}

#[test]
fn the_name_of_a_special_token_in_a_text_is_text() {
    let (_home, model) = install(&TinyModel::encoder(4), Pooling::Cls);
    let encoder = load(&model, &Runtime::Candle, 1).unwrap();
    let vectors = encoder.encode_passages(&["rain [SEP] sun", "rain [ sep ] sun"]).unwrap();
    assert_eq!(vectors[0], vectors[1]);
    let counter = ModelTokenCounter::new(&model).unwrap();
    assert_eq!(counter.count("rain [SEP] sun"), counter.count("rain [ sep ] sun"));
}

#[test]
fn tokens_are_counted_without_specials_and_without_a_limit() {
    let (_home, model) = install(&TinyModel::encoder(5), Pooling::Cls);
    let counter = ModelTokenCounter::new(&model).unwrap();
    assert_eq!(counter.count(BERLIN), 7);
    assert_eq!(counter.count("rains"), 2);
    assert_eq!(counter.count(""), 0);
    assert_eq!(counter.count(&"live ".repeat(1_000)), 1_000);
}

#[test]
fn tokens_are_counted_where_only_the_library_runs_the_tokenizer() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    TinyModel::encoder(1).write(&folder).unwrap();
    let file = folder.join("tokenizer.json");
    let json = fs::read_to_string(&file).unwrap();
    // It splits at spaces only: a word with a full stop is unknown, and one token.
    let json = json.replace("BertPreTokenizer", "WhitespaceSplit");
    fs::write(&file, json).unwrap();
    let model =
        Store::new(home.path().into()).add(&folder, &AddOptions::default(), &Silent).unwrap();
    assert!(model.wordpiece().unwrap().is_none());
    let counter = ModelTokenCounter::new(&model).unwrap();
    assert_eq!(counter.count("rain, sun"), 2);
    assert_eq!(counter.count("rain sun."), 2);
}

#[test]
fn weights_that_do_not_fit_are_named_with_their_shapes() {
    let name = "encoder.layer.1.attention.self.key.weight";
    let tiny = TinyModel::encoder(6);

    let (_home, model) = install(&tiny, Pooling::Cls);
    let mut lacking = tiny.clone();
    lacking.tensors.remove(name);
    lacking.write(&model.folder).unwrap();
    let error = load(&model, &Runtime::Candle, 1).err().unwrap();
    assert!(
        matches!(&error, InferenceError::Network(NetworkError::MissingTensor { name: n, .. }) if n == name),
        "{error}"
    );

    let mut narrow = tiny.clone();
    let tensor = narrow.tensors.get_mut(name).unwrap();
    tensor.shape[0] = 16;
    tensor.values.truncate(16 * 32);
    narrow.write(&model.folder).unwrap();
    let error = load(&model, &Runtime::Candle, 1).err().unwrap();
    let text = error.to_string();
    assert!(
        text.contains(name) && text.contains("[16, 32]") && text.contains("[32, 32]"),
        "{text}"
    );

    fs::write(model.weights_file(), "no weights").unwrap();
    assert!(load(&model, &Runtime::Candle, 1).is_err());
}

#[test]
fn a_config_that_does_not_fit_is_an_error_and_not_a_panic() {
    let (_home, model) = install(&TinyModel::encoder(7), Pooling::Cls);
    let file = model.config_file().unwrap();
    let good = fs::read_to_string(file).unwrap();
    let changes = [
        (r#""num_attention_heads":4"#, r#""num_attention_heads":0"#),
        (r#""num_attention_heads":4"#, r#""num_attention_heads":5"#),
        (r#""hidden_size":32"#, r#""hidden_size":64"#),
        (r#""max_position_embeddings":64"#, r#""max_position_embeddings":32"#),
        (r#""vocab_size":100"#, r#""vocab_size":99"#),
        (r#""hidden_act":"gelu""#, r#""hidden_act":"swish""#),
        (r#""hidden_act":"gelu","#, ""),
    ];
    for (from, to) in changes {
        assert!(good.contains(from), "{good} lacks {from}");
        fs::write(file, good.replace(from, to)).unwrap();
        let error = load(&model, &Runtime::Candle, 1).err().unwrap();
        assert!(
            matches!(&error, InferenceError::Network(NetworkError::Config { .. })),
            "{from} → {to}: {error}"
        );
    }
}

#[test]
fn a_model_for_something_else_is_refused() {
    let (_home, model) = install(&TinyModel::encoder(8), Pooling::Cls);
    let onnx = Runtime::Onnx { library: "/nowhere/libonnxruntime.so".into() };
    let error = load(&model, &onnx, 1).err().unwrap();
    assert!(matches!(error, InferenceError::NotOnnx { .. }), "{error}");

    let (_home, reranker) = install(&TinyModel::reranker(8), Pooling::Cls);
    let error = load(&reranker, &Runtime::Candle, 1).err().unwrap();
    let InferenceError::Models(ModelsError::WrongKind { got: Kind::Reranker, .. }) = error else {
        panic!("{error}");
    };

    let mut short = model.clone();
    network_mut(&mut short.spec).max_tokens = 2;
    let error = load(&short, &Runtime::Candle, 1).err().unwrap();
    assert!(matches!(error, InferenceError::Tokenizer { .. }), "{error}");

    let mut other = model;
    network_mut(&mut other.spec).architecture = Architecture::DebertaV2;
    let error = load(&other, &Runtime::Candle, 1).err().unwrap();
    assert!(matches!(error, InferenceError::Network(NetworkError::Architecture { .. })), "{error}");
}

fn packed(model: &InstalledModel) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(&model.folder).unwrap().map(|entry| entry.unwrap().path());
    let packed = |path: &std::path::PathBuf| {
        path.file_name().unwrap().to_string_lossy().starts_with("packed-")
    };
    files.filter(packed).collect()
}

#[test]
fn packed_weights_are_kept_and_made_again_when_they_are_damaged() {
    let (_home, model) = install(&TinyModel::encoder(4), Pooling::Cls);
    let encode = || load(&model, &int8(), 1).unwrap().encode_query(BERLIN).unwrap();
    let first = encode();
    let [file] = packed(&model).try_into().unwrap();
    let whole = fs::read(&file).unwrap();

    // What is kept is what is used: the weights as shipped may be gone.
    let weights = fs::read(model.weights_file()).unwrap();
    fs::remove_file(model.weights_file()).unwrap();
    assert_eq!(encode(), first);
    fs::write(model.weights_file(), weights).unwrap();

    for at in (0..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        fs::write(&file, &damaged).unwrap();
        assert_eq!(encode(), first, "byte {at}");
        assert_eq!(fs::read(&file).unwrap(), whole, "byte {at}");
    }
}

#[test]
fn weights_that_changed_in_the_store_are_never_packed() {
    let (_home, model) = install(&TinyModel::encoder(5), Pooling::Cls);
    let mut weights = fs::read(model.weights_file()).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    fs::write(model.weights_file(), weights).unwrap();
    let error = load(&model, &int8(), 1).err().unwrap();
    assert!(error.to_string().contains("model.safetensors"), "{error}");
    assert!(packed(&model).is_empty());
}

#[test]
fn word_pieces_are_those_of_the_text_and_the_rows_of_the_table() {
    let tiny = TinyModel::encoder(9);
    let (_home, model) = install(&tiny, Pooling::Cls);
    let encoder = load(&model, &int8(), 1).unwrap();
    let pieces = encoder.word_pieces().unwrap();
    let mut ids = vec![7];
    pieces.split(BERLIN, &mut ids);
    assert_eq!(ids[1..], BERLIN_TOKENS[1..8], "behind what was there, without special pieces");
    ids.clear();
    pieces.split(&"live ".repeat(500), &mut ids);
    assert_eq!(ids, [67; 62], "no more than the encoder reads");
    assert_eq!((pieces.vocabulary(), pieces.width()), (100, 32));
    let mut sum = vec![1.0; 32];
    pieces.add_embeddings(&[(67, 0.5), (100, 2.0), (67, 1.5)], &mut sum);
    let table = &tiny.tensors["embeddings.word_embeddings.weight"].values;
    for (got, x) in sum.iter().zip(&table[67 * 32..]) {
        assert!((got - 1.0 - 2.0 * x).abs() <= x.abs() / 64.0, "{got} {x}");
    }
    assert!(load(&model, &Runtime::Candle, 1).unwrap().word_pieces().is_none());
}
