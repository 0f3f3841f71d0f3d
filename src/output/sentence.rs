//! The sentence that matches best, cut into matched and other pieces and wrapped to a width.

use trommel_engine::{HitPassage, joins_without_space, sentence_lines};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use trommel_core::escape;

use super::line_end::may_end_between;

/// One character as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    text: String,
    width: usize,
    matched: bool,
    space: bool,
}

/// A run of text in one style.
pub(super) type Piece = (String, bool);

/// Returns the sentence's pieces in order, each with whether it is a matched word.
///
/// A line break stays in its piece as white space; the marks of a quote on the next line are left out.
/// Ranges that do not fit the text are left out rather than trusted.
pub(super) fn pieces(passage: &HitPassage) -> Vec<(&str, bool)> {
    let text = &passage.text;
    let sentence = passage.sentence.clone();
    let mut pieces = Vec::new();
    let mut at = sentence.start;
    for matched in &passage.matches {
        // Matches rise, so one that begins before `at` overlaps the one before.
        let inside = matched.start >= at && matched.end <= sentence.end;
        if let (true, Some(before), Some(word)) =
            (inside, text.get(at..matched.start), text.get(matched.clone()))
        {
            pieces.extend(sentence_lines(before).map(|line| (line, false)));
            pieces.push((word, true));
            at = matched.end;
        }
    }
    let after = text.get(at..sentence.end).unwrap_or_default();
    pieces.extend(sentence_lines(after).map(|line| (line, false)));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// Returns the sentence in lines of at most `width` columns, as runs of one style.
///
/// Lines are broken at white space and between letters of Chinese and Japanese, or anywhere in a word that is
/// wider than a line.
pub(super) fn wrap(pieces: &[(&str, bool)], width: usize) -> Vec<Vec<Piece>> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line: Vec<Cell> = Vec::new();
    let mut used = 0;
    for cell in cells(pieces) {
        // White space at the start of the text would indent it.
        if cell.space && line.is_empty() {
            continue;
        }
        line.push(cell);
        used += line[line.len() - 1].width;
        if used > width {
            let rest = break_line(&mut line);
            lines.push(runs(&std::mem::replace(&mut line, rest)));
            used = line.iter().map(|cell| cell.width).sum();
        }
    }
    lines.push(runs(&line));
    lines.retain(|line| !line.is_empty());
    lines
}

/// Returns the sentence on one line, as runs of one style.
pub(super) fn on_one_line(pieces: &[(&str, bool)]) -> Vec<Piece> {
    wrap(pieces, usize::MAX).into_iter().flatten().collect()
}

/// Takes off the end of a line that is too long and returns it.
fn break_line(line: &mut Vec<Cell>) -> Vec<Cell> {
    let may_end = |at: &usize| match (&line[*at - 1], line.get(*at)) {
        (last, _) if last.space => true,
        (last, Some(next)) => may_end_between(&last.text, &next.text),
        (_, None) => false,
    };
    // At least one cell stays on the line, or a character wider than the line would be put off for ever.
    let end = (1..=line.len()).rev().find(may_end).unwrap_or((line.len() - 1).max(1));
    let rest = line.split_off(end);
    while line.last().is_some_and(|cell| cell.space) {
        line.pop();
    }
    rest
}

fn cells(pieces: &[(&str, bool)]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    // Whether the white space before has a line break.
    let mut breaks = false;
    for &(piece, matched) in pieces {
        // What a reader takes for one character may be several in Unicode, such as a letter and its
        // accent, and must not be parted by the end of a line.
        for grapheme in piece.graphemes(true) {
            let space = grapheme.chars().all(char::is_whitespace);
            if space {
                breaks |= grapheme.contains('\n');
                if cells.last().is_some_and(|cell| cell.space) {
                    continue;
                }
            } else if std::mem::take(&mut breaks) {
                join(&mut cells, grapheme);
            }
            let text = if space { " ".to_owned() } else { escape(grapheme).into_owned() };
            cells.push(Cell { width: text.width(), text, matched, space });
        }
    }
    cells
}

/// Takes off the white space that stands for a line break between letters which have none between them.
fn join(cells: &mut Vec<Cell>, next: &str) {
    if let [.., before, space] = &cells[..]
        && space.space
        && let (Some(before), Some(next)) = (before.text.chars().next_back(), next.chars().next())
        && joins_without_space(before, next)
    {
        cells.pop();
    }
}

