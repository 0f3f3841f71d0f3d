//! What is written about the table: the page of all settings, and the JSON schema of `config.toml`.

use serde_json::{Map, Value, json};

use super::table::{EVAL, GROUPS, INDEX, JUDGE, REPAIR, RERANK, SEARCH, SETTINGS, WHY};
use super::{Kind, Range, Setting};

/// The commands that the page names, as they are typed.
const COMMANDS: [(u16, &str); 7] = [
    (INDEX, "index"),
    (SEARCH, "search"),
    (WHY, "why"),
    (EVAL, "eval"),
    (JUDGE, "judge"),
    (RERANK, "rerank"),
    (REPAIR, "repair"),
];

/// What the page begins with.
const INTRODUCTION: &str = "\
# All settings

This page is written from the table in `crates/trommel/src/settings/table.rs`; do not edit it.

A setting has one name everywhere. Take `rerank-depth`:

| where | how |
|---|---|
| on the command line | `--rerank-depth 50`, or `--set rerank-depth=50` |
| in the environment | `TROMMEL_RERANK_DEPTH=50` |
| in the collection's `config.toml` | `rerank-depth = 50` |
| in your own `config.toml` | `rerank-depth = 50` |

The first of these that says something counts; what the collection was made with comes after the
environment and before the files. `trommel config show` prints every value with its origin, and
`trommel config schema` a JSON schema of `config.toml`. Where a setting has no flag, or help does
not show it, `--set NAME=VALUE` reaches it. Of two values for one setting the later `--set` counts, and
a flag counts more than `--set`.

Times are a number and a unit: `150ms`, `1.5s`, `2m`, `1h`; or `none`. Files in `config.toml` lie
beside it, unless their path is absolute.
";

/// Returns the page of all settings, as Markdown.
#[must_use]
pub fn page() -> String {
    let groups = GROUPS.map(|group| {
        let settings = SETTINGS.iter().filter(|setting| setting.group == group);
        let sections: String = settings.map(section).collect();
        format!("\n## {group}\n{sections}")
    });
    format!("{INTRODUCTION}{}", groups.concat())
}

fn section(setting: &Setting) -> String {
    let mut facts = vec![format!("default `{}`", setting.default())];
    facts.push(match (setting.kind(), setting.range()) {
        (Kind::OneOf(words), _) => format!("one of `{}`", words.join("`, `")),
        (kind, None) => kind.expected(),
        (kind, Some(range)) => format!("{}, {range}", kind.expected()),
    });
    facts.extend(setting.unit.map(|unit| format!("in {unit}")));
    let commands = COMMANDS.iter().filter(|(command, _)| setting.commands & command != 0);
    let commands: Vec<String> = commands.map(|(_, name)| format!("`{name}`")).collect();
    let commands =
        if commands.is_empty() { "every command".to_owned() } else { commands.join(", ") };
    let flag = match setting.flags {
        0 => format!("`--set {}=…`", setting.name),
        _ => format!("`{}`", setting.typed()),
    };
    format!(
        "\n### {}\n\n{}.\n\n- {}\n- {flag}, `{}`\n- taken by {commands}\n",
        setting.name,
        setting.doc(),
        facts.join("; "),
        setting.variable(),
    )
}

/// Returns the JSON schema of `config.toml`.
#[must_use]
pub fn schema() -> Value {
    let properties: Map<String, Value> =
        SETTINGS.iter().map(|setting| (setting.name.to_owned(), property(setting))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trommel's config.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn property(setting: &Setting) -> Value {
    let unit = setting.unit.map_or_else(String::new, |unit| format!(", in {unit}"));
    let mut property = json!({ "description": format!("{}{unit}.", setting.doc()) });
    let default = setting.default();
    let (kind, default) = match setting.kind() {
        Kind::Whole => ("integer", default.parse::<u64>().map_or(Value::Null, Value::from)),
        Kind::Number => ("number", default.parse::<f64>().map_or(Value::Null, Value::from)),
        Kind::Switch => ("boolean", Value::from(default == "true")),
        Kind::Time | Kind::Text | Kind::File | Kind::Rerankers | Kind::OneOf(_) => {
            ("string", Value::from(default))
        }
    };
    property["type"] = kind.into();
    property["default"] = default;
    match setting.kind() {
        Kind::Whole => property["minimum"] = 0.into(),
        Kind::OneOf(words) => property["enum"] = words.into(),
        Kind::Time => property["pattern"] = r"^(none|[0-9]+(\.[0-9]*)?(ms|s|m|h))$".into(),
        Kind::Text | Kind::File | Kind::Rerankers => property["minLength"] = 1.into(),
        Kind::Number | Kind::Switch => {}
    }
    match &setting.range {
        Range::Any => {}
        Range::ToCandidates => property["minimum"] = 1.into(),
        Range::Whole(range) => {
            property["minimum"] = (*range.start()).into();
            if *range.end() < usize::MAX {
                property["maximum"] = (*range.end()).into();
            }
        }
        Range::Number(range) => {
            property["minimum"] = (*range.start()).into();
            property["maximum"] = (*range.end()).into();
        }
    }
    property
}
