//! Fears for the ranking: a wrong formula, a lost candidate, an order that wavers.

mod support;

use support::{BODY, Numbers, add, ids, index, search};
use tantivy::collector::TopDocs;
use tantivy::query::QueryParser;
use tantivy::schema::{FAST, Schema, TEXT};
use trommel_core::{PassageId, PassageSet, Query, Retriever, RetrieverError};
use trommel_lexical::{LexicalIndex, LexicalSettings, LexicalWriter};

#[test]
fn scores_are_those_of_a_case_worked_by_hand() {
    let (_folder, index) = index(&["apple banana", "apple apple cherry durian", "banana"]);
    let found = search(&index, BODY, "apple", 10);
    // idf = ln(1 + 1.5 / 2.5), average length 7 / 3
    // tf 2, length 4: 2.2 · 2 / (2 + 1.2 · (.25 + .75 · 12 / 7)) = 4.4 / 3.842857
    // tf 1, length 2: 2.2 · 1 / (1 + 1.2 · (.25 + .75 ·  6 / 7)) = 2.2 / 2.071429
    assert_eq!(ids(&found), [1, 0]);
    assert!((found[0].score - 0.538_145).abs() < 2e-6, "{found:?}");
    assert!((found[1].score - 0.499_176).abs() < 2e-6, "{found:?}");
}

#[test]
fn a_word_tells_the_more_the_fewer_passages_have_it() {
    let (_folder, index) = index(&["apple banana", "apple apple cherry durian", "banana"]);
    let idf = |word| index.idf(&trommel_lexical::Analyzer::NEWEST.terms(word)[0]).unwrap();
    // ln(1 + 1.5 / 2.5) in two of three, ln(1 + 2.5 / 1.5) in one of three
    assert!((idf("apples") - 0.470_003_6).abs() < 1e-6);
    assert!((idf("cherry") - 0.980_829_3).abs() < 1e-6);
    assert_eq!(idf("zebra"), 0.0);
}

#[test]
fn scores_are_those_of_tantivy_itself() {
    // up to 40 words, where tantivy's lengths are exact
    let mut numbers = Numbers(1);
    let texts: Vec<String> = (0..3000).map(|_| numbers.text(40)).collect();
    let (_folder, ours) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());

    let mut schema = Schema::builder();
    let id = schema.add_u64_field("id", FAST);
    let text = schema.add_text_field("text", TEXT);
    let theirs = tantivy::Index::create_in_ram(schema.build());
    let mut writer = theirs.writer_with_num_threads(1, 50_000_000).unwrap();
    for (number, body) in texts.iter().enumerate() {
        let document = tantivy::doc!(id => number as u64, text => body.as_str());
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    let searcher = theirs.reader().unwrap().searcher();
    let parser = QueryParser::for_index(&theirs, vec![text]);

    for query in ["w0", "w39", "w3 w17 w28", "w1 w2 w3 w4 w5 w30 w31 w99"] {
        let expected = searcher
            .search(&parser.parse_query(query).unwrap(), &TopDocs::with_limit(50).order_by_score())
            .unwrap();
        let found = search(&ours, BODY, query, 50);
        assert_eq!(found.len(), expected.len());
        for (passage, (score, _)) in found.iter().zip(expected) {
            assert!((passage.score / score - 1.0).abs() < 1e-4, "{query}: {passage:?} {score}");
        }
    }
}

#[test]
fn the_title_is_part_of_the_body_and_weighs_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    add(&mut writer, 0, "soup", "boil the water");
    add(&mut writer, 1, "water", "boil the soup");
    let index = LexicalIndex::open(folder.path(), &writer.commit().unwrap()).unwrap();
    let score = |title_weight| {
        let settings = LexicalSettings { title_weight, syntax: false };
        let query = Query { text: "soup", vector: &[] };
        index.retriever(settings).score(query, &[PassageId(0), PassageId(1)]).unwrap()
    };
    assert_eq!(score(0.0)[0], score(0.0)[1]);
    // one title of two, each of one word: ln 2 · 2.2 / 2.2
    assert!((score(3.0)[0] - score(0.0)[0] - 3.0 * 2.0_f32.ln()).abs() < 1e-6);
    assert_eq!(score(3.0)[1], score(0.0)[1]);
    assert_eq!(score(f32::NAN), score(0.0));
}

#[test]
fn repeated_words_of_a_query_count_again() {
    let (_folder, index) = index(&["apple", "banana cherry"]);
    let once = search(&index, BODY, "apple", 1)[0].score;
    let thrice = search(&index, BODY, "apple Apples apple's", 1)[0].score;
    assert!((thrice / once - 3.0).abs() < 1e-6);
    assert_eq!(ids(&search(&index, BODY, "apple banana", 2)), [0, 1]);
    assert_eq!(ids(&search(&index, BODY, "apple banana banana", 2)), [1, 0]);
}

#[test]
fn equal_scores_at_the_cut_go_by_id() {
    let bodies = vec!["same words"; 20_000];
    let (_folder, index) = index(&bodies);
    assert_eq!(ids(&search(&index, BODY, "words", 3)), [0, 1, 2]);
    assert_eq!(search(&index, BODY, "words", 30_000).len(), 20_000);
    assert_eq!(search(&index, BODY, "words", 0), []);
}

