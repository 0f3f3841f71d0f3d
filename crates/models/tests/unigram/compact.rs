//! The compact form, whole and damaged.

use std::sync::Arc;

use trommel_models::{Unigram, UnigramError, Vocabulary};

use crate::library::both;
use crate::vocabulary::vocabulary;

fn small() -> Unigram {
    let few = vocabulary().replacements.range(..'\u{400}');
    let small = Vocabulary {
        pieces: vocabulary().pieces[..200].to_vec(),
        replacements: few.map(|(c, text)| (*c, text.clone())).collect(),
        ..vocabulary().clone()
    };
    Unigram::new(&small, [9; 32]).unwrap()
}

fn open(bytes: &[u8]) -> Result<Unigram, UnigramError> {
    Unigram::from_bytes(Arc::new(bytes.to_vec()))
}

#[test]
fn what_was_written_reads_as_the_same_tokenizer() {
    let made = small();
    assert_eq!(made.as_bytes(), small().as_bytes(), "the same is written as the same");
    let read = open(made.as_bytes()).unwrap();
    assert_eq!(read.made_from(), [9; 32]);
    let text = "How many people live in Bérlin? “Ångström”";
    assert_eq!(read.single(text, 99), made.single(text, 99));
}

#[test]
fn no_byte_can_change_unnoticed_and_none_be_missing() {
    let whole = small().as_bytes().to_vec();
    let mut bytes = whole.clone();
    for at in (0..200).chain((200..whole.len()).step_by(211)) {
        bytes[at] ^= 1 << (at % 8);
        let error = open(&bytes).unwrap_err();
        assert!(matches!(error, UnigramError::Damaged { .. }), "byte {at}: {error}");
        bytes[at] = whole[at];
        assert!(open(&whole[..at]).is_err(), "{at} bytes");
    }
    assert!(open(&[&whole[..], &[0]].concat()).is_err());
}

/// A checksum proves nothing about who wrote the file.
#[test]
fn nonsense_under_a_right_checksum_does_no_harm() {
    let whole = small().as_bytes().to_vec();
    let texts = ["Soups in Bérlin: 7?", "a\u{301}\u{302e}b 한 🦀\0", "\0\0", "ÀÀÀ½½"];
    let mut dice = crate::words::Dice(1);
    let mut read = 0;
    for round in 0..300 {
        let mut content = whole[..whole.len() - 32].to_vec();
        let end = if round % 2 == 0 { content.len() } else { 76 };
        for _ in 0..=round {
            let at = 8 + dice.below(end - 8);
            content[at] = dice.below(256) as u8;
        }
        content.extend_from_slice(blake3::hash(&content).as_bytes());
        if let Ok(tokenizer) = open(&content) {
            read += 1;
            for text in texts {
                let (mut ids, mut ends) = (Vec::new(), Vec::new());
                tokenizer.ids_with_ends(text, &mut ids, &mut ends);
                assert_eq!(ids.len(), ends.len());
                assert!(ends.iter().all(|end| text.is_char_boundary(*end)));
            }
        }
    }
    assert!(read > 50, "only {read} were read at all");
}

#[test]
fn a_vocabulary_is_laid_out_tightly() {
    let pieces = &vocabulary().pieces;
    let bytes: usize = pieces.iter().map(|(piece, _)| piece.len()).sum();
    let size = both().ours.as_bytes().len();
    // At worst a node for every byte, and a table of characters of 300 KB.
    assert!(size < 8 * bytes + 4 * pieces.len() + 300_000, "{size} bytes for {bytes}");
}
