//! What predicted vectors find in a collection in BEIR layout, each document as one passage, between
//! words alone and vectors of everything.
//!
//! ```text
//! cargo run --release -p trommel-predict --example beir -- FOLDER [SAMPLE] [VECTORS]
//! ```
//!
//! The store of models is `$TROMMEL_HOME`. `SAMPLE` is how many passages are sampled, 0 for the
//! default. `VECTORS` is a file that keeps the true vectors for another time.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use serde::Deserialize;
use trommel_core::{ContentHash, Encoder, Metadata, PassageId, Query, Retriever};
use trommel_eval::{Metric, Qrels, Run, evaluate, read_queries};
use trommel_inference::load_encoder;
use trommel_lexical::{LexicalIndex, LexicalPassage, LexicalSettings, LexicalWriter};
use trommel_models::{DEFAULT_ENCODER, Isa, Precision, Runtime, Store};
use trommel_predict::{
    Basis, Frequencies, SampledPassage, ScoreMatch, choose_sample, fit, sample_key, sample_size,
};

/// How many candidates each source has.
const DEPTH: usize = 100;

/// A line of `corpus.jsonl`.
#[derive(Deserialize)]
struct Document {
    _id: String,
    #[serde(default)]
    title: String,
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rest @ ..] = arguments.as_slice() else {
        return Err("usage: beir FOLDER [SAMPLE] [VECTORS]".into());
    };
    let folder = Path::new(folder);
    let size = rest.first().map_or(Ok(0), |size| size.parse())?;
    let home = std::env::var_os("TROMMEL_HOME").ok_or("TROMMEL_HOME is not set")?;
    let isa = Isa::best();
    let model = Store::new(PathBuf::from(home)).model(DEFAULT_ENCODER)?;
    let runtime = Runtime::Kernels { precision: Precision::Int8, isa };
    let encoder = load_encoder(&model, &runtime, rayon::current_num_threads())?;
    let words = encoder.word_pieces().ok_or("the encoder has no word pieces")?;

    let documents: Vec<Document> = fs::read_to_string(folder.join("corpus.jsonl"))?
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let texts: Vec<String> = documents.iter().map(Document::model_text).collect();
    let vectors = encoded(&*encoder, &texts, rest.get(1).map(Path::new))?;
    let dimension = encoder.fingerprint().dimension;
    let vector = |passage: usize| &vectors[passage * dimension..][..dimension];

    let begin = Instant::now();
    let pieces: Vec<Vec<u32>> = texts
        .par_iter()
        .map(|text| {
            let mut pieces = Vec::new();
            words.split(text, &mut pieces);
            pieces
        })
        .collect();
    let mut frequencies = Frequencies::new(words.vocabulary());
    pieces.iter().for_each(|pieces| frequencies.add(pieces));
    let split = begin.elapsed();
    let size = if size > 0 { size } else { sample_size(documents.len() as u64)? };
    let keyed = documents.iter().zip(0..).map(|(document, id)| {
        let hash = ContentHash(*blake3::hash(document._id.as_bytes()).as_bytes());
        (PassageId(id), sample_key(&hash, 0))
    });
    let sampled = choose_sample(keyed, size);
    let sample: Vec<SampledPassage<'_>> = sampled
        .iter()
        .map(|&id| (id, id.0 as usize))
        .map(|(id, at)| SampledPassage { id, pieces: &pieces[at], vector: vector(at) })
        .collect();
    let begin = Instant::now();
    let table = fit(&sample, &frequencies, &*words, encoder.fingerprint())?;
    let fitted = begin.elapsed();
    let begin = Instant::now();
    let mut predictions = table.predictor(&*words, isa)?.predict_all(&pieces);
    let predicted = begin.elapsed();
    let tokens = pieces.iter().map(Vec::len).sum::<usize>() / pieces.len();
    println!("{} documents of {tokens} pieces, a sample of {}", documents.len(), sample.len());
    println!("split in {split:.2?}, learned in {fitted:.2?}, predicted in {predicted:.2?}");
    println!("{:?}, {:.1} MB", table.quality(), table.to_bytes().len() as f64 / 1e6);

    let others: Vec<usize> = (0..documents.len())
        .filter(|at| sampled.binary_search(&PassageId(*at as u64)).is_err())
        .collect();
    let cosine =
        |at: usize| isa.dot(vector(at), &predictions.vectors[at * dimension..][..dimension]);
    let mean = others.iter().map(|at| cosine(*at)).sum::<f32>() / others.len() as f32;
    println!("mean cosine of those that were not sampled: {mean:.4}");
    println!(
        "of the mean alone: {}",
        predictions.bases.iter().filter(|it| **it != Basis::Pieces).count()
    );
    for (id, vector) in table.left_out().iter() {
        predictions.vectors[id.0 as usize * dimension..][..dimension].copy_from_slice(vector);
    }

    let index_folder = tempfile::tempdir()?;
    let index = index(&documents, index_folder.path())?;
    let bm25 = index.retriever(LexicalSettings::default());
    let names = ["bm25", "predicted", "predicted .5", "matched .5", "full .5", "full .75"];
    let mut runs = names.map(|_| Run::default());
    let qrels = Qrels::read(&folder.join("qrels/test.tsv"))?;
    for query in read_queries(&folder.join("queries.jsonl"))? {
        if qrels.of(&query.id).is_none() {
            continue;
        }
        let lexical = |limit| bm25.retrieve(Query { text: &query.text, vector: &[] }, limit, None);
        let mut words = vec![0.0; documents.len()];
        lexical(documents.len())?.iter().for_each(|hit| words[hit.id.0 as usize] = hit.score);
        let query_vector = encoder.encode_query(&query.text)?;
        let scores = |vectors: &[f32]| {
            let mut scores = vec![0.0; documents.len()];
            isa.dots(&query_vector, vectors, &mut scores);
            scores
        };
        let (full, predicted) = (scores(&vectors), scores(&predictions.vectors));
        let left_out = table.left_out().scores(&query_vector, isa);
        let line = ScoreMatch::new(sampled.iter().map(|id| full[id.0 as usize]).zip(left_out));
        let mut matched: Vec<f32> = predicted.iter().map(|score| line.apply(*score)).collect();
        sampled.iter().for_each(|id| matched[id.0 as usize] = full[id.0 as usize]);
        let rankings = [
            best(&words).into_iter().map(|at| (at, words[at])).collect(),
            best(&predicted).into_iter().map(|at| (at, predicted[at])).collect(),
            fused(&words, &predicted, 0.5),
            fused(&words, &matched, 0.5),
            fused(&words, &full, 0.5),
            fused(&words, &full, 0.75),
        ];
        for (run, ranking) in runs.iter_mut().zip(rankings) {
            let named = ranking.into_iter().map(|(at, score)| (documents[at]._id.as_str(), score));
            run.insert_ranking(query.id.as_str(), named)?;
        }
    }
    let metrics: [Metric; 2] = ["nDCG@10".parse()?, "R@100".parse()?];
    for (name, run) in names.iter().zip(&runs) {
        let found = evaluate(&qrels, run, &metrics);
        let means = metrics.iter().filter_map(|metric| found.mean(metric));
        let means: Vec<String> = means.map(|mean| format!("{mean:.4}")).collect();
        println!("{name:<14} {}", means.join("  "));
    }
    Ok(())
}

