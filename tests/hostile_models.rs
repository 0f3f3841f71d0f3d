//! Fear: a model's file panics, hangs, fills the memory or ends the process.

#[path = "common/effort.rs"]
mod effort;

use std::backtrace::Backtrace;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use effort::{alone, effort_of, quick_folder};
use trommel_core::{ChatError, Message, Role, SystemClock};
use trommel_inference::llm::InProcess;
use trommel_models::{
    AddOptions, InstalledModel, Isa, Kind, ModelsError, Precision, Runtime, Silent, Store,
    WordPiece,
};
use trommel_testkit::{Dice, LongRun, TinyModel, mutated};

/// The longest that a file may be looked at, of a processor's time; a test build is as fast as any.
const MOST_TIME: Duration = Duration::from_secs(1);

/// What is taken beside the file, whatever its size: buffers, threads, the allocator's own.
const BESIDE: u64 = 24 << 20;

/// The files of one model by their names.
#[derive(Clone)]
struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    fn read(folder: &Path) -> Self {
        Self::named(folder, &["config.json", "model.safetensors", "tokenizer.json"])
    }

    fn named(folder: &Path, names: &[&str]) -> Self {
        let file = |name: &&str| ((*name).to_owned(), fs::read(folder.join(name)).unwrap());
        Self(names.iter().map(file).collect())
    }

    fn write(&self, folder: &Path) {
        for (name, bytes) in &self.0 {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }

    fn bytes(&self) -> u64 {
        self.0.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }
}

/// Returns a small valid model of every kind that is read.
fn models() -> Vec<Files> {
    let tiny = |model: TinyModel| {
        let folder = quick_folder();
        model.write(folder.path()).unwrap();
        Files::read(folder.path())
    };
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/inference/tests/golden");
    let kinds = [
        "xlm-roberta",
        "xlm-roberta-flash",
        "deberta-v2",
        "modernbert",
        "qwen3",
        "gemma",
        "minicpm",
    ];
    let mut models = vec![tiny(TinyModel::encoder(1)), tiny(TinyModel::reranker(1))];
    models.push(as_onnx(&models[1], &TinyModel::reranker(1)));
    models.extend(kinds.map(|kind| Files::read(&golden.join(kind))));
    let languages = ["llama", "qwen2", "qwen3"];
    let gguf = |kind| Files::named(&golden.join("llm").join(kind), &["model.gguf"]);
    models.extend(languages.map(gguf));
    models
}

/// Returns a model with its weights as an ONNX graph: every tensor by its name, and one product
/// with a bias, so that a matrix is looked for.
fn as_onnx(files: &Files, tiny: &TinyModel) -> Files {
    let mut graph = Vec::new();
    let node = [field(1, b"x"), field(1, b"matrix"), field(2, b"y"), field(4, b"MatMul")].concat();
    graph.extend(field(1, &node));
    let node = [field(1, b"pooler.dense.bias"), field(1, b"y"), field(4, b"Add")].concat();
    graph.extend(field(1, &node));
    for (name, tensor) in &tiny.tensors {
        let raw: Vec<u8> = tensor.values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let dims = tensor.shape.iter().flat_map(|side| [vec![1 << 3], varint(*side)].concat());
        let float = [2 << 3, 1];
        let tensor: Vec<u8> = dims.chain(float).chain(field(8, name.as_bytes())).collect();
        graph.extend(field(5, &[tensor, field(9, &raw)].concat()));
    }
    let mut files = files.clone();
    files.0[1] = ("model.onnx".to_owned(), field(7, &graph));
    files
}

/// A field of bytes as protocol buffers write it: number and wire type 2, length, bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![number << 3 | 2], varint(bytes.len()), bytes.to_vec()].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// What came of a model's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Refused,
    Unusable,
    Used,
}

/// Puts a model into a store and has it read a text on one of our runtimes.
fn use_model(store: &Store, folder: &Path, runtime: &Runtime) -> Outcome {
    match store.add(folder, &AddOptions::default(), &Silent) {
        Err(_) => Outcome::Refused,
        Ok(model) => read_with(&model, runtime),
    }
}

