//! Writing so that what is there after a crash is whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::ModelsError;

/// Writes a file and waits until it is on the disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelsError> {
    let write = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(ModelsError::io(path))
}

/// Replaces a file in one step: written beside it, then renamed over it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ModelsError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let replace = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        readable_by_all(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    replace().map_err(ModelsError::io(path))?;
    sync_folder(folder)
}

/// Waits until a folder's entries are on the disk.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> Result<(), ModelsError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(ModelsError::io(folder))
}

/// Does nothing: Windows has no such call.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> Result<(), ModelsError> {
    Ok(())
}

/// Makes a folder with all above it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), ModelsError> {
    fs::create_dir_all(folder).map_err(ModelsError::io(folder))
}

// A temporary file is made for its owner alone; what is in the store may be shared.
#[cfg(unix)]
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &File) -> io::Result<()> {
    Ok(())
}
