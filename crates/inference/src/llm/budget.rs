//! How much of a text a model is shown.

/// Returns the longest start of a text that has at most `limit` tokens by `count`, and whether that
/// is less than all.
///
/// A start is taken to have no more tokens than the whole, which holds for a tokenizer but for one
/// or two at the cut; what is returned was counted itself.
pub(crate) fn fit(text: &str, limit: usize, count: impl Fn(&str) -> usize) -> (&str, bool) {
    // No tokenizer makes one token of more than this; a book need not be counted to be cut.
    const LONGEST_TOKEN: usize = 128;
    let start = text.floor_char_boundary(limit.saturating_mul(LONGEST_TOKEN));
    if start == text.len() && count(text) <= limit {
        return (text, false);
    }
    // Always: a start of `fits` bytes fits, and one of `bound` bytes does not, or is none.
    let (mut fits, mut bound) = (0, start + 1);
    while bound - fits > 1 {
        let middle = text.floor_char_boundary(fits + (bound - fits) / 2);
        if middle <= fits {
            // No character ends between them: the next one is tried as a whole.
            let next = text.ceil_char_boundary(fits + 1);
            if next >= bound || count(&text[..next]) > limit {
                break;
            }
            fits = next;
        } else if count(&text[..middle]) <= limit {
            fits = middle;
        } else {
            bound = middle;
        }
    }
    (&text[..fits], fits < text.len())
}

#[cfg(test)]
mod tests {
    use trommel_core::estimated_tokens;

    use super::*;

    #[test]
    fn a_text_that_fits_is_whole_and_one_that_does_not_is_the_longest_start_that_does() {
        let words = |text: &str| text.split_whitespace().count();
        assert_eq!(fit("rain in berlin", 3, words), ("rain in berlin", false));
        assert_eq!(fit("rain in berlin", 2, words), ("rain in ", true));
        assert_eq!(fit("rain in berlin", 0, words), ("", true));
        assert_eq!(fit("", 0, words), ("", false));
    }

    #[test]
    fn a_cut_is_between_two_characters_and_never_over_the_limit() {
        for text in ["🦀é雨a".repeat(30), "a".repeat(200), "雨".repeat(70), "é".into()] {
            for limit in 0..80 {
                let (start, cut) = fit(&text, limit, estimated_tokens);
                assert!(start.is_empty() || estimated_tokens(start) <= limit);
                assert_eq!(cut, start.len() < text.len());
                let next = text[start.len()..].chars().next().map_or(0, char::len_utf8);
                let more = &text[..start.len() + next];
                assert!(!cut || estimated_tokens(more) > limit, "{limit}: {start}");
            }
        }
    }
}
