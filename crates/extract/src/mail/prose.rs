//! The plain text of a message: lines joined that were wrapped for transport, quotes once.

use std::collections::HashSet;

/// Returns text with `\n` for all ends of lines, and at most one empty line after another.
pub(super) fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{c}'], "\n").replace('\0', "");
    let mut out = String::with_capacity(text.len());
    let mut is_after_blank = true;
    for line in text.lines() {
        let is_blank = line.trim().is_empty();
        if !(is_blank && is_after_blank) {
            out.push_str(if is_blank { "" } else { line });
            out.push('\n');
        }
        is_after_blank = is_blank;
    }
    out
}

/// Joins the lines of `format=flowed` (RFC 3676): one that ends in a space goes on in the next, if
/// that is quoted as deeply. With `delsp` the space was put in for that alone.
pub(super) fn unflowed(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // How deeply the line that goes on is quoted.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let said = line.trim_start_matches('>');
        let depth = line.len() - said.len();
        let said = said.strip_prefix(' ').unwrap_or(said);
        let is_signature = said == "-- ";
        if open != Some(depth) || is_signature || said.is_empty() {
            out.push_str(if out.is_empty() { "" } else { "\n" });
            out.push_str(&">".repeat(depth));
            out.push_str(if depth > 0 { " " } else { "" });
        }
        let flows = said.ends_with(' ') && !is_signature;
        let kept = if flows && delsp { said.strip_suffix(' ') } else { None };
        out.push_str(kept.unwrap_or(said));
        open = flows.then_some(depth);
    }
    out.push('\n');
    out
}

/// Leaves out quoted lines that were quoted before as the same block, however deeply.
pub(super) fn quoted_once(text: &str, seen: &mut HashSet<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let depth = depth_of_quote(line);
        let mut block = vec![line];
        while let Some(next) = lines.next_if(|next| depth_of_quote(next) == depth) {
            block.push(next);
        }
        let key: String = block.iter().flat_map(|line| [unquoted(line), "\n"]).collect();
        if depth == 0 || key.trim().is_empty() || seen.insert(key) {
            for line in block {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// Escapes what would be markup at the start of a line, for text that stands beside Markdown.
pub(super) fn as_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let start = line.trim_start();
        let is_markup = start.starts_with(['#', '=', '`', '~', '<']) || start.starts_with("--");
        out.push_str(if is_markup { "\\" } else { "" });
        out.push_str(if is_markup { start } else { line });
        out.push('\n');
    }
    out
}

/// Returns how deeply a line is quoted. Some programs put spaces between the marks.
fn depth_of_quote(line: &str) -> usize {
    let is_mark = |it: &char| matches!(it, '>' | ' ');
    match line.starts_with('>') {
        true => line.chars().take_while(is_mark).filter(|it| *it == '>').count(),
        false => 0,
    }
}

/// Returns what a quoted line says.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(['>', ' ']).trim_end()
}
