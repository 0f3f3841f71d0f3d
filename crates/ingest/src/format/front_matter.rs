//! The block of named values in front of a Markdown text: YAML between lines of `---`, TOML between lines
//! of `+++`.
//!
//! Read are the scalars of the outermost level and lists of them, which is what people write there. What
//! is nested deeper, and what is no YAML or TOML, is passed over.

use serde_json::Value;
use trommel_core::Metadata;

/// How many values are kept.
const MAX_VALUES: usize = 100;

/// Returns the values at the very start of a text; nothing without a block.
///
/// Without its closing fence there is no block, and before a blank line `---` is a rule.
pub(super) fn front_matter(text: &str) -> Option<Metadata> {
    let (first, rest) = text.split_once('\n')?;
    let fence = first.trim_end();
    let separator = match fence {
        "---" => ':',
        "+++" => '=',
        _ => return None,
    };
    let closes = |line: &str| {
        let line = line.trim_end();
        line == fence || (separator == ':' && line == "...")
    };
    let lines: Vec<&str> = rest.lines().take_while(|line| !closes(line)).collect();
    let is_block = rest.lines().nth(lines.len()).is_some_and(closes)
        && lines.first().is_some_and(|line| !line.trim().is_empty());
    is_block.then(|| values(&lines, separator))
}

fn values(lines: &[&str], separator: char) -> Metadata {
    let mut values = Metadata::new();
    for (at, line) in lines.iter().enumerate() {
        // In TOML what follows belongs to a table.
        if separator == '=' && line.starts_with('[') {
            break;
        }
        let Some((name, value)) = line.split_once(separator) else { continue };
        let name = if separator == '=' { name.trim_end() } else { name };
        if values.len() == MAX_VALUES || !is_name(name) {
            continue;
        }
        let below = lines[at + 1..].iter().copied();
        let below: Vec<&str> = below.take_while(|line| belongs_below(line)).collect();
        if let Some(value) = value_of(value.trim(), &below) {
            values.entry(name.to_owned()).or_insert(value);
        }
    }
    values
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
    !name.is_empty() && !name.starts_with([' ', '-']) && name.chars().all(allowed)
}

/// Says whether a line goes on with the value above it.
fn belongs_below(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with([' ', '\t']) || line.starts_with("- ")
}

/// Returns what a name stands for, a list as JSON; nothing for an empty value and for a map.
fn value_of(value: &str, below: &[&str]) -> Option<String> {
    if is_block_scalar(value) {
        return block_scalar(value, below);
    }
    if let Some(items) = value.strip_prefix('[') {
        // A list may go over several lines.
        let whole =
            std::iter::once(items).chain(below.iter().copied()).collect::<Vec<_>>().join(" ");
        return list(flow_items(&whole));
    }
    let value = scalar(value);
    if !value.is_empty() {
        return Some(value);
    }
    let items = below.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let items: Option<Vec<String>> =
        items.map(|line| Some(scalar(line.strip_prefix("- ")?))).collect();
    list(items.unwrap_or_default())
}

fn list(items: Vec<String>) -> Option<String> {
    let items: Vec<Value> =
        items.into_iter().filter(|item| !item.is_empty()).map(Value::String).collect();
    (!items.is_empty()).then(|| Value::Array(items).to_string())
}

/// Returns the items of `a, "b, c"]`.
fn flow_items(text: &str) -> Vec<String> {
    let (mut items, mut from, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if text[from..at].trim().is_empty() => quote = Some(c),
            (None, ',' | ']') => {
                items.push(scalar(text[from..at].trim()));
                from = at + 1;
                if c == ']' {
                    break;
                }
            }
            (None, _) => {}
        }
    }
    items
}

