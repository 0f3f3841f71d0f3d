//! The escapes of troff, which stand for characters, fonts and strings.

use std::collections::HashMap;

use crate::markup::accents::composed;

/// The longest string that a page may define; one that holds others twice could grow without end.
const MAX_STRING: usize = 1_000;

/// How many strings a page may define.
const MAX_STRINGS: usize = 1_000;

/// The names of characters, and what they are.
const CHARACTERS: &[(&str, &str)] = &[
    ("-", "-"),
    ("hy", "-"),
    ("mi", "-"),
    ("en", "\u{2013}"),
    ("em", "\u{2014}"),
    ("bu", "\u{2022}"),
    ("ci", "\u{25cb}"),
    ("sq", "\u{25a1}"),
    ("rs", "\\"),
    ("ti", "~"),
    ("ha", "^"),
    ("aq", "'"),
    ("dq", "\""),
    ("oq", "\u{2018}"),
    ("cq", "\u{2019}"),
    ("lq", "\u{201c}"),
    ("rq", "\u{201d}"),
    ("ga", "`"),
    ("aa", "\u{b4}"),
    ("sl", "/"),
    ("ba", "|"),
    ("br", "|"),
    ("bv", "|"),
    ("or", "|"),
    ("at", "@"),
    ("sh", "#"),
    ("Do", "$"),
    ("lB", "["),
    ("rB", "]"),
    ("lC", "{"),
    ("rC", "}"),
    ("la", "<"),
    ("ra", ">"),
    ("lt", "<"),
    ("gt", ">"),
    ("<=", "\u{2264}"),
    (">=", "\u{2265}"),
    ("!=", "\u{2260}"),
    ("==", "\u{2261}"),
    ("pl", "+"),
    ("eq", "="),
    ("+-", "\u{b1}"),
    ("mu", "\u{d7}"),
    ("di", "\u{f7}"),
    ("->", "\u{2192}"),
    ("<-", "\u{2190}"),
    ("ua", "\u{2191}"),
    ("da", "\u{2193}"),
    ("<>", "\u{2194}"),
    ("rA", "\u{21d2}"),
    ("lA", "\u{21d0}"),
    ("co", "\u{a9}"),
    ("rg", "\u{ae}"),
    ("tm", "\u{2122}"),
    ("de", "\u{b0}"),
    ("mc", "\u{b5}"),
    ("*m", "\u{3bc}"),
    ("sc", "\u{a7}"),
    ("ps", "\u{b6}"),
    ("dg", "\u{2020}"),
    ("dd", "\u{2021}"),
    ("Fo", "\u{ab}"),
    ("Fc", "\u{bb}"),
    ("fo", "\u{2039}"),
    ("fc", "\u{203a}"),
    ("bq", "\u{201a}"),
    ("Bq", "\u{201e}"),
    ("r!", "\u{a1}"),
    ("r?", "\u{bf}"),
    ("ss", "\u{df}"),
    ("ae", "\u{e6}"),
    ("AE", "\u{c6}"),
    ("oe", "\u{153}"),
    ("OE", "\u{152}"),
    ("/o", "\u{f8}"),
    ("/O", "\u{d8}"),
    ("/l", "\u{142}"),
    ("/L", "\u{141}"),
    ("oa", "\u{e5}"),
    ("oA", "\u{c5}"),
    ("if", "\u{221e}"),
    ("sr", "\u{221a}"),
    ("~~", "\u{2248}"),
    ("Po", "\u{a3}"),
    ("Eu", "\u{20ac}"),
    ("Ye", "\u{a5}"),
    ("ct", "\u{a2}"),
    ("12", "\u{bd}"),
    ("14", "\u{bc}"),
    ("34", "\u{be}"),
    ("fi", "fi"),
    ("fl", "fl"),
    ("ff", "ff"),
    ("OK", "\u{2713}"),
    ("lh", "\u{261c}"),
    ("rh", "\u{261e}"),
    ("ul", "_"),
    ("ru", "_"),
    ("Tp", "\u{fe}"),
    ("TP", "\u{de}"),
    ("-D", "\u{d0}"),
    ("Sd", "\u{f0}"),
    ("S1", "\u{b9}"),
    ("S2", "\u{b2}"),
    ("S3", "\u{b3}"),
];

/// The accents that stand before a letter, and the marks that follow it in Unicode.
const ACCENTS: &[(char, char)] = &[
    ('\'', '\u{301}'),
    ('`', '\u{300}'),
    (':', '\u{308}'),
    ('^', '\u{302}'),
    ('~', '\u{303}'),
    (',', '\u{327}'),
];

/// The strings of a page, with which its text is resolved.
#[derive(Default)]
pub(super) struct Strings {
    defined: HashMap<String, String>,
}

impl Strings {
    /// Defines a string; too many, or too long ones, are left out.
    pub(super) fn define(&mut self, name: &str, value: &str) {
        let value = self.resolve(value.strip_prefix('"').unwrap_or(value)).text;
        if value.len() <= MAX_STRING && self.defined.len() < MAX_STRINGS {
            self.defined.insert(name.to_owned(), value);
        }
    }

