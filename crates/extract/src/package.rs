//! Zip files as packages of parts, read within one budget.

#[cfg(any(feature = "office", feature = "epub"))]
mod path;
#[cfg(any(feature = "office", feature = "epub"))]
mod properties;

use std::collections::HashMap;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

#[cfg(any(feature = "office", feature = "epub"))]
pub(crate) use self::path::resolve;
#[cfg(any(feature = "office", feature = "epub"))]
pub(crate) use self::properties::Properties;
#[cfg(any(feature = "office", feature = "epub"))]
use crate::xml;
use crate::{ExtractError, Limits};

/// What a zip file begins with, and each of its members.
const MEMBER: &[u8] = b"PK\x03\x04";

/// What each entry of a zip file's list of members begins with.
const LISTED: &[u8] = b"PK\x01\x02";

/// Bytes of an entry without its name.
const LISTED_BYTES: usize = 46;

/// Where the length of a member's name stands, and the name itself.
const NAME_LENGTH: usize = 26;
const NAME: usize = 30;

/// A zip file, whose members are read by their names.
pub(crate) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The place of each member by its name, as [`key`] writes it.
    places: HashMap<String, usize>,
    limit: u64,
    /// How many bytes may still be unpacked.
    left: u64,
}

impl<'a> Package<'a> {
    /// Returns the package in `bytes`.
    ///
    /// # Errors
    ///
    /// If it is no zip file, or has too many members.
    pub(crate) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, ExtractError> {
        // The whole list is read into memory at once, so its length is asked before.
        let most = limits.members as usize;
        if bytes.len() / LISTED_BYTES > most
            && bytes.windows(LISTED.len()).filter(|it| *it == LISTED).count() > most
        {
            return Err(ExtractError::too_much("members", limits.members.into()));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(error_of)?;
        if archive.len() > most {
            return Err(ExtractError::too_much("members", limits.members.into()));
        }
        let mut places = HashMap::new();
        for (place, name) in archive.file_names_raw().enumerate() {
            places.entry(key(&String::from_utf8_lossy(name))).or_insert(place);
        }
        let limit = limits.unpacked_bytes;
        Ok(Self { archive, places, limit, left: limit })
    }

    /// Says whether there is a part of that name.
    #[cfg(feature = "office")]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&key(name))
    }

    /// Returns the names of all members that are files, as they are written, each with its place.
    #[cfg(feature = "archives")]
    pub(crate) fn files(&self) -> Vec<(usize, String)> {
        let names = self.archive.file_names_raw().enumerate();
        let names = names.map(|(place, name)| (place, String::from_utf8_lossy(name).into_owned()));
        names.filter(|(_, name)| !name.ends_with(['/', '\\'])).collect()
    }

    /// Returns the bytes of a part; none if there is none of that name.
    ///
    /// # Errors
    ///
    /// If it cannot be unpacked, or not within what is left of the budget.
    #[cfg(any(feature = "office", feature = "epub"))]
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        match self.places.get(&key(name)) {
            Some(place) => self.bytes_at(*place, name).map(Some),
            None => Ok(None),
        }
    }

    /// Returns the bytes of the member at a place, which is called `name`.
    ///
    /// # Errors
    ///
    /// If it cannot be unpacked, or not within what is left of the budget.
    pub(crate) fn bytes_at(&mut self, place: usize, name: &str) -> Result<Vec<u8>, ExtractError> {
        let member = self.archive.by_index(place).map_err(error_of)?;
        let too_much = || ExtractError::too_much("bytes unpacked", self.limit);
        // What says that it is too large costs nothing; what lies about it costs all that is left.
        if member.size() > self.left {
            return Err(too_much());
        }
        let mut bytes = Vec::new();
        let read = member.take(self.left.saturating_add(1)).read_to_end(&mut bytes);
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.unwrap_or(0);
        left.ok_or_else(too_much)?;
        read.map_err(|error| match error.kind() {
            std::io::ErrorKind::OutOfMemory => ExtractError::OutOfMemory,
            _ => ExtractError::damaged(format!("{name}: {error}")),
        })?;
        Ok(bytes)
    }

    /// Returns the text of a part that is XML; none if there is none of that name.
    ///
    /// # Errors
    ///
    /// As [`Package::bytes`].
    #[cfg(any(feature = "office", feature = "epub"))]
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, ExtractError> {
        Ok(self.bytes(name)?.map(xml::decode))
    }
}

