//! Puts lines together to paragraphs, by where they stand.

use super::hyphens::Vocabulary;
use super::pdf_text::Line;

/// A step down that is this much more than the usual one parts paragraphs.
const WIDE_STEP: f32 = 1.3;

/// How far a first line stands in or out, in sizes of its type, at least and at most.
const INDENT: std::ops::Range<f32> = 0.5..8.0;

/// Lines whose sizes of type differ by this much are not of one paragraph.
const OTHER_SIZE: f32 = 1.2;

/// A line of wider characters than this, in sizes of its type, has gaps: a row, not a sentence.
const ROW: f32 = 0.9;

/// A step up of fewer sizes is not to the top of a column: an axis is labelled from below.
const STEP_UP: f32 = 3.0;

/// Returns the paragraphs of lines in their order. A line that was ended on purpose ends there too.
pub(super) fn paragraphs(lines: &[Line], vocabulary: &Vocabulary<'_>) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut last: Option<&Line> = None;
    for column in columns(lines) {
        let frame = Frame::of(column);
        for (index, line) in column.iter().enumerate() {
            let seam = match index.checked_sub(1).and_then(|before| column.get(before)) {
                Some(before) => frame.seam(before, line),
                // A column may begin in the middle of a sentence.
                None => match (paragraphs.last(), last) {
                    (Some(text), Some(last))
                        if goes_on(text, &line.text) && is_of_one_type(last, line) =>
                    {
                        Seam::Join
                    }
                    (_, Some(last)) if line.y - last.y < STEP_UP * line.size => Seam::Line,
                    _ => Seam::Paragraph,
                },
            };
            match (seam, paragraphs.last_mut()) {
                (Seam::Join, Some(text)) => vocabulary.join(text, &line.text),
                (Seam::Line, Some(text)) => {
                    text.push('\n');
                    text.push_str(&line.text);
                }
                _ => paragraphs.push(line.text.clone()),
            }
            last = Some(line);
        }
    }
    paragraphs
}

/// Says whether a sentence that `text` breaks off goes on with `next`, by how they are written.
pub(super) fn goes_on(text: &str, next: &str) -> bool {
    let closing = |c: char| matches!(c, '"' | '\'' | ')' | ']' | '\u{201d}' | '\u{2019}');
    let text = text.trim_end_matches(closing);
    let ended = text.ends_with(['.', '!', '?', ':', ';', '\u{2026}', '\u{3002}']);
    !text.is_empty() && !ended && next.starts_with(char::is_lowercase)
}

/// Says whether lines of different blocks may be of one sentence: a heading's type is another.
pub(super) fn is_of_one_type(line: &Line, other: &Line) -> bool {
    (line.size - other.size).abs() <= 0.05 * line.size
}

/// What stands between two lines.
#[derive(PartialEq)]
enum Seam {
    /// They are of one sentence.
    Join,
    /// The first was ended on purpose.
    Line,
    Paragraph,
}

/// Cuts lines where they go up again.
fn columns(lines: &[Line]) -> impl Iterator<Item = &[Line]> {
    lines.chunk_by(|above, below| below.y <= above.y + 0.5 * above.size)
}

/// The measures of a column.
struct Frame {
    left: f32,
    right: f32,
    /// The usual step from line to line.
    step: f32,
    /// Whether first lines stand out to the left, as in a list of literature.
    hanging: bool,
}

impl Frame {
    fn of(column: &[Line]) -> Self {
        let least = |values: &mut dyn Iterator<Item = f32>| values.fold(f32::INFINITY, f32::min);
        let left = least(&mut column.iter().map(|line| line.left));
        // A single line may stand out to the right.
        let right = quantile(column.iter().map(|line| line.right).collect(), 0.8);
        let steps = column.windows(2).filter_map(|pair| match pair {
            [above, below] if below.y < above.y => Some(above.y - below.y),
            _ => None,
        });
        let step = quantile(steps.collect(), 0.3);
        let indented = column.iter().filter(|line| is_in(line, left)).count();
        let hanging = column.len() > 2 && indented * 2 > column.len();
        Self { left, right, step, hanging }
    }

    fn seam(&self, above: &Line, below: &Line) -> Seam {
        let (small, large) = (above.size.min(below.size), above.size.max(below.size));
        let wide = self.step > 0.0 && above.y - below.y > WIDE_STEP * self.step.max(0.9 * small);
        if wide || large > OTHER_SIZE * small {
            return Seam::Paragraph;
        }
        let first = match self.hanging {
            true => !is_in(below, self.left) && is_in(above, self.left),
            false => is_in(below, self.left) && !is_in(above, self.left),
        };
        if first && !goes_on(&above.text, &below.text) {
            return Seam::Paragraph;
        }
        if !is_row(above) && !is_row(below) && !self.was_ended(above, below) {
            return Seam::Join;
        }
        match above.text.ends_with(['.', '!', '?', '"', '\u{201d}']) {
            true => Seam::Paragraph,
            false => Seam::Line,
        }
    }

