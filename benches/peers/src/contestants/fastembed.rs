//! fastembed-rs with a model of the user's own, as it comes and with texts sorted by length.

use std::path::Path;

use fastembed::{
    InitOptionsUserDefined, Pooling, QuantizationMode, TextEmbedding, TokenizerFiles,
    UserDefinedEmbeddingModel,
};

use crate::Failure;
use crate::contestant::Contestant;
use crate::work::Work;

const BATCH: usize = 32;

pub struct Fastembed {
    model: TextEmbedding,
    sorted: bool,
}

impl Fastembed {
    /// Loads `fastembed-PRECISION` or `fastembed-PRECISION-sorted`.
    pub fn load(name: &str, folder: &Path) -> Result<Self, Failure> {
        let rest = name.replace("fastembed-", "");
        let sorted = rest.ends_with("-sorted");
        let folder = folder.join("encoder");
        let file = folder.join(rest.replace("-sorted", "") + ".onnx");
        let tokenizer = TokenizerFiles {
            tokenizer_file: std::fs::read(folder.join("tokenizer.json"))?,
            config_file: std::fs::read(folder.join("config.json"))?,
            special_tokens_map_file: b"{}".to_vec(),
            tokenizer_config_file: br#"{"model_max_length": 512, "pad_token": "[PAD]"}"#.to_vec(),
        };
        // Its mode for dynamic quantisation refuses batches; without a mode it makes them.
        let model = UserDefinedEmbeddingModel::new(std::fs::read(file)?, tokenizer)
            .with_quantization(QuantizationMode::None)
            .with_pooling(Pooling::Mean);
        let options = InitOptionsUserDefined::new().with_max_length(512).with_intra_threads(2);
        Ok(Self { model: TextEmbedding::try_new_from_user_defined(model, options)?, sorted })
    }
}

impl Contestant for Fastembed {
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure> {
        let Work::Texts(texts) = work else {
            return Err(format!("{work:?} is not for fastembed").into());
        };
        if !self.sorted {
            return Ok(self.model.embed(texts, Some(BATCH))?);
        }
        // By bytes: fastembed takes no token ids, so a user who sorts has only the text.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| texts[text].len());
        let sorted: Vec<&str> = order.iter().map(|&text| texts[text].as_str()).collect();
        let mut vectors = vec![Vec::new(); texts.len()];
        for (&text, vector) in order.iter().zip(self.model.embed(sorted, Some(BATCH))?) {
            vectors[text] = vector;
        }
        Ok(vectors)
    }
}
