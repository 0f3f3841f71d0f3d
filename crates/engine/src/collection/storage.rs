//! Files that are written once, synced, hashed and verified.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;

use trommel_core::ContentHash;
use trommel_core::disk::{BLOCK_BYTES, BlockHashes, CheckedFile};
use trommel_vector::VectorState;

use super::manifest::{FileRecord, MANIFEST};
use super::{LEXICAL, PARTS};
use crate::EngineError;

/// Returns the size and hash of a file, and the hashes of its blocks if it is read by blocks and has
/// several.
pub(crate) fn record(folder: &Path, name: &str) -> io::Result<FileRecord> {
    let path = folder.join(name);
    let record = whole_record(&path)?;
    let by_blocks = is_read_by_blocks(name) && record.size > BLOCK_BYTES as u64;
    let blocks = by_blocks.then(|| BlockHashes::of(File::open(&path)?)).transpose()?;
    Ok(FileRecord { blocks, ..record })
}

/// Says whether searches read parts of a file of that kind. The others have checksums of their own, or
/// are read whole.
fn is_read_by_blocks(name: &str) -> bool {
    part_of(name) == LEXICAL || name.ends_with(".cat")
}

fn whole_record(path: &Path) -> io::Result<FileRecord> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    let blake3 = ContentHash(*hasher.finalize().as_bytes());
    Ok(FileRecord { size: hasher.count(), blake3, blocks: None })
}

/// Opens a file whose blocks are verified as they are read; one without hashes of blocks is verified
/// here.
pub(crate) fn checked_file(
    folder: &Path,
    name: &str,
    files: &BTreeMap<String, FileRecord>,
) -> Result<CheckedFile, EngineError> {
    let (path, record) = (folder.join(name), record_of(folder, files, name)?);
    let opened = match &record.blocks {
        Some(blocks) => {
            verify_length(folder, name, record)?;
            CheckedFile::open(&path, blocks.clone())
        }
        None => {
            verify_file(folder, name, record)?;
            CheckedFile::open_verified(&path)
        }
    };
    opened.map_err(EngineError::io("read", &path))
}

/// Reads a file that is verified as a whole.
pub(crate) fn verified_bytes(
    folder: &Path,
    name: &str,
    files: &BTreeMap<String, FileRecord>,
) -> Result<Vec<u8>, EngineError> {
    verify_file(folder, name, record_of(folder, files, name)?)?;
    let path = folder.join(name);
    fs::read(&path).map_err(EngineError::io("read", &path))
}

/// Returns the record of a file that a manifest names.
pub(crate) fn record_of<'a>(
    folder: &Path,
    files: &'a BTreeMap<String, FileRecord>,
    name: &str,
) -> Result<&'a FileRecord, EngineError> {
    files.get(name).ok_or_else(|| {
        EngineError::corrupt(&folder.join(MANIFEST), format!("it has no record of {name}"))
    })
}

/// Checks one file of a collection against its record.
pub(crate) fn verify_file(
    folder: &Path,
    name: &str,
    expected: &FileRecord,
) -> Result<(), EngineError> {
    let path = folder.join(name);
    let got = match whole_record(&path) {
        Ok(got) => got,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(EngineError::corrupt(&path, "it is missing"));
        }
        Err(error) => return Err(EngineError::io("read", &path)(error)),
    };
    if got.size != expected.size {
        let detail = format!("expected {} bytes, got {}", expected.size, got.size);
        return Err(EngineError::corrupt(&path, detail));
    }
    if got.blake3 != expected.blake3 {
        let detail = format!("expected blake3 {}, got {}", expected.blake3, got.blake3);
        return Err(EngineError::corrupt(&path, detail));
    }
    Ok(())
}

/// Checks that a file is there with the length of its record, without reading it.
pub(crate) fn verify_length(
    folder: &Path,
    name: &str,
    expected: &FileRecord,
) -> Result<(), EngineError> {
    let path = folder.join(name);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.len() == expected.size => Ok(()),
        Ok(metadata) => {
            let detail = format!("expected {} bytes, got {}", expected.size, metadata.len());
            Err(EngineError::corrupt(&path, detail))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(EngineError::corrupt(&path, "it is missing"))
        }
        Err(error) => Err(EngineError::io("read", &path)(error)),
    }
}

/// Checks the files of the given parts, such as `documents`.
pub(crate) fn verify_files(
    folder: &Path,
    files: &BTreeMap<String, FileRecord>,
    parts: &[&str],
) -> Result<(), EngineError> {
    files
        .iter()
        .filter(|(name, _)| parts.iter().any(|part| part_of(name) == *part))
        .try_for_each(|(name, expected)| verify_file(folder, name, expected))
}