fn read_with(model: &InstalledModel, runtime: &Runtime) -> Outcome {
    const TEXT: &str = "how many people live in the city of berlin";
    let used = match model.spec.kind() {
        Kind::Encoder => trommel_inference::load_encoder(model, runtime, 1)
            .is_ok_and(|encoder| encoder.encode_query(TEXT).is_ok()),
        Kind::Language => InProcess::load(model, 1, Arc::new(SystemClock::start()))
            .is_ok_and(|model| asked(&model, TEXT).is_ok()),
        _ => trommel_inference::load_reranker(model, runtime, 1)
            .is_ok_and(|reranker| reranker.score_all(TEXT, &[TEXT, ""]).is_ok()),
    };
    model.wordpiece().ok();
    if used { Outcome::Used } else { Outcome::Unusable }
}

/// Has a language model read a chat.
fn asked(model: &InProcess, question: &str) -> Result<Vec<f32>, ChatError> {
    let message = Message { role: Role::User, content: question.to_owned() };
    let tokens = model.tokens(&model.text(&[message])?)?;
    model.logits(&tokens)
}

fn runtimes() -> [Runtime; 3] {
    let kernels = |precision| Runtime::Kernels { precision, isa: Isa::best() };
    [kernels(Precision::F32), kernels(Precision::Int8), Runtime::Candle]
}

/// Runs one case; says what went wrong.
fn case(models: &[Files], mut dice: Dice) -> Result<(Outcome, Duration), String> {
    let mut files = dice.pick(models).clone();
    let place = dice.below(files.0.len());
    files.0[place].1 = mutated(&files.0[place].1, &mut dice);
    let name = files.0[place].0.clone();
    let runtime = dice.pick(&runtimes()).clone();
    let (home, folder) = (quick_folder(), quick_folder());
    let folder: PathBuf = folder.path().join("tiny");
    fs::create_dir_all(&folder).unwrap();
    files.write(&folder);
    let store = Store::new(home.path().into());
    let (outcome, effort) =
        effort_of(|| catch_unwind(AssertUnwindSafe(|| use_model(&store, &folder, &runtime))));
    fs::remove_dir_all(&folder).unwrap();
    let outcome = outcome.map_err(|_| format!("{name} panics on {runtime:?}"))?;
    if effort.time > MOST_TIME {
        return Err(format!("{name} takes {:?} on {runtime:?}", effort.time));
    }
    if effort.memory > 2 * files.bytes() + BESIDE {
        return Err(format!("{name} takes {} KiB on {runtime:?}", effort.memory >> 10));
    }
    Ok((outcome, effort.time))
}

fn hostile_models(run: LongRun) {
    let models = models();
    let mut seen = [0_u64; 3];
    let mut slowest = Duration::ZERO;
    let mut faults = Vec::new();
    // The first error of candle's reads the symbols of this program where RUST_BACKTRACE is set, the
    // first load of all starts threads; both fill caches that stay.
    drop(Backtrace::force_capture().to_string());
    for files in &models {
        let (home, folder) = (quick_folder(), quick_folder());
        files.write(folder.path());
        let options = AddOptions { id: Some("tiny".into()), ..AddOptions::default() };
        let model = Store::new(home.path().into()).add(folder.path(), &options, &Silent).unwrap();
        assert_eq!(read_with(&model, &Runtime::Candle), Outcome::Used, "{:?}", model.spec.model);
    }
    for (number, dice) in run.cases() {
        match case(&models, dice) {
            Ok((outcome, time)) => {
                seen[outcome as usize] += 1;
                slowest = slowest.max(time);
            }
            Err(fault) => faults.push(format!("case {number}: {fault}")),
        }
    }
    let [refused, unusable, used] = seen;
    let words = format!(
        "{refused} refused, {unusable} unusable, {used} used, {} faults, slowest {slowest:?}",
        faults.len()
    );
    run.record(&words);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(refused > used / 4, "the damage is too small to be noticed: {words}");
}

#[test]
fn no_damaged_model_panics_hangs_or_fills_the_memory() {
    let _alone = alone();
    hostile_models(LongRun::of("models", 4_000));
    kept_forms(LongRun::of("kept forms", 1_000));
}