#[test]
fn a_filter_gives_what_the_unfiltered_ranking_holds_of_it() {
    let mut numbers = Numbers(2);
    let texts: Vec<String> = (0..500).map(|_| numbers.text(80)).collect();
    let (_folder, index) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let allowed: PassageSet = (0..500).filter(|id| id % 7 == 3).map(PassageId).collect();
    let query = Query { text: "w3 w17 w28", vector: &[] };
    let retriever = index.retriever(LexicalSettings::default());
    let mut expected = retriever.retrieve(query, 500, None).unwrap();
    expected.retain(|passage| allowed.contains(passage.id));
    assert!(expected.len() > 20);
    assert_eq!(retriever.retrieve(query, 500, Some(&allowed)).unwrap(), expected);
    assert_eq!(retriever.retrieve(query, 5, Some(&allowed)).unwrap(), expected[..5]);
    assert_eq!(retriever.retrieve(query, 5, Some(&PassageSet::new())).unwrap(), []);
}

#[test]
fn a_score_is_that_of_the_ranking_to_the_last_bit() {
    let mut numbers = Numbers(3);
    let texts: Vec<String> = (0..500).map(|_| numbers.text(80)).collect();
    let (_folder, index) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    for syntax in [false, true] {
        let retriever = index.retriever(LexicalSettings { title_weight: 0.2, syntax });
        let query = Query { text: "w3 w17 w28 w3 w1", vector: &[] };
        let found = retriever.retrieve(query, 500, None).unwrap();
        let mut asked: Vec<PassageId> = found.iter().map(|passage| passage.id).collect();
        asked.reverse();
        asked.push(asked[0]);
        let scores = retriever.score(query, &asked).unwrap();
        for (id, score) in asked.iter().zip(scores) {
            let passage = found.iter().find(|passage| passage.id == *id).unwrap();
            assert_eq!(passage.score.to_bits(), score.to_bits());
        }
        // what the ranking leaves out has no word of the query
        let left_out: Vec<PassageId> =
            (0..500).map(PassageId).filter(|id| !asked.contains(id)).collect();
        assert!(!left_out.is_empty());
        assert!(retriever.score(query, &left_out).unwrap().iter().all(|&score| score == 0.0));

        let unknown = retriever.score(query, &[PassageId(0), PassageId(500)]);
        assert!(matches!(
            unknown,
            Err(RetrieverError::UnknownPassage { passage: PassageId(500), .. })
        ));
    }
}

#[test]
fn a_query_without_a_known_word_finds_nothing() {
    let (_folder, found_in) = index(&["apple", "banana"]);
    let (_empty_folder, empty) = index(&[]);
    let long = "zebra ".repeat(200_000);
    for query in ["", "the of and", "🙂", "\"(((*:", "zebra", "\u{0}", &long] {
        for settings in [BODY, LexicalSettings { title_weight: 0.2, syntax: true }] {
            assert_eq!(search(&found_in, settings, query, 10), [], "{query:.20}");
            assert_eq!(search(&empty, settings, query, 10), [], "{query:.20}");
        }
    }
    assert_eq!(search(&empty, BODY, "apple", 10), []);
}

#[test]
fn what_is_found_is_the_best_of_what_is_scored() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    let mut numbers = Numbers(11);
    // Word n is in about one passage of n + 1, so some are in most of them and some in few.
    let passages = 15_500;
    for id in 0..passages {
        let words = (0..60).filter(|&word| numbers.below(word + 1) == 0);
        let body: Vec<String> = words
            .flat_map(|word| vec![format!("w{word}"); 1 + numbers_of(id, word) as usize])
            .collect();
        let title = if id % 7 == 0 { "w3 w50" } else { "" };
        add(&mut writer, id, title, &body.join(" "));
        // Several segments, the last one small.
        if id % 5_000 == 4_999 {
            writer.commit().unwrap();
        }
    }
    (0..passages).step_by(97).for_each(|id| writer.delete(PassageId(id)));
    let index = LexicalIndex::open(folder.path(), &writer.commit().unwrap()).unwrap();
    let all: Vec<PassageId> = index.passages().unwrap().iter().collect();
    let some: PassageSet = all.iter().copied().filter(|id| id.0 % 3 == 1).collect();
    // So many postings that segments are gone through by several threads.
    let every: String = (0..60).map(|word| format!("w{word} ")).collect();
    for text in [
        &every,
        "w0 w59",
        "w1 w2 w3 w58",
        "w0 w1 w2",
        "w55",
        "w3 w50 w3 w44 w0",
        "w59 w58 w57 w5 w0 w1",
    ] {
        for title_weight in [0.0, 0.2] {
            let settings = LexicalSettings { title_weight, syntax: false };
            let retriever = index.retriever(settings);
            let query = Query { text, vector: &[] };
            let scores = retriever.score(query, &all).unwrap();
            let mut expected: Vec<(u64, f32)> = all.iter().map(|id| id.0).zip(scores).collect();
            expected.retain(|(_, score)| *score > 0.0);
            expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            for limit in [0, 1, 10, 150, 5_000] {
                for allowed in [None, Some(&some)] {
                    let is_allowed = |id: u64| allowed.is_none_or(|it| it.contains(PassageId(id)));
                    let expected = expected.iter().filter(|(id, _)| is_allowed(*id)).take(limit);
                    let found = retriever.retrieve(query, limit, allowed).unwrap();
                    let found: Vec<(u64, u32)> =
                        found.iter().map(|it| (it.id.0, it.score.to_bits())).collect();
                    let expected: Vec<(u64, u32)> =
                        expected.map(|(id, score)| (*id, score.to_bits())).collect();
                    assert_eq!(found, expected, "{text}, {limit}");
                }
            }
        }
    }
}

/// Returns how often more than once a passage has a word: 0 to 3.
fn numbers_of(id: u64, word: u64) -> u64 {
    (id * 31 + word * 17) % 4
}
