use proptest::prelude::*;

use super::*;
use crate::collection::RootKind;
use crate::documents::Entry;
use crate::documents::catalogue_tests::{self, entry};

/// Returns the first passages of the documents that a filter keeps.
fn kept(catalogue: &Catalogue, filter: &Filter) -> Result<Vec<u64>, EngineError> {
    let roots = [Root::new("/notes/one.md", RootKind::File)];
    let allowed = filter.allowed(catalogue, &roots, &Columns::default())?;
    let entries = catalogue.entries().map(|entry| entry.unwrap().1);
    let is_kept = |entry: &Entry| {
        let ids: Vec<bool> = entry
            .passage_ids()
            .map(|id| allowed.as_ref().is_none_or(|allowed| allowed.contains(id)))
            .collect();
        assert!(ids.iter().all(|kept| *kept == ids[0]), "a document is kept whole or not at all");
        ids[0]
    };
    Ok(entries.filter(is_kept).map(|entry| entry.first).collect())
}

fn document(id: &str, first: u64, metadata: &[(&str, &str)]) -> Entry {
    let metadata = metadata.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Entry { metadata: metadata.collect(), ..entry(id, first, 2) }
}

fn library() -> Catalogue {
    catalogue_tests::catalogue(&[
        document("notes/a.md", 0, &[("lang", "en"), ("tag", r#"["red",7]"#), ("year", "2019")]),
        document("b.txt", 2, &[("lang", "en"), ("date", "2024-05-01T10:30Z"), ("year", "2020.5")]),
        document("docs/x.md", 4, &[("lang", "de"), ("date", "2023-12-31"), ("a b", "\"quoted\"")]),
        document("docs/old/y.md", 6, &[("date", "next week"), ("year", "-3"), ("tag", "red")]),
    ])
}

fn holding(conditions: &[&str]) -> Vec<u64> {
    kept(&library(), &Filter::parse(conditions).unwrap()).unwrap()
}

#[test]
fn what_a_filter_of_before_kept_it_keeps() {
    assert_eq!(holding(&[]), [0, 2, 4, 6]);
    assert_eq!(holding(&["lang=en"]), [0, 2]);
    assert_eq!(holding(&["lang=en", "tag=red"]), [0]);
    assert_eq!(holding(&["tag=red"]), [0, 6]);
    assert_eq!(holding(&["tag=7"]), [0]);
    assert_eq!(holding(&["tag=blue"]), [0; 0]);
    assert_eq!(holding(&[r#"tag=["red",7]"#]), [0]);
    assert_eq!(holding(&[r#"a b="quoted""#]), [4]);
    let catalogue = catalogue_tests::catalogue(&[document("x", 0, &[("a", "b=c"), ("b", "")])]);
    for text in ["a=b=c", "b="] {
        assert_eq!(kept(&catalogue, &Filter::parse([text]).unwrap()).unwrap(), [0]);
    }
    let under =
        |globs: &[&str]| kept(&library(), &Filter::default().with_paths(globs).unwrap()).unwrap();
    assert_eq!(under(&["notes/*", "*.md"]), [0, 4, 6]);
    assert_eq!(under(&["*.txt"]), [2]);
    assert_eq!(under(&["docs"]), [4, 6]);
    assert_eq!(under(&["./docs/old/"]), [6]);
    assert!(Filter::default().with_paths(["["]).is_err());
}

#[test]
fn tests_of_every_kind_hold_for_just_these() {
    assert_eq!(holding(&["lang!=en"]), [4, 6]);
    assert_eq!(holding(&["not lang=en"]), [4, 6]);
    assert_eq!(holding(&["not lang!=en"]), [0, 2]);
    assert_eq!(holding(&["lang in (de, fr)"]), [4]);
    assert_eq!(holding(&["not lang in(de, \"en\")"]), [6]);
    assert_eq!(holding(&["year>2019"]), [2]);
    assert_eq!(holding(&["year >= 2019"]), [0, 2]);
    assert_eq!(holding(&["year < 0"]), [6]);
    assert_eq!(holding(&["year in 2019..2020.5"]), [0, 2]);
    assert_eq!(holding(&["year in ..2019"]), [0, 6]);
    assert_eq!(holding(&["year in 3..1"]), [0; 0]);
    // A day is over when it ends, a year and a month likewise.
    assert_eq!(holding(&["date <= 2024-05-01"]), [2, 4]);
    assert_eq!(holding(&["date < 2024-05-01"]), [4]);
    assert_eq!(holding(&["date > 2023-12-31"]), [2]);
    assert_eq!(holding(&["date > 2023"]), [2]);
    assert_eq!(holding(&["date in 2024-05..2024-05"]), [2]);
    assert_eq!(holding(&["date >= 2024-05-01T12:30+02:00"]), [2]);
    assert_eq!(holding(&["date >= 2024-05-01T12:31+02:00"]), [0; 0]);
    assert_eq!(holding(&["date ~ next*"]), [6]);
    assert_eq!(holding(&["path ~ docs/**"]), [4, 6]);
    assert_eq!(holding(&["not path ~ *.md"]), [2]);
    assert_eq!(holding(&["path = docs/x.md"]), [4]);
    assert_eq!(holding(&["id in (b.txt, none)"]), [2]);
    assert_eq!(holding(&["\"a b\" ~ *quoted*"]), [4]);
    assert_eq!(holding(&[" lang  =  en "]), [0, 2]);
}

#[test]
fn a_field_of_the_documents_goes_before_one_of_its_own() {
    let catalogue = catalogue_tests::catalogue(&[document("x", 0, &[("path", "/usr/bin")])]);
    let filter = |text| Filter::parse([text]).unwrap();
    assert_eq!(kept(&catalogue, &filter("path=/usr/bin")).unwrap(), [0]);
    assert_eq!(kept(&catalogue, &filter("path=x")).unwrap(), [0; 0]);
    assert_eq!(kept(&catalogue, &filter("id=x")).unwrap(), [0]);
    assert!(matches!(kept(&catalogue, &filter("\"id\"=x")), Err(EngineError::UnknownField { .. })));
}

#[test]
fn a_root_that_is_one_file_has_the_path_of_its_name() {
    let catalogue =
        catalogue_tests::catalogue(&[Entry { path: String::new(), ..entry("one.md", 0, 1) }]);
    for filter in [Filter::parse(["path=one.md"]), Filter::default().with_paths(["one*"])] {
        assert_eq!(kept(&catalogue, &filter.unwrap()).unwrap(), [0]);
    }
}

#[test]
fn a_field_that_no_document_has_is_an_error_with_names_like_it() {
    let unknown = |catalogue: &Catalogue, text: &str| match kept(
        catalogue,
        &Filter::parse([text]).unwrap(),
    ) {
        Err(error @ EngineError::UnknownField { .. }) => {
            let message = error.to_string();
            let EngineError::UnknownField { near, .. } = error else { unreachable!() };
            (message, near)
        }
        other => panic!("expected UnknownField, got {other:?}"),
    };
    let (message, near) = unknown(&library(), "lnag=en");
    assert_eq!(message, r#"no document has a field "lnag""#);
    assert_eq!(near[0], "lang");
    let bare = catalogue_tests::catalogue(&[document("x", 0, &[])]);
    let (message, near) = unknown(&bare, "not lang=en");
    assert_eq!(message, r#"no document has a field "lang", or any metadata at all"#);
    assert_eq!(near, [""; 0]);
    let empty = Catalogue::default();
    assert_eq!(kept(&empty, &Filter::parse(["lang=en"]).unwrap()).unwrap(), [0; 0]);
}

#[test]
fn an_error_says_where_it_is_what_was_expected_and_what_is_there() {
    for (text, expected) in [
        ("", r#"filter "", byte 1: expected key=value, got the end"#),
        ("x", r#"filter "x", byte 1: expected key=value, got "x""#),
        ("=x", r#"filter "=x", byte 1: expected key=value, got "=x""#),
        (
            "year > old",
            r#"filter "year > old", byte 8: expected a number or a date such as 2024-05-01, got "old""#,
        ),
        (
            "year in 1..x",
            r#"filter "year in 1..x", byte 12: expected a number or a date such as 2024-05-01, got "x""#,
        ),
        (
            "year in ..",
            r#"filter "year in ..", byte 9: expected a list such as (a, b) or a range such as 1..9, got "..""#,
        ),
        ("lang in (a", r#"filter "lang in (a", byte 11: expected a comma or ), got the end"#),
        ("lang in (a,)", r#"filter "lang in (a,)", byte 12: expected a value, got ")""#),
        ("lang in (a) b", r#"filter "lang in (a) b", byte 13: expected the end, got "b""#),
        (
            r#""lang=en"#,
            r#"filter "\"lang=en", byte 1: expected a string that ends in quotes, as in JSON, got "\"lang=en""#,
        ),
        (
            r#""lang" en"#,
            r#"filter "\"lang\" en", byte 8: expected =, !=, <, <=, >, >=, ~ or in, got "en""#,
        ),
    ] {
        let error = Filter::parse([text]).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let error = Filter::parse(["name ~ ["]).unwrap_err().to_string();
    assert!(error.starts_with(r#"filter "name ~ [", byte 8: expected a glob: "#), "{error}");
}

/// What the language says of one document, without columns and by other means: dates of one length
/// are ordered as their texts are.
fn holds_plainly(metadata: &[(String, String)], field: &str, operator: &str, value: &str) -> bool {
    let Some((_, found)) = metadata.iter().find(|(name, _)| name == field) else {
        return operator == "!=";
    };
    let mut all = vec![found.clone()];
    if let Ok(serde_json::Value::Array(list)) = serde_json::from_str(found) {
        all.extend(list.iter().map(|it| it.as_str().map_or(it.to_string(), ToOwned::to_owned)));
    }
    let is_date = |text: &str| text.len() == 10 && text.as_bytes()[4] == b'-';
    let ordered = |it: &String| match (it.parse::<i64>(), value.parse::<i64>()) {
        (Ok(it), Ok(value)) => Some(it.cmp(&value)),
        _ if is_date(it) && is_date(value) => Some(it.as_str().cmp(value)),
        _ => None,
    };
    let any = |test: &dyn Fn(std::cmp::Ordering) -> bool| all.iter().filter_map(ordered).any(test);
    match operator {
        "=" => all.iter().any(|it| it == value),
        "!=" => all.iter().all(|it| it != value),
        "<" => any(&|order| order.is_lt()),
        "<=" => any(&|order| order.is_le()),
        ">" => any(&|order| order.is_gt()),
        ">=" => any(&|order| order.is_ge()),
        _ => unreachable!(),
    }
}

fn value() -> impl Strategy<Value = String> {
    let date = || (0..3, 1..3, 1..4).prop_map(|(y, m, d)| format!("202{y}-0{m}-0{d}"));
    prop_oneof![
        "[ab]{1,2}",
        (-5i64..5).prop_map(|number| number.to_string()),
        date(),
        prop::collection::vec(
            prop_oneof![
                "[ab]".prop_map(|it| format!("{it:?}")),
                (-5i64..5).prop_map(|it| it.to_string()),
                date().prop_map(|it| format!("{it:?}")),
            ],
            0..3
        )
        .prop_map(|members| format!("[{}]", members.join(","))),
    ]
}

proptest! {
    #[test]
    fn columns_say_what_each_document_says(
        documents in prop::collection::vec(
            prop::collection::btree_map("[xyz]", value(), 0..3), 1..150
        ),
        conditions in prop::collection::vec(
            (
                any::<bool>(),
                "[xyz]",
                prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]),
                value(),
            ),
            1..4
        ),
    ) {
        let documents: Vec<Vec<(String, String)>> =
            documents.into_iter().map(|it| it.into_iter().collect()).collect();
        let entries = (0..).zip(&documents).map(|(place, metadata)| {
            let metadata = metadata.iter().cloned().collect();
            Entry { metadata, ..entry(&place.to_string(), place * 2, 2) }
        });
        let catalogue = catalogue_tests::catalogue(&entries.collect::<Vec<_>>());
        let texts: Vec<String> = conditions
            .iter()
            .map(|(not, field, operator, value)| {
                format!("{}{field}{operator}{value}", if *not { "not " } else { "" })
            })
            .collect();
        // A range wants a number or a date; that is tested elsewhere.
        let Ok(filter) = Filter::parse(&texts) else { return Ok(()) };
        let all_hold = |metadata: &Vec<(String, String)>| {
            conditions.iter().all(|(not, field, operator, value)| {
                *not != holds_plainly(metadata, field, operator, value)
            })
        };
        let expected: Vec<u64> = (0..)
            .zip(&documents)
            .filter(|(_, metadata)| all_hold(metadata))
            .map(|(place, _)| place * 2)
            .collect();
        match kept(&catalogue, &filter) {
            Ok(kept) => prop_assert_eq!(kept, expected, "{:?}", texts),
            Err(EngineError::UnknownField { field, .. }) => {
                let has = |metadata: &Vec<(String, String)>| {
                    metadata.iter().any(|(name, _)| *name == field)
                };
                prop_assert!(!documents.iter().any(has));
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn no_text_makes_the_language_panic(text in "[a-c=!<>~ \"(),.0-9in\\-]{0,30}") {
        let _ = Filter::parse([text]);
    }
}
