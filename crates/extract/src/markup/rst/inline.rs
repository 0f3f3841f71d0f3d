//! Marks and roles within a line of reStructuredText.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::markup::marks::{Mark, without_marks};

const MARKS: &[Mark] = &[
    Mark::literal("``"),
    Mark { text: "`", is_anywhere: false, within: Some(interpreted) },
    Mark::around("**"),
    Mark::around("*"),
];

/// What an escaped character is until the marks are gone, by its place after this one.
const ESCAPED: &str = "\\`*_|:<>.";
const FIRST: u32 = 0xF_0000;

/// Returns text as it is shown.
pub(super) fn shown(text: &str) -> String {
    match text.contains(['`', '*', '_', '\\']) {
        true => {
            let text = without_references(&without_roles(&escaped(text)));
            unescaped(without_marks(&text, MARKS))
        }
        false => text.to_owned(),
    }
}

/// Hides escaped characters, which are no marks.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(next) => {
                    match ESCAPED.chars().zip(FIRST..).find(|(known, _)| *known == next) {
                        Some((_, code)) => clean.extend(char::from_u32(code)),
                        None if next.is_whitespace() => {}
                        // In a path of Windows, for one.
                        None => clean.extend(['\\', next]),
                    }
                }
                None => clean.push('\\'),
            },
            other => clean.push(other),
        }
    }
    Cow::Owned(clean)
}

fn unescaped(text: String) -> String {
    let hidden = |c: char| {
        let place = u32::from(c).checked_sub(FIRST)?;
        ESCAPED.chars().nth(usize::try_from(place).ok()?)
    };
    match text.contains(|c| hidden(c).is_some()) {
        true => text.chars().map(|c| hidden(c).unwrap_or(c)).collect(),
        false => text,
    }
}

/// Puts what a document defines in the place of `|name|`.
pub(super) fn substituted(text: &str, substitutions: &HashMap<String, String>) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('|') {
        clean.push_str(before);
        let named = behind.split_once('|');
        match named.and_then(|(name, behind)| Some((substitutions.get(name)?, behind))) {
            Some((value, behind)) => {
                clean.push_str(value);
                rest = behind;
            }
            None => {
                clean.push('|');
                rest = behind;
            }
        }
    }
    clean.push_str(rest);
    clean
}

/// Leaves out roles, such as `:ref:`, in front of words between marks and behind them.
fn without_roles(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    let mut clean = String::with_capacity(text.len());
    let mut parts = text.split('`').peekable();
    let mut is_first = true;
    while let Some(part) = parts.next() {
        let mut part = part;
        if !is_first
            && let Some((role, behind)) = part.strip_prefix(':').and_then(|it| it.split_once(':'))
            && !role.is_empty()
            && role.chars().all(is_part)
        {
            part = behind;
        }
        while parts.peek().is_some()
            && let Some((before, role)) = part.strip_suffix(':').and_then(|it| it.rsplit_once(':'))
            && !role.is_empty()
            && role.chars().all(is_part)
        {
            // Of `:py:class:` the colon in the middle belongs to both.
            let is_domain = before.ends_with(is_part) && before.contains(':');
            part = if is_domain { &part[..before.len() + 1] } else { before };
        }
        if !is_first {
            clean.push('`');
        }
        clean.push_str(part);
        is_first = false;
    }
    clean
}

/// Leaves out the underscores that make words references, or targets.
fn without_references(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut before = None;
    // Names such as `__init__` begin with one and are no references.
    let mut is_private = false;
    while let Some(character) = characters.next() {
        let is_word_before = before.is_some_and(|c: char| c.is_alphanumeric() || c == '_');
        if !is_word_before {
            is_private = character == '_';
        }
        if character != '_' {
            clean.push(character);
            before = Some(character);
            continue;
        }
        let run = 1 + std::iter::from_fn(|| characters.next_if_eq(&'_')).count();
        let behind = characters.peek().copied();
        let is_reference = run <= 2
            && behind.is_none_or(|c| !c.is_alphanumeric() && c != '`')
            && before.is_some_and(|c| c == '`' || c == ']' || c.is_alphanumeric() && !is_private);
        let is_target = run == 1 && behind == Some('`') && before.is_none_or(char::is_whitespace);
        if !is_reference && !is_target {
            clean.extend(std::iter::repeat_n('_', run));
        }
        before = Some('_');
    }
    clean
}

/// Returns what words between backquotes show: not where they lead to.
fn interpreted(within: &str) -> &str {
    let shown = match within.strip_suffix('>').and_then(|it| it.rsplit_once('<')) {
        Some((shown, target)) if shown.trim().is_empty() => target,
        Some((shown, _)) if shown.ends_with(char::is_whitespace) => shown.trim_end(),
        _ => within,
    };
    shown.trim_start_matches(['~', '!'])
}