#[test]
#[ignore = "the long run: a quarter of an hour"]
fn no_damaged_model_the_long_run() {
    let _alone = alone();
    hostile_models(LongRun::of("models", 195_000));
    kept_forms(LongRun::of("kept forms", 5_000));
}

/// What is kept beside a model is made by us, but it lies on a disk: damaged it is made again, and
/// with a right hash over wrong contents it is at worst another model.
fn kept_forms(run: LongRun) {
    let (home, folder) = (quick_folder(), quick_folder());
    TinyModel::reranker(1).write(folder.path()).unwrap();
    let store = Store::new(home.path().into());
    let options = AddOptions { id: Some("tiny".into()), ..AddOptions::default() };
    let model = store.add(folder.path(), &options, &Silent).unwrap();
    let runtime = Runtime::Kernels { precision: Precision::Int8, isa: Isa::best() };
    let score = || {
        let reranker = trommel_inference::load_reranker(&model, &runtime, 1).unwrap();
        reranker
            .score_all("many people", &["the city of berlin"])
            .map(|scores| scores[0].logit.to_bits())
    };
    let expected = score().unwrap();
    let kept: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(store.path("tiny").unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    assert!(!kept.is_empty());
    let mut again = 0;
    for (number, mut dice) in run.cases() {
        let (path, whole) = dice.pick(&kept);
        let mut damaged = mutated(whole, &mut dice);
        let honest = dice.below(2) == 0;
        if !honest {
            // An image has its hash at byte 16, of all that is behind it; a tokenizer at its end.
            let packed = path.file_name().unwrap().to_string_lossy().starts_with("packed");
            if packed && damaged.len() > 48 {
                let hash = blake3::hash(&damaged[48..]);
                damaged[16..48].copy_from_slice(hash.as_bytes());
            } else if !packed && damaged.len() > 32 {
                let end = damaged.len() - 32;
                let hash = blake3::hash(&damaged[..end]);
                damaged[end..].copy_from_slice(hash.as_bytes());
            }
        }
        fs::write(path, &damaged).unwrap();
        let got = catch_unwind(AssertUnwindSafe(score));
        let got = got.unwrap_or_else(|_| panic!("case {number}: {} panics", path.display()));
        if honest {
            assert_eq!(got.unwrap(), expected, "case {number}: {}", path.display());
            again += 1;
        }
        fs::write(path, whole).unwrap();
    }
    run.record(&format!("{again} made again"));
}

#[test]
fn no_damaged_tokenizer_panics_our_own_reader() {
    let _alone = alone();
    let folder = quick_folder();
    TinyModel::encoder(1).write(folder.path()).unwrap();
    let json = fs::read(folder.path().join("tokenizer.json")).unwrap();
    let mut read = 0;
    let run = LongRun::of("wordpiece", 2_000);
    for (_, mut dice) in run.cases() {
        if let Ok(wordpiece) = WordPiece::from_json(&mutated(&json, &mut dice)) {
            read += 1;
            let mut ids = Vec::new();
            wordpiece.ids("how many \u{1f600} people live in Berlin", &mut ids);
        }
    }
    run.record(&format!("{read} read"));
}

#[test]
fn pickles_are_never_opened_and_a_gguf_without_its_metadata_is_refused() {
    let _alone = alone();
    let folder = quick_folder();
    TinyModel::encoder(1).write(folder.path()).unwrap();
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let store = Store::new(quick_folder().path().into());
    let options = AddOptions { id: Some("tiny".into()), ..AddOptions::default() };
    let add = || store.add(folder.path(), &options, &Silent).map(|_| ());
    fs::write(folder.path().join("model.gguf"), b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f")
        .unwrap();
    assert!(matches!(add(), Err(ModelsError::Corrupt { .. })));
    fs::remove_file(folder.path().join("model.gguf")).unwrap();
    fs::write(folder.path().join("pytorch_model.bin"), b"\x80\x02cos\nsystem\n").unwrap();
    assert!(matches!(add(), Err(ModelsError::Pickle { .. })));
}