fn runs(line: &[Cell]) -> Vec<Piece> {
    let mut runs: Vec<Piece> = Vec::new();
    let end = line.iter().rposition(|cell| !cell.space).map_or(0, |last| last + 1);
    for cell in &line[..end] {
        match runs.last_mut() {
            // Neighbours of one style are written at once: styles cost escape sequences.
            Some((text, matched)) if *matched == cell.matched => text.push_str(&cell.text),
            _ => runs.push((cell.text.clone(), cell.matched)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use trommel_core::{Lines, PassageId};

    use super::*;

    fn shown(pieces: &[(&str, bool)], width: usize) -> Vec<String> {
        let mark = |(text, matched): Piece| if matched { format!("[{text}]") } else { text };
        wrap(pieces, width).into_iter().map(|line| line.into_iter().map(mark).collect()).collect()
    }

    #[test]
    fn lines_break_at_white_space_and_keep_their_marks() {
        let pieces = [("the ", false), ("quick", true), ("  brown\nfox", false)];
        assert_eq!(shown(&pieces, 9), ["the [quick]", "brown fox"]);
        assert_eq!(shown(&pieces, 80), ["the [quick] brown fox"]);
        assert_eq!(shown(&pieces, 8), ["the", "[quick]", "brown", "fox"]);
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken_by_columns() {
        assert_eq!(shown(&[("abcdefg", false)], 3), ["abc", "def", "g"]);
        // Each of these is two columns wide.
        assert_eq!(shown(&[("日本語です", true)], 4), ["[日本]", "[語で]", "[す]"]);
        assert_eq!(shown(&[("日本", false)], 1), ["日", "本"]);
        assert!(shown(&[(" \n ", false)], 5).is_empty());
    }

    #[test]
    fn lines_of_chinese_and_japanese_go_on_without_a_space() {
        assert_eq!(
            shown(&[("自由\n", false), ("平等", true), ("\nor", false)], 80),
            ["自由[平等] or"]
        );
        assert_eq!(shown(&[("한국\n한국", false)], 80), ["한국 한국"]);
    }

    #[test]
    fn lines_of_chinese_and_japanese_are_filled_and_do_not_begin_with_a_full_stop() {
        let pieces = [("API を使って長い", false), ("文章", true), ("を書く。「はい」", false)];
        assert_eq!(shown(&pieces, 18), ["API を使って長い[文]", "[章]を書く。「はい」"]);
        assert_eq!(shown(&pieces, 10), ["API を使っ", "て長い[文章]", "を書く。", "「はい」"]);
        assert_eq!(shown(&pieces, 8), ["API を", "使って長", "い[文章]を", "書く。", "「はい」"]);
        // Where nothing else helps, a sign stands first.
        assert_eq!(shown(&[("漢。。", false)], 2), ["漢", "。", "。"]);
    }

    #[test]
    fn what_a_reader_sees_as_one_character_stays_together() {
        assert_eq!(shown(&[("👩\u{200d}🚀👍🏽🇩🇪", false)], 2), ["👩\u{200d}🚀", "👍🏽", "🇩🇪"]);
        assert_eq!(shown(&[("กำน้ำ", false)], 1), ["กำ", "น้ำ"]);
        assert_eq!(shown(&[("e\u{301}te\u{301}", false)], 1), ["e\u{301}", "t", "e\u{301}"]);
    }

    #[test]
    fn a_wrapped_sentence_cannot_steer_the_terminal() {
        assert_eq!(shown(&[("a\u{1b}[2Jb", false)], 80), [r"a\u{1b}[2Jb"]);
    }

    #[test]
    fn a_sentence_over_several_lines_of_a_quote_is_shown_without_their_marks() {
        let passage = HitPassage {
            id: PassageId(0),
            text: "> The pump\n> hums on\n> and on.".into(),
            lines: Lines { first: 1, last: 3 },
            headings: vec![],
            location: None,
            sentence: 2..30,
            matches: std::iter::once(13..17).collect(),
        };
        let pieces = pieces(&passage);
        assert_eq!(shown(&pieces, 80), ["The pump [hums] on and on."]);
        assert_eq!(shown(&pieces, 9), ["The pump", "[hums] on", "and on."]);
    }

    #[test]
    fn ranges_that_do_not_fit_the_text_are_ignored() {
        let passage = HitPassage {
            id: PassageId(0),
            text: "é ab".into(),
            lines: Lines { first: 1, last: 1 },
            headings: vec![],
            location: None,
            sentence: 0..5,
            matches: vec![1..2, 3..5, 4..9, 0..2],
        };
        assert_eq!(pieces(&passage), [("é ", false), ("ab", true)]);
    }
}
