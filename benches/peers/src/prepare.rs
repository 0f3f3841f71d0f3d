//! Models out of trommel's store and work out of BEIR's texts, for every contestant to read.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use trommel_kernels::{Isa, Precision, Sequence as Input};
use trommel_models::{Store, WordPiece};

use crate::Failure;
use crate::contestants::kernels;
use crate::work::{Sequence, Work};

const ENCODER: &str = "all-MiniLM-L6-v2";
const RERANKER: &str = "ms-marco-MiniLM-L-12-v2";
const TEXTS: usize = 32;
const PAIRS: usize = 100;
const PAIR_TOKENS: usize = 128;
const DOCUMENTS: [usize; 2] = [128, 512];
const ROWS: usize = 50_000;

/// Fills a work folder; reads `TROMMEL_HOME` and `TROMMEL_BEIR_DIR`.
pub fn prepare(folder: &Path) -> Result<(), Failure> {
    let store = Store::new(variable("TROMMEL_HOME")?);
    let beir = variable("TROMMEL_BEIR_DIR")?;
    fs::create_dir_all(folder.join("work"))?;
    for (id, kind) in [(ENCODER, "encoder"), (RERANKER, "reranker")] {
        let model = store.model(id)?;
        let kind = folder.join(kind);
        fs::create_dir_all(&kind)?;
        fs::copy(model.f32_weights()?, kind.join("model.safetensors"))?;
        fs::copy(model.tokenizer_file(), kind.join("tokenizer.json"))?;
        fs::write(kind.join("config.json"), model.config()?)?;
        if id == RERANKER {
            fs::copy(model.weights_file(), kind.join("int8-shipped.onnx"))?;
        }
    }
    fs::copy(store.runtime()?, folder.join("libonnxruntime.so"))?;

    let documents = texts(&beir.join("scifact/corpus.jsonl"))?;
    let queries = texts(&beir.join("scifact/queries.jsonl"))?;
    let tokenizer = WordPiece::from_json(&fs::read(folder.join("encoder/tokenizer.json"))?)?;
    for length in [64, 128, 256] {
        let texts = uniform(&tokenizer, &documents, length);
        save(folder, &format!("encode-{length}"), &Work::Encode(texts))?;
    }
    let tokenizer = WordPiece::from_json(&fs::read(folder.join("reranker/tokenizer.json"))?)?;
    save(folder, "rerank-128", &Work::Rerank(pairs(&tokenizer, &queries, &documents)))?;
    for count in DOCUMENTS {
        let texts = documents.iter().take(count).cloned().collect();
        save(folder, &format!("mixed-{count}"), &Work::Texts(texts))?;
    }
    save(folder, "build", &Work::Build)?;
    for (k, efs) in [(10, [64, 128, 256]), (100, [128, 256, 400])] {
        for ef in efs {
            save(folder, &format!("search-{k}-{ef}"), &Work::Search { k, ef })?;
        }
    }
    let more = texts(&beir.join("nfcorpus/corpus.jsonl"))?;
    let sentences: Vec<&str> =
        documents.iter().chain(&more).flat_map(|text| sentences(text)).take(ROWS).collect();
    let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
    vectors(folder, "rows.f32", &sentences)?;
    vectors(folder, "queries.f32", &queries)
}

fn variable(name: &str) -> Result<PathBuf, Failure> {
    std::env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("{name} is not set").into())
}

fn save(folder: &Path, name: &str, work: &Work) -> Result<(), Failure> {
    let path = folder.join("work").join(format!("{name}.json"));
    Ok(fs::write(path, serde_json::to_vec(work)?)?)
}

/// Returns title and text of each line of a BEIR file.
fn texts(path: &Path) -> Result<Vec<String>, Failure> {
    let file = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = |line: &str| {
        let line: Value = serde_json::from_str(line)?;
        let part = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        Ok(format!("{} {}", part("title"), part("text")).trim().to_owned())
    };
    file.lines().map(text).collect()
}

/// Cuts the documents' tokens, one document after the other, into texts of one length.
fn uniform(tokenizer: &WordPiece, documents: &[String], length: usize) -> Vec<Sequence> {
    let mut ids = Vec::new();
    for document in documents {
        tokenizer.ids(document, &mut ids);
        if ids.len() >= TEXTS * length {
            break;
        }
    }
    let text = |ids: &[u32]| {
        let ids = [&[tokenizer.cls()], ids, &[tokenizer.sep()]].concat();
        Sequence { types: vec![0; ids.len()], ids }
    };
    ids.chunks_exact(length - 2).take(TEXTS).map(text).collect()
}

/// Returns pairs of one length: queries in turn with documents that are long enough.
fn pairs(tokenizer: &WordPiece, queries: &[String], documents: &[String]) -> Vec<Sequence> {
    let pair = |(query, document): (&String, &String)| {
        let mut ids = Vec::new();
        tokenizer.ids(query, &mut ids);
        tokenizer.pair(&ids, document, PAIR_TOKENS)
    };
    (queries.iter().zip(documents).map(pair))
        .filter(|pair| pair.ids.len() == PAIR_TOKENS)
        .take(PAIRS)
        .map(|pair| Sequence { ids: pair.ids, types: pair.types })
        .collect()
}

/// Splits where a sentence seems to end, and leaves out the shortest.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(". ").filter(|sentence| sentence.len() >= 30)
}

/// Writes the vectors of texts, of length 1.
fn vectors(folder: &Path, file: &str, texts: &[&str]) -> Result<(), Failure> {
    let tokenizer = WordPiece::from_json(&fs::read(folder.join("encoder/tokenizer.json"))?)?;
    let bert = kernels::load(&folder.join("encoder"), false, Precision::Int8, Isa::best())?;
    let mut out = std::io::BufWriter::new(fs::File::create(folder.join(file))?);
    for texts in texts.chunks(1024) {
        let ids: Vec<Vec<u32>> = texts.iter().map(|text| tokenizer.single(text, 512)).collect();
        let inputs: Vec<Input<'_>> = ids.iter().map(|ids| Input { ids, types: &[] }).collect();
        for mut vector in bert.mean(&inputs)? {
            kernels::normalise(&mut vector);
            for number in vector {
                out.write_all(&number.to_le_bytes())?;
            }
        }
    }
    Ok(out.flush()?)
}
