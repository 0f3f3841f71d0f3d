//! TREC run files: `query Q0 document rank score tag`, one hit a line.
//!
//! trec_eval ignores the rank column, sorts by the score *as a 32-bit float* and breaks ties by
//! document id, backwards. So scores are made to fall strictly as such floats. Its columns are
//! split at white space, so ids that hold any are percent-encoded.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Asked;

/// The last column: who made the run.
const TAG: &str = "trommel";
/// The id of a query that was asked alone.
const ONLY_QUERY: &str = "1";
/// How far a score is put below the one before it, at least, where both would be equal.
const STEP: f32 = 1e-9;

/// Writes an answer's lines.
pub(super) fn run(out: &mut impl Write, asked: Asked<'_>) -> io::Result<()> {
    let query = encode_id(asked.id.unwrap_or(ONLY_QUERY));
    let hits = &asked.answer.hits;
    let scores = strictly_falling(hits.iter().map(|hit| hit.score));
    for (hit, score) in hits.iter().zip(scores) {
        writeln!(out, "{query} Q0 {} {} {score} {TAG}", encode_id(&hit.id), hit.rank)?;
    }
    Ok(())
}

/// Returns scores that fall strictly, each as near to its original as that allows.
fn strictly_falling(scores: impl Iterator<Item = f32>) -> impl Iterator<Item = f32> {
    scores.scan(f32::INFINITY, |before, score| {
        // Near 0 the next float is too small to be written legibly, near 1 the step is too small
        // to change a float: the lower of the two does in both places.
        *before = score.min(before.next_down()).min(*before - STEP);
        Some(*before)
    })
}

/// Returns an id without white space and control characters: they, and `%` itself, become `%XX`
/// for each byte.
fn encode_id(id: &str) -> Cow<'_, str> {
    let encoded = |c: char| c == '%' || c.is_whitespace() || c.is_control();
    if !id.contains(encoded) {
        return Cow::Borrowed(id);
    }
    let mut plain = String::with_capacity(id.len() + 8);
    let mut bytes = [0; 4];
    for c in id.chars() {
        if encoded(c) {
            for byte in c.encode_utf8(&mut bytes).bytes() {
                plain.push_str(&format!("%{byte:02X}"));
            }
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// Returns the id that [`encode_id`] was given; `None` if it gave no such text.
#[cfg(test)]
fn decode_id(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes and reads scores as a run file and trec_eval do: text, double, float.
    fn through_a_file(scores: impl Iterator<Item = f32>) -> Vec<f32> {
        strictly_falling(scores)
            .map(|score| score.to_string().parse::<f64>().unwrap() as f32)
            .collect()
    }

    fn assert_strictly_falling(read: &[f32]) {
        for pair in read.windows(2) {
            assert!(pair[0] > pair[1], "{} then {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn a_thousand_equal_scores_fall_strictly_as_floats() {
        for score in [0.0, 1e-30, 0.5, 0.731_058_6, 1.0, 37.25] {
            let read = through_a_file(std::iter::repeat_n(score, 1000));
            assert_eq!(read.len(), 1000);
            assert_strictly_falling(&read);
            assert!(score - read[999] < 1e-3 * score.max(1e-3), "{score} fell to {}", read[999]);
        }
    }

    #[test]
    fn ties_among_different_scores_keep_the_order_and_pull_the_next_ones_down() {
        let one_below = 0.9_f32.next_down();
        let read = through_a_file([1.0, 0.9, 0.9, 0.9, one_below, 0.2, 0.2].into_iter());
        assert_strictly_falling(&read);
        assert_eq!((read[0], read[1], read[5]), (1.0, 0.9, 0.2));
    }

    #[test]
    fn what_already_falls_is_written_as_it_is() {
        let scores = [0.9, 0.123_456_79, f32::MIN_POSITIVE, -3.0];
        assert_eq!(through_a_file(scores.into_iter()), scores);
    }

    #[test]
    fn ids_survive_the_columns_of_a_run_file() {
        for id in
            ["a b", "100%", "%41", "tab\there", "nbsp\u{a0}x", "line\u{85}", "ü/é.md", "\u{0}"]
        {
            let encoded = encode_id(id);
            assert_eq!(encoded.split_whitespace().count(), 1, "{encoded}");
            assert!(!encoded.contains(|c: char| c.is_whitespace() || c.is_control()));
            assert_eq!(decode_id(&encoded).as_deref(), Some(id));
        }
        assert_eq!(encode_id("a b%"), "a%20b%25");
        assert_eq!(encode_id("ü/é.md"), "ü/é.md");
    }

    #[test]
    fn a_broken_escape_is_no_id() {
        assert_eq!(decode_id("a%2"), None);
        assert_eq!(decode_id("a%zz"), None);
        assert_eq!(decode_id("%FF"), None);
        // from_str_radix alone would take a sign.
        assert_eq!(decode_id("%+1"), None);
    }
}
