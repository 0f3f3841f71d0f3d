//! `wordpiece.bin`: a model's tokenizer in its compact form, kept beside the model.

use std::fs;
use std::path::Path;

use trommel_core::disk::Folder;

use super::{WordPiece, WordPieceError};
use crate::digest::hex;
use crate::{InstalledModel, ModelsError};

/// The file's name in the model's folder.
const FILE: &str = "wordpiece.bin";

/// Returns a model's tokenizer: as kept if it was made from this `tokenizer.json` and is whole,
/// else made again; none if it is not of a sort that is read here.
///
/// Processes may make it at the same time: all write the same bytes, each under a name of its own,
/// and the last rename stays.
pub(crate) fn opened_or_made(model: &InstalledModel) -> Result<Option<WordPiece>, ModelsError> {
    let kept = model.folder.join(FILE);
    if let Some(tokenizer) = opened(&kept, model.tokenizer_sha256()) {
        return Ok(Some(tokenizer));
    }
    // Later calls trust what is made now, so what it is made from is checked here.
    model.check()?;
    let json = model.tokenizer_file();
    let text = fs::read(json).map_err(ModelsError::io(json))?;
    match WordPiece::from_json(&text) {
        Ok(tokenizer) => {
            // A store that cannot be written only costs the making at every start.
            Folder::from(&model.folder).replace_file(FILE, tokenizer.as_bytes()).ok();
            Ok(Some(tokenizer))
        }
        Err(WordPieceError::Unsupported { .. }) => Ok(None),
        Err(error) => Err(ModelsError::corrupt(json, error)),
    }
}

/// Whatever is wrong with the file, it is made again.
fn opened(path: &Path, json_sha256: &str) -> Option<WordPiece> {
    let tokenizer = WordPiece::from_bytes(fs::read(path).ok()?).ok()?;
    (hex(&tokenizer.made_from()) == json_sha256).then_some(tokenizer)
}