    /// Says whether the first word of the line below would have had room on the line above.
    fn was_ended(&self, above: &Line, below: &Line) -> bool {
        let word = below.text.split(' ').next().unwrap_or_default();
        let room = self.right - above.right;
        // A character of room to spare, for not all are of one width.
        let needed = character(below) * (word.chars().count() + 2) as f32;
        !above.text.ends_with(['-', '\u{2010}', '\u{ad}']) && room > needed
    }
}

/// Says whether a line stands in from the left edge as a first line does.
fn is_in(line: &Line, left: f32) -> bool {
    INDENT.contains(&((line.left - left) / line.size.max(1.0)))
}

/// Says whether a line has such gaps as a row of a table, or leads to a page number.
fn is_row(line: &Line) -> bool {
    line.text.contains("... ") || character(line) > ROW * line.size && !is_wide(&line.text)
}

/// Returns how wide a character of a line is in the mean.
fn character(line: &Line) -> f32 {
    (line.right - line.left) / line.text.chars().count().max(1) as f32
}

/// Says whether a text is of a script whose characters are as wide as they are high.
fn is_wide(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{ffef}'))
}

/// Returns the value below which this share of all lie; 0 of none.
fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    let at = (share * values.len() as f32) as usize;
    values.get(at).or(values.last()).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::super::pdf_text::made;
    use super::*;

    fn read(lines: &[(&str, f32, f32)]) -> Vec<String> {
        let lines: Vec<Line> =
            lines.iter().map(|&(text, left, y)| made::line(text, left, y)).collect();
        paragraphs(&lines, &Vocabulary::default())
    }

    #[test]
    fn a_wider_step_parts_paragraphs() {
        let text = read(&[
            ("The tea is poured when the", 0.0, 100.0),
            ("water has come to a boil.", 0.0, 88.0),
            ("Then it stands for three ", 0.0, 70.0),
            ("minutes, and not any more", 0.0, 58.0),
        ]);
        assert_eq!(text[0], "The tea is poured when the water has come to a boil.");
        assert_eq!(text.len(), 2);
    }

    #[test]
    fn an_indent_parts_paragraphs() {
        let text = read(&[
            ("water has come to a boil, which", 0.0, 100.0),
            ("takes a while on a cold morning.", 0.0, 88.0),
            ("Then it stands for three min-", 10.0, 76.0),
            ("utes, and not any more than that", 0.0, 64.0),
        ]);
        assert_eq!(text.len(), 2);
        assert!(text[1].starts_with("Then it stands for three minutes, and"), "{text:?}");
    }

    #[test]
    fn a_hanging_indent_parts_entries() {
        let text = read(&[
            ("Ahab, C. On the whiteness of the", 0.0, 100.0),
            ("whale, and what it means to", 20.0, 88.0),
            ("those who hunt it. 1851.", 20.0, 76.0),
            ("Starbuck, F. On coffee and on its", 0.0, 64.0),
            ("trade between the islands. 1850.", 20.0, 52.0),
        ]);
        assert_eq!(text.len(), 2, "{text:?}");
        assert!(text[1].starts_with("Starbuck, F. On coffee and on its trade"));
    }

    #[test]
    fn lines_that_were_ended_stay_lines() {
        let text = read(&[
            ("Hello World", 0.0, 100.0),
            ("Arabic:", 0.0, 88.0),
            ("A line that is a good deal longer than", 0.0, 76.0),
            ("all the others around it", 0.0, 64.0),
            ("Thai:", 0.0, 52.0),
        ]);
        let long = "A line that is a good deal longer than all the others around it";
        assert_eq!(text, [format!("Hello World\nArabic:\n{long}\nThai:")]);
    }

    #[test]
    fn rows_with_gaps_stay_rows() {
        let row = |text: &str, y| Line { right: 300.0, ..made::line(text, 0.0, y) };
        let lines = [row("1 Foo 2", 100.0), row("2 Bar 2", 88.0), row("3 Baz 2", 76.0)];
        assert_eq!(paragraphs(&lines, &Vocabulary::default()), ["1 Foo 2\n2 Bar 2\n3 Baz 2"]);
    }

    #[test]
    fn a_sentence_goes_on_in_the_next_column() {
        let text = read(&[
            ("An activation of the system is", 0.0, 100.0),
            ("limited in the", 0.0, 88.0),
            ("magnitude of its commands.", 200.0, 700.0),
            ("Another column.", 400.0, 700.5),
        ]);
        assert_eq!(text[0].lines().count(), 1);
        assert!(text[0].contains("limited in the magnitude of its commands."), "{text:?}");
        // But not in a heading.
        let large = Line { size: 12.0, ..made::line("asn1 tools", 200.0, 700.0) };
        let lines = [made::line("Chapter 4", 0.0, 88.0), large];
        assert_eq!(paragraphs(&lines, &Vocabulary::default()).len(), 2);
    }

    #[test]
    fn no_measure_is_too_odd() {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -0.0, 1e-38];
        for (at, &left) in odd.iter().enumerate() {
            for &y in &odd {
                let size = odd[(at + 1) % odd.len()];
                let line = Line { text: "a".into(), left, right: y, y, size };
                let lines = vec![line; 3];
                assert!(!paragraphs(&lines, &Vocabulary::default()).is_empty());
            }
        }
    }
}
