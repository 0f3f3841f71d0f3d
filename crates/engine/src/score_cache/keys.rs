//! Under what a score is kept: hashes, never text.

/// The version of everything that is hashed and written; another one is another cache.
pub(crate) const VERSION: u32 = 1;

/// The first 16 bytes of a hash: two of 10⁹ pairs collide with a chance of 10⁻²¹.
pub(crate) type Key = [u8; 16];

/// The keys of one query's passages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Says where in the file the query's scores are.
    pub(crate) place: u64,
    /// One key a passage, in their order.
    pub(crate) keys: Vec<Key>,
}

impl Keys {
    /// Hashes a query with each of its passages, as the reranker reads them.
    ///
    /// A key is blake3 over the version (32 bits, little-endian), then `fingerprint`, `variant`,
    /// `query` and the passage, each behind its length in bytes (64 bits, little-endian).
    #[must_use]
    pub fn new(fingerprint: &str, variant: &str, query: &str, passages: &[&str]) -> Self {
        let mut asked = blake3::Hasher::new();
        asked.update(&VERSION.to_le_bytes());
        for part in [fingerprint, variant, query] {
            put(&mut asked, part);
        }
        let key = |passage: &&str| {
            let mut hasher = asked.clone();
            put(&mut hasher, passage);
            start(&hasher)
        };
        let keys = passages.iter().map(key).collect();
        Self { place: u64::from_le_bytes(start(&asked)), keys }
    }

    /// Returns the number of passages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Says whether there is no passage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn put(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
}

fn start<const N: usize>(hasher: &blake3::Hasher) -> [u8; N] {
    let hash = hasher.finalize();
    std::array::from_fn(|i| hash.as_bytes()[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_moves_from_one_part_to_the_next_changes_the_key() {
        let key = |fingerprint, variant, query, passage: &str| {
            Keys::new(fingerprint, variant, query, &[passage]).keys[0]
        };
        let all = [
            key("m", "v", "ab", "c"),
            key("m", "v", "a", "bc"),
            key("m", "v", "", "abc"),
            key("m", "v", "abc", ""),
            key("m", "va", "b", "c"),
            key("mv", "", "ab", "c"),
            key("", "mv", "ab", "c"),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|other| one != other), "{i}");
        }
    }

    #[test]
    fn a_key_is_the_hash_of_the_documented_bytes() {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for part in ["m@1", "onnx", "wer?", "Ada."] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part.as_bytes());
        }
        let keys = Keys::new("m@1", "onnx", "wer?", &["", "Ada."]);
        assert_eq!(keys.keys[1], blake3::hash(&bytes).as_bytes()[..16]);
        assert_eq!(keys.len(), 2);
    }
}