impl Document {
    /// Returns the text as the engine has it encoded.
    fn model_text(&self) -> String {
        match self.title.as_str() {
            "" => self.text.clone(),
            title => format!("{title}\n{}", self.text),
        }
    }
}

/// Returns the true vectors end to end, out of `kept` if it has them.
fn encoded(
    encoder: &dyn Encoder,
    texts: &[String],
    kept: Option<&Path>,
) -> Result<Vec<f32>, Box<dyn Error>> {
    if let Some(bytes) = kept.and_then(|path| fs::read(path).ok()) {
        return Ok(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect());
    }
    let begin = Instant::now();
    let mut vectors = Vec::new();
    for texts in texts.chunks(256) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        vectors.extend(encoder.encode_passages(&texts)?.into_iter().flatten());
    }
    println!("{} passages encoded in {:.0?}", texts.len(), begin.elapsed());
    if let Some(path) = kept {
        let bytes: Vec<u8> = vectors.iter().flat_map(|x: &f32| x.to_le_bytes()).collect();
        fs::write(path, bytes)?;
    }
    Ok(vectors)
}

fn index(documents: &[Document], folder: &Path) -> Result<LexicalIndex, Box<dyn Error>> {
    let mut writer = LexicalWriter::create(folder)?;
    let metadata = Metadata::new();
    for (document, id) in documents.iter().zip(0..) {
        writer.add(&LexicalPassage {
            id: PassageId(id),
            title: &document.title,
            headings: "",
            body: &document.text,
            path: "",
            metadata: &metadata,
        })?;
    }
    let state = writer.commit()?;
    Ok(LexicalIndex::open(folder, &state)?)
}

/// Returns the places of the best scores above 0, best first.
fn best(scores: &[f32]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > 0.0).collect();
    places.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    places.truncate(DEPTH);
    places
}

/// Returns the best of both sources by their min-max scores, the second's weighing `weight`.
fn fused(words: &[f32], dense: &[f32], weight: f32) -> Vec<(usize, f32)> {
    let mut pool = [best(words), best(dense)].concat();
    pool.sort_unstable();
    pool.dedup();
    let scaled = |scores: &[f32]| {
        let low = pool.iter().map(|at| scores[*at]).fold(f32::INFINITY, f32::min);
        let high = pool.iter().map(|at| scores[*at]).fold(f32::NEG_INFINITY, f32::max);
        pool.iter().map(|at| (scores[*at] - low) / (high - low).max(1e-9)).collect::<Vec<f32>>()
    };
    let both = scaled(words).into_iter().zip(scaled(dense));
    let scores = both.map(|(words, dense)| (1.0 - weight) * words + weight * dense);
    let mut ranking: Vec<(usize, f32)> = pool.iter().copied().zip(scores).collect();
    ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranking.truncate(DEPTH);
    ranking
}
