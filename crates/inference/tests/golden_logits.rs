//! Fears about the networks of every architecture: one computes something else than the library
//! that its models were published for, or takes damaged weights for whole ones.
//!
//! `golden/make_tiny.py` and `golden/make_causal.py` made the models and say what the reference is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value;
use tempfile::TempDir;
use trommel_core::Reranker;
use trommel_inference::{InferenceError, load_reranker as load};
use trommel_models::Runtime;
use trommel_models::{
    AddOptions, Architecture, InstalledModel, Isa, KernelError, NetworkError, Precision, Silent,
    Store,
};

/// XLM-RoBERTa with its tensors named as the library flash-attention names them.
const FLASH: &str = "xlm-roberta-flash";

/// Returns a tiny model in a store of its own.
fn install(architecture: Architecture) -> (TempDir, InstalledModel) {
    install_from(architecture.name(), architecture)
}

fn install_from(folder: &str, architecture: Architecture) -> (TempDir, InstalledModel) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::new(home.path().into());
    let folder = golden().join(folder);
    let model = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
    let network = model.spec.network().unwrap();
    assert_eq!(network.architecture, architecture);
    assert_eq!(network.max_tokens, max_tokens(architecture));
    (home, model)
}

/// A prompt is longer than many a text.
fn max_tokens(architecture: Architecture) -> usize {
    if architecture.is_causal() { 256 } else { 96 }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(golden().join(path)).unwrap()).unwrap()
}

fn candle(model: &InstalledModel) -> Result<Box<dyn Reranker>, InferenceError> {
    load(model, &Runtime::Candle, 1)
}

/// Checks every fifth pair: those have logits.
fn assert_golden(reranker: &dyn Reranker, logits: &Value, what: &str) {
    let pairs: Vec<(String, String)> = serde_json::from_value(json("pairs.json")).unwrap();
    let expected: Vec<f32> = serde_json::from_value(logits.clone()).unwrap();
    assert_eq!(expected.len(), 40);
    for ((query, passage), expected) in pairs.iter().step_by(5).zip(expected) {
        let got = reranker.score_all(query, &[passage]).unwrap()[0].logit;
        assert!(
            (got - expected).abs() < 1e-4,
            "{what}: {got}, {expected} of {query:?}, {passage:?}"
        );
    }
}

#[test]
fn logits_are_those_of_the_reference_library() {
    for architecture in Architecture::ALL {
        let (_home, model) = install(architecture);
        let reference = json(&format!("{architecture}/reference.json"));
        assert_golden(&*candle(&model).unwrap(), &reference["logits"], architecture.name());

        if let Some(config) = reference.get("other_config") {
            fs::write(model.config_file().unwrap(), config.to_string()).unwrap();
            let what = format!("{architecture} with another config");
            assert_golden(&*candle(&model).unwrap(), &reference["other_logits"], &what);
        }
    }
}

#[test]
fn our_kernels_give_the_logits_of_the_reference_library_too() {
    let usual = [Architecture::Bert, Architecture::XlmRoberta].map(|usual| (usual.name(), usual));
    for (folder, architecture) in usual.into_iter().chain([(FLASH, Architecture::XlmRoberta)]) {
        let (_home, model) = install_from(folder, architecture);
        let reference = json(&format!("{folder}/reference.json"));
        for isa in Isa::available() {
            let runtime = Runtime::Kernels { precision: Precision::F32, isa };
            let reranker = load(&model, &runtime, 1).unwrap();
            assert_golden(&*reranker, &reference["logits"], isa.name());
        }
    }
}

#[test]
fn weights_in_the_layout_of_flash_attention_are_those_of_an_xlm_roberta() {
    let (_home, model) = install_from(FLASH, Architecture::XlmRoberta);
    let stored = tensors(&model);
    assert!(stored.values().all(|(dtype, ..)| *dtype == safetensors::Dtype::BF16));
    assert!(stored.contains_key("roberta.encoder.layers.1.mixer.Wqkv.weight"));
    let reference = json(&format!("{FLASH}/reference.json"));
    assert_golden(&*candle(&model).unwrap(), &reference["logits"], FLASH);
}