/// Checks the files of a part that holds a vector index, save those that it verifies as it reads them.
pub(crate) fn verify_vectors(
    folder: &Path,
    files: &BTreeMap<String, FileRecord>,
    part: &str,
    state: &VectorState,
) -> Result<(), EngineError> {
    let as_read: BTreeSet<String> =
        state.verified_as_read().map(|file| format!("{part}/{file}")).collect();
    let own = files.iter().filter(|(name, _)| part_of(name) == part);
    for (name, record) in own {
        match as_read.contains(name) {
            true => verify_length(folder, name, record)?,
            false => verify_file(folder, name, record)?,
        }
    }
    Ok(())
}

/// Checks the files of a part whose blocks nobody verifies as they are read, and the lengths of the others.
pub(crate) fn verify_unblocked(
    folder: &Path,
    files: &BTreeMap<String, FileRecord>,
    part: &str,
) -> Result<(), EngineError> {
    let own = files.iter().filter(|(name, _)| part_of(name) == part);
    own.into_iter().try_for_each(|(name, record)| match record.blocks {
        Some(_) => verify_length(folder, name, record),
        None => verify_file(folder, name, record),
    })
}

/// Checks that the files of a part are there, each with as many bytes as it should have.
pub(crate) fn verify_lengths(
    folder: &Path,
    files: &BTreeMap<String, FileRecord>,
    part: &str,
) -> Result<(), EngineError> {
    let mut own = files.iter().filter(|(name, _)| part_of(name) == part);
    own.try_for_each(|(name, record)| verify_length(folder, name, record))
}

fn part_of(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// What the files of a vector index are called while they are written.
const UNFINISHED: [&str; 3] = ["pending.tmp", "source.tmp", "new.tmp"];

/// Says whether a name in one of the collection's folders is one that a writer gives: nothing else
/// is ever removed.
pub(crate) fn is_ours(name: &str) -> bool {
    let Some((part, file)) = name.split_once('/') else { return false };
    let Some((stem, extension)) = file.split_once('.') else { return false };
    let numbered = stem.len() >= 8 && stem.bytes().all(|byte| byte.is_ascii_digit());
    // Numbers may stand between.
    let kind = extension.rsplit('.').next().unwrap_or(extension);
    match part {
        super::DOCUMENTS => numbered && ["doc", "cat", "changes"].contains(&kind),
        super::LEXICAL => stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()),
        super::VECTORS => {
            (numbered && ["vec", "sums", "dead", "near", "hnsw"].contains(&kind))
                || UNFINISHED.contains(&file)
        }
        super::PREDICTIONS => {
            (numbered && ["table", "vec", "sums", "dead"].contains(&kind))
                || UNFINISHED.contains(&file)
        }
        _ => false,
    }
}

/// Returns a name in a folder that no collection has, if there is one.
pub(super) fn foreign(folder: &Path) -> Result<Option<String>, EngineError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(EngineError::io("read", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(EngineError::io("read", folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.extend(orphans(folder, &BTreeSet::new())?);
    names.retain(|name| super::own_names().all(|own| own != name) && !is_ours(name));
    names.sort();
    Ok(names.into_iter().next())
}

/// Returns the files that a writer gave their names, whether or not a manifest names them.
pub(crate) fn own_files(folder: &Path) -> Result<Vec<String>, EngineError> {
    let mut files = orphans(folder, &BTreeSet::new())?;
    files.retain(|name| is_ours(name));
    Ok(files)
}

/// Returns the files in the collection's folders that are not among `named`.
pub(crate) fn orphans(folder: &Path, named: &BTreeSet<&str>) -> Result<Vec<String>, EngineError> {
    let mut orphans = Vec::new();
    for part in PARTS {
        let path = folder.join(part);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(EngineError::io("read", &path)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(EngineError::io("read", &path))?;
            let name = format!("{part}/{}", entry.file_name().to_string_lossy());
            if !named.contains(name.as_str()) {
                orphans.push(name);
            }
        }
    }
    orphans.sort();
    Ok(orphans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_writer_gives_are_ours() {
        for name in [
            "documents/00000012.doc",
            "documents/00000012.cat",
            "documents/00000012.2.cat",
            "documents/00000012.changes",
            "lexical/0123456789abcdef0123456789abcdef.store",
            "lexical/0123456789abcdef0123456789abcdef.12.del",
            "vectors/00000012.vec",
            "vectors/00000012.00000014.hnsw",
            "vectors/00000012.sums",
            "vectors/00000012.2.vec",
            "vectors/00000012.2.00000014.hnsw",
            "vectors/100000000.dead",
            "vectors/00000012.near",
            "vectors/pending.tmp",
            "predictions/00000012.table",
            "predictions/00000012.vec",
            "predictions/00000012.2.vec",
            "predictions/00000012.3.sums",
            "predictions/new.tmp",
        ] {
            assert!(is_ours(name), "{name}");
        }
        for name in [
            "documents/thesis.txt",
            "documents/2024.doc",
            "documents/sub",
            "lexical/parser.py",
            "vectors/logo.svg",
            "vectors/notes.tmp",
            "vectors/00000012.table",
            "predictions/2027.table",
            "predictions/weather.csv",
            "manifest.json",
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
