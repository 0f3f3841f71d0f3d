//! Fears for queries with operators: that they are not understood, or that one breaks the search.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use support::{BODY, ids, search};
use trommel_core::PassageId;
use trommel_lexical::{LexicalIndex, LexicalPassage, LexicalSettings, LexicalWriter};

const SYNTAX: LexicalSettings = LexicalSettings { title_weight: 0.2, syntax: true };

fn index() -> (tempfile::TempDir, LexicalIndex) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    let passages = [
        ("Cold soup", "gazpacho needs no cooking", "recipes/soup.md", "Ana Díaz", "2019"),
        ("Cooking", "soup that is cold is sad", "recipes/basics.md", "Bo", "2020"),
        ("Error E-4012", "the pump runs cold", "manual/pump.txt", "Ana", "2020"),
    ];
    for (id, (title, body, path, author, year)) in passages.into_iter().enumerate() {
        let metadata = [("author", author), ("year", year), ("a.b", "nested")]
            .map(|(key, value)| (key.to_string(), value.to_string()));
        let id = PassageId(id as u64);
        let metadata = &BTreeMap::from(metadata);
        let (headings, language, read_as) = ("", None, None);
        writer
            .add(&LexicalPassage { id, title, headings, body, path, metadata, language, read_as })
            .unwrap();
    }
    let state = writer.commit().unwrap();
    let index = LexicalIndex::open(folder.path(), &state).unwrap();
    (folder, index)
}

#[test]
fn operators_mean_what_they_say() {
    let (_folder, index) = index();
    let found = |query| {
        let mut ids = ids(&search(&index, SYNTAX, query, 10));
        ids.sort_unstable();
        ids
    };
    assert_eq!(found("cold soup"), [0, 1, 2]);
    assert_eq!(found("\"cold soup\""), [0]);
    assert_eq!(found("cold -soup"), [2]);
    assert_eq!(found("+cold +soups"), [0, 1]);
    assert_eq!(found("cold AND sad"), [1]);
    assert_eq!(found("title:soup"), [0]);
    assert_eq!(found("E-4012"), [2]);
    assert_eq!(found("path:recipes"), [0, 1]);
    assert_eq!(found("path:\"pump.txt\""), [2]);
    assert_eq!(found("author:diaz"), [0]);
    assert_eq!(found("metadata.author:ana"), [0, 2]);
    assert_eq!(found("year:2020 AND author:ana"), [2]);
    assert_eq!(found("a.b:nested"), [0, 1, 2]);
    assert_eq!(found("nested"), [0; 0]);
}

#[test]
fn without_the_flag_operators_are_plain_words() {
    let (_folder, index) = index();
    let found = |query| search(&index, BODY, query, 10);
    assert_eq!(found("\"cold soup\" -sad +pump"), found("cold soup sad pump"));
    assert_eq!(found("title:gazpacho"), found("title gazpacho"));
}

#[test]
fn plain_words_score_the_same_with_the_flag() {
    let (_folder, index) = index();
    let plain = LexicalSettings { syntax: false, ..SYNTAX };
    for query in ["cold", "cold soup", "pump gazpacho cooking"] {
        let expected = search(&index, plain, query, 10);
        let found = search(&index, SYNTAX, query, 10);
        assert_eq!(ids(&found), ids(&expected));
        for (found, expected) in found.iter().zip(expected) {
            assert!((found.score / expected.score - 1.0).abs() < 1e-4, "{query}");
        }
    }
}

#[test]
fn no_query_is_too_deep_or_too_strange() {
    let (_folder, index) = index();
    let deep =
        ["(", "[", "{", "+(", "-(", "NOT (", "\"", "a:(", "((a) "].map(|part| part.repeat(2000));
    let strange = [
        "*",
        "title:*",
        "path:[a TO z]",
        "[",
        "passage:1",
        "passage:[0 TO 2]",
        "passage:x",
        "-",
        "-cold",
        "NOT cold",
        "cold^1e39",
        "cold^-2",
        "cold^0",
        "metadata:*",
        "metadata:x",
        "metadata.year:*",
        "year:*",
        "soup year:*",
        "nowhere:*",
        "x:y",
        "title:IN [cold soup]",
        "/a.*/",
        "title:/so.p/",
        "\"cold\"*",
        "\"so\"~9999999999999",
        "AND",
        "OR OR",
        "a:b:c",
        "\\",
        ":",
        "^",
        "~",
        "author:>1",
        "year:>2019",
        "year:[2019 TO *}",
    ];
    for query in strange.into_iter().chain(deep.iter().map(String::as_str)) {
        for passage in search(&index, SYNTAX, query, 10) {
            assert!(passage.score.is_finite(), "{query:.40}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_string_of_operators_breaks_the_search(
        queries in proptest::collection::vec("([-+^~*:\"'()\\[\\]{}<>/\\\\ .0-9]|cold|soup|title|path|year|passage|metadata| AND | OR |NOT | IN | TO ){0,24}", 40)
    ) {
        let (_folder, index) = index();
        for query in queries {
            for passage in search(&index, SYNTAX, &query, 10) {
                prop_assert!(passage.score.is_finite(), "{query}");
            }
        }
    }
}
