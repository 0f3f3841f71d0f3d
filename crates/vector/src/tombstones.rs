//! The file that names the dead.

use std::collections::BTreeSet;
use std::path::Path;

use trommel_core::PassageId;
use trommel_core::disk::{Folder, Mapped};

use crate::VectorError;
use crate::files::NewFile;
use crate::format::{self, HEADER, Header, numbers};

/// Reads the ids of a tombstone file, strictly rising.
pub(crate) fn read(path: &Path) -> Result<BTreeSet<PassageId>, VectorError> {
    let file = Mapped::open(path).map_err(VectorError::io(path))?;
    let header = Header::read(path, format::TOMBSTONES, &file)?;
    if header.words != [0; 6] {
        return Err(VectorError::corrupt(path, "a reserved byte of the header is not 0"));
    }
    // The count comes out of the file and may be anything.
    let len = header.count.checked_mul(8).and_then(|ids| ids.checked_add(HEADER as u64));
    format::check_len(path, &file, len.unwrap_or(u64::MAX))?;
    let ids: &[u64] = numbers(&file[HEADER..]);
    match ids.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => {
            let detail = format!("passage {} follows passage {}", pair[1], pair[0]);
            Err(VectorError::corrupt(path, detail))
        }
        None => Ok(ids.iter().copied().map(PassageId).collect()),
    }
}

/// Writes ids under the name `temporary`, then gives the file its own.
pub(crate) fn write(
    folder: &Folder,
    temporary: &str,
    name: &Path,
    dead: &BTreeSet<PassageId>,
) -> Result<(), VectorError> {
    let mut file = NewFile::create(folder, temporary)?;
    let ids: Vec<u64> = dead.iter().map(|id| id.0).collect();
    file.write(bytemuck::cast_slice(&ids))?;
    let count = ids.len() as u64;
    file.finish(Header { magic: format::TOMBSTONES, count, words: [0; 6] }, name)
}
