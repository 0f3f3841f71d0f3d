//! The hash that tells whether a document changed.

use trommel_core::{ContentHash, Markup, Metadata};

/// Returns the blake3 hash of what a document says, apart from its name and origin.
///
/// Every text goes in behind its length (64 bits, little-endian), so that no two documents share
/// the hashed bytes: title, text, the byte of the markup, the number of metadata entries, then each
/// entry's name and value in ascending order of names.
#[must_use]
pub fn content_hash(title: &str, text: &str, markup: Markup, metadata: &Metadata) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    let mut put = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    // The order and the lengths are part of the format: stored hashes are compared with those made
    // here.
    put(title.as_bytes());
    put(text.as_bytes());
    put(match markup {
        Markup::Plain => b"p",
        Markup::Markdown => b"m",
    });
    put(&(metadata.len() as u64).to_le_bytes());
    for (name, value) in metadata {
        put(name.as_bytes());
        put(value.as_bytes());
    }
    ContentHash(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(pairs: &[(&str, &str)]) -> Metadata {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn text_that_moves_from_one_field_to_the_next_changes_the_hash() {
        let plain = |title, text, pairs| content_hash(title, text, Markup::Plain, &metadata(pairs));
        let all = [
            plain("ab", "c", &[]),
            plain("a", "bc", &[]),
            plain("", "abc", &[]),
            plain("a", "", &[("b", "c")]),
            plain("a", "", &[("bc", "")]),
            plain("a", "", &[("b", ""), ("c", "")]),
            content_hash("ab", "c", Markup::Markdown, &metadata(&[])),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|other| one != other), "{i}");
        }
    }

    #[test]
    fn the_hash_is_that_of_the_documented_bytes() {
        let mut bytes = Vec::new();
        for field in [b"T".as_slice(), b"text", b"p", &1u64.to_le_bytes(), b"k", b"v"] {
            bytes.extend((field.len() as u64).to_le_bytes());
            bytes.extend(field);
        }
        assert_eq!(
            content_hash("T", "text", Markup::Plain, &metadata(&[("k", "v")])),
            ContentHash(blake3::hash(&bytes).into()),
        );
    }
}
