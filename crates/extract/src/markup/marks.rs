//! Marks of emphasis around words, such as `*so*`.

/// A mark that opens and closes.
pub(super) struct Mark {
    /// The mark itself; one that begins with another comes first.
    pub(super) text: &'static str,
    /// Whether it also stands within words.
    pub(super) is_anywhere: bool,
    /// What becomes of the words between, where they are no marked-up text themselves.
    pub(super) within: Option<fn(&str) -> &str>,
}

impl Mark {
    /// Returns a mark around words.
    pub(super) const fn around(text: &'static str) -> Self {
        Self { text, is_anywhere: false, within: None }
    }

    /// Returns a mark that also stands within words.
    pub(super) const fn anywhere(text: &'static str) -> Self {
        Self { text, is_anywhere: true, within: None }
    }

    /// Returns a mark around what is taken as it stands.
    pub(super) const fn literal(text: &'static str) -> Self {
        Self { text, is_anywhere: false, within: Some(|within| within) }
    }
}

/// Returns `text` without its marks of emphasis. It takes linear time: where a mark finds no end,
/// no
/// later one of its kind does.
pub(super) fn without_marks(text: &str, marks: &[Mark]) -> String {
    let mut ends: Vec<Ends> = marks.iter().map(|_| Ends::default()).collect();
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    'text: while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        for (mark, ends) in marks.iter().zip(&mut ends) {
            if !rest.starts_with(mark.text) {
                continue;
            }
            let behind = at + mark.text.len();
            if ends.open == Some(at) {
                ends.open = None;
                at = behind;
                continue 'text;
            }
            if ends.open.is_some() || !opens(text, at, mark) {
                continue;
            }
            let Some(end) = ends.after(text, behind + 1, mark) else { continue };
            match mark.within {
                None => {
                    ends.open = Some(end);
                    at = behind;
                }
                Some(within) => {
                    clean.push_str(within(text.get(behind..end).unwrap_or_default()));
                    at = end + mark.text.len();
                }
            }
            continue 'text;
        }
        let character = rest.chars().next().unwrap_or_default();
        clean.push(character);
        at += character.len_utf8();
    }
    clean
}

/// Where a mark ends next.
#[derive(Default)]
struct Ends {
    /// Where the mark that is open ends.
    open: Option<usize>,
    /// The last end that was found; none before the first search.
    found: Option<usize>,
    is_none_left: bool,
}

impl Ends {
    /// Returns the first end of a mark at `from` or after.
    fn after(&mut self, text: &str, from: usize, mark: &Mark) -> Option<usize> {
        if self.is_none_left {
            return None;
        }
        if let Some(found) = self.found.filter(|found| *found >= from) {
            return Some(found);
        }
        let from = text.ceil_char_boundary(from);
        let found = text
            .get(from..)?
            .match_indices(mark.text)
            .map(|(at, _)| from + at)
            .find(|at| closes(text, *at, mark));
        self.found = found;
        self.is_none_left = found.is_none();
        found
    }
}

fn opens(text: &str, at: usize, mark: &Mark) -> bool {
    let before = text[..at].chars().next_back();
    let behind = text[at + mark.text.len()..].chars().next();
    let may_stand_behind =
        |c: char| !c.is_alphanumeric() && (c.is_whitespace() || "-('\"{[<:*_~+=`/".contains(c));
    behind.is_some_and(|c| !c.is_whitespace())
        && (mark.is_anywhere || before.is_none_or(may_stand_behind))
}

fn closes(text: &str, at: usize, mark: &Mark) -> bool {
    let before = text[..at].chars().next_back();
    let behind = text[at + mark.text.len()..].chars().next();
    let is_longer = behind.is_some_and(|c| mark.text.ends_with(c));
    before.is_some_and(|c| !c.is_whitespace())
        && (mark.is_anywhere || !is_longer && !behind.is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: &[Mark] =
        &[Mark::anywhere("**"), Mark::around("*"), Mark::around("/"), Mark::literal("=")];

    #[test]
    fn marks_around_words_are_left_out() {
        for (marked, clean) in [
            ("a *b c* d", "a b c d"),
            ("*/both/* and un**usu**al", "both and unusual"),
            ("(=*lit*=), *x*.", "(*lit*), x."),
            ("2 * 3 * 4, a*b*c", "2 * 3 * 4, a*b*c"),
            ("*open and and/or", "*open and and/or"),
            ("*\u{fc}*\u{fc}*", "\u{fc}*\u{fc}"),
            ("", ""),
            ("**", "**"),
        ] {
            assert_eq!(without_marks(marked, MARKS), clean, "{marked}");
        }
    }

    #[test]
    fn marks_without_an_end_take_linear_time() {
        for many in ["*a ", "=a ", "**", "*a* b*"] {
            without_marks(&many.repeat(100_000), MARKS);
        }
    }
}
