//! Where the words and phrases of a query stand.

mod support;

use trommel_core::PassageId;
use trommel_lexical::{LexicalIndex, LexicalWriter, TermMatches};

use support::{add, index};

const ALL: [PassageId; 4] = [PassageId(0), PassageId(1), PassageId(2), PassageId(3)];

const TEXTS: [&str; 4] = [
    "The sensor KD-1 is sold in pairs.",
    "Sensor KD needs 1 battery.",
    "Of two parts, 1 is a KD.",
    "A battery.",
];

/// Lucene's idf, worked by hand: ln(1 + (4 - n + 1/2) / (n + 1/2)) for n of 4 passages.
fn idf(holding: f64) -> f64 {
    (1.0 + (4.5 - holding) / (holding + 0.5)).ln()
}

fn assert_is(found: &TermMatches, has: [bool; 4], few: &[u64]) {
    assert_eq!(found.has, has);
    let told: Vec<u64> = found.few.iter().flatten().map(|passage| passage.0).collect();
    assert_eq!(told, few);
    assert!((found.idf - idf(few.len() as f64)).abs() < 1e-12, "{}", found.idf);
}

#[test]
fn a_code_is_where_its_parts_stand_side_by_side() {
    let (_folder, index) = index(&TEXTS);
    let terms = index.matches("kd-1", &ALL).unwrap();
    assert_is(&terms[0], [true, true, true, false], &[0, 1, 2]);
    assert_is(&terms[1], [true, true, true, false], &[0, 1, 2]);
    let phrases = index.phrase_matches("kd-1", &ALL).unwrap();
    assert_eq!(phrases.len(), 1);
    assert_is(&phrases[0], [true, false, false, false], &[0]);
    assert_is(&index.phrase_matches("KD-2", &ALL).unwrap()[0], [false; 4], &[]);
}

#[test]
fn quotes_make_a_phrase_and_plain_words_do_not() {
    let (_folder, index) = index(&TEXTS);
    let quoted = index.phrase_matches("\"needs 1 battery\" kd", &ALL[1..]).unwrap();
    assert_eq!(quoted[0].has, [true, false, false]);
    assert_eq!(index.phrase_matches("needs 1 battery", &ALL).unwrap(), []);
}

#[test]
fn phrases_do_not_depend_on_the_segments() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    for (id, text) in TEXTS.iter().enumerate() {
        add(&mut writer, id as u64, "", text);
        writer.commit().unwrap();
    }
    let state = writer.commit().unwrap();
    let parted = LexicalIndex::open(folder.path(), &state).unwrap();
    let (_folder, whole) = index(&TEXTS);
    for query in ["KD-1", "\"1 is a KD\"", "in-pairs"] {
        let asked = |index: &LexicalIndex| index.phrase_matches(query, &ALL).unwrap();
        assert_eq!(asked(&parted), asked(&whole), "{query}");
    }
}
