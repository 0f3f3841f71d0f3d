//! The calls that change files, in one place.
//!
//! Whatever a collection writes goes through a [`Disk`]: [`SystemDisk`] is the file system, a test
//! may put another in its place that fails at any call. A [`Folder`] is a path with the disk that
//! it is written through. Reading is not part of it: what is read was verified, or is about to be.

mod disk;
mod folder;
mod system;

pub use disk::{Disk, DiskFile};
pub use folder::Folder;
pub use system::SystemDisk;