/// Returns what a scalar says, without quotes and without a comment behind it.
fn scalar(value: &str) -> String {
    if let Some(rest) = value.strip_prefix('\'') {
        let whole = rest.rsplit_once('\'').map_or(rest, |(inside, _)| inside);
        return whole.replace("''", "'");
    }
    if value.starts_with('"') {
        let end = value.rfind('"').filter(|end| *end > 0).unwrap_or(value.len() - 1);
        // YAML's escapes are those of JSON, but for rare ones.
        let whole = &value[..=end];
        return serde_json::from_str(whole).unwrap_or_else(|_| whole.trim_matches('"').to_owned());
    }
    // A comment begins behind a space, or is all there is.
    let plain = value.split(" #").next().unwrap_or(value).trim();
    let is_nothing = plain.starts_with('#') || ["~", "null", "{}", "[]"].contains(&plain);
    if is_nothing { String::new() } else { plain.to_owned() }
}

/// Says whether a value stands in the lines below it: `>` or `|`, and how their ends are meant.
fn is_block_scalar(value: &str) -> bool {
    let indicators = value.split(" #").next().unwrap_or(value).trim_end();
    let rest = indicators.strip_prefix(['>', '|']);
    rest.is_some_and(|rest| rest.chars().all(|c| "+-".contains(c) || c.is_ascii_digit()))
}

/// Returns the lines below, folded into one line for `>` and as they are for `|`.
fn block_scalar(value: &str, below: &[&str]) -> Option<String> {
    let indented = below.iter().take_while(|line| !line.starts_with("- "));
    let lines: Vec<&str> = indented.map(|line| line.trim()).collect();
    let parted_by = if value.starts_with('|') { "\n" } else { " " };
    let text = lines.join(parted_by).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, name: &str) -> Option<String> {
        front_matter(text)?.remove(name)
    }

    /// By YAML 1.2: plain and quoted scalars, comments, lists in both styles, block scalars.
    #[test]
    fn yaml_has_scalars_and_lists() {
        let text = "---\ntitle: Cold brew # hot\nauthor: \"Ada \\\"A\\\" L\"\nplace: 'it''s here'\n\
            tags: [coffee, \"ice, cold\"]\nlang:\n  - en\n  - de\nseries:\n- one\n\
            note: >-\n  How we restore\n  the pump\npoem: |\n  a\n  b\nempty:\nnested:\n  a: b\n\
            date: 2026-11-02\ndraft: true\nnone: ~\n---\ntext";
        let expected = [
            ("title", "Cold brew"),
            ("author", "Ada \"A\" L"),
            ("place", "it's here"),
            ("tags", "[\"coffee\",\"ice, cold\"]"),
            ("lang", "[\"en\",\"de\"]"),
            ("series", "[\"one\"]"),
            ("note", "How we restore the pump"),
            ("poem", "a\nb"),
            ("date", "2026-11-02"),
            ("draft", "true"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(front_matter(text).unwrap(), expected.into());
    }

    /// By TOML 1.0.
    #[test]
    fn toml_has_scalars_and_lists_before_its_tables() {
        let text = "+++\ntitle = 'Cold brew'\nyear = 2026 # now\ntags = [\n  \"a\",\n  \"b\",\n]\n\
            [params]\nhidden = 1\n+++\n";
        assert_eq!(value(text, "title").unwrap(), "Cold brew");
        assert_eq!(value(text, "year").unwrap(), "2026");
        assert_eq!(value(text, "tags").unwrap(), "[\"a\",\"b\"]");
        assert_eq!(value(text, "hidden"), None);
    }

    #[test]
    fn what_is_no_block_has_no_values() {
        for text in [
            "---\n\ntitle: none\n\n---\n",
            "---\ntitle: none\n",
            "title: none\n---\n",
            "--- \n",
            "",
        ] {
            assert_eq!(front_matter(text), None, "{text:?}");
        }
        let odd = "---\n\"\n': \n[: x\na: \"\nb: [\nc: '\n- : -\n---\n";
        assert!(front_matter(odd).is_some());
    }
}
