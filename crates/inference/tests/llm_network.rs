//! Fears about a language model in process: it computes, splits or fills in something else than the
//! libraries that its file was published for, or takes a strange file for a good one.
//!
//! `golden/make_llm.py` made the models and says what the reference is.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;
use trommel_core::{Ask, ChatError, ChatModel, Message, Reply, Role, SystemClock};
use trommel_inference::InferenceError;
use trommel_inference::llm::InProcess;
use trommel_models::{
    AddOptions, Architecture, Decoder, EncoderSpec, InstalledModel, Kind, LanguageSpec, Model,
    ModelsError, NetworkError, NetworkSpec, Pooling, Silent, Store, WeightsFormat,
};

#[derive(Deserialize)]
struct Reference {
    prompts: Vec<(String, Vec<u32>)>,
    logits: Vec<Vec<f32>>,
    texts: Vec<String>,
    ids: Vec<Vec<u32>>,
    chats: Vec<Chat>,
}

#[derive(Deserialize)]
struct Chat {
    messages: Vec<(String, String)>,
    text: String,
    tokens: u64,
    answer: String,
}

impl Chat {
    fn messages(&self) -> Vec<Message> {
        let role = |name: &str| if name == "system" { Role::System } else { Role::User };
        let message = |(name, content): &(String, String)| Message {
            role: role(name),
            content: content.clone(),
        };
        self.messages.iter().map(message).collect()
    }
}

fn folder(decoder: Decoder) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/llm").join(decoder.name())
}

fn reference(decoder: Decoder) -> Reference {
    let file = fs::read(folder(decoder).join("reference.json")).unwrap();
    serde_json::from_slice(&file).unwrap()
}

/// Returns a tiny model in a store of its own.
fn install(decoder: Decoder) -> (TempDir, InstalledModel) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::new(home.path().into());
    let model = store.add(&folder(decoder), &AddOptions::default(), &Silent).unwrap();
    assert_eq!(
        model.spec.model,
        Model::Language(LanguageSpec { architecture: decoder, max_tokens: 512 })
    );
    (home, model)
}

fn load(model: &InstalledModel, threads: usize) -> Result<InProcess, InferenceError> {
    InProcess::load(model, threads, Arc::new(SystemClock::start()))
}

fn user(content: &str) -> [Message; 1] {
    [Message { role: Role::User, content: content.to_owned() }]
}

fn complete(model: &InProcess, messages: &[Message], shared: usize) -> Reply {
    let ask = Ask { messages, shared, max_tokens: 12, first: &["a", "e", "o", "the river"] };
    model.complete(&ask, Duration::MAX).unwrap()
}

#[test]
fn logits_are_those_of_the_reference_library() {
    for decoder in Decoder::ALL {
        let (_home, installed) = install(decoder);
        let model = load(&installed, 2).unwrap();
        let reference = reference(decoder);
        assert_eq!(reference.prompts.len(), reference.logits.len());
        for ((text, ids), expected) in reference.prompts.iter().zip(&reference.logits) {
            let got = model.logits(ids).unwrap();
            assert_eq!(got.len(), expected.len());
            for (got, expected) in got.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-4, "{decoder}: {got}, {expected} of {text:?}");
            }
        }
    }
}

#[test]
fn tokens_are_those_of_the_reference_library() {
    for decoder in Decoder::ALL {
        let (_home, installed) = install(decoder);
        let model = load(&installed, 1).unwrap();
        let reference = reference(decoder);
        assert_eq!((reference.texts.len(), reference.ids.len()), (200, 200));
        let prompts = reference.prompts.iter().map(|(text, ids)| (text, ids));
        for (text, expected) in reference.texts.iter().zip(&reference.ids).chain(prompts) {
            assert_eq!(model.tokens(text).unwrap(), *expected, "{decoder}: {text:?}");
            assert_eq!(model.count(text), expected.len());
        }
    }
}

#[test]
fn a_chat_is_the_text_of_the_reference_library_and_so_is_its_answer() {
    for decoder in Decoder::ALL {
        let (_home, installed) = install(decoder);
        let model = load(&installed, 2).unwrap();
        for chat in reference(decoder).chats {
            let messages = chat.messages();
            assert_eq!(model.text(&messages).unwrap(), chat.text, "{decoder}");
            let reply = complete(&model, &messages, 0);
            assert_eq!(reply.text, chat.answer, "{decoder}: {:?}", chat.text);
            assert_eq!(reply.prompt_tokens, Some(chat.tokens), "{decoder}: {:?}", chat.text);
        }
    }
}

