//! What a program without mail answers in its place.

use std::io::{self, BufRead};

/// A message of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MboxMessage {
    /// Its place, from 1.
    pub number: u64,
    /// How many bytes it has.
    pub size: u64,
    /// The message; none if it is longer than the limit.
    pub bytes: Option<Vec<u8>>,
}

/// Says no: without the feature `mail` no file is a mailbox.
#[must_use]
pub fn looks_like_mbox(_head: &[u8]) -> bool {
    false
}

/// Returns none.
pub fn messages(
    _reader: impl BufRead,
    _limit: u64,
) -> impl Iterator<Item = io::Result<MboxMessage>> {
    std::iter::empty()
}