#[test]
fn our_kernels_name_a_damaged_tensor_as_the_file_does() {
    let (home, whole) = install_from(FLASH, Architecture::XlmRoberta);
    let kernels = Runtime::Kernels { precision: Precision::F32, isa: Isa::available()[0] };
    let store = Store::new(home.path().into());
    let refusal = |id: &str, damage: &dyn Fn(&mut BTreeMap<String, Tensor>)| {
        let folder = home.path().join(format!("damaged-{id}"));
        fs::create_dir(&folder).unwrap();
        for file in [whole.config_file().unwrap(), whole.tokenizer_file()] {
            fs::copy(file, folder.join(file.file_name().unwrap())).unwrap();
        }
        let mut damaged = tensors(&whole);
        damage(&mut damaged);
        fs::write(folder.join("model.safetensors"), bytes(&damaged)).unwrap();
        let model = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
        match load(&model, &kernels, 1).err().unwrap() {
            InferenceError::Network(NetworkError::Kernels { source, .. }) => source,
            other => panic!("{id}: {other}"),
        }
    };
    const LAYER: &str = "roberta.encoder.layers.1.";
    let name = |of: &str| format!("encoder.layers.1.{of}");
    for lost in ["norm1.weight", "mixer.Wqkv.bias", "mlp.fc2.bias"] {
        let error = refusal(lost, &|tensors| {
            tensors.remove(&format!("{LAYER}{lost}")).unwrap();
        });
        assert_eq!(error, KernelError::MissingTensor { name: name(lost) });
    }
    let error = refusal("head", &|tensors| {
        tensors.remove("classifier.dense.bias").unwrap();
    });
    assert_eq!(error, KernelError::MissingTensor { name: "classifier.dense.bias".into() });
    let matrix = format!("{LAYER}mixer.Wqkv.weight");
    for rows in [0, 32, 93, 95, 97, 99] {
        let error = refusal(&rows.to_string(), &|tensors| {
            let (_, shape, bytes) = tensors.get_mut(&matrix).unwrap();
            shape[0] = rows;
            bytes.resize(rows * 32 * 2, 0);
        });
        let (expected, got) = (vec![96, 32], vec![rows, 32]);
        let name = name("mixer.Wqkv.weight");
        assert_eq!(error, KernelError::Shape { name, expected, got, numbers: rows * 32 });
    }
    let error = refusal("infinite", &|tensors| {
        let place = 2 * (70 * 32 + 5);
        tensors.get_mut(&matrix).unwrap().2[place..place + 2].copy_from_slice(&[0x80, 0x7f]);
    });
    let index = 70 * 32 + 5;
    assert_eq!(error, KernelError::NotFinite { name: name("mixer.Wqkv.weight"), index });
}

#[test]
fn a_score_is_the_same_alone_in_a_batch_and_with_two_threads() {
    let long = "the train to the coast is late because of the snow ".repeat(20);
    let passages = ["", "the old town", &long, "🦀", "поезд", "the old town"];
    for architecture in Architecture::ALL {
        let (_home, model) = install(architecture);
        let one = candle(&model).unwrap();
        let score = |passage: &&str| one.score_all("a town by the river", &[passage]).unwrap()[0];
        let alone: Vec<_> = passages.iter().map(score).collect();
        assert!(alone[2].truncated && !alone[1].truncated, "{architecture}");
        assert_ne!(alone[0].logit, alone[1].logit, "{architecture}");
        let two = load(&model, &Runtime::Candle, 2).unwrap();
        let together = two.score_all("a town by the river", &passages).unwrap();
        assert_eq!(together, alone, "{architecture}");
    }
}

/// A tensor's type, shape and bytes.
type Tensor = (safetensors::Dtype, Vec<usize>, Vec<u8>);

