//! trommel's own runtime, by precision and instruction set.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use safetensors::SafeTensors;
use trommel_kernels::{Bert, Config, Isa, Precision, Sequence};
use trommel_models::WordPiece;

use crate::Failure;
use crate::contestant::Contestant;
use crate::work::{self, Work};

/// Longest sequence.
const MAX_TOKENS: usize = 512;

/// Both models are loaded when they are first asked for.
pub struct Kernels {
    folder: PathBuf,
    precision: Precision,
    isa: Isa,
    models: HashMap<&'static str, Bert>,
    tokenizer: WordPiece,
}

impl Kernels {
    /// Loads `trommel-PRECISION` or `trommel-PRECISION-ISA`.
    pub fn load(name: &str, folder: &Path) -> Result<Self, Failure> {
        let rest = name.strip_prefix("trommel-").ok_or("not one of trommel's")?;
        let (precision, isa) = rest.split_once('-').map_or((rest, None), |(a, b)| (a, Some(b)));
        let precision = match precision {
            "int8" => Precision::Int8,
            "bf16" => Precision::Bf16,
            "f32" => Precision::F32,
            other => return Err(format!("no precision is called {other:?}").into()),
        };
        let isa = isa.map_or(Ok(Isa::best()), Isa::named)?;
        let tokenizer = fs::read(folder.join("encoder/tokenizer.json"))?;
        let tokenizer = WordPiece::from_json(&tokenizer)?;
        Ok(Self { folder: folder.to_owned(), precision, isa, models: HashMap::new(), tokenizer })
    }

    fn model(&mut self, kind: &'static str) -> Result<&Bert, Failure> {
        if !self.models.contains_key(kind) {
            let bert = load(&self.folder.join(kind), kind == "reranker", self.precision, self.isa)?;
            self.models.insert(kind, bert);
        }
        Ok(&self.models[kind])
    }
}

impl Contestant for Kernels {
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure> {
        match work {
            Work::Encode(texts) => Ok(self.model("encoder")?.mean(&borrowed(texts))?),
            Work::Rerank(pairs) => Ok(self.model("reranker")?.logits(&borrowed(pairs))?),
            Work::Texts(texts) => {
                let tokenizer = &self.tokenizer;
                let ids: Vec<Vec<u32>> =
                    texts.par_iter().map(|text| tokenizer.single(text, MAX_TOKENS)).collect();
                let sequences: Vec<Sequence<'_>> =
                    ids.iter().map(|ids| Sequence { ids, types: &[] }).collect();
                let mut vectors = self.model("encoder")?.mean(&sequences)?;
                vectors.iter_mut().for_each(|vector| normalise(vector));
                Ok(vectors)
            }
            other => Err(format!("{other:?} is not for a model").into()),
        }
    }
}

/// Loads a model from the folder that holds its weights and configuration.
pub fn load(folder: &Path, head: bool, precision: Precision, isa: Isa) -> Result<Bert, Failure> {
    let bytes = fs::read(folder.join("model.safetensors"))?;
    let tensors = SafeTensors::deserialize(&bytes)?;
    let config: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("config.json"))?)?;
    let size = |name: &str| config[name].as_u64().map(|size| size as usize).ok_or(name.to_owned());
    let config = Config {
        vocabulary: size("vocab_size")?,
        positions: size("max_position_embeddings")?,
        types: size("type_vocab_size")?,
        hidden: size("hidden_size")?,
        layers: size("num_hidden_layers")?,
        heads: size("num_attention_heads")?,
        intermediate: size("intermediate_size")?,
        epsilon: config["layer_norm_eps"].as_f64().unwrap_or(1e-12) as f32,
        labels: usize::from(head),
    };
    let tensor = |name: &str| {
        let tensor = tensors.tensor(name).ok()?;
        let numbers = tensor.data().as_chunks::<4>().0.iter().map(|it| f32::from_le_bytes(*it));
        Some((tensor.shape().to_vec(), numbers.collect()))
    };
    Ok(Bert::new(config, tensor, precision, isa)?)
}

fn borrowed(sequences: &[work::Sequence]) -> Vec<Sequence<'_>> {
    sequences.iter().map(|it| Sequence { ids: &it.ids, types: &it.types }).collect()
}

/// Scales a vector to length 1.
pub fn normalise(vector: &mut [f32]) {
    let norm = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|number| *number /= norm);
}
