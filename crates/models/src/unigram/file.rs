//! The compact form: one run of bytes, the same in memory and on the disk.
//!
//! | offset | length | holds |
//! |---|---|---|
//! | 0 | 8 | `TRMLUNI1` |
//! | 8 | 7 × 4 | ids of unknown, `<s>`, `</s>`; pieces *p*; nodes *n*; entries *e*; bytes of replacements *r* |
//! | 36 | 8 | the score of an unknown character, f64 |
//! | 44 | 32 | sha256 of the file that it was made from |
//! | 76 | 8·*n* | the trie |
//! | … | 4·*p* | the scores, f32 |
//! | … | 2·8704 | the index of the characters |
//! | … | 4·*e* | the entries of the characters |
//! | … | *r* | the replacements |
//! | end − 32 | 32 | blake3 of everything before |
//!
//! All numbers are little endian.

use std::ops::Range;

use super::char_map::{self, CharMap, INDEX};
use super::{UnigramError, Vocabulary};
use crate::trie::build::build;
use crate::trie::{ROOT, Trie};

const MAGIC: &[u8; 8] = b"TRMLUNI1";
const WORDS: usize = 7;
const SCORE_AT: usize = MAGIC.len() + 4 * WORDS;
const SHA_AT: usize = SCORE_AT + 8;
const HEADER: usize = SHA_AT + HASH;
const HASH: usize = 32;

/// The numbers at the front of the file, and where its parts lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) unk: u32,
    pub(super) bos: u32,
    pub(super) eos: u32,
    pub(super) unknown_score: f64,
    pub(super) made_from: [u8; HASH],
    trie: Range<usize>,
    scores: Range<usize>,
    index: Range<usize>,
    entries: Range<usize>,
    text: Range<usize>,
}

/// Returns the compact form of a tokenizer.
pub(super) fn compact(
    vocabulary: &Vocabulary,
    made_from: [u8; HASH],
) -> Result<Vec<u8>, UnigramError> {
    let tokens = vocabulary.tokens()?;
    let nodes = build(&tokens)
        .ok_or_else(|| UnigramError::vocabulary("pieces of at most 128 MiB", "more of them"))?;
    let map = char_map::build(&vocabulary.replacements)?;
    let words = [
        vocabulary.unk,
        vocabulary.bos,
        vocabulary.eos,
        vocabulary.pieces.len() as u32,
        nodes.len() as u32,
        map.entries.len() as u32,
        map.text.len() as u32,
    ];
    let mut bytes = MAGIC.to_vec();
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes.extend(vocabulary.unknown_score().to_le_bytes());
    bytes.extend(made_from);
    bytes.extend(nodes.iter().flat_map(|node| node.0.to_le_bytes()));
    bytes.extend(vocabulary.pieces.iter().flat_map(|(_, score)| score.to_le_bytes()));
    bytes.extend(map.index.iter().flat_map(|block| block.to_le_bytes()));
    bytes.extend(map.entries.iter().flat_map(|entry| entry.to_le_bytes()));
    bytes.extend_from_slice(map.text.as_bytes());
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// Reads the header of a compact form whose every byte is as it was written.
pub(super) fn check(bytes: &[u8]) -> Result<Header, UnigramError> {
    let Some((content, checksum)) = bytes.split_last_chunk::<HASH>() else {
        let detail = format!("expected a checksum, got {} bytes", bytes.len());
        return Err(UnigramError::damaged(detail));
    };
    if content.first_chunk() != Some(MAGIC) {
        return Err(UnigramError::damaged("expected the magic TRMLUNI1"));
    }
    if blake3::hash(content) != *checksum {
        return Err(UnigramError::damaged("the checksum does not fit"));
    }
    header(content).ok_or_else(|| UnigramError::damaged("the header does not fit the file"))
}

/// A checksum only keeps accidents out, so that what it covers is looked at all the same.
fn header(content: &[u8]) -> Option<Header> {
    let words = content.get(MAGIC.len()..SCORE_AT)?.as_chunks::<4>().0;
    let [unk, bos, eos, pieces, nodes, entries, text] =
        *words.iter().map(|word| u32::from_le_bytes(*word)).collect::<Vec<_>>()
    else {
        return None;
    };
    let mut end = HEADER;
    let mut part = |count: usize, size: usize| {
        let start = end;
        end = count.checked_mul(size)?.checked_add(start)?;
        Some(start..end)
    };
    let header = Header {
        unk,
        bos,
        eos,
        unknown_score: f64::from_le_bytes(*content.get(SCORE_AT..)?.first_chunk()?),
        made_from: *content.get(SHA_AT..)?.first_chunk()?,
        trie: part(nodes as usize, 8)?,
        scores: part(pieces as usize, 4)?,
        index: part(INDEX, 2)?,
        entries: part(entries as usize, 4)?,
        text: part(text as usize, 1)?,
    };
    let fits = nodes > ROOT && [unk, bos, eos].iter().all(|id| *id < pieces);
    (fits && content.len() == end).then_some(header)
}

impl Header {
    /// Returns the trie within the bytes that the header was read from.
    pub(super) fn trie<'a>(&self, bytes: &'a [u8]) -> Trie<'a> {
        Trie { nodes: bytes.get(self.trie.clone()).unwrap_or_default().as_chunks().0 }
    }

    /// Returns the scores within the bytes that the header was read from.
    pub(super) fn scores<'a>(&self, bytes: &'a [u8]) -> &'a [[u8; 4]] {
        bytes.get(self.scores.clone()).unwrap_or_default().as_chunks().0
    }

    /// Returns the table of characters within the bytes that the header was read from.
    pub(super) fn chars<'a>(&self, bytes: &'a [u8]) -> CharMap<'a> {
        let part = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        CharMap {
            index: part(&self.index).as_chunks().0,
            entries: part(&self.entries).as_chunks().0,
            text: part(&self.text),
        }
    }
}
