//! Marks and macros within a line of AsciiDoc.

use std::collections::HashMap;

use crate::markup::marks::{Mark, without_marks};

const MARKS: &[Mark] = &[
    Mark::anywhere("**"),
    Mark::anywhere("__"),
    Mark::anywhere("``"),
    Mark::anywhere("##"),
    Mark::around("*"),
    Mark::around("_"),
    Mark::around("`"),
    Mark::around("#"),
    Mark { text: "+", is_anywhere: false, within: Some(|within| within) },
    Mark::anywhere("~"),
    Mark::anywhere("^"),
];

/// Macros of which the text in brackets is shown.
const SHOWN: &[&str] =
    &["link", "xref", "kbd", "btn", "pass", "stem", "latexmath", "asciimath", "mailto", "menu"];

/// Macros that show nothing, or something in another place.
const UNSHOWN: &[&str] = &["icon", "anchor", "indexterm", "bibanchor"];

/// Characters that have names.
const NAMED: &[(&str, &str)] = &[
    ("nbsp", " "),
    ("sp", " "),
    ("empty", ""),
    ("blank", ""),
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("plus", "+"),
    ("cpp", "C++"),
    ("vbar", "|"),
    ("asterisk", "*"),
    ("backtick", "`"),
    ("tilde", "~"),
    ("caret", "^"),
    ("startsb", "["),
    ("endsb", "]"),
    ("apos", "'"),
    ("quot", "\""),
    ("ldquo", "\u{201c}"),
    ("rdquo", "\u{201d}"),
    ("deg", "\u{b0}"),
    ("zwsp", ""),
    ("two-colons", "::"),
    ("two-semicolons", ";;"),
    ("backslash", "\\"),
    ("brvbar", "\u{a6}"),
];

/// Returns text as it is shown.
pub(super) fn shown(text: &str) -> String {
    match text.contains(|c: char| "[<(*_`#+~^".contains(c)) {
        true => without_marks(&macros(text), MARKS),
        false => text.to_owned(),
    }
}

/// Puts the values of attributes in their places.
pub(super) fn referred(text: &str, attributes: &HashMap<String, String>) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('{') {
        clean.push_str(before);
        let is_part = |c: char| c.is_alphanumeric() || "-_".contains(c);
        let end = reference.find(|c| !is_part(c)).unwrap_or(reference.len());
        let (name, behind) = reference.split_at(end);
        let value = attributes
            .get(name)
            .map(String::as_str)
            .or_else(|| NAMED.iter().find(|(known, _)| *known == name).map(|(_, value)| *value));
        match (value, behind.strip_prefix('}')) {
            (Some(value), Some(behind)) => {
                clean.push_str(value);
                rest = behind;
            }
            _ => {
                clean.push('{');
                rest = reference;
            }
        }
    }
    clean.push_str(rest);
    clean
}

/// Resolves macros, links, anchors and terms of the index.
fn macros(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    // A bracket that never closes is none; a later one of its kind neither.
    let (mut closes, mut anchors, mut refers, mut indexes) = (true, true, true, true);
    while let Some(at) = rest.find(['[', '<', '(']) {
        let (before, open) = rest.split_at(at);
        clean.push_str(before);
        rest = &open[1..];
        if open.starts_with("[[") && anchors {
            anchors = open.contains("]]");
            if let Some((_, behind)) = open.split_once("]]") {
                rest = behind;
                continue;
            }
        }
        if open.starts_with("<<") && refers {
            refers = open.contains(">>");
            if let Some((reference, behind)) = open[2..].split_once(">>") {
                let shown = reference.split_once(',').map_or(reference, |(_, shown)| shown);
                clean.push_str(shown.trim());
                rest = behind;
                continue;
            }
        } else if open.starts_with("((") && indexes {
            let (close, is_shown) =
                if open.starts_with("(((") { (")))", false) } else { ("))", true) };
            indexes = open.contains(close);
            if let Some((term, behind)) = open.split_once(close) {
                if is_shown {
                    clean.push_str(&term[2..]);
                }
                rest = behind;
                continue;
            }
        } else if open.starts_with('[') && closes {
            closes = open.contains(']');
            if let Some((within, behind)) = open[1..].split_once(']')
                && resolved(&mut clean, within, behind)
            {
                rest = behind;
                continue;
            }
        }
        clean.push_str(&open[..1]);
    }
    clean.push_str(rest);
    clean
}

/// Puts what a macro shows in the place of its name and target, which end the text so far. Says
/// whether
/// the brackets belong to a macro.
fn resolved(clean: &mut String, within: &str, behind: &str) -> bool {
    // Names and targets hold no blanks, and are short.
    let start = clean.len().saturating_sub(2_000);
    let tail = clean.get(clean.ceil_char_boundary(start)..).unwrap_or_default();
    let last =
        tail.rsplit(|c: char| c.is_whitespace() || c == '(' || c == '"').next().unwrap_or_default();
    // The role of marked words.
    if last.is_empty() || last.ends_with(|c: char| !c.is_alphanumeric() && !":/}#_-.)".contains(c))
    {
        return behind.starts_with(['#', '*', '_', '`']) && within.starts_with(['.', '#']);
    }
    let (begin, name, target) = match last.find("http").filter(|at| last[*at..].contains("://")) {
        Some(at) => {
            let begin = last[..at].strip_suffix("link:").map_or(at, str::len);
            (begin, "link", &last[at..])
        }
        None => {
            let Some((before, target)) = last.split_once(':') else { return false };
            let begin = before.rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| at + 1);
            match before.get(begin..) {
                Some(name) => (begin, name, target.trim_start_matches(':')),
                None => return false,
            }
        }
    };
    let text = within.trim_matches('"').trim_end_matches('^');
    let text = match name {
        "image" => text.split(',').next().unwrap_or_default().to_owned(),
        "footnote" | "footnoteref" => format!(" [{text}]"),
        "menu" => format!("{target} > {text}"),
        name if UNSHOWN.contains(&name) => String::new(),
        name if SHOWN.contains(&name) && text.is_empty() => target.to_owned(),
        name if SHOWN.contains(&name) => text.to_owned(),
        _ => return false,
    };
    let cut = clean.len() - last.len() + begin;
    clean.truncate(cut);
    if text.starts_with(' ') && clean.ends_with(' ') {
        clean.pop();
    }
    clean.push_str(&text);
    true
}
