//! The fear that an answer tells how the index came about.

mod support;

use support::{Numbers, add, search};
use trommel_core::{PassageId, PassageSet, Query, Retriever};
use trommel_lexical::{LexicalIndex, LexicalSettings, LexicalState, LexicalWriter};

const PASSAGES: u64 = 600;

/// Returns the title and text of a passage; many are longer than tantivy counts exactly.
fn passage(id: u64) -> (String, String) {
    let mut numbers = Numbers(id);
    (numbers.text(6), numbers.text(300))
}

fn add_passage(writer: &mut LexicalWriter, id: u64) {
    let (title, body) = passage(id);
    add(writer, id, &title, &body);
}

/// Returns whether any segment of a state has deletions.
fn has_deletions(state: &LexicalState) -> bool {
    let meta: serde_json::Value = serde_json::from_str(&state.meta).unwrap();
    let segments = meta["segments"].as_array().unwrap();
    segments.iter().any(|segment| !segment["deletes"].is_null())
}

fn segments(state: &LexicalState) -> usize {
    let meta: serde_json::Value = serde_json::from_str(&state.meta).unwrap();
    meta["segments"].as_array().unwrap().len()
}

#[test]
fn the_same_passages_score_the_same_whatever_happened_before() {
    let straight_folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(straight_folder.path()).unwrap();
    (0..PASSAGES).for_each(|id| add_passage(&mut writer, id));
    let straight = LexicalIndex::open(straight_folder.path(), &writer.commit().unwrap()).unwrap();

    let winding_folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(winding_folder.path()).unwrap();
    // out of order, among passages that go again, some within the commit that brought them
    let mut numbers = Numbers(77);
    let mut order: Vec<u64> = (0..PASSAGES).collect();
    order.sort_by_key(|id| id.wrapping_mul(7919) % PASSAGES);
    for (step, ids) in order.chunks(150).enumerate() {
        let step = step as u64;
        for &id in ids {
            add_passage(&mut writer, id);
            let passing = PASSAGES + id;
            add(&mut writer, passing, "passing", &numbers.text(300));
            if id % 3 == 0 {
                writer.delete(PassageId(passing));
            }
        }
        let state = writer.commit().unwrap();
        assert!(!has_deletions(&state));
        assert_eq!(state.passages, (step + 1) * 250);
        // go on in a new writer, as another run would
        writer = LexicalWriter::open(winding_folder.path(), &state).unwrap();
    }
    (0..PASSAGES).for_each(|id| writer.delete(PassageId(PASSAGES + id)));
    // a small commit beside a large one, so that several segments stay
    writer.delete(PassageId(5));
    writer.commit().unwrap();
    add_passage(&mut writer, 5);
    let last = writer.commit().unwrap();
    assert!(!has_deletions(&last) && segments(&last) > 1, "{last:?}");
    let winding = LexicalIndex::open(winding_folder.path(), &last).unwrap();

    let expected: PassageSet = (0..PASSAGES).map(PassageId).collect();
    assert_eq!(winding.passages().unwrap(), expected);
    assert_eq!(straight.passages().unwrap(), expected);
    let all: Vec<PassageId> = expected.iter().collect();
    for text in ["w0", "w39 w38", "w3 w17 w28 w3", "passing", "w1 w2 w3 w4 w5 w6 w7 w8 w9 w30"] {
        for title_weight in [0.0, 0.2] {
            let settings = LexicalSettings { title_weight, syntax: false };
            for limit in [1, 10, 1000] {
                let found = search(&straight, settings, text, limit);
                assert_eq!(search(&winding, settings, text, limit), found, "{text}");
            }
            let query = Query { text, vector: &[] };
            let scores = |index: &LexicalIndex| -> Vec<u32> {
                let scores = index.retriever(settings).score(query, &all).unwrap();
                scores.into_iter().map(f32::to_bits).collect()
            };
            assert_eq!(scores(&straight), scores(&winding), "{text}");
        }
    }
}

#[test]
fn many_small_commits_leave_few_segments_and_few_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    for id in 0..40 {
        add_passage(&mut writer, id);
        let state = writer.commit().unwrap();
        assert_eq!(state.passages, id + 1);
        assert!(segments(&state) <= 5, "{}", segments(&state));
        assert!(state.files.len() <= 6 * segments(&state), "{:?}", state.files);
    }
}

#[test]
fn an_index_of_which_everything_was_deleted_is_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    (0..5).for_each(|id| add_passage(&mut writer, id));
    writer.commit().unwrap();
    (0..9).for_each(|id| writer.delete(PassageId(id)));
    let state = writer.commit().unwrap();
    assert_eq!((state.passages, state.files.len()), (0, 0));
    let index = LexicalIndex::open(folder.path(), &state).unwrap();
    assert!(index.passages().unwrap().is_empty());
    assert_eq!(search(&index, LexicalSettings::default(), "w1", 10), []);
}