fn tensors(model: &InstalledModel) -> BTreeMap<String, Tensor> {
    let bytes = fs::read(model.weights_file()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |view: TensorView<'_>| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
    file.iter().map(|(name, view)| (name.to_owned(), tensor(view))).collect()
}

fn bytes(tensors: &BTreeMap<String, Tensor>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn write(model: &InstalledModel, tensors: &BTreeMap<String, Tensor>) {
    fs::write(model.weights_file(), bytes(tensors)).unwrap();
}

/// Returns whether a tensor of a tiny model is read by its other config only, or not at all.
fn is_spare(architecture: Architecture, name: &str) -> bool {
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match architecture {
        Architecture::DebertaV2 => {
            has(&["pos_key_proj", "position_embeddings", "token_type_embeddings"])
        }
        // The network is left at layer 28; the first head is that of layer 8.
        Architecture::MiniCpm => {
            has(&["layers.28.", "layers.29."]) || has(&["lm_head"]) && !has(&["lm_head.20."])
        }
        _ => has(&["lm_head"]),
    }
}

#[test]
fn whatever_tensor_is_missing_or_has_another_shape_is_named() {
    // BERT's weights are rewritten beside the model, under names without the prefix; its tests are
    // in `tiny_models.rs`.
    let usual = Architecture::ALL.into_iter().skip(1).map(|usual| (usual.name(), usual));
    for (folder, architecture) in usual.chain([(FLASH, Architecture::XlmRoberta)]) {
        let (_home, model) = install_from(folder, architecture);
        let whole = tensors(&model);
        let used: Vec<&String> =
            whole.keys().filter(|name| !is_spare(architecture, name)).collect();
        assert!(used.len() >= 20, "{folder}: {}", used.len());
        for name in used {
            let mut damaged = whole.clone();
            let (dtype, mut shape, mut bytes) = damaged.remove(name).unwrap();
            write(&model, &damaged);
            let error = candle(&model).err().unwrap();
            let InferenceError::Network(NetworkError::MissingTensor { name: missing, .. }) = &error
            else {
                panic!("{name}: {error}")
            };
            assert!(name.ends_with(missing.as_str()), "{name}: {error}");

            bytes.extend_from_within(..bytes.len() / shape[0]);
            let expected_shape = shape.clone();
            shape[0] += 1;
            damaged.insert(name.clone(), (dtype, shape.clone(), bytes));
            write(&model, &damaged);
            let error = candle(&model).err().unwrap();
            assert!(
                matches!(
                    &error,
                    InferenceError::Network(NetworkError::WrongShape { name: wrong, expected, got, .. })
                        if wrong == name && *expected == expected_shape && *got == shape
                ),
                "{name}: {error}"
            );
        }
        write(&model, &whole);
        candle(&model).unwrap();
    }
}

#[test]
fn weights_in_two_files_are_read_as_those_in_one() {
    let (home, whole) = install(Architecture::Gemma);
    let folder = home.path().join("in-two");
    fs::create_dir(&folder).unwrap();
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(whole.folder.join(name), folder.join(name)).unwrap();
    }
    let mut index = serde_json::Map::new();
    let all = tensors(&whole);
    for part in 0..2 {
        let file = format!("model-0000{}-of-00002.safetensors", part + 1);
        let own = all.iter().skip(part).step_by(2);
        index.extend(own.clone().map(|(name, _)| (name.clone(), file.as_str().into())));
        let views = own.map(|(name, (dtype, shape, bytes))| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        fs::write(folder.join(file), safetensors::serialize(views, None).unwrap()).unwrap();
    }
    let index = serde_json::json!({ "weight_map": index }).to_string();
    fs::write(folder.join("model.safetensors.index.json"), index).unwrap();
    let store = Store::new(home.path().into());
    let halves = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
    assert_ne!(halves.weights_id(), whole.weights_id());
    let passages = ["the old town", "поезд", ""];
    let score = |model| candle(model).unwrap().score_all("a town by the river", &passages).unwrap();
    assert_eq!(score(&halves), score(&whole));

    fs::remove_file(&halves.weights_files()[1]).unwrap();
    assert!(matches!(
        candle(&halves),
        Err(InferenceError::Network(NetworkError::Unreadable { .. }))
    ));
}

#[test]
fn a_config_that_does_not_fit_is_an_error_and_not_a_panic() {
    let changes: [(Architecture, &[(&str, Value)]); 9] = [
        (Architecture::Bert, &[]),
        (Architecture::XlmRoberta, &[("hidden_act", "tanh".into()), ("pad_token_id", 2.into())]),
        (
            Architecture::DebertaV2,
            &[
                ("hidden_act", "relu".into()),
                ("pooler_hidden_act", "tanh".into()),
                ("relative_attention", false.into()),
                ("conv_kernel_size", 3.into()),
                ("embedding_size", 16.into()),
                ("pooler_hidden_size", 64.into()),
                ("attention_head_size", 16.into()),
                ("pos_att_type", 7.into()),
            ],
        ),
        (
            Architecture::ModernBert,
            &[
                ("hidden_activation", "relu".into()),
                ("classifier_activation", "relu".into()),
                ("classifier_pooling", "max".into()),
                ("norm_bias", true.into()),
                ("mlp_bias", true.into()),
                ("attention_bias", true.into()),
                ("classifier_bias", true.into()),
                ("layer_types", serde_json::json!(["linear_attention"])),
                ("num_attention_heads", 32.into()),
                (
                    "rope_parameters",
                    serde_json::json!({"full_attention": {"rope_type": "yarn", "rope_theta": 1e4}}),
                ),
            ],
        ),
        (
            Architecture::JinaBert,
            &[
                ("position_embedding_type", "absolute".into()),
                ("feed_forward_type", "reglu".into()),
            ],
        ),
        (
            Architecture::Qwen3,
            &[
                ("hidden_act", "relu".into()),
                ("attention_bias", true.into()),
                ("use_sliding_window", true.into()),
                ("layer_types", serde_json::json!(["full_attention", "sliding_attention"])),
                ("num_key_value_heads", 3.into()),
                ("num_key_value_heads", 0.into()),
                ("head_dim", 15.into()),
                ("rope_scaling", serde_json::json!({"type": "yarn", "factor": 4.0})),
                ("rope_parameters", serde_json::json!({"rope_type": "yarn", "rope_theta": 1e4})),
            ],
        ),
        (Architecture::Qwen2, &[("hidden_act", "gelu".into())]),
        (
            Architecture::Gemma,
            &[("hidden_act", "silu".into()), ("hidden_activation", "gelu_new".into())],
        ),
        (
            Architecture::MiniCpm,
            &[
                ("head_type", "complex".into()),
                ("head_multi", false.into()),
                ("start_layer", 29.into()),
                ("start_layer", Value::Null),
            ],
        ),
    ];
    for (architecture, own) in changes {
        let (_home, model) = install(architecture);
        let good = json(&format!("{architecture}/config.json"));
        let common = [
            ("vocab_size", 300.into()),
            ("num_attention_heads", 0.into()),
            ("num_attention_heads", 5.into()),
            ("hidden_size", 0.into()),
            ("max_position_embeddings", (max_tokens(architecture) - 1).into()),
            ("hidden_size", "32".into()),
            ("num_hidden_layers", Value::Null),
        ];
        for (key, value) in common.iter().chain(own) {
            let mut config = good.clone();
            config[*key] = value.clone();
            fs::write(model.config_file().unwrap(), config.to_string()).unwrap();
            let error = candle(&model).err().unwrap_or_else(|| panic!("{architecture}: {key}"));
            assert!(
                matches!(&error, InferenceError::Network(NetworkError::Config { .. })),
                "{architecture}, {key} {value}: {error}"
            );
        }
        fs::write(model.config_file().unwrap(), "[]").unwrap();
        assert!(candle(&model).is_err());
    }
}

#[test]
fn a_tokenizer_with_more_tokens_than_embeddings_is_refused() {
    let (_home, model) = install(Architecture::XlmRoberta);
    let mut config = json("xlm-roberta/config.json");
    config["vocab_size"] = 300.into();
    fs::write(model.config_file().unwrap(), config.to_string()).unwrap();
    assert_eq!(
        candle(&model).err().unwrap().to_string(),
        "the config of model xlm-roberta has 300 where vocab_size of at least the 335 tokens of \
         the tokenizer is expected"
    );
}

#[test]
fn an_architecture_that_cannot_be_run_is_answered_with_those_that_can() {
    let (_home, model) = install(Architecture::ModernBert);
    let isa = Isa::available()[0];
    let error = load(&model, &Runtime::Kernels { precision: Precision::F32, isa }, 1);
    assert_eq!(
        error.err().unwrap().to_string(),
        "model modernbert has the architecture \"modernbert\", where bert or xlm-roberta \
         is expected"
    );
}
