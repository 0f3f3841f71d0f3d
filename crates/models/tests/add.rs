//! Models of one's own: what is taken, and what is refused.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use tempfile::TempDir;
use trommel_models::{
    AddOptions, Kind, ModelsError, Pooling, Silent, Spec, State, Store, WeightsFormat,
};

const CONFIG: &str = r#"{"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 5,
    "hidden_size": 2, "max_position_embeddings": 64}"#;
const TOKENIZER: &str = r#"{"version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": null, "decoder": null, "model": {"type": "WordLevel",
    "vocab": {"[UNK]": 0, "a": 1, "b": 2}, "unk_token": "[UNK]"}}"#;

/// A folder with a model in it, and a store.
struct World {
    folder: TempDir,
    store: Store,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { store: Store::new(folder.path().join("home")), folder };
        fs::create_dir(world.model()).unwrap();
        world.write("config.json", CONFIG);
        world.write("tokenizer.json", TOKENIZER);
        world.weights(&["embeddings.word_embeddings.weight"], Dtype::F32);
        world
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("my-model")
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.model().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Every tensor is [[1, -2]].
    fn weights(&self, names: &[&str], dtype: Dtype) {
        let data: &[u8] = match dtype {
            Dtype::BF16 => &[0x80, 0x3f, 0x00, 0xc0],
            _ => &[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0],
        };
        let tensor = TensorView::new(dtype, vec![1, 2], data).unwrap();
        let tensors: HashMap<&str, _> = names.iter().map(|name| (*name, tensor.clone())).collect();
        self.write("model.safetensors", safetensors::serialize(tensors, None).unwrap());
    }

    fn add(&self) -> Result<trommel_models::InstalledModel, ModelsError> {
        self.store.add(&self.model(), &AddOptions::default(), &Silent)
    }

    /// Returns why a folder is refused, and checks that nothing of it is in the store.
    fn refusal(&self) -> ModelsError {
        let error = self.add().unwrap_err();
        assert!(matches!(self.store.model("my-model"), Err(ModelsError::UnknownModel { .. })));
        error
    }
}

fn word_embeddings(path: &Path) -> (Vec<usize>, Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("embeddings.word_embeddings.weight").unwrap();
    assert_eq!(tensor.dtype(), Dtype::F32);
    (tensor.shape().to_vec(), tensor.data().to_vec())
}

fn architecture(spec: &Spec) -> &'static str {
    spec.network().unwrap().architecture.name()
}

/// A receipt as it was written before every kind of model had fields of its own.
#[test]
fn a_receipt_with_the_fields_of_all_kinds_is_still_read() {
    let world = World::new();
    let added = world.add().unwrap();
    let path = added.folder.join("model.json");
    let mut receipt: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    receipt["spec"] = serde_json::json!({
        "id": "my-model", "kind": "encoder", "architecture": "bert", "licence": "",
        "dimension": 2, "max_tokens": 64, "pooling": "mean", "query_prefix": "",
        "passage_prefix": "", "calibration": {"midpoint": 0.0, "scale": 1.0},
        "weights": "safetensors", "config": null, "sources": []
    });
    fs::write(&path, receipt.to_string()).unwrap();
    assert_eq!(world.store.model("my-model").unwrap().spec, added.spec);
    receipt["spec"]["architecture"] = "llama".into();
    fs::write(&path, receipt.to_string()).unwrap();
    assert!(matches!(world.store.model("my-model"), Err(ModelsError::Corrupt { .. })));
}

