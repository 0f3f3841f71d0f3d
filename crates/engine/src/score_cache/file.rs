//! The cache's file: a header page, then pages of records, read and written where they lie.
//!
//! The file is never longer than its limit and grows in place. Where nothing was written, it has
//! holes or has not grown to yet; both read as zeros. Processes take no lock: a page is written in
//! one call, and whoever reads it halfway finds records whose checksums fail. Two that write one
//! page at a time may lose each other's records, which are then computed once more.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::CacheError;
use super::keys::VERSION;
use super::page;
use super::record;

const MAGIC: &[u8; 16] = b"trommel scores\r\n";

/// An open file of pages.
#[derive(Debug)]
pub(crate) struct PagedFile {
    file: File,
    path: PathBuf,
    pages: u64,
}

impl PagedFile {
    /// Opens or makes a file of at most `limit` bytes; says too whether it was another file before.
    pub(crate) fn open(path: &Path, limit: u64) -> Result<(Self, bool), CacheError> {
        let pages = (limit / page::SIZE as u64).saturating_sub(1);
        if pages == 0 {
            return Err(CacheError::TooSmall { limit, least: 2 * page::SIZE as u64 });
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(CacheError::io("make", folder))?;
        }
        // Whoever opens a pipe or a device may wait for ever.
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(CacheError::NotAFile { path: path.to_owned() });
        }
        let file = options().open(path).map_err(CacheError::io("open", path))?;
        let paged = Self { file, path: path.to_owned(), pages };
        let begun_anew = paged.prepare()?;
        Ok((paged, begun_anew))
    }

    /// Returns the file's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns how many pages of records there may be.
    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// Reads pages from `first` on.
    pub(crate) fn read(&self, first: u64, pages: &mut [[u8; page::SIZE]]) -> io::Result<()> {
        read_at(&self.file, pages.as_flattened_mut(), offset(first))
    }

    /// Writes a page.
    pub(crate) fn write(&self, number: u64, page: &[u8; page::SIZE]) -> io::Result<()> {
        write_at(&self.file, page, offset(number))
    }

    /// Empties a file with another header and writes this one; says whether there was another.
    fn prepare(&self) -> Result<bool, CacheError> {
        let header = header(self.pages);
        let mut found = [0; record::SIZE];
        read_at(&self.file, &mut found, 0).map_err(CacheError::io("read", &self.path))?;
        if found == header {
            return Ok(false);
        }
        let length = self.file.metadata().map_or(0, |metadata| metadata.len());
        let write = || {
            // Only a foreign file is cut: another process may be writing to an empty one.
            if length > 0 {
                self.file.set_len(0)?;
            }
            write_at(&self.file, &header, 0)
        };
        write().map_err(CacheError::io("write", &self.path))?;
        Ok(length > 0)
    }
}

/// Returns a header: 16 bytes of magic, version and number of pages (32 bits each, little-endian;
/// 4·10⁹ pages are 16 TiB), and the checksum of a record.
fn header(pages: u64) -> [u8; record::SIZE] {
    let mut body = [0; 24];
    body[..16].copy_from_slice(MAGIC);
    body[16..20].copy_from_slice(&VERSION.to_le_bytes());
    body[20..].copy_from_slice(&u32::try_from(pages).unwrap_or(u32::MAX).to_le_bytes());
    record::seal(body)
}

fn offset(page: u64) -> u64 {
    (page + 1) * page::SIZE as u64
}

/// Returns how the file is opened: by its owner alone, for hashes of queries can be guessed at.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Fills `bytes` from `offset` on; what lies behind the file's end is zero.
fn read_at(file: &File, bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match read_some(file, rest, offset) {
            Ok(0) => {
                rest.fill(0);
                break;
            }
            Ok(read) => {
                offset += read as u64;
                rest = rest.get_mut(read..).unwrap_or_default();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read_some(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_some(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    match std::os::windows::fs::FileExt::seek_write(file, bytes, offset)? {
        written if written == bytes.len() => Ok(()),
        _ => Err(ErrorKind::WriteZero.into()),
    }
}
