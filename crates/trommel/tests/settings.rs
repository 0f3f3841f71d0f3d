//! Fears that what is written about settings is not what there is.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trommel::settings::{SETTINGS, page, schema};

/// A file as a user might write it.
const EXAMPLE: &str = r#"
# How I search my notes.
encoder = "multilingual-e5-small"
reranker = "ms-marco-minilm-l-6-v2@64:100,cohere:20"
k = 5
stage = "reranked"
dense-weight = 0.5
blend = 1
budget = "1.5s"
syntax = true
threads = 0
prompt-listwise = "my-listwise.txt"
color = "never"
"#;

#[test]
fn the_page_is_as_the_table_has_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/settings.md is old; UPDATE_DOCS=1 in front of this test writes it"
    );
    for setting in SETTINGS {
        assert!(page.contains(&format!("\n### {}\n", setting.name)), "{}", setting.name);
    }
}

#[test]
fn every_setting_says_what_it_is_in_one_sentence() {
    for setting in SETTINGS {
        let doc = setting.doc();
        assert!(doc.starts_with(char::is_uppercase) && !doc.ends_with('.'), "{doc}");
        assert!(!doc.contains("  ") && !doc.contains('\n'), "{doc}");
    }
}

#[test]
fn the_schema_of_a_setting_says_what_is_known_of_it() {
    let schema = schema();
    let of = |name: &str| {
        let mut property = schema["properties"][name].clone();
        property.as_object_mut().unwrap().remove("description");
        property
    };
    let whole = |least: u64, most: u64, default: u64| json!({ "type": "integer", "minimum": least, "maximum": most, "default": default });
    assert_eq!(of("candidates"), whole(50, 200, 100));
    assert_eq!(of("threads"), whole(0, 256, 0));
    assert_eq!(of("k"), json!({ "type": "integer", "minimum": 1, "default": 10 }));
    assert_eq!(of("passage-tokens"), json!({ "type": "integer", "minimum": 1, "default": 384 }));
    let blend = of("blend");
    assert_eq!((&blend["minimum"], &blend["maximum"]), (&json!(0.0), &json!(1.0)));
    assert_eq!(of("syntax"), json!({ "type": "boolean", "default": false }));
    assert_eq!(
        of("stage"),
        json!({
            "type": "string",
            "enum": ["bm25", "dense", "bm25+neighbours", "fused", "feedback", "reranked"],
            "default": "reranked",
        })
    );
    assert_eq!(of("llm-model"), json!({ "type": "string", "minLength": 1, "default": "auto" }));
    assert_eq!(of("budget")["default"], "none");
    let described = schema["properties"]["max-query-bytes"]["description"].as_str().unwrap();
    assert_eq!(described, "The longest query that is read, in bytes.");
}

#[test]
fn the_schema_takes_a_good_file_and_refuses_bad_ones() {
    let schema = schema();
    let good = parse(EXAMPLE);
    assert_eq!(faults(&schema, &good), Vec::<String>::new());
    let bad = [
        ("k = 0", "k"),
        ("k = 1.5", "k"),
        ("k = \"5\"", "k"),
        ("candidates = 201", "candidates"),
        ("blend = 1.5", "blend"),
        ("stage = \"bm26\"", "stage"),
        ("syntax = \"yes\"", "syntax"),
        ("encoder = \"\"", "encoder"),
        ("budget = \"150\"", "budget"),
        ("budget = \"1e3s\"", "budget"),
        ("dense_weight = 0.5", "dense_weight"),
    ];
    for (text, name) in bad {
        assert_eq!(faults(&schema, &parse(text)), [name], "{text}");
    }
    for time in ["none", "150ms", "1.5s", "2m", "1h"] {
        let file = parse(&format!("budget = \"{time}\""));
        assert_eq!(faults(&schema, &file), Vec::<String>::new(), "{time}");
    }
}

fn parse(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

/// Returns the keys of a file that the schema does not allow, by the rules of JSON Schema for those
/// of its words that the schema uses.
fn faults(schema: &Value, file: &Value) -> Vec<String> {
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["additionalProperties"], false);
    let keys = file.as_object().unwrap().iter();
    let wrong = keys.filter(|(name, value)| !fits(&schema["properties"][name.as_str()], value));
    wrong.map(|(name, _)| name.clone()).collect()
}

fn fits(property: &Value, value: &Value) -> bool {
    let Some(words) = property.as_object() else { return false };
    words.iter().all(|(word, wanted)| match word.as_str() {
        "type" => match wanted.as_str().unwrap() {
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            other => panic!("{other}"),
        },
        "minimum" => value.as_f64().is_none_or(|value| value >= wanted.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|value| value <= wanted.as_f64().unwrap()),
        "minLength" => value.as_str().is_none_or(|text| !text.is_empty() || *wanted == 0),
        "enum" => wanted.as_array().unwrap().contains(value),
        "pattern" => value.as_str().is_none_or(|text| {
            assert_eq!(wanted, r"^(none|[0-9]+(\.[0-9]*)?(ms|s|m|h))$");
            is_time(text)
        }),
        "default" | "description" => true,
        other => panic!("{other} is not known here"),
    })
}

/// Says whether the one pattern of the schema matches.
fn is_time(text: &str) -> bool {
    let unit = ["ms", "s", "m", "h"].into_iter().find_map(|unit| text.strip_suffix(unit));
    let is_number = |number: &str| {
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        !whole.is_empty() && digits(whole) && digits(part)
    };
    text == "none" || unit.is_some_and(is_number)
}
