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

    answer_alike(&straight, &winding, &(0..PASSAGES).map(PassageId).collect());
}

/// Checks that two indexes have just these passages and say the same of them.
fn answer_alike(straight: &LexicalIndex, winding: &LexicalIndex, expected: &PassageSet) {
    assert_eq!(winding.passages().unwrap(), *expected);
    assert_eq!(straight.passages().unwrap(), *expected);
    let all: Vec<PassageId> = expected.iter().collect();
    for text in ["w0", "w39 w38", "w3 w17 w28 w3", "passing", "w1 w2 w3 w4 w5 w6 w7 w8 w9 w30"] {
        for (title_weight, syntax) in [(0.0, false), (0.2, false), (0.2, true)] {
            let settings = LexicalSettings { title_weight, syntax };
            for limit in [1, 10, 1000] {
                let found = search(straight, settings, text, limit);
                assert_eq!(search(winding, settings, text, limit), found, "{text}");
            }
            let query = Query { text, vector: &[] };
            let scores = |index: &LexicalIndex| -> Vec<u32> {
                let scores = index.retriever(settings).score(query, &all).unwrap();
                scores.into_iter().map(f32::to_bits).collect()
            };
            assert_eq!(scores(straight), scores(winding), "{text}");
        }
        let sorted = |index: &LexicalIndex| {
            let mut matches = index.matches(text, &all).unwrap();
            matches.iter_mut().filter_map(|it| it.few.as_mut()).for_each(|few| few.sort_unstable());
            matches
        };
        assert_eq!(sorted(straight), sorted(winding), "{text}");
    }
    for text in ["\"w3 w4\"", "w7-w8", "\"w1 w2 w3\""] {
        let of = |index: &LexicalIndex| {
            let mut matches = index.phrase_matches(text, &all).unwrap();
            matches.iter_mut().filter_map(|it| it.few.as_mut()).for_each(|few| few.sort_unstable());
            (matches, index.conditions(text).unwrap())
        };
        assert_eq!(of(straight), of(winding), "{text}");
    }
}

#[test]
fn deleted_passages_that_still_lie_there_change_nothing() {
    let straight_folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(straight_folder.path()).unwrap();
    let is_gone = |id: &u64| id % 37 == 5;
    let expected: PassageSet = (0..PASSAGES).filter(|id| !is_gone(id)).map(PassageId).collect();
    expected.iter().for_each(|id| add_passage(&mut writer, id.0));
    let straight_state = writer.commit().unwrap();
    let straight = LexicalIndex::open(straight_folder.path(), &straight_state).unwrap();

    let winding_folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(winding_folder.path()).unwrap();
    (0..PASSAGES).for_each(|id| add_passage(&mut writer, id));
    let mut state = writer.commit().unwrap();
    let before = state.files.clone();
    // Each commit deletes a few; the file of the deleted is another one each time.
    for ids in (0..PASSAGES).filter(is_gone).collect::<Vec<_>>().chunks(6) {
        let mut writer = LexicalWriter::open(winding_folder.path(), &state).unwrap();
        ids.iter().for_each(|&id| writer.delete(PassageId(id)));
        state = writer.commit().unwrap();
        assert_eq!(state.files.len(), before.len() + 1, "{:?}", state.files);
        assert!(before.iter().all(|file| state.files.contains(file)), "nothing was written anew");
    }
    assert!(has_deletions(&state));
    assert_eq!(
        (state.passages, &state.languages),
        (expected.len() as u64, &straight_state.languages)
    );
    let winding = LexicalIndex::open(winding_folder.path(), &state).unwrap();
    answer_alike(&straight, &winding, &expected);
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
