//! The hash that tells whether a document changed.

use trommel_core::{ContentHash, Document, Markup};

/// Returns the blake3 hash of what a document says, apart from its name and origin.
///
/// Every text goes in behind its length (64 bits, little-endian), so that no two documents share
/// the hashed bytes: title, text, the byte of the markup, the number of metadata entries, then each
/// entry's name and value in ascending order of names, and the outline as JSON where there is one.
#[must_use]
pub fn content_hash(document: &Document) -> ContentHash {
    let Document { title, text, markup, outline, metadata, .. } = document;
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
    // Documents without one have the hashes that they had before there were outlines.
    if !outline.is_empty() {
        put(&serde_json::to_vec(outline).unwrap_or_default());
    }
    ContentHash(hasher.finalize().into())
}

/// Returns a document with its hash.
pub(crate) fn hashed(document: Document) -> Document {
    Document { hash: content_hash(&document), ..document }
}

#[cfg(test)]
mod tests {
    use trommel_core::{Location, LocationMark, Outline};

    use super::*;

    fn document(title: &str, text: &str, pairs: &[(&str, &str)]) -> Document {
        let named = |document: Document, (name, value): &(&str, &str)| {
            document.with_metadata(*name, *value)
        };
        pairs.iter().fold(Document::new("a", text).with_title(title), named)
    }

    #[test]
    fn text_that_moves_from_one_field_to_the_next_changes_the_hash() {
        let plain = |title, text, pairs| content_hash(&document(title, text, pairs));
        let all = [
            plain("ab", "c", &[]),
            plain("a", "bc", &[]),
            plain("", "abc", &[]),
            plain("a", "", &[("b", "c")]),
            plain("a", "", &[("bc", "")]),
            plain("a", "", &[("b", ""), ("c", "")]),
            content_hash(&document("ab", "c", &[]).with_markup(Markup::Markdown)),
            content_hash(&Document {
                outline: Outline {
                    locations: vec![LocationMark { at: 0, location: Location::Cell { number: 1 } }],
                    ..Outline::default()
                },
                ..document("ab", "c", &[])
            }),
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
            content_hash(&document("T", "text", &[("k", "v")])),
            ContentHash(blake3::hash(&bytes).into()),
        );
    }
}
