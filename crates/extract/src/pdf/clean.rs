//! Makes the characters of a line those that a reader sees.

/// The longest row of dots that is kept.
const DOTS: usize = 3;

/// Returns a line with ligatures taken apart, single spaces, and without what is not to be seen.
pub(super) fn clean(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut soft_hyphen = false;
    for c in line.chars() {
        // Within a line a soft hyphen stands for nothing, nor does a space after it.
        match soft_hyphen {
            true if c.is_whitespace() => continue,
            true => soft_hyphen = false,
            false => {}
        }
        match c {
            '\u{fb00}' => clean.push_str("ff"),
            '\u{fb01}' => clean.push_str("fi"),
            '\u{fb02}' => clean.push_str("fl"),
            '\u{fb03}' => clean.push_str("ffi"),
            '\u{fb04}' => clean.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => clean.push_str("st"),
            '\u{ad}' => soft_hyphen = true,
            _ if c.is_whitespace() || says_nothing(c) => space(&mut clean),
            _ => clean.push(c),
        }
    }
    clean.truncate(clean.trim_end().len());
    // At the end of a line it hyphenates.
    if soft_hyphen {
        clean.push('\u{ad}');
    }
    without_leaders(clean)
}

/// Returns text of several lines, each of them clean and none blank.
pub(super) fn clean_lines(text: &str) -> String {
    let lines: Vec<String> =
        text.split(['\r', '\n']).map(clean).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Says whether a character stands for a glyph whose meaning is not known, or for none.
fn says_nothing(c: char) -> bool {
    c.is_control() || matches!(c, '\u{fffd}' | '\u{feff}' | '\u{200b}' | '\u{e000}'..='\u{f8ff}')
}

fn space(clean: &mut String) {
    if !clean.is_empty() && !clean.ends_with(' ') {
        clean.push(' ');
    }
}

/// Returns a line with rows of dots, spaced or not, cut short: they lead the eye across the page.
fn without_leaders(line: String) -> String {
    if !line.contains("....") && !line.contains(". . .") {
        return line;
    }
    let mut short = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while let Some(at) = rest.find('.') {
        let (before, dots) = rest.split_at(at);
        let after = dots.trim_start_matches(['.', ' ']);
        let run = &dots[..dots.len() - after.len()];
        short.push_str(before);
        match run.bytes().filter(|&byte| byte == b'.').count() > DOTS {
            true if after.is_empty() => short.push_str("..."),
            true => short.push_str("... "),
            false => short.push_str(run),
        }
        rest = after;
    }
    short + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_kept() {
        let cleaned = [
            ("o\u{fb03}ce \u{fb01}nal \u{fb06}", "office final st"),
            (" a\u{a0}\u{a0}b \t c ", "a b c"),
            ("x\u{fffd}\u{fffd}y \u{f0b7}", "x y"),
            ("dreami\u{ad}", "dreami\u{ad}"),
            ("dreami\u{ad} est, wa\u{ad}ter", "dreamiest, water"),
            ("\u{fffd}\u{fffd}", ""),
            ("\u{ac00} \u{645}", "\u{ac00} \u{645}"),
            ("And so on...", "And so on..."),
            ("e. g. this", "e. g. this"),
        ];
        for (raw, clean_line) in cleaned {
            assert_eq!(clean(raw), clean_line, "{raw}");
        }
        assert_eq!(clean_lines("one\r\rtwo \n three"), "one\ntwo\nthree");
    }

    #[test]
    fn leading_dots_are_cut_short() {
        assert_eq!(clean("1 Introduction . . . . . . . . . . 1"), "1 Introduction ... 1");
        assert_eq!(clean("Naming. . . . . . . . 3"), "Naming... 3");
        assert_eq!(clean("Index......................33"), "Index... 33");
    }
}