#[test]
fn an_answer_is_the_same_to_the_last_bit_whatever_was_asked_before_and_on_any_threads() {
    for decoder in Decoder::ALL {
        let (_home, installed) = install(decoder);
        let common = "how many people live in the old town by the river? ";
        let chats: Vec<_> =
            ["one", "two two two", "", "deux"].map(|own| user(&format!("{common}{own}"))).into();
        let alone =
            chats.iter().map(|chat| complete(&load(&installed, 1).unwrap(), chat, common.len()));
        let alone: Vec<Reply> = alone.collect();
        assert_ne!(alone[0].first, alone[1].first);
        let together = load(&installed, 2).unwrap();
        for _ in 0..2 {
            for (chat, expected) in chats.iter().zip(&alone) {
                assert_eq!(complete(&together, chat, common.len()), *expected, "{decoder}");
                // Another beginning in between.
                complete(&together, &user("the bakery opens at six"), 4);
            }
        }
        let asked: Vec<Reply> = thread::scope(|scope| {
            let ask = |chat| complete(&together, chat, common.len());
            let threads: Vec<_> = chats.iter().map(|chat| scope.spawn(move || ask(chat))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(asked, alone, "{decoder}");
    }
}

#[test]
fn the_threads_of_a_pool_may_ask_all_at_once() {
    let (_home, installed) = install(Decoder::Llama);
    let model = load(&installed, 2).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let chats: Vec<String> = (0..12).map(|n| format!("chat {n}")).collect();
    let asked: Vec<Reply> = pool.install(|| {
        use rayon::prelude::*;
        chats.par_iter().map(|chat| complete(&model, &user(chat), 0)).collect()
    });
    for (chat, reply) in chats.iter().zip(asked) {
        assert_eq!(complete(&model, &user(chat), 0), reply);
    }
}

#[test]
fn the_first_words_are_those_that_are_one_token_with_their_probability() {
    let (_home, installed) = install(Decoder::Qwen3);
    let model = load(&installed, 1).unwrap();
    let chat = user("a town");
    let reply = complete(&model, &chat, 0);
    let words: Vec<&str> = reply.first.iter().map(|first| first.token.as_str()).collect();
    assert_eq!(words, ["a", "e", "o"], "three tokens and one text of several");
    let logits = model.logits(&model.tokens(&model.text(&chat).unwrap()).unwrap()).unwrap();
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
    for first in &reply.first {
        let id = model.tokens(&first.token).unwrap()[0];
        let expected = (f64::from(logits[id as usize]).exp() / sum).ln();
        assert!((first.logprob - expected).abs() < 1e-4, "{first:?}, {expected}");
    }
}

#[test]
fn what_does_not_fit_is_said_before_anything_is_read_and_time_is_kept() {
    let (_home, installed) = install(Decoder::Qwen2);
    let model = load(&installed, 1).unwrap();
    assert_eq!(model.context(), 512);
    let chat = user(&"x".repeat(600));
    let ask = Ask { messages: &chat, shared: 0, max_tokens: 12, first: &[] };
    let error = model.complete(&ask, Duration::MAX).unwrap_err();
    assert!(matches!(error, ChatError::TooLong { context: 512, got } if got > 612), "{error}");
    let chat = user("x");
    let ask = Ask { messages: &chat, shared: 0, max_tokens: 12, first: &[] };
    let error = model.complete(&ask, Duration::ZERO).unwrap_err();
    assert!(matches!(error, ChatError::OutOfTime { limit: Duration::ZERO }), "{error}");
    assert!(model.complete(&ask, Duration::from_secs(60)).is_ok());
    assert!(matches!(model.logits(&[0; 513]), Err(ChatError::TooLong { got: 513, .. })));
    assert!(matches!(model.logits(&[99_999]), Err(ChatError::Failed(_))));
}

#[test]
fn a_template_that_refuses_is_an_error_in_its_own_words() {
    let (_home, installed) = install(Decoder::Qwen2);
    let path = installed.weights_file();
    let file = fs::read(path).unwrap();
    let (from, to) = ("['system', 'user', 'assistant']", "['system', 'xxxx', 'assistant']");
    fs::write(path, exchanged(&file, from, to)).unwrap();
    let error = load(&installed, 1).unwrap().text(&user("a")).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("a strange role: user"), "{cause}");
}

/// Returns a file with another text in place of one of its own, as long.
fn exchanged(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = file.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut file = file.to_vec();
    file[at..at + from.len()].copy_from_slice(to.as_bytes());
    file
}

#[test]
fn a_strange_file_is_refused_by_name() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::new(home.path().into());
    let good = fs::read(folder(Decoder::Llama).join("model.gguf")).unwrap();
    let add = |file: &[u8]| {
        let from = tempfile::tempdir().unwrap();
        fs::write(from.path().join("any name.gguf"), file).unwrap();
        let options = AddOptions { id: Some("mine".into()), ..AddOptions::default() };
        store.add(from.path(), &options, &Silent)
    };
    for (from, to, said) in [
        (
            "llama-bpe",
            "llama-xyz",
            "tokenizer.ggml.pre gpt-2, smollm, llama-bpe or qwen2, got llama-xyz",
        ),
        ("tokenizer.chat_template", "tokenizer.chat_templatx", "a text as tokenizer.chat_template"),
        (
            "llama.context_length",
            "llama.context_lengtx",
            "a positive number as llama.context_length",
        ),
        ("tokenizer.ggml.merges", "tokenizer.ggml.mergex", "pairs as tokenizer.ggml.merges"),
        (
            "general.architecture",
            "general.architecturx",
            "general.architecture llama, qwen2 or qwen3",
        ),
    ] {
        let error = add(&exchanged(&good, from, to)).unwrap_err();
        assert!(matches!(error, ModelsError::Unrecognised { .. }), "{from}: {error}");
        assert!(error.to_string().contains(said), "{from}: {error}");
    }
    for length in [0, 3, 40, 4000] {
        let error = add(&good[..length]).unwrap_err();
        assert!(matches!(error, ModelsError::Corrupt { .. }), "{length}: {error}");
    }
    assert_eq!(add(&good).unwrap().spec.kind(), Kind::Language);

    let two = tempfile::tempdir().unwrap();
    for name in ["a.gguf", "b.gguf"] {
        fs::write(two.path().join(name), &good).unwrap();
    }
    let options = AddOptions { id: Some("two".into()), ..AddOptions::default() };
    let error = store.add(two.path(), &options, &Silent).unwrap_err().to_string();
    assert!(error.ends_with("expected one file NAME.gguf, got 2 of them"), "{error}");
}

#[test]
fn a_network_that_lacks_something_is_refused_by_name() {
    for decoder in Decoder::ALL {
        let (_home, installed) = install(decoder);
        let path = installed.weights_file();
        let good = fs::read(path).unwrap();
        let parts = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
        let norms = ["attn_norm", "ffn_norm"];
        let named = parts.iter().chain(&norms).map(|part| format!("blk.1.{part}.weight"));
        let mut named: Vec<String> = named.collect();
        named.push("token_embd.weight".into());
        named.push("output_norm.weight".into());
        match decoder {
            Decoder::Llama => {}
            Decoder::Qwen2 => named.extend(["q", "k", "v"].map(|p| format!("blk.0.attn_{p}.bias"))),
            Decoder::Qwen3 => named.push("blk.0.attn_k_norm.weight".into()),
        }
        for name in named {
            let other = name.replace("weight", "weighx").replace("bias", "biax");
            fs::write(path, exchanged(&good, &name, &other)).unwrap();
            let error = load(&installed, 1).err().unwrap();
            assert!(
                matches!(&error, InferenceError::Network(NetworkError::MissingTensor { name: missing, .. })
                    if *missing == name),
                "{name}: {error}"
            );
        }
        // The last tensor's bytes are not all there.
        fs::write(path, &good[..good.len() - 64]).unwrap();
        let error = load(&installed, 1).err().unwrap().to_string();
        let end = format!("does not fit into {} bytes", good.len() - 64);
        assert!(error.contains("the tensor ") && error.ends_with(&end), "{error}");
    }
}

/// Returns a file with bytes written over those `behind` bytes after a name.
fn forged(file: &[u8], name: &str, behind: usize, bytes: &[u8]) -> Vec<u8> {
    let at = file.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
    let at = at + name.len() + behind;
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// A context is no longer than what is ever read; a shape, as a number of bytes, must fit the file.
#[test]
fn sizes_that_are_forged_are_refused_or_cut() {
    let (_home, installed) = install(Decoder::Llama);
    let path = installed.weights_file();
    let good = fs::read(path).unwrap();

    // Behind the name stand the type and the number. Angles of all positions are more than memory holds.
    fs::write(path, forged(&good, "llama.context_length", 4, &u32::MAX.to_le_bytes())).unwrap();
    let model = load(&installed, 1).unwrap();
    assert!(model.logits(&[1; 100]).is_ok() && model.logits(&[1; 8193]).is_err());

    // Behind the name stand the number of sides and the side.
    let name = "output_norm.weight";
    fs::write(path, forged(&good, name, 4, &(1_u64 << 62).to_le_bytes())).unwrap();
    let error = load(&installed, 1).err().unwrap().to_string();
    assert!(error.contains(&format!("the tensor {name} of shape [{}]", 1_u64 << 62)), "{error}");
}

#[test]
fn a_model_of_another_kind_is_refused() {
    let (_home, mut installed) = install(Decoder::Llama);
    installed.spec.model = Model::Encoder(EncoderSpec {
        network: NetworkSpec {
            architecture: Architecture::Bert,
            weights: WeightsFormat::Safetensors,
            max_tokens: 512,
        },
        dimension: 1,
        pooling: Pooling::Cls,
        query_prefix: String::new(),
        passage_prefix: String::new(),
    });
    let error = load(&installed, 1).err().unwrap().to_string();
    assert_eq!(error, "llama is a encoder, where a language model is needed");
}
