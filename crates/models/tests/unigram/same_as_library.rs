//! Our tokens and the library's, text by text.

use std::sync::{LazyLock, Mutex};

use proptest::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};

use crate::library::both;
use crate::words::words;

#[test]
fn words_of_forty_scripts_have_the_same_tokens() {
    for (number, some) in words(6_000, 1).chunks(5).enumerate() {
        let space = [" ", "  ", "\n", "\u{3000}", "\u{a0}"][number % 5];
        both().assert_same(&some.join(space));
        both().assert_same(&some.concat());
    }
}

/// Every character of the planes that have letters, within a word; of the others, a part.
#[test]
fn every_character_has_the_same_tokens() {
    let chars: Vec<char> =
        ('\0'..=char::MAX).filter(|c| u32::from(*c) >> 16 < 2 || u32::from(*c) % 61 == 0).collect();
    for some in chars.chunks(64) {
        let text: String = some.iter().map(|c| format!("a{c}b ")).collect();
        let expected = both().library.encode_fast(text.as_str(), false).unwrap();
        let mut ids = Vec::new();
        both().ours.ids(&text, &mut ids);
        assert_eq!(ids, expected.get_ids(), "{text:?}");
    }
}

/// Parts of texts that have hurt tokenizers, each followed by something that marks cannot join.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => any::<char>().prop_map(|c| format!("{c}x")),
        2 => proptest::sample::select(words(2_000, 3)),
        1 => proptest::sample::select(vec![" ", "   ", "\t\n", "▁", "▁▁", "\r\n", "\u{2028}", "\0",
            "\u{85}", "\u{ad}", "e\u{301}x", "\u{1112}\u{1161}\u{11ab}", "ﷺ", "①", "<s x", "a▁b"])
            .prop_map(str::to_owned),
    ]
}

fn hostile() -> impl Strategy<Value = String> {
    proptest::collection::vec(part(), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None,
        ..ProptestConfig::default() })]

    #[test]
    fn hostile_texts_have_the_same_tokens(text in hostile()) {
        both().assert_same(&text);
    }

    #[test]
    fn sequences_are_the_ones_that_the_library_puts_together(text in hostile(), max in 0_usize..60) {
        static LIBRARY: LazyLock<Mutex<Tokenizer>> =
            LazyLock::new(|| Mutex::new(both().library.clone()));
        let mut library = LIBRARY.lock().unwrap();
        let longest = TruncationParams { max_length: max.max(2), ..Default::default() };
        library.with_truncation(Some(longest)).unwrap();
        let expected = library.encode(text.as_str(), true).unwrap();
        prop_assert_eq!(both().ours.single(&text, max), expected.get_ids());
    }
}
