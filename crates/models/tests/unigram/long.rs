//! Words without end.

use std::time::{Duration, Instant};

use crate::library::both;
use crate::words::words;

/// Returns how long it takes to read a text, once.
fn time(text: &str) -> Duration {
    let begun = Instant::now();
    assert!(both().ours.count(text) > 0);
    begun.elapsed()
}

#[test]
fn a_megabyte_without_a_space_takes_as_long_as_its_parts() {
    let mixed = words(60_000, 5).concat();
    // Whatever is asked of one: pieces everywhere, unknown everywhere, or both by turns.
    for unit in ["a", "\u{12001}", "e\u{301}", &mixed] {
        let text = |bytes: usize| -> String {
            unit.chars().cycle().take(bytes / unit.chars().next().unwrap().len_utf8()).collect()
        };
        let (short, long) = (text(100_000), text(1_000_000));
        let tenth = (0..2).map(|_| time(&short)).min().unwrap();
        let whole = (0..2).map(|_| time(&long)).min().unwrap();
        // Were it quadratic it would be a hundred times; a busy machine is given room.
        assert!(whole < 40 * tenth + Duration::from_millis(50), "{whole:?} against {tenth:?}");
    }
}

#[test]
fn a_long_word_has_the_tokens_of_the_library() {
    both().assert_same(&words(300, 6).concat());
    both().assert_same(&"ab".repeat(3_000));
}

#[test]
fn the_end_of_a_long_word_is_not_cut_into_pieces() {
    let text = words(60_000, 5).concat();
    let (mut all, mut first) = (Vec::new(), Vec::new());
    both().ours.ids(&text, &mut all);
    assert!(both().ours.first_ids(&text, 510, &mut first));
    assert_eq!(first, all[..510]);
}