#[test]
fn an_encoder_is_recognised_by_its_files_and_found_again() {
    let world = World::new();
    let pooling = r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#;
    world.write("1_Pooling/config.json", pooling);
    world.write("sentence_bert_config.json", r#"{"max_seq_length": 32}"#);
    let prompts = r#"{"prompts": {"query": "q: ", "document": "d: "}}"#;
    world.write("config_sentence_transformers.json", prompts);
    let modules = ["Transformer", "Pooling", "Normalize"]
        .map(|name| format!(r#"{{"type": "sentence_transformers.models.{name}"}}"#));
    world.write("modules.json", format!("[{}]", modules.join(",")));

    world.add().unwrap();
    let model = world.store.model("my-model").unwrap();
    let spec = model.spec.encoder().unwrap();
    assert_eq!((spec.pooling, spec.network.max_tokens), (Pooling::Cls, 32));
    assert_eq!((spec.dimension, spec.network.weights), (2, WeightsFormat::Safetensors));
    assert_eq!((spec.query_prefix.as_str(), spec.passage_prefix.as_str()), ("q: ", "d: "));
    assert_eq!(model.tokenizer().unwrap().encode("b a", false).unwrap().get_ids(), [2, 1]);
    assert_eq!(model.f32_weights().unwrap(), model.weights_file());
    assert_eq!(model.config().unwrap(), CONFIG);
    let entries = world.store.entries().unwrap();
    let last = entries.last().unwrap();
    assert_eq!(last.spec.id, "my-model");
    assert!(
        matches!(&last.state, State::Present(receipt) if receipt.source.starts_with("folder "))
    );
    assert!(world.store.verify("my-model").unwrap().iter().all(|check| check.is_whole()));
}

#[test]
fn what_the_caller_says_goes_before_what_the_folder_says() {
    let world = World::new();
    let options = AddOptions {
        id: Some("other".into()),
        pooling: Some(Pooling::Cls),
        query_prefix: Some("Q ".into()),
        licence: Some("MIT".into()),
        ..AddOptions::default()
    };
    let model = world.store.add(&world.model(), &options, &Silent).unwrap();
    assert_eq!(model.fingerprint().unwrap().model, "other");
    let spec = model.spec.encoder().unwrap();
    assert_eq!((spec.pooling, spec.query_prefix.as_str()), (Pooling::Cls, "Q "));
    assert_eq!(model.spec.licence, "MIT");
    // Without any word on it, sentence-transformers takes the mean.
    assert_eq!(world.add().unwrap().spec.encoder().unwrap().pooling, Pooling::Mean);
}

#[test]
fn a_reranker_is_a_classifier_with_one_label() {
    let world = World::new();
    let config = |labels: &str| {
        CONFIG.replace("BertModel", "BertForSequenceClassification").replace('}', "") + labels + "}"
    };
    let names = ["bert.embeddings.word_embeddings.weight", "classifier.weight"];
    world.weights(&names, Dtype::F32);
    world.write("config.json", config(""));
    assert!(world.refusal().to_string().ends_with("expected one label, got 2 labels"));
    world.write("config.json", config(r#", "id2label": {"0": "a", "1": "b", "2": "c"}"#));
    assert!(world.refusal().to_string().ends_with("expected one label, got 3 labels"));
    world.weights(&names[..1], Dtype::F32);
    world.write("config.json", config(r#", "id2label": {"0": "LABEL_0"}"#));
    assert!(world.refusal().to_string().contains("expected classifier.weight"));
    world.weights(&names, Dtype::F32);
    let model = world.add().unwrap();
    assert_eq!((model.spec.kind(), model.spec.dimension()), (Kind::Reranker, None));
}

#[test]
fn a_reranker_of_any_architecture_is_recognised_by_its_config() {
    let families = [
        ("xlm-roberta", "XLMRoberta", "roberta.embeddings.word_embeddings.weight", "out_proj.", 61),
        ("deberta-v2", "DebertaV2", "deberta.embeddings.word_embeddings.weight", "", 64),
        ("modernbert", "ModernBert", "model.embeddings.tok_embeddings.weight", "", 64),
    ];
    for (name, class, table, head, max_tokens) in families {
        let world = World::new();
        let config = CONFIG
            .replace(r#""bert""#, &format!("{name:?}"))
            .replace("BertModel", &format!("{class}ForSequenceClassification"))
            .replace('}', r#", "pad_token_id": 2, "id2label": {"0": "LABEL_0"}}"#);
        world.write("config.json", &config);
        let head = format!("classifier.{head}weight");
        let (_, plain_table) = table.split_once('.').unwrap();
        for (found, missing) in [(table, head.as_str()), (&head, plain_table)] {
            world.weights(&[found], Dtype::BF16);
            let error = world.refusal().to_string();
            assert!(error.ends_with(&format!("expected {missing}, got no such tensor")), "{error}");
        }
        world.weights(&[table, &head], Dtype::BF16);
        world.write("config.json", config.replace(r#""0": "LABEL_0""#, r#""0": "no", "1": "yes""#));
        assert!(world.refusal().to_string().ends_with("expected one label, got 2 labels"));
        world.write("config.json", &config);
        let spec = world.add().unwrap().spec;
        assert_eq!((spec.kind(), architecture(&spec)), (Kind::Reranker, name));
        assert_eq!(spec.max_tokens(), Some(max_tokens), "{name}");
    }

    let world = World::new();
    let config = CONFIG
        .replace(r#""bert""#, r#""modernbert""#)
        .replace("BertModel", "ModernBertForSequenceClassification")
        .replace('}', r#", "num_labels": 1}"#);
    world.write("config.json", config);
    fs::rename(world.model().join("model.safetensors"), world.model().join("model.onnx")).unwrap();
    let error = world.refusal().to_string();
    assert!(error.ends_with("has no model.safetensors, as modernbert needs it"), "{error}");
}

#[test]
fn flash_attention_is_taken_with_absolute_positions_only() {
    let world = World::new();
    let names = ["roberta.embeddings.word_embeddings.weight", "classifier.out_proj.weight"];
    world.weights(&names, Dtype::BF16);
    let config = |class: &str, positions: &str| {
        let config = CONFIG.replace(r#""model_type": "bert","#, "").replace("BertModel", class);
        let flash = r#", "pad_token_id": 1, "num_labels": 1, "use_flash_attn": true"#;
        let positions = format!(r#", "position_embedding_type": {positions:?}}}"#);
        world.write("config.json", config.replace('}', &format!("{flash}{positions}")));
    };
    for class in ["XLMRobertaForSequenceClassification", "XLMRobertaModel", "HF_ColBERT"] {
        config(class, "rotary");
        let error = world.refusal().to_string();
        assert!(error.ends_with("expected absolute position embeddings, got rotary"), "{error}");
    }
    config("XLMRobertaModel", "absolute");
    assert!(world.refusal().to_string().ends_with("got one with use_flash_attn"));
    config("XLMRobertaForSequenceClassification", "absolute");
    let spec = world.add().unwrap().spec;
    assert_eq!((spec.kind(), architecture(&spec)), (Kind::Reranker, "xlm-roberta"));
    assert_eq!(spec.max_tokens(), Some(62));
}

#[test]
fn a_jina_reranker_is_no_bert() {
    let world = World::new();
    world.weights(&["bert.embeddings.word_embeddings.weight", "classifier.weight"], Dtype::BF16);
    let config = CONFIG.replace("BertModel", "JinaBertForSequenceClassification");
    let positions =
        |kind: &str| config.replace('}', &format!(r#", "position_embedding_type": {kind:?}}}"#));
    world.write("config.json", positions("absolute"));
    let error = world.refusal().to_string();
    assert!(error.ends_with("expected alibi position embeddings, got absolute"), "{error}");
    world.write("config.json", positions("alibi"));
    let spec = world.add().unwrap().spec;
    assert_eq!((spec.kind(), architecture(&spec)), (Kind::Reranker, "jina-bert"));
}

#[test]
fn a_language_model_of_a_family_of_rerankers_is_one() {
    let families = [
        ("qwen3", "Qwen3ForCausalLM"),
        ("qwen2", "Qwen2ForCausalLM"),
        ("gemma", "GemmaForCausalLM"),
        ("minicpm", "LayerWiseMiniCPMForCausalLM"),
    ];
    for (name, class) in families {
        let world = World::new();
        let config = CONFIG.replace(r#""bert""#, &format!("{name:?}")).replace("BertModel", class);
        world.write("config.json", config);
        let error = world.refusal().to_string();
        assert!(error.ends_with("expected embed_tokens.weight, got no such tensor"), "{error}");
        world.weights(&["model.embed_tokens.weight"], Dtype::BF16);
        let spec = world.add().unwrap().spec;
        assert_eq!((spec.kind(), architecture(&spec)), (Kind::Reranker, name));
        assert_eq!((spec.max_tokens(), spec.dimension()), (Some(64), None), "{name}");
    }
}

#[test]
fn weights_of_a_language_model_may_be_in_several_files() {
    let world = World::new();
    let config = CONFIG.replace(r#""bert""#, r#""gemma""#).replace("BertModel", "GemmaForCausalLM");
    world.write("config.json", config);
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    for (shard, tensor) in shards.iter().zip(["model.embed_tokens.weight", "model.norm.weight"]) {
        world.weights(&[tensor], Dtype::BF16);
        fs::rename(world.model().join("model.safetensors"), world.model().join(shard)).unwrap();
    }
    let index = format!(r#"{{"weight_map": {{"a": {:?}, "b": {:?}}}}}"#, shards[1], shards[0]);
    world.write("model.safetensors.index.json", index);
    let added = world.add().unwrap();
    let model = world.store.model("my-model").unwrap();
    assert_eq!(model.weights_files(), shards.map(|shard| model.folder.join(shard)));
    assert_eq!(model.weights_id(), added.weights_id());
    assert_eq!(world.store.verify("my-model").unwrap().len(), 4);

    fs::write(model.folder.join(shards[1]), "damaged").unwrap();
    assert!(matches!(world.store.model("my-model"), Err(ModelsError::Damaged { .. })));
    fs::remove_dir_all(&model.folder).unwrap();
    fs::remove_file(world.model().join(shards[1])).unwrap();
    let error = world.refusal().to_string();
    assert!(error.ends_with("has no model-00002-of-00002.safetensors"), "{error}");

    world.weights(&["embeddings.word_embeddings.weight"], Dtype::BF16);
    fs::rename(world.model().join("model.safetensors"), world.model().join(shards[1])).unwrap();
    world.write("config.json", CONFIG);
    let error = world.refusal().to_string();
    assert!(error.ends_with("has no model.safetensors, as bert needs it"), "{error}");
}

#[test]
fn prefixed_and_16_bit_weights_are_rewritten_once_and_a_damaged_copy_again() {
    let world = World::new();
    world.weights(&["bert.embeddings.word_embeddings.weight"], Dtype::BF16);
    world.add().unwrap();
    let model = world.store.model("my-model").unwrap();
    let copy = model.f32_weights().unwrap();
    assert_ne!(copy, model.weights_file());
    // 1 and -2 as 32-bit floats.
    let expected = (vec![1, 2], vec![0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
    assert_eq!(word_embeddings(&copy), expected);
    assert_eq!(world.store.verify("my-model").unwrap().len(), 4);

    let written = fs::metadata(&copy).unwrap().modified().unwrap();
    model.f32_weights().unwrap();
    assert_eq!(fs::metadata(&copy).unwrap().modified().unwrap(), written);

    let mut bytes = fs::read(&copy).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&copy, bytes).unwrap();
    let checks = world.store.verify("my-model").unwrap();
    let damaged: Vec<_> = checks.iter().filter(|check| !check.is_whole()).collect();
    assert_eq!((damaged.len(), &damaged[0].path), (1, &copy));
    assert_eq!(word_embeddings(&model.f32_weights().unwrap()), expected);
}

#[test]
fn a_copy_in_the_making_is_made_once_by_many_threads_and_leaves_nothing() {
    let world = World::new();
    world.weights(&["bert.embeddings.word_embeddings.weight"], Dtype::BF16);
    let model = world.add().unwrap();
    fs::write(model.folder.join(".tmpHALF"), "half").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| word_embeddings(&model.f32_weights().unwrap()));
        }
    });
    let mut names: Vec<_> = fs::read_dir(&model.folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = ["config.json", "f32.json", "f32.lock", "f32.safetensors", "model.json"];
    assert_eq!(names[..5], expected);
    assert_eq!(names[5..], ["model.safetensors", "tokenizer.json"]);
}

#[test]
fn pickles_are_refused_even_beside_everything_else() {
    let world = World::new();
    fs::remove_file(world.model().join("model.safetensors")).unwrap();
    assert!(matches!(world.refusal(), ModelsError::Incomplete { expected, .. }
        if expected == "model.safetensors, model.onnx or NAME.gguf"));
    for name in ["pytorch_model.bin", "model.pt"] {
        world.write(name, "\u{80}\u{2}");
        let error = world.refusal();
        assert!(matches!(&error, ModelsError::Pickle { path } if path.ends_with(name)), "{error}");
        fs::remove_file(world.model().join(name)).unwrap();
    }
}

#[test]
fn what_is_not_read_is_refused_with_the_file_that_shows_it() {
    let refuses = |name: &str, content: String, words: &str| {
        let world = World::new();
        world.write(name, content);
        let error = world.refusal().to_string();
        assert!(error.contains(name) && error.contains(words), "{name}: {error}");
    };
    let config = |from: &str, to: &str| CONFIG.replace(from, to);
    refuses("config.json", config("BertModel", "LlamaForCausalLM"), "got LlamaForCausalLM");
    refuses("config.json", config(r#""bert""#, r#""roberta""#), "got BertModel of type roberta");
    let supported = "expected BertModel, BertForSequenceClassification, \
        XLMRobertaForSequenceClassification, DebertaV2ForSequenceClassification, \
        ModernBertForSequenceClassification, JinaBertForSequenceClassification, Qwen3ForCausalLM, Qwen2ForCausalLM, \
        GemmaForCausalLM or LayerWiseMiniCPMForCausalLM, got LlamaForCausalLM of type llama";
    let llama = config("BertModel", "LlamaForCausalLM").replace(r#""bert""#, r#""llama""#);
    refuses("config.json", llama, supported);
    refuses(
        "config.json",
        config(r#""hidden_size": 2"#, r#""hidden_size": -2"#),
        "hidden_size, got -2",
    );
    refuses(
        "config.json",
        config("{", r#"{"position_embedding_type": "relative_key", "#),
        "relative_key",
    );
    let alibi = config("{", r#"{"position_embedding_type": "alibi", "#);
    refuses("config.json", alibi, "got alibi");
    refuses("config.json", config("{", r#"{"use_flash_attn": true, "#), "use_flash_attn");
    refuses("config.json", "{".into(), "cannot be read");
    refuses("config.json", "[]".into(), "no architecture");
    let too_many = TOKENIZER.replace(r#""b": 2"#, r#""b": 2, "c": 3, "d": 4, "e": 5"#);
    refuses("tokenizer.json", too_many, "expected at most 5 tokens, as config.json says, got 6");
    refuses("tokenizer.json", "{}".into(), "cannot be read");
    refuses("1_Pooling/config.json", r#"{"pooling_mode_max_tokens": true}"#.into(), "max_tokens");
    let dense = r#"[{"type": "sentence_transformers.models.Dense"}]"#;
    refuses("modules.json", dense.into(), "got sentence_transformers.models.Dense");
    refuses("model.safetensors", "no tensors here".into(), "cannot be read");
    refuses("model.safetensors", "\u{10}\0\0\0\0\0\0\0{}              ".into(), "no such tensor");

    let world = World::new();
    fs::remove_file(world.model().join("model.safetensors")).unwrap();
    world.write("model.onnx", "no graph");
    assert!(world.refusal().to_string().contains("not an ONNX file"));
    fs::remove_file(world.model().join("tokenizer.json")).unwrap();
    assert!(world.refusal().to_string().ends_with("has no tokenizer.json"));
}

#[test]
fn an_id_is_used_once_and_never_leads_out_of_the_store() {
    let world = World::new();
    world.add().unwrap();
    assert!(matches!(world.add(), Err(ModelsError::IdTaken { id }) if id == "my-model"));
    let with = |id: &str| {
        let options = AddOptions { id: Some(id.into()), ..AddOptions::default() };
        world.store.add(&world.model(), &options, &Silent).unwrap_err()
    };
    assert!(matches!(with("bge-small-en-v1.5"), ModelsError::IdTaken { .. }));
    for id in ["../x", "", ".hidden", "a b"] {
        assert!(matches!(with(id), ModelsError::BadId { .. }), "{id:?}");
    }
    let Err(ModelsError::UnknownModel { near, .. }) = world.store.model("my-modle") else {
        panic!("it was never added");
    };
    assert_eq!(near, ["my-model"]);
}
