//! The directives of reStructuredText and Sphinx, and what becomes of their content.

use std::collections::HashMap;
use std::str::Lines;

/// How many substitutions a document may define, and how long they may be.
const MAX_SUBSTITUTIONS: usize = 1_000;
const MAX_SUBSTITUTION: usize = 500;

/// What becomes of what stands below a directive.
pub(super) enum Content {
    /// It is text like any other, behind a label.
    Text(&'static str),
    /// So it is, and what stands behind the directive is none.
    Within,
    /// It stays as it is.
    Kept,
    /// Its lines are records of fields.
    Records,
    /// Its rows are items of lists.
    Listed,
    /// Only the words that stand for a picture are text.
    Picture,
    /// It is no text.
    Unsaid,
}

/// Returns what becomes of a directive's content.
pub(super) fn content(name: &str) -> Content {
    match name {
        "code-block" | "code" | "sourcecode" | "parsed-literal" | "literal-block" | "prompt"
        | "console" | "math" | "productionlist" | "testcode" | "testoutput" | "doctest"
        | "ipython" | "highlight-block" | "code-include" => Content::Kept,
        "csv-table" => Content::Records,
        "list-table" => Content::Listed,
        "image" | "figure" | "thumbnail" => Content::Picture,
        "toctree" | "contents" | "index" | "raw" | "include" | "literalinclude" | "highlight"
        | "module" | "currentmodule" | "py:module" | "py:currentmodule" | "meta" | "graphviz"
        | "digraph" | "plot" | "default-role" | "role" | "sectnum" | "tabularcolumns"
        | "footer" | "header" | "testsetup" | "testcleanup" | "mermaid" | "uml" => Content::Unsaid,
        "only" | "ifconfig" | "class" | "rst-class" | "cssclass" | "container" | "tab-set"
        | "grid" | "tabs" | "div" => Content::Within,
        "note" => Content::Text("Note:"),
        "tip" => Content::Text("Tip:"),
        "hint" => Content::Text("Hint:"),
        "important" => Content::Text("Important:"),
        "warning" => Content::Text("Warning:"),
        "caution" => Content::Text("Caution:"),
        "attention" => Content::Text("Attention:"),
        "danger" => Content::Text("Danger:"),
        "error" => Content::Text("Error:"),
        "seealso" => Content::Text("See also:"),
        "todo" => Content::Text("Todo:"),
        "versionadded" => Content::Text("New in version"),
        "versionchanged" => Content::Text("Changed in version"),
        "deprecated" => Content::Text("Deprecated since version"),
        _ => Content::Text(""),
    }
}

/// Returns the name and the argument of `name:: argument`; anything else is a comment.
pub(super) fn of(text: &str) -> Option<(&str, &str)> {
    let (name, argument) = text.split_once("::")?;
    let is_part = |c: char| c.is_alphanumeric() || "-_+:.".contains(c);
    let is_name = !name.is_empty() && name.chars().all(is_part);
    (is_name && (argument.is_empty() || argument.starts_with(' '))).then(|| (name, argument.trim()))
}

/// Takes the options that stand right below a directive.
pub(super) fn options<'a>(lines: &mut Lines<'a>, indent: usize) -> Vec<(&'a str, &'a str)> {
    let mut options = Vec::new();
    while let Some(line) = lines.clone().next() {
        let text = line.trim();
        let is_deeper = line.len() - line.trim_start().len() > indent;
        match text.strip_prefix(':').and_then(|it| it.split_once(':')) {
            Some((name, value)) if is_deeper && !value.starts_with('`') => {
                options.push((name, value.trim()));
            }
            _ => break,
        }
        lines.next();
    }
    options
}

/// Returns what `.. |name| replace:: text` defines all over a document.
pub(super) fn substitutions(text: &str) -> HashMap<String, String> {
    let defined = text.lines().filter_map(|line| {
        let (name, rest) = line.trim_start().strip_prefix(".. |")?.split_once('|')?;
        let value = rest.trim_start().strip_prefix("replace::")?.trim();
        (value.len() <= MAX_SUBSTITUTION).then(|| (name.to_owned(), value.to_owned()))
    });
    defined.take(MAX_SUBSTITUTIONS).collect()
}
