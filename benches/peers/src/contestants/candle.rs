//! candle-transformers' BERT in 32-bit floats.
//!
//! Texts of one length need no mask; mixed ones are sorted by length, padded and masked.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use tokenizers::{Tokenizer, TruncationParams};

use crate::Failure;
use crate::contestant::Contestant;
use crate::work::Work;

const BATCH: usize = 32;

pub struct Candle {
    network: BertModel,
    tokenizer: Tokenizer,
}

impl Candle {
    /// Loads the encoder.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.join("encoder");
        let config: Config = serde_json::from_slice(&std::fs::read(folder.join("config.json"))?)?;
        let tensors =
            candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let network = BertModel::load(weights, &config)?;
        let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))?;
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(Some(TruncationParams { max_length: 512, ..Default::default() }))?;
        Ok(Self { network, tokenizer })
    }

    /// Returns the means over the texts' own tokens.
    fn means(&self, texts: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = texts.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let uniform = texts.iter().all(|ids| ids.len() == longest);
        let padded = |ids: &&[u32]| {
            let mut ids = ids.to_vec();
            ids.resize(longest, 0);
            ids
        };
        let shape = (texts.len(), longest);
        let ids: Vec<u32> = texts.iter().flat_map(padded).collect();
        let ids = Tensor::from_vec(ids, shape, &Device::Cpu)?;
        let types = ids.zeros_like()?;
        if uniform {
            return self.network.forward(&ids, &types, None)?.mean(1)?.to_vec2();
        }
        let own = |ids: &&[u32]| (0..longest).map(|i| f32::from(i < ids.len())).collect::<Vec<_>>();
        let mask: Vec<f32> = texts.iter().flat_map(own).collect();
        let mask = Tensor::from_vec(mask, shape, &Device::Cpu)?;
        let states = self.network.forward(&ids, &types, Some(&mask))?;
        let sums = states.broadcast_mul(&mask.unsqueeze(2)?)?.sum(1)?;
        sums.broadcast_div(&mask.sum(1)?.unsqueeze(1)?)?.to_vec2()
    }
}

impl Contestant for Candle {
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure> {
        match work {
            Work::Encode(texts) => {
                let texts: Vec<&[u32]> = texts.iter().map(|text| text.ids.as_slice()).collect();
                Ok(self.means(&texts)?)
            }
            Work::Texts(texts) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let encodings = self.tokenizer.encode_batch_fast(texts, true)?;
                let ids: Vec<&[u32]> = encodings.iter().map(|it| it.get_ids()).collect();
                let mut order: Vec<usize> = (0..ids.len()).collect();
                order.sort_by_key(|&text| ids[text].len());
                let mut vectors = vec![Vec::new(); ids.len()];
                for batch in order.chunks(BATCH) {
                    let texts: Vec<&[u32]> = batch.iter().map(|&text| ids[text]).collect();
                    for (&text, vector) in batch.iter().zip(self.means(&texts)?) {
                        vectors[text] = vector;
                    }
                }
                Ok(vectors)
            }
            other => Err(format!("{other:?} is not for an encoder").into()),
        }
    }
}
