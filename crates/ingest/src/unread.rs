//! Long runs of characters that nobody reads: pictures in a text, hashes without end, encoded bytes.
//!
//! A picture in a note would be many passages of noise, which cost encoding and hide the sentences beside
//! it.

use crate::SkipReason;

/// From how many characters on a run without a space is no word.
const LEAST: usize = 256;
/// How much of such a run is kept: as much as words are told apart by.
const KEPT: usize = 64;
/// What stands before the bytes of a picture: of those nothing is kept.
const BASE64: &str = ";base64,";

/// What was left out of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Unread {
    pub(crate) runs: usize,
    pub(crate) bytes: usize,
}

impl Unread {
    /// Returns what tells of it; nothing if nothing was left out.
    pub(crate) fn reason(self) -> Option<SkipReason> {
        let Self { runs, bytes } = self;
        (runs > 0).then_some(SkipReason::LongRuns { runs, bytes })
    }
}

/// Returns the text without long runs of letters, digits and signs of base64, and how much that was. Its
/// lines stay where they are.
pub(crate) fn without_unread(text: String) -> (String, Unread) {
    let bytes = text.as_bytes();
    let mut kept = String::new();
    let (mut from, mut at) = (0, 0);
    let mut unread = Unread::default();
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_of_run(**byte)).count();
        if length >= LEAST {
            let start = if text[..at].ends_with(BASE64) { at } else { at + KEPT };
            // All of a run is ASCII, so its bytes are characters.
            kept.push_str(&text[from..start]);
            from = at + length;
            unread = Unread { runs: unread.runs + 1, bytes: unread.bytes + from - start };
        }
        at += length.max(1);
    }
    if from == 0 {
        return (text, unread);
    }
    (kept + &text[from..], unread)
}

fn is_of_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str) -> String {
        without_unread(text.to_owned()).0
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let run = "0123456789abcdef".repeat(32);
        let (_, unread) = without_unread(format!("{run} and data:;base64,{run}"));
        // 64 bytes of the first are kept, and none of the second.
        assert_eq!(unread, Unread { runs: 2, bytes: 512 - 64 + 512 });
        assert_eq!(without_unread("a b".to_owned()).1.reason(), None);
    }

    #[test]
    fn a_picture_leaves_its_place_and_the_lines_around_it() {
        let picture = "iVBORw0KGgo/+A".repeat(200);
        let note = format!(
            "Bleed the radiator.\n\n![valve](data:image/png;base64,{picture}==)\n\nClose it."
        );
        let left = "Bleed the radiator.\n\n![valve](data:image/png;base64,)\n\nClose it.";
        assert_eq!(without(&note), left);
    }

    #[test]
    fn of_other_runs_the_beginning_is_kept() {
        let run = "0123456789abcdef".repeat(16);
        assert_eq!(
            without(&format!("hash {run} end {run}")),
            format!("hash {0} end {0}", &run[..64])
        );
        let short = "a".repeat(LEAST - 1);
        assert_eq!(without(&short), short);
    }

    #[test]
    fn words_without_spaces_are_no_runs() {
        for text in ["語".repeat(1000), "Straße.".repeat(100), "a b ".repeat(1000), String::new()]
        {
            assert_eq!(without(&text), text);
        }
        let address = format!("https://example.org/?q={}", "a.b&c=d".repeat(100));
        assert_eq!(without(&address), address);
    }
}
