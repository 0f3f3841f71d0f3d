//! The blocks that a long text is cut into before it is split.

use trommel_core::floor_grapheme;

/// The smallest block, in bytes.
const MIN_BLOCK: usize = 16 << 10;

/// How many bytes of a block there are for each token of a passage: some ten passages of prose.
const BYTES_PER_TOKEN: usize = 64;

/// Returns where the block that begins at `start` ends: behind the last paragraph, line or word of
/// its second half, or between characters as a reader sees them if there is none.
///
/// A block has at most 16 KiB, or 64 bytes for each of `max_tokens` if that is more.
pub(super) fn end(text: &str, start: usize, max_tokens: usize) -> usize {
    let limit = max_tokens.saturating_mul(BYTES_PER_TOKEN).max(MIN_BLOCK);
    if text.len() - start <= limit {
        return text.len();
    }
    let hard = text.floor_char_boundary(start + limit);
    let middle = text.ceil_char_boundary(start + limit / 2);
    // Only the second half is searched, so that every block has at least half the size.
    let half = &text[middle..hard];
    let behind = |at: Option<usize>, length: usize| at.map(|at| middle + at + length);
    behind(half.rfind("\n\n"), 2)
        .or_else(|| behind(half.rfind('\n'), 1))
        .or_else(|| half.rfind(char::is_whitespace).map(|at| middle + at))
        .or_else(|| Some(floor_grapheme(text, hard)).filter(|at| *at > middle))
        .unwrap_or(hard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_at_the_largest_unit_of_its_second_half() {
        let words = "word ".repeat(8000);
        assert_eq!(end(&words, 0, 1), 16_379);
        let mut text = words.clone();
        text.replace_range(10_000..10_001, "\n");
        assert_eq!(end(&text, 0, 1), 10_001);
        text.replace_range(9_000..9_002, "\n\n");
        assert_eq!(end(&text, 0, 1), 9_002);
        assert_eq!(end(&text, 9_002, 1), 25_384);
        assert_eq!(end("short", 0, 1), 5);
    }

    #[test]
    fn a_block_without_white_space_ends_between_characters() {
        let text = "語".repeat(10_000);
        assert_eq!(end(&text, 0, 1), 16_383);
        assert_eq!(end(&text, 0, 300), 19_200);
        // A letter of three bytes with a vowel sign of three; 16,384 is 2,730 of both and 4.
        let text = "กำ".repeat(5_000);
        assert_eq!(end(&text, 0, 1), 16_380);
        // One character of 20,000 bytes.
        assert_eq!(end(&format!("a{}", "\u{301}".repeat(10_000)), 0, 1), 16_383);
    }
}
