//! Our tokens and the library's, text by text.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::library::{Both, tiny_json, uncased, wide};
use crate::traps::{TRAPS, long};

#[test]
fn a_known_text_has_the_tokens_that_one_finds_by_hand() {
    let both = Both::of(&tiny_json());
    let vocabulary = tiny_json()["model"]["vocab"].clone();
    let id = |token: &str| u32::try_from(vocabulary[token].as_u64().unwrap()).unwrap();
    let mut ids = Vec::new();
    both.ours.ids("Soups in Bérlin: 7?", &mut ids);
    let unk = both.ours.unk();
    assert_eq!(ids, [id("soup"), id("##s"), id("in"), id("berlin"), unk, unk, unk]);
    assert_eq!((both.ours.unk(), both.ours.cls(), both.ours.sep()), (1, 2, 3));
}

#[test]
fn traps_have_the_same_tokens_under_every_setting() {
    let tiny = Both::of(&tiny_json());
    for both in wide().iter().chain([&tiny]) {
        for text in TRAPS {
            both.assert_same(text);
        }
        both.assert_same(&TRAPS.concat());
    }
}

#[test]
fn words_of_any_length_have_the_same_tokens() {
    let tiny = Both::of(&tiny_json());
    for text in long() {
        uncased().assert_same(&text);
        tiny.assert_same(&text);
    }
}

/// Every character there is, alone, within a word and with marks behind it; of the planes that are
/// private or without any character, a part.
#[test]
fn every_character_has_the_same_tokens() {
    let chars: Vec<char> = ('\0'..=char::MAX)
        .filter(|c| u32::from(*c) >> 16 < 4 || u32::from(*c) >> 16 == 14 || u32::from(*c) % 61 == 0)
        .collect();
    for (i, some) in chars.chunks(64).enumerate() {
        let text: String = some.iter().map(|c| format!("{c} a{c}b x{c}\u{301} ")).collect();
        uncased().assert_same(&text);
        if some[0] < '\u{3400}' {
            wide()[i % 24].assert_same(&text.replace('\u{301}', "\u{302e}\u{301}\u{302a}"));
        }
    }
}

/// Pieces of traps and characters of all sorts, in any order.
fn hostile() -> impl Strategy<Value = String> {
    let pieces: Vec<&'static str> =
        TRAPS.iter().flat_map(|trap| trap.split(' ')).filter(|piece| !piece.is_empty()).collect();
    let part = prop_oneof![
        2 => proptest::sample::select(pieces).prop_map(str::to_owned),
        2 => any::<char>().prop_map(|c| c.to_string()),
        1 => proptest::char::range('\0', '\u{3400}').prop_map(|c| c.to_string()),
        1 => proptest::char::range('\u{300}', '\u{36f}').prop_map(|c| c.to_string()),
        1 => "[a-zA-Z]{1,9}",
        1 => Just(" ".to_owned()),
    ];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None,
        ..ProptestConfig::default() })]

    #[test]
    fn hostile_texts_have_the_same_tokens(text in hostile(), setting in 0_usize..24) {
        wide()[setting].assert_same(&text);
        uncased().assert_same(&text);
    }

    #[test]
    fn sequences_are_the_ones_that_the_library_puts_together(
        query in hostile(), passage in hostile(), max in 0_usize..60,
    ) {
        // A small vocabulary, because the library is copied every time.
        static TINY: LazyLock<Both> = LazyLock::new(|| Both::of(&tiny_json()));
        let Both { ours, library } = &*TINY;
        let mut library = library.clone();
        let longest = max.max(2);
        library.with_truncation(Some(truncation(longest))).unwrap();
        let single = library.encode(passage.as_str(), true).unwrap();
        prop_assert_eq!(ours.single(&passage, max), single.get_ids());

        let mut ids = Vec::new();
        ours.ids(&query, &mut ids);
        // The library cannot leave nothing of a passage.
        let max = max + ids.len() + 4;
        library.with_truncation(Some(tokenizers::TruncationParams {
            strategy: tokenizers::TruncationStrategy::OnlySecond,
            ..truncation(max)
        })).unwrap();
        let expected = library.encode((query.as_str(), passage.as_str()), true).unwrap();
        let pair = ours.pair(&ids, &passage, max);
        prop_assert_eq!(&pair.ids, expected.get_ids());
        prop_assert_eq!(&pair.types, expected.get_type_ids());
        prop_assert_eq!(pair.truncated, ours.count(&passage) > max - ids.len() - 3);
    }
}

fn truncation(max_length: usize) -> tokenizers::TruncationParams {
    tokenizers::TruncationParams { max_length, ..Default::default() }
}

#[test]
fn a_query_longer_than_the_model_is_left_whole() {
    let ours = &uncased().ours;
    let query = [50; 9];
    let pair = ours.pair(&query, "a passage", 8);
    assert_eq!(pair.ids, [&[2][..], &query, &[3, 3]].concat());
    assert_eq!(pair.types, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert!(pair.truncated);
    assert!(!ours.pair(&query, "", 8).truncated);
}
