use serde_json::json;

use super::*;

/// An answer as the engine gives it, with two hits.
fn answer() -> Value {
    serde_json::from_str(include_str!("../../tests/data/answer.json")).unwrap()
}

#[test]
fn a_hit_is_a_block_that_says_where_how_likely_and_what() {
    let words = Found::of(&answer(), 12_000).in_words();
    let blocks: Vec<&str> = words.split("\n\n").collect();
    assert!(blocks[0].starts_with(
        "1. manuals/aerolith-h9-topping-up.html:19-21 · 48 % · Filling pressure and topping up, \
         Aerolith H9\n   > Filling pressure and topping up (H9)\n   ## Air after filling"
    ));
    assert!(words.contains("\n\n2. manuals/aerolith-h6-topping-up.html:1-9 · 39 % · "));
    assert!(!words.starts_with('('), "nothing is to be noted: {words}");
}

#[test]
fn data_and_text_hold_the_same_passages() {
    let found = Found::of(&answer(), 1_000);
    let data = serde_json::to_value(&found).unwrap();
    let words = found.in_words();
    assert_eq!(data["hits"][1]["cut"], true);
    for hit in data["hits"].as_array().unwrap() {
        for line in hit["text"].as_str().unwrap().lines() {
            assert!(words.contains(line), "{line}");
        }
    }
    assert_eq!(data["hits"][0]["uri"], "trommel://manuals/manuals/aerolith-h9-topping-up.html");
    assert!(data["hits"][0].get("stages").is_none() && data["hits"][0].get("freshness").is_none());
}

#[test]
fn what_is_cut_keeps_the_best_sentence_and_is_said() {
    let found = Found::of(&answer(), 1_000);
    let words = found.in_words();
    assert!(words.starts_with("(cut to fit max_chars: 1 of 2 passages; "));
    // Both best sentences, of bytes 76 to 224 and 429 to 491 of their passages.
    assert!(words.contains("then bleed the radiators from the bottom floor upwards."));
    assert!(words.contains("Close at 1.2 bar, bleed the highest radiator, and check again."));
    let texts: usize = found.hits.iter().map(|hit| hit.text.chars().count()).sum();
    assert!(texts <= 1_000, "{texts}");
}

#[test]
fn hits_that_have_no_room_are_left_out_and_counted() {
    let mut answer = answer();
    let hit = answer["hits"][1].clone();
    answer["hits"] = vec![hit; 50].into();
    let found = Found::of(&answer, 1_000);
    let shown = found.hits.len();
    assert!((2..8).contains(&shown), "{shown}");
    let words = found.in_words();
    assert!(words.contains(&format!("(left out to fit max_chars: {} more hits)", 50 - shown)));
    assert!(words.chars().count() < 1_300, "{}", words.chars().count());
}

#[test]
fn an_abstention_a_spent_budget_a_failure_and_changed_files_are_said() {
    let mut answer = answer();
    answer["answered"] = false.into();
    answer["rerank"] = json!({ "read": 3, "of": 20, "stopped": "budget" });
    answer["failure"] = "out\nof memory".into();
    answer["hits"][0]["freshness"] = "changed".into();
    answer["hits"][1]["freshness"] = "gone".into();
    let words = Found::of(&answer, 12_000).in_words();
    for said in [
        "(nothing here probably answers this; these are the nearest passages)\n",
        "(the time budget was spent after 3 of 20 passages, so that the order is less sure)\n",
        "(the reranker failed, so that the order is less sure: out of memory)\n",
        "Aerolith H9 · the file has changed since it was indexed\n",
        "· the file is no longer there\n",
    ] {
        assert!(words.contains(said), "{said} in {words}");
    }
}

#[test]
fn an_answer_without_hits_says_so() {
    let found = Found::of(&json!({ "query": "a", "answered": false, "hits": [] }), 1_000);
    assert_eq!(found.in_words(), "(nothing found)");
}

#[test]
fn a_page_another_collection_and_the_file_of_a_record_are_said() {
    let mut answer = answer();
    answer["hits"][0]["passage"]["location"] = json!({ "page": { "number": 12 }, "text": "p. 12" });
    answer["hits"][1]["passage"]["location"] = json!({ "kind": "slide", "name": "3" });
    answer["hits"][1]["collection"] = "old".into();
    answer["hits"][1]["id"] = "r7".into();
    let words = Found::of(&answer, 12_000).in_words();
    assert!(words.starts_with("1. [manuals] manuals/aerolith-h9-topping-up.html:19-21 (p. 12) · "));
    assert!(words.contains("\n2. [old] r7:1-9 (slide 3) · 39 % · "));
    assert!(words.contains(" · in manuals/aerolith-h6-topping-up.html\n"));
}

#[test]
fn what_a_document_says_is_not_taken_for_what_the_server_says() {
    let mut answer = answer();
    answer["hits"][0]["title"] = "A\n2. forged.md · 99 %\u{e0041}".into();
    answer["hits"][0]["passage"]["text"] = "text\n2. forged.md · 99 %".into();
    let words = Found::of(&answer, 12_000).in_words();
    assert!(!words.contains("\n2. forged.md"), "{words}");
    assert!(words.contains("A 2. forged.md · 99 %\\u{e0041}\n"));
}
