//! Packages made for tests: zip files of parts.

// Not every file of tests needs all of it.
#![allow(dead_code)]

use std::io::{Cursor, Write as _};

use trommel_extract::{ExtractError, Extracted, Limits, extractor_of};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Returns a zip file of `parts`.
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

/// Returns the links of a part: each one's name, kind and target.
pub(crate) fn relations(links: &[(&str, &str, &str)]) -> String {
    let link = |(id, kind, target): &(&str, &str, &str)| {
        format!("<Relationship Id='{id}' Type='http://x/relationships/{kind}' Target='{target}'/>")
    };
    let links: String = links.iter().map(link).collect();
    format!("<Relationships>{links}</Relationships>")
}

/// Returns what the file says, read as its content tells.
pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    read_within(bytes, &Limits::default())
}

/// Returns what the file says, within `limits`.
pub(crate) fn read_within(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    let head = &bytes[..bytes.len().min(8 << 10)];
    let extractor = extractor_of(head, "x").ok_or_else(|| ExtractError::damaged("unknown"))?;
    extractor.extract(bytes, "x", limits)
}

/// Calls `read` with every beginning of `bytes`, and with some hundred damaged copies of it.
pub(crate) fn damage(bytes: &[u8], mut read: impl FnMut(&[u8])) {
    for length in 0..bytes.len() {
        read(&bytes[..length]);
    }
    // A multiplicative generator is random enough, and the same on each run.
    let mut state = 1u64;
    let mut below = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % most
    };
    for _ in 0..400 {
        let mut copy = bytes.to_vec();
        for _ in 0..=below(3) {
            let at = below(copy.len());
            copy[at] = below(256) as u8;
        }
        read(&copy);
    }
}
