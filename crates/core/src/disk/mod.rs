//! The calls that change files, in one place.
//!
//! Whatever a collection writes goes through a [`Disk`]: [`SystemDisk`] is the file system, a test
//! may put another in its place that fails at any call. A [`Folder`] is a path with the disk that
//! it is written through, a [`PendingFile`] one that gets its name when it is whole. Reading is not
//! part of it, for what is read was verified or is about to be; [`Mapped`] is a finished file in
//! memory, and [`CheckedFile`] one whose blocks are verified as they are read.

mod blocks;
mod checked;
mod folder;
mod mapped;
mod pending;
mod system;

pub use blocks::{BLOCK_BYTES, BlockHashes, Damage, VerifiedBlocks};
pub use checked::CheckedFile;
pub use folder::Folder;
pub use mapped::Mapped;
pub use pending::PendingFile;
pub use system::SystemDisk;

use std::fmt::Debug;
use std::io::{self, Seek, Write};
use std::path::Path;

/// Every call that changes the file system.
///
/// A name that was made, changed or removed lasts through a power cut once its folder is synced,
/// the bytes of a file once the file is. Neither implies the other.
pub trait Disk: Debug + Send + Sync {
    /// Begins a file, emptying one that is there.
    ///
    /// # Errors
    ///
    /// What the system reports, as for every call here.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes the bytes of a file last that was written and closed before.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name, in place of what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name, which nothing has yet. Some file systems know none.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes a folder in one that is there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder last.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// A file that is being written.
pub trait DiskFile: Write + Seek + Debug + Send + Sync {
    /// Makes the bytes written so far last.
    ///
    /// # Errors
    ///
    /// What the system reports. What was written may then be lost, and syncing again proves
    /// nothing.
    fn sync(&mut self) -> io::Result<()>;
}
