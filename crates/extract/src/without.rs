//! What a program without some of the formats answers in their place.

#[cfg(not(feature = "gzip"))]
mod gzip {
    use std::io::{BufRead, Read};

    use crate::{ExtractError, Limits};

    /// Returns nothing: without the feature `gzip` no file is packed.
    #[must_use]
    pub fn decompressed(
        _bytes: &[u8],
        _name: &str,
        _limits: &Limits,
    ) -> Option<Result<(Vec<u8>, String), ExtractError>> {
        None
    }

    /// Returns nothing: without the feature `gzip` no file is packed.
    #[must_use]
    pub fn unpacked(_reader: impl Read + Send + 'static) -> Option<Box<dyn BufRead + Send>> {
        None
    }
}

#[cfg(not(feature = "mail"))]
mod mail {
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
}

#[cfg(not(feature = "gzip"))]
pub use gzip::{decompressed, unpacked};
#[cfg(not(feature = "mail"))]
pub use mail::{MboxMessage, looks_like_mbox, messages};
