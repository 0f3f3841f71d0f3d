//! The compact form, whole and damaged.

use serde_json::json;
use trommel_models::{WordPiece, WordPieceError};

use crate::library::{tiny_json, wide_json};

fn tiny() -> WordPiece {
    WordPiece::from_json(tiny_json().to_string().as_bytes()).unwrap()
}

#[test]
fn what_was_written_reads_as_the_same_tokenizer() {
    let made = tiny();
    let read = WordPiece::from_bytes(made.as_bytes().to_vec()).unwrap();
    assert_eq!(read.as_bytes(), made.as_bytes());
    let ids = |tokenizer: &WordPiece| {
        let mut ids = Vec::new();
        tokenizer.ids("How many people live in Berlin? “Ångström”", &mut ids);
        ids
    };
    assert_eq!(ids(&read), ids(&made));
    assert_eq!(read.fingerprint(), made.fingerprint());
}

#[test]
fn the_same_tokenizer_is_written_as_the_same_bytes() {
    assert_eq!(tiny().as_bytes(), tiny().as_bytes());
}

#[test]
fn no_byte_can_change_unnoticed() {
    let mut bytes = tiny().as_bytes().to_vec();
    for i in 0..bytes.len() {
        let flip = 1 << (i % 8);
        bytes[i] ^= flip;
        let error = WordPiece::from_bytes(bytes.clone()).unwrap_err();
        assert!(matches!(error, WordPieceError::Damaged { .. }), "byte {i}: {error}");
        bytes[i] ^= flip;
    }
}

#[test]
fn no_end_can_be_missing_and_nothing_added() {
    let bytes = tiny().as_bytes().to_vec();
    let lengths = (0..200).chain((200..bytes.len()).step_by(97)).chain([bytes.len() - 1]);
    for length in lengths {
        assert!(WordPiece::from_bytes(bytes[..length].to_vec()).is_err(), "{length} bytes");
    }
    assert!(WordPiece::from_bytes([&bytes[..], &[0]].concat()).is_err());
}

/// A checksum proves nothing about who wrote the file.
#[test]
fn nonsense_under_a_right_checksum_does_no_harm() {
    let bytes = tiny().as_bytes().to_vec();
    let texts = ["Soups in Bérlin: 7?", "a\u{301}\u{302e}b 한 🦀\0", "\0\0"];
    let mut dice = 1_u64;
    let mut read = 0;
    for round in 0..600 {
        let mut content = bytes[..bytes.len() - 32].to_vec();
        let end = if round % 2 == 0 { content.len() } else { 104 };
        for _ in 0..(1 + round) {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = 8 + (dice >> 33) as usize % (end - 8);
            content[at] = (dice >> 20) as u8;
        }
        let checksum = blake3::hash(&content);
        content.extend_from_slice(checksum.as_bytes());
        if let Ok(tokenizer) = WordPiece::from_bytes(content) {
            read += 1;
            for text in texts {
                let (mut ids, mut ends) = (Vec::new(), Vec::new());
                tokenizer.ids_with_ends(text, &mut ids, &mut ends);
                assert_eq!(ids.len(), ends.len());
                assert!(ends.iter().all(|end| text.is_char_boundary(*end)));
            }
        }
    }
    assert!(read > 100, "only {read} were read at all");
}

#[test]
fn the_fingerprint_is_of_all_that_decides_the_ids_and_of_nothing_else() {
    let of = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = tiny_json();
        change(&mut json);
        WordPiece::from_json(json.to_string().as_bytes()).unwrap().fingerprint()
    };
    let plain = of(&|_| {});
    assert_eq!(plain, of(&|json| json["padding"] = json!(null)));
    assert_eq!(plain, of(&|json| json["truncation"] = json!(null)));
    assert_eq!(plain, of(&|json| json["normalizer"]["strip_accents"] = json!(true)));
    assert_ne!(plain, of(&|json| json["normalizer"]["strip_accents"] = json!(false)));
    assert_ne!(plain, of(&|json| json["normalizer"]["clean_text"] = json!(false)));
    assert_ne!(plain, of(&|json| json["model"]["vocab"]["soup"] = json!(7)));
    assert_ne!(plain, of(&|json| json["model"]["vocab"]["soups"] = json!(100)));
    assert_ne!(plain, of(&|json| json["model"]["max_input_chars_per_word"] = json!(99)));
    assert_ne!(plain, of(&|json| json["model"]["unk_token"] = json!("[MASK]")));
    assert_ne!(plain, of(&|json| json["model"]["continuing_subword_prefix"] = json!("@@")));
    let special = |json: &mut serde_json::Value, name: &str| {
        json["post_processor"]["special_tokens"][name]["ids"] = json!([4]);
    };
    assert_ne!(plain, of(&|json| special(json, "[CLS]")));
    assert_ne!(plain, of(&|json| special(json, "[SEP]")));
}

#[test]
fn a_large_vocabulary_is_laid_out_tightly() {
    let json = wide_json(7);
    let tokens = json["model"]["vocab"].as_object().unwrap().len();
    let size = WordPiece::from_json(json.to_string().as_bytes()).unwrap().as_bytes().len();
    // Nearly every token ends in a node of its own.
    assert!(size < 53_248 + 10 * tokens, "{size} bytes for {tokens} tokens");
}

/// The long run of `hostile_models` had a token that repeats itself: each of its bytes looked again
/// at the same slots, which none of them could use.
#[test]
fn a_token_without_end_is_laid_out_in_no_time() {
    let mut json = tiny_json();
    json["model"]["vocab"]["~".repeat(300_000)] = json!(100_000);
    let begun = std::time::Instant::now();
    WordPiece::from_json(json.to_string().as_bytes()).unwrap();
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}
