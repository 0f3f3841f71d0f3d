//! How much of a file is read.

use serde::{Deserialize, Serialize};

/// The bounds on reading one file. They hold for all of it, with everything that is packed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes that may be unpacked.
    pub unpacked_bytes: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Pages, slides, sheets or chapters.
    pub pages: u32,
    /// Cells of all sheets or tables.
    pub cells: u64,
    /// How deep elements, groups or forms may be nested.
    pub nesting: u32,
    /// Attachments or members.
    pub members: u32,
}

impl Default for Limits {
    /// Returns 256 MiB unpacked, 64 MiB of text, 20,000 pages, 2 million cells, 256 levels and 10,000
    /// members.
    fn default() -> Self {
        Self {
            unpacked_bytes: 256 << 20,
            text_bytes: 64 << 20,
            pages: 20_000,
            cells: 2_000_000,
            nesting: 256,
            members: 10_000,
        }
    }
}
