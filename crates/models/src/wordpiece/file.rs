//! The compact form: one run of bytes, the same in memory and on the disk.
//!
//! | offset | length | holds |
//! |---|---|---|
//! | 0 | 8 | `TRMLWPC1` |
//! | 8 | 8 × 4 | rules; max characters of a word; ids of unknown, `[CLS]`, `[SEP]`; the slot where continuing pieces begin, or 2³² − 1; nodes *n*; table entries *t* |
//! | 40 | 32 | sha256 of the `tokenizer.json` |
//! | 72 | 32 | blake3 of vocabulary and rules |
//! | 104 | 8·*n* | the trie |
//! | 104 + 8·*n* | 4·*t* | the table of characters |
//! | end − 32 | 32 | blake3 of everything before |
//!
//! All numbers are little endian.

use sha2::{Digest, Sha256};

use super::WordPieceError;
use super::char_table::{self, TABLE_END};
use super::json::Description;
use super::rules::Rules;
use crate::trie::build::{self, Token};
use crate::trie::{NO_TOKEN, ROOT, Trie};

const MAGIC: &[u8; 8] = b"TRMLWPC1";
const WORDS: usize = 8;
const SHA_AT: usize = MAGIC.len() + 4 * WORDS;
const FINGERPRINT_AT: usize = SHA_AT + HASH;
const HEADER: usize = FINGERPRINT_AT + HASH;
const HASH: usize = 32;
/// Stands for no slot.
const NONE: u32 = u32::MAX;

/// The numbers at the front of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) rules: Rules,
    pub(super) max_word_chars: usize,
    pub(super) unk: u32,
    pub(super) cls: u32,
    pub(super) sep: u32,
    /// The slot where pieces inside a word begin, if the vocabulary has any.
    pub(super) inside: Option<u32>,
    pub(super) made_from: [u8; HASH],
    pub(super) fingerprint: [u8; HASH],
    nodes: usize,
}

/// Returns the compact form of a tokenizer.
pub(super) fn compact(description: &Description, json: &[u8]) -> Result<Vec<u8>, WordPieceError> {
    // No text begins with an empty token, and the trie has no place for it.
    let tokens: Vec<Token<'_>> = description
        .vocabulary
        .iter()
        .filter(|(token, _)| !token.is_empty())
        .map(|(token, id)| (token.as_bytes(), *id))
        .collect();
    let nodes: Vec<[u8; 8]> = build::build(&tokens)
        .ok_or_else(|| WordPieceError::unsupported("a vocabulary of more than 128 MiB"))?
        .iter()
        .map(|node| node.0.to_le_bytes())
        .collect();
    let inside = Trie { nodes: &nodes }.slot(description.prefix.as_bytes());
    let table = char_table::build(description.rules);

    let mut bytes = Vec::with_capacity(HEADER + 8 * nodes.len() + 4 * table.len() + HASH);
    bytes.extend_from_slice(MAGIC);
    let words = [
        description.rules.bits(),
        description.max_word_chars,
        description.unk,
        description.cls,
        description.sep,
        inside.unwrap_or(NONE),
        nodes.len() as u32,
        table.len() as u32,
    ];
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes.extend_from_slice(&Sha256::digest(json));
    bytes.extend_from_slice(fingerprint(description).as_bytes());
    bytes.extend(nodes.iter().flatten());
    bytes.extend(table.iter().flat_map(|entry| entry.to_le_bytes()));
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// Reads the header of a compact form whose every byte is as it was written.
pub(super) fn check(bytes: &[u8]) -> Result<Header, WordPieceError> {
    let Some((content, checksum)) = bytes.split_last_chunk::<HASH>() else {
        return Err(WordPieceError::damaged(format!(
            "expected a checksum, got {} bytes",
            bytes.len()
        )));
    };
    if content.first_chunk() != Some(MAGIC) {
        return Err(WordPieceError::damaged("expected the magic TRMLWPC1"));
    }
    if blake3::hash(content) != *checksum {
        return Err(WordPieceError::damaged("the checksum does not fit"));
    }
    header(content).ok_or_else(|| WordPieceError::damaged("the header does not fit the file"))
}

/// A checksum only keeps accidents out, so that what it covers is looked at all the same.
fn header(content: &[u8]) -> Option<Header> {
    let words = content.get(MAGIC.len()..SHA_AT)?.as_chunks::<4>().0;
    let [rules, max_word_chars, unk, cls, sep, inside, nodes, table] =
        *words.iter().map(|word| u32::from_le_bytes(*word)).collect::<Vec<_>>()
    else {
        return None;
    };
    let header = Header {
        rules: Rules::from_bits(rules)?,
        max_word_chars: max_word_chars as usize,
        unk,
        cls,
        sep,
        inside: (inside != NONE).then_some(inside),
        made_from: *content.get(SHA_AT..)?.first_chunk()?,
        fingerprint: *content.get(FINGERPRINT_AT..)?.first_chunk()?,
        nodes: nodes as usize,
    };
    let fits = table == TABLE_END
        && nodes > ROOT
        && [unk, cls, sep].iter().all(|id| *id != NO_TOKEN)
        && content.len() as u64 == HEADER as u64 + 8 * u64::from(nodes) + 4 * u64::from(table);
    fits.then_some(header)
}

impl Header {
    /// Returns the trie within the bytes that the header was read from.
    #[inline]
    pub(super) fn trie<'a>(&self, bytes: &'a [u8]) -> Trie<'a> {
        let nodes = bytes.get(HEADER..HEADER + 8 * self.nodes).unwrap_or_default();
        Trie { nodes: nodes.as_chunks().0 }
    }

    /// Returns the table of characters within the bytes that the header was read from.
    #[inline]
    pub(super) fn char_table<'a>(&self, bytes: &'a [u8]) -> &'a [[u8; 4]] {
        let start = HEADER + 8 * self.nodes;
        let table = bytes.get(start..start + 4 * TABLE_END as usize).unwrap_or_default();
        table.as_chunks().0
    }
}

/// Returns the hash of all that decides which ids a text gets; the layout of the trie does not.
fn fingerprint(description: &Description) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let numbers = [
        description.rules.bits(),
        description.max_word_chars,
        description.unk,
        description.cls,
        description.sep,
        description.prefix.len() as u32,
    ];
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(description.prefix.as_bytes());
    for (token, id) in &description.vocabulary {
        hasher.update(&id.to_le_bytes());
        hasher.update(&(token.len() as u64).to_le_bytes());
        hasher.update(token.as_bytes());
    }
    hasher.finalize()
}