/// Returns the names of the members that begin in `head`; none if it is not the beginning of a zip
/// file.
pub(crate) fn first_names(head: &[u8]) -> Vec<&[u8]> {
    if !head.starts_with(MEMBER) {
        return Vec::new();
    }
    let name_at = |at: usize| {
        let length = head.get(at + NAME_LENGTH..at + NAME_LENGTH + 2)?;
        let length = u16::from_le_bytes([*length.first()?, *length.last()?]);
        head.get(at + NAME..at + NAME + usize::from(length))
    };
    let starts = head.windows(MEMBER.len()).enumerate().filter(|(_, it)| *it == MEMBER);
    starts.filter_map(|(at, _)| name_at(at)).collect()
}

/// Names of parts do not depend on case, and some writers part folders by backslashes.
fn key(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_ascii_lowercase()
}

fn error_of(error: ZipError) -> ExtractError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => ExtractError::Encrypted,
        ZipError::UnsupportedArchive(detail) => {
            ExtractError::Unsupported { detail: detail.to_lowercase() }
        }
        ZipError::CompressionMethodNotSupported(method) => ExtractError::Unsupported {
            detail: format!("compression method {method} of zip files"),
        },
        error => ExtractError::damaged(error),
    }
}

/// Packages for tests.
#[cfg(test)]
pub(crate) mod made {
    use std::io::{Cursor, Write as _};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    /// Returns a zip file of `parts`, deflated.
    pub(crate) fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            let method = match *name {
                "mimetype" => CompressionMethod::Stored,
                _ => CompressionMethod::Deflated,
            };
            let options = SimpleFileOptions::default().compression_method(method);
            writer.start_file(*name, options).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

#[cfg(all(test, feature = "office"))]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_whatever_their_case() {
        let bytes = made::zip(&[("Word\\Document.xml", "<a/>"), ("b", "")]);
        let mut package = Package::open(&bytes, &Limits::default()).unwrap();
        assert_eq!(package.text("/word/document.xml").unwrap().unwrap(), "<a/>");
        assert!(package.has("B"));
        assert_eq!(package.text("c").unwrap(), None);
        assert_eq!(first_names(&bytes), [b"Word\\Document.xml".as_slice(), b"b"]);
        assert_eq!(first_names(&bytes[..20]), Vec::<&[u8]>::new());
    }

    #[test]
    fn the_budget_is_that_of_all_parts_together() {
        let zeros = "0".repeat(60);
        let bytes = made::zip(&[("a", &zeros), ("b", &zeros)]);
        let limits = Limits { unpacked_bytes: 100, ..Limits::default() };
        let mut package = Package::open(&bytes, &limits).unwrap();
        assert_eq!(package.bytes("a").unwrap().unwrap().len(), 60);
        assert!(matches!(package.bytes("b"), Err(ExtractError::TooMuch { limit: 100, .. })));
    }

    #[test]
    fn members_are_counted_before_they_are_listed() {
        let names: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        let parts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let bytes = made::zip(&parts);
        let limits = |members| Limits { members, ..Limits::default() };
        assert!(Package::open(&bytes, &limits(30)).is_ok());
        for few in [0, 29] {
            let error = Package::open(&bytes, &limits(few)).err();
            assert!(matches!(error, Some(ExtractError::TooMuch { .. })), "{few}");
        }
    }
}
