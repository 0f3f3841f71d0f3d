//! GGUF: one file with all of a language model: what it is, its tokenizer, its weights.
//!
//! The names of keys are those of the published description of the format.

mod head;
mod recognise;
mod tokenizer;
mod weights;

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};

use crate::{Decoder, ModelsError};

pub use weights::GgufWeights;

/// The type of a token that steers the model and stands for no text.
const CONTROL: u64 = 3;

/// A GGUF file whose head was read.
pub struct Gguf {
    path: PathBuf,
    content: Content,
}

impl Gguf {
    /// Reads what a file says of itself; its weights are left there.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is no GGUF file, or names more than it has.
    pub fn read(path: &Path) -> Result<Self, ModelsError> {
        let file = File::open(path).map_err(ModelsError::io(path))?;
        let size = file.metadata().map_err(ModelsError::io(path))?.len();
        let mut file = BufReader::new(file);
        head::check(&mut file, size).map_err(|error| ModelsError::corrupt(path, error))?;
        file.rewind().map_err(ModelsError::io(path))?;
        let content =
            Content::read(&mut file).map_err(|error| ModelsError::corrupt(path, error))?;
        let gguf = Self { path: path.to_owned(), content };
        gguf.check_tensors(size)?;
        Ok(gguf)
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the family of the model.
    ///
    /// # Errors
    ///
    /// If it is none of those that are read.
    pub fn decoder(&self) -> Result<Decoder, ModelsError> {
        let name = self.text("general.architecture").unwrap_or_default();
        Decoder::named(name).ok_or_else(|| {
            ModelsError::unrecognised(
                &self.path,
                format!("general.architecture {}", Decoder::names()),
                format!("{name:?}"),
            )
        })
    }

    /// Returns a text of the metadata.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.content.metadata.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a number of the metadata that is whole and not negative.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        whole(self.content.metadata.get(key)?)
    }

    /// Returns a switch of the metadata.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    /// Returns a fraction of the metadata.
    #[must_use]
    pub fn fraction(&self, key: &str) -> Option<f32> {
        match self.content.metadata.get(key)? {
            Value::F32(number) => Some(*number),
            Value::F64(number) => Some(*number as f32),
            _ => None,
        }
    }

    /// Returns a number that the network has under its family's name, such as
    /// `llama.block_count` for `block_count`.
    ///
    /// # Errors
    ///
    /// If it is not there, or not positive.
    pub fn size(&self, key: &str) -> Result<usize, ModelsError> {
        let key = format!("{}.{key}", self.decoder()?);
        let number = self.number(&key).and_then(|number| usize::try_from(number).ok());
        number.filter(|&number| number > 0).ok_or_else(|| self.lacks("a positive number", &key))
    }

    /// Returns the ids of tokens that steer the model and stand for no text, such as the end of a
    /// message.
    #[must_use]
    pub fn control_tokens(&self) -> Vec<u32> {
        let types = self.list("tokenizer.ggml.token_type");
        (0..)
            .zip(types)
            .filter(|(_, kind)| whole(kind) == Some(CONTROL))
            .map(|(id, _)| id)
            .collect()
    }

    /// Returns the text of the token that a key such as `tokenizer.ggml.bos_token_id` names.
    #[must_use]
    pub fn token(&self, key: &str) -> Option<&str> {
        let id = usize::try_from(self.number(key)?).ok()?;
        match self.list("tokenizer.ggml.tokens").get(id)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a list of the metadata; an empty one if there is none.
    fn list(&self, key: &str) -> &[Value] {
        match self.content.metadata.get(key) {
            Some(Value::Array(values)) => values,
            _ => &[],
        }
    }

    fn lacks(&self, what: &str, key: &str) -> ModelsError {
        let got = self
            .content
            .metadata
            .get(key)
            .map_or_else(|| "nothing".to_owned(), |value| format!("{:?}", value.value_type()));
        ModelsError::unrecognised(&self.path, format!("{what} as {key}"), got)
    }
}

/// Returns a number of any of the format's whole types.
fn whole(value: &Value) -> Option<u64> {
    match *value {
        Value::U8(number) => Some(number.into()),
        Value::U16(number) => Some(number.into()),
        Value::U32(number) => Some(number.into()),
        Value::U64(number) => Some(number),
        Value::I8(number) => number.try_into().ok(),
        Value::I16(number) => number.try_into().ok(),
        Value::I32(number) => number.try_into().ok(),
        Value::I64(number) => number.try_into().ok(),
        _ => None,
    }
}