    /// Returns text without escapes.
    pub(super) fn resolve(&self, text: &str) -> Resolved {
        let mut resolved = Resolved::default();
        let mut rest = text;
        while let Some((before, escape)) = rest.split_once('\\') {
            resolved.text.push_str(before);
            let mut escape = Escape { rest: escape };
            let Some(kind) = escape.character() else { return resolved };
            match kind {
                // A comment, and a line that the next one goes on.
                '"' | '#' => return resolved,
                'c' => resolved.goes_on = true,
                'e' | '\\' => resolved.text.push('\\'),
                '-' => resolved.text.push('-'),
                ' ' | '~' | '0' | 't' => resolved.text.push(' '),
                '\'' | '`' | '.' => resolved.text.push(kind),
                '(' => resolved.text.push_str(&named(escape.take(2))),
                '[' => resolved.text.push_str(&named(escape.until(']'))),
                'C' => resolved.text.push_str(&named(escape.quoted())),
                '*' => resolved.text.push_str(self.string(escape.name())),
                // Fonts, colours, registers and the like say nothing.
                'f' | 'F' | 'g' | 'k' | 'm' | 'M' | 'n' | 'V' | 'Y' => {
                    escape.name();
                }
                's' => escape.size(),
                'A' | 'b' | 'B' | 'D' | 'h' | 'H' | 'l' | 'L' | 'N' | 'o' | 'R' | 'S' | 'v'
                | 'w' | 'x' | 'X' | 'Z' => {
                    let within = escape.quoted();
                    match kind {
                        'o' | 'Z' => resolved.text.push_str(within),
                        // A move to the right parts words.
                        'h' if !within.starts_with(['-', '0']) => resolved.text.push(' '),
                        _ => {}
                    }
                }
                // Breaks that may be, spaces that are hardly any, and marks of no width.
                '&' | '|' | '^' | '/' | ',' | ')' | '%' | ':' | '!' | '?' | '{' | '}' | 'a'
                | 'd' | 'p' | 'r' | 'u' | 'z' => {}
                other => resolved.text.push(other),
            }
            rest = escape.rest;
        }
        resolved.text.push_str(rest);
        resolved
    }

    fn string(&self, name: &str) -> &str {
        match self.defined.get(name) {
            Some(value) => value,
            None => match name {
                "R" => "\u{ae}",
                "Tm" => "\u{2122}",
                "lq" => "\u{201c}",
                "rq" => "\u{201d}",
                "Aq" => "'",
                _ => "",
            },
        }
    }
}

/// Text without escapes.
#[derive(Default)]
pub(super) struct Resolved {
    /// The text.
    pub(super) text: String,
    /// Whether the next line goes on where it ends, without a blank.
    pub(super) goes_on: bool,
}

/// What stands behind a backslash.
struct Escape<'a> {
    rest: &'a str,
}

impl<'a> Escape<'a> {
    fn character(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    fn take(&mut self, characters: usize) -> &'a str {
        let end = self.rest.char_indices().nth(characters).map_or(self.rest.len(), |(at, _)| at);
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes what stands before `end`; all of it, if there is none.
    fn until(&mut self, end: char) -> &'a str {
        let (taken, rest) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes a name of one character, `(` and two, or any number in brackets.
    fn name(&mut self) -> &'a str {
        if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest;
            self.take(2)
        } else if let Some(rest) = self.rest.strip_prefix('[') {
            self.rest = rest;
            self.until(']')
        } else {
            self.rest = self.rest.strip_prefix(['+', '-']).unwrap_or(self.rest);
            self.take(1)
        }
    }

    /// Takes what stands between two quotes of any kind.
    fn quoted(&mut self) -> &'a str {
        self.character().map_or("", |quote| self.until(quote))
    }

    fn size(&mut self) {
        self.rest = self.rest.strip_prefix(['+', '-']).unwrap_or(self.rest);
        match self.rest.chars().next() {
            Some('(' | '[') => drop(self.name()),
            Some('\'') => drop(self.quoted()),
            Some('1'..='3') => {
                let digits = self.rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
                self.take(digits);
            }
            _ => drop(self.take(1)),
        }
    }
}

/// Returns a character by its name, such as `bu` or `u2014`; nothing if it has none.
fn named(name: &str) -> String {
    if let Some((_, character)) = CHARACTERS.iter().find(|(known, _)| *known == name) {
        return (*character).to_owned();
    }
    let code = name.strip_prefix('u').map(|digits| digits.split('_'));
    if let Some(codes) = code {
        return codes
            .filter_map(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?))
            .collect();
    }
    let mut characters = name.chars();
    if let (Some(accent), Some(letter), None) =
        (characters.next(), characters.next(), characters.next())
        && let Some((_, mark)) = ACCENTS.iter().find(|(known, _)| *known == accent)
    {
        return composed(letter, *mark);
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_characters_or_nothing() {
        let mut strings = Strings::default();
        strings.define("ab", "\"x \\fBy\\fR");
        for (escaped, text) in [
            ("a\\-b \\(bu \\[em] \\[u41] \\(aq\\e\\\\", "a-b \u{2022} \u{2014} A '\\\\"),
            ("\\fBb\\fR\\f(CWc\\fP\\f[I]d\\s-2e\\s0f\\s+1g\\s12h", "bcdefgh"),
            ("\\*(ab\\*[ab]\\*q\\*(Tm", "x yx y\u{2122}"),
            ("a\\&b\\|c\\%d\\h'2n'e\\h'-1n'f\\w'x'g\\n(.sh", "abcd efgh"),
            ("\\('e\\[:u]\\o'a'", "\u{e9}\u{fc}a"),
            ("a \\\" comment", "a "),
            ("open \\[bu \\", "open "),
            ("\u{fc}\\\u{fc}", "\u{fc}\u{fc}"),
        ] {
            assert_eq!(strings.resolve(escaped).text, text, "{escaped}");
        }
        assert!(strings.resolve("a\\c").goes_on);
    }

    #[test]
    fn strings_that_hold_each_other_do_not_grow() {
        let mut strings = Strings::default();
        strings.define("a", "0123456789");
        for _ in 0..100 {
            strings.define("a", "\\*a\\*a");
        }
        assert!(strings.resolve("\\*a").text.len() <= MAX_STRING);
    }
}
