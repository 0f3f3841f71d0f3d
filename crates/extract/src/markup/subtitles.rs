//! Subtitles: SubRip, WebVTT and SubStation Alpha.

use super::prose::Prose;
use crate::{ExtractError, Extracted, Limits};

/// How many lines make a paragraph.
const LINES: usize = 5;

/// The longest tag, in bytes.
const MAX_TAG: usize = 200;

/// The pause that ends a paragraph, in milliseconds.
const PAUSE: u64 = 3_000;

/// Says whether a text says itself that it is subtitles.
pub(super) fn begins(text: &str) -> bool {
    let is_webvtt = text
        .strip_prefix("WEBVTT")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
    is_webvtt || text.starts_with("[Script Info]")
}

/// Returns what is said, without numbers, times and marks. Lines that follow each other closely
/// are one
/// paragraph.
///
/// # Errors
///
/// [`ExtractError::TooMuch`] beyond the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut said = Said { prose: Prose::new(limits), lines: 0, end: 0, last: String::new() };
    match text.trim_start_matches('\u{feff}').starts_with("[Script Info]") {
        true => dialogues(text, &mut said)?,
        false => cues(text, &mut said)?,
    }
    said.prose.finish()
}

/// Reads cues of SubRip and WebVTT: a line of times, and what is said up to an empty line.
fn cues(text: &str, said: &mut Said) -> Result<(), ExtractError> {
    let mut is_said = false;
    for line in text.lines() {
        if let Some((begin, end)) = times(line) {
            said.time(begin, end)?;
            is_said = true;
        } else if line.trim().is_empty() {
            is_said = false;
        } else if is_said {
            said.line(&without_tags(line))?;
        }
    }
    Ok(())
}

/// Reads the dialogue lines of SubStation Alpha: ten fields, the last of which is what is said.
fn dialogues(text: &str, said: &mut Said) -> Result<(), ExtractError> {
    for line in text.lines() {
        let Some(fields) = line.strip_prefix("Dialogue:") else { continue };
        let fields: Vec<&str> = fields.splitn(10, ',').collect();
        let (Some(begin), Some(end), Some(words)) = (fields.get(1), fields.get(2), fields.get(9))
        else {
            continue;
        };
        if let (Some(begin), Some(end)) = (milliseconds(begin), milliseconds(end)) {
            said.time(begin, end)?;
        }
        for words in words.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ").lines() {
            said.line(&without_tags(words))?;
        }
    }
    Ok(())
}

/// What was said so far.
struct Said {
    prose: Prose,
    /// Lines of the paragraph.
    lines: usize,
    /// When the last one ends.
    end: u64,
    last: String,
}

impl Said {
    fn time(&mut self, begin: u64, end: u64) -> Result<(), ExtractError> {
        if self.lines >= LINES || begin > self.end.saturating_add(PAUSE) {
            self.prose.end()?;
            self.lines = 0;
        }
        self.end = end;
        Ok(())
    }

    /// Adds a line, unless it repeats the last one, as captions do that roll up.
    fn line(&mut self, line: &str) -> Result<(), ExtractError> {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() || line == self.last {
            return Ok(());
        }
        self.prose.words(&line)?;
        self.lines += 1;
        self.last = line;
        Ok(())
    }
}

/// Returns when a cue begins and ends, if a line says so.
fn times(line: &str) -> Option<(u64, u64)> {
    let (begin, end) = line.split_once("-->")?;
    Some((milliseconds(begin)?, milliseconds(end.split_whitespace().next()?)?))
}

/// Returns a time such as `01:02:03,400` in milliseconds; hours may be missing.
fn milliseconds(time: &str) -> Option<u64> {
    let (clock, fraction) = time.trim().split_once([',', '.']).unwrap_or((time.trim(), "0"));
    let number = |digits: &str| {
        let is_short = digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_short { digits.parse::<u64>().ok() } else { None }
    };
    let seconds = clock
        .split(':')
        .try_fold(0, |sum: u64, part| sum.checked_mul(60)?.checked_add(number(part)?))?;
    seconds.checked_mul(1000)?.checked_add(number(format!("{fraction:0<3}").get(..3)?)?)
}

/// Returns a line without `<i>`, `{\an8}` and entities.
fn without_tags(line: &str) -> String {
    let mut rest = line;
    let mut clean = String::with_capacity(line.len());
    while let Some(at) = rest.find(['<', '{']) {
        let (before, tag) = rest.split_at(at);
        clean.push_str(before);
        let close = if tag.starts_with('<') { '>' } else { '}' };
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphanumeric() || "/\\".contains(c));
        rest = match tag[..tag.floor_char_boundary(MAX_TAG)].find(close) {
            Some(end) if is_tag => &tag[end + 1..],
            _ => {
                clean.push_str(&tag[..1]);
                &tag[1..]
            }
        };
    }
    clean.push_str(rest);
    [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&lrm;", ""), ("&rlm;", ""), ("&amp;", "&")]
        .iter()
        .fold(clean, |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(subtitles: &str) -> String {
        read(subtitles, &Limits::default()).unwrap().text
    }

    #[test]
    fn subrip_is_read_up_to_pauses() {
        let srt = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Low</i> water,\r\n\
            {\\an8}at noon.\r\n\r\n\
            2\r\n00:00:03,000 --> 00:00:04,000\r\nat noon.\r\n\r\n\
            3\r\n00:00:07,001 --> 00:00:08,000\r\n3\r\na < b &amp; c\r\n";
        assert_eq!(text(srt), "Low water, at noon.\n\n3 a < b & c");
    }

    #[test]
    fn webvtt_has_headers_notes_and_settings() {
        let vtt = "WEBVTT - harbour\nKind: captions\n\nNOTE not said\n\nSTYLE\n::cue {}\n\nintro\n\
            00:01.000 --> 00:02.000 align:start\n<v Ana>Cast <00:01.500>off!\n";
        assert!(begins(vtt));
        assert!(!begins("WEBVTTX"));
        assert_eq!(text(vtt), "Cast off!");
    }

    #[test]
    fn substation_alpha_has_dialogue_lines() {
        let ass = "[Script Info]\nTitle: x\n[Events]\nFormat: Layer, Start, End, Style, Name, \
            MarginL, MarginR, MarginV, Effect, Text\n\
            Dialogue: 0,0:00:01.00,0:00:02.00,S,,0,0,0,,{\\i1}Slow,{\\i0}\\Nplease\nComment: x\n";
        assert_eq!(text(ass), "Slow, please");
    }

    #[test]
    fn five_lines_make_a_paragraph() {
        let cue = |n: u64| format!("00:{n:02}.0 --> 00:{n:02}.9\nline {n}\n\n");
        let paragraphs = text(&(1..=7).map(cue).collect::<String>());
        assert_eq!(paragraphs, "line 1 line 2 line 3 line 4 line 5\n\nline 6 line 7");
    }

    #[test]
    fn times_are_bounded() {
        assert_eq!(milliseconds("01:02:03,4"), Some(3_723_400));
        assert_eq!(milliseconds("02:03.4567"), Some(123_456));
        for time in ["", "x", "1:-2", "999999999999", "1,\u{e9}\u{e9}", "1,"] {
            assert!(milliseconds(time).is_none_or(|it| it == 1000), "{time}");
        }
    }
}
