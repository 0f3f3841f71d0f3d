//! Fear: a damaged file, or a vector that is none, gets past the boundary or panics.

mod common;

use std::fs;
use std::path::Path;

use common::{query, search, store, unit, walk};
use trommel_core::{PassageId, Query, Retriever, RetrieverError};
use trommel_vector::{
    Ann, MAX_PASSAGE_ID, SegmentState, VectorError, VectorIndex, VectorSearch, VectorSettings,
    VectorState, VectorWriter,
};

const DIMENSION: usize = 8;

/// Returns a state of 40 rows, of which 3 are dead, with a graph.
fn sample(folder: &Path) -> VectorState {
    let settings = VectorSettings { ann: Ann::Hnsw, ..VectorSettings::default() };
    let mut writer = VectorWriter::create(folder, DIMENSION, settings).unwrap();
    for id in 0..40 {
        writer.add(PassageId(id), &unit(DIMENSION, id)).unwrap();
    }
    writer.commit(1, false).unwrap();
    for id in [3, 5, 39] {
        assert!(writer.delete(PassageId(id)));
    }
    let mut state = writer.commit(2, true).unwrap();
    // What is checked without checksums, which a file has that an older version wrote.
    state.segments[0].sums = None;
    assert_eq!(state.files().collect::<Vec<_>>(), FILES);
    state
}

const FILES: [&str; 3] = ["00000001.vec", "00000001.00000002.hnsw", "00000002.dead"];

/// Opens, checks and searches; the error if the first finds one.
fn read(folder: &Path, state: &VectorState) -> Result<Vec<VectorError>, VectorError> {
    let index = VectorIndex::open(folder, state)?;
    let damage = index.check();
    search(&index, Ann::Exact, &unit(DIMENSION, 77), 10, None);
    walk(&index, 8, &unit(DIMENSION, 77), 3);
    Ok(damage)
}

fn is_corrupt(folder: &Path, state: &VectorState, file: &str, what: &str) {
    match read(folder, state) {
        Err(VectorError::Corrupt { path, .. }) => assert_eq!(path, folder.join(file), "{what}"),
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_file_of_another_length_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let state = sample(folder.path());
    for file in FILES {
        let path = folder.path().join(file);
        let whole = fs::read(&path).unwrap();
        for len in [0, 1, 63, 64, 65, whole.len() - 8, whole.len() - 4, whole.len() - 1] {
            fs::write(&path, &whole[..len]).unwrap();
            is_corrupt(folder.path(), &state, file, &format!("{file} cut to {len}"));
        }
        for more in [1, 4, 8] {
            let long = [whole.clone(), vec![0; more]].concat();
            fs::write(&path, long).unwrap();
            is_corrupt(folder.path(), &state, file, &format!("{file} longer by {more}"));
        }
        fs::write(&path, whole).unwrap();
    }
    assert!(read(folder.path(), &state).unwrap().is_empty());
}

#[test]
fn with_checksums_no_changed_byte_of_a_segment_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        VectorWriter::create(folder.path(), DIMENSION, VectorSettings::default()).unwrap();
    (0..40).for_each(|id| writer.add(PassageId(id), &unit(DIMENSION, id)).unwrap());
    let state = writer.commit(1, true).unwrap();
    assert_eq!(state.verified_as_read().collect::<Vec<_>>(), ["00000001.vec"]);
    let path = folder.path().join("00000001.vec");
    let whole = fs::read(&path).unwrap();
    let vector = unit(DIMENSION, 77);
    let (vectors, text) = (64..64 + 40 * DIMENSION * 4, "");
    // One block of 64 rows.
    let blocks = vectors.end..vectors.end + 512 + 64 * DIMENSION;
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&path, &damaged).unwrap();
        let index = match VectorIndex::open(folder.path(), &state) {
            Ok(index) if vectors.contains(&at) => index,
            // No scan of so few rows reads the rounded ones.
            Ok(index) if blocks.contains(&at) => {
                assert!(!index.check().is_empty(), "byte {at}");
                continue;
            }
            Err(VectorError::Corrupt { .. } | VectorError::Version { .. })
                if !vectors.contains(&at) && !blocks.contains(&at) =>
            {
                continue;
            }
            other => panic!("byte {at}: {other:?}"),
        };
        let retriever = index.retriever(VectorSearch::default());
        let query = Query { text, vector: &vector };
        let row = PassageId(((at - 64) / (4 * DIMENSION)) as u64);
        // The scan reads every row of so small a segment; a score reads its own.
        assert!(retriever.score(query, &[PassageId((row.0 + 1) % 40)]).is_ok(), "byte {at}");
        let error = retriever.score(query, &[row]).unwrap_err();
        assert!(matches!(&error, RetrieverError::Corrupt { path: it, .. } if *it == path));
        assert!(retriever.retrieve(query, 10, None).is_err(), "byte {at}");
        let fresh = VectorIndex::open(folder.path(), &state).unwrap();
        let found = fresh.retriever(VectorSearch::default()).retrieve(query, 10, None);
        assert!(matches!(found, Err(RetrieverError::Corrupt { .. })), "byte {at}: {found:?}");
    }
}

#[test]
fn every_byte_of_a_header_counts() {
    let folder = tempfile::tempdir().unwrap();
    let state = sample(folder.path());
    for file in FILES {
        let path = folder.path().join(file);
        let whole = fs::read(&path).unwrap();
        for at in 0..64 {
            // The parameters a graph was built with, and the row at which a search begins if it
            // is another row, only describe: nothing can be at odds with them.
            if file.ends_with(".hnsw") && ((24..32).contains(&at) || at == 36) {
                continue;
            }
            for flip in [1, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= flip;
                fs::write(&path, bytes).unwrap();
                if (8..12).contains(&at) {
                    let error = read(folder.path(), &state).unwrap_err();
                    assert!(matches!(error, VectorError::Version { expected: 2, .. }), "{error}");
                    continue;
                }
                is_corrupt(folder.path(), &state, file, &format!("{file} byte {at} ^ {flip}"));
            }
        }
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn no_changed_byte_panics_and_check_sees_what_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let state = sample(folder.path());
    for file in FILES {
        let path = folder.path().join(file);
        let whole = fs::read(&path).unwrap();
        // Three is prime to the four bytes of a number: every place in one is met.
        for at in (64..whole.len()).step_by(3) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            fs::write(&path, &bytes).unwrap();
            let seen = match read(folder.path(), &state) {
                Ok(damage) => !damage.is_empty(),
                Err(error) => matches!(error, VectorError::Corrupt { .. }),
            };
            // The top byte of a number moves a vector off its length and an id, an offset or a
            // row out of all bounds. A lower byte may give another valid file.
            let top_byte = at % 4 == 3 && !(file.ends_with(".vec") && at % 8 == 3);
            assert!(seen || !top_byte, "{file} byte {at}");
        }
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_state_that_does_not_fit_its_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = sample(folder.path());
    let refused = |change: &dyn Fn(&mut VectorState)| {
        let mut other = state.clone();
        change(&mut other);
        VectorIndex::open(folder.path(), &other).err().is_some_and(|error| {
            matches!(
                error,
                VectorError::Corrupt { .. }
                    | VectorError::Io { .. }
                    | VectorError::BadSetting { .. }
            )
        })
    };
    assert!(refused(&|it| it.live += 1));
    assert!(refused(&|it| it.dimension = 9));
    assert!(refused(&|it| it.dimension = 0));
    assert!(refused(&|it| it.dimension = usize::MAX));
    assert!(refused(&|it| it.tombstones = None));
    assert!(refused(&|it| it.segments[0].rows = 39));
    assert!(refused(&|it| it.segments[0].rows = u64::MAX));
    assert!(refused(&|it| it.segments[0].file = "00000009.vec".into()));
    assert!(refused(&|it| it.segments[0].file = "../00000001.vec".into()));
    assert!(refused(&|it| it.segments[0].graph = vec![it.segments[0].file.clone()]));
    assert!(refused(&|it| it.segments.push(it.segments[0].clone())));
    assert!(!refused(&|_| {}));
}

#[test]
fn only_unit_vectors_under_rising_ids_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = VectorWriter::create(folder.path(), 3, VectorSettings::default()).unwrap();
    let mut add = |id: u64, vector: &[f32]| writer.add(PassageId(id), vector);
    add(5, &[0.6, 0.0, 0.8]).unwrap();
    assert!(matches!(add(5, &[1.0, 0.0, 0.0]), Err(VectorError::IdsNotRising { .. })));
    assert!(matches!(add(4, &[1.0, 0.0, 0.0]), Err(VectorError::IdsNotRising { .. })));
    assert!(matches!(add(6, &[1.0, 0.0]), Err(VectorError::Dimension { expected: 3, got: 2, .. })));
    assert!(matches!(add(6, &[1.0, f32::NAN, 0.0]), Err(VectorError::NotFinite { index: 1, .. })));
    assert!(matches!(
        add(6, &[1.0, 0.0, f32::NEG_INFINITY]),
        Err(VectorError::NotFinite { index: 2, .. })
    ));
    for wrong in [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.002, 0.0, 0.0], [f32::MAX; 3]] {
        assert!(matches!(add(6, &wrong), Err(VectorError::NotNormalised { .. })), "{wrong:?}");
    }
    let beyond = MAX_PASSAGE_ID + 1;
    assert!(matches!(add(beyond, &[1.0, 0.0, 0.0]), Err(VectorError::IdTooLarge { .. })));
    add(6, &[1.0005, 0.0, 0.0]).unwrap();
    assert_eq!(writer.commit(1, true).unwrap().live, 2);
}

#[test]
fn a_later_commit_may_have_lower_ids_but_no_id_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = VectorWriter::create(folder.path(), 4, VectorSettings::default()).unwrap();
    (10..30).for_each(|id| writer.add(PassageId(id), &unit(4, id)).unwrap());
    writer.commit(1, false).unwrap();
    writer.add(PassageId(3), &unit(4, 3)).unwrap();
    let taken = writer.add(PassageId(12), &unit(4, 12));
    assert!(matches!(taken, Err(VectorError::IdTaken { passage: PassageId(12) })), "{taken:?}");
    assert!(writer.delete(PassageId(13)));
    let dead = writer.add(PassageId(13), &unit(4, 13));
    assert!(
        matches!(dead, Err(VectorError::IdTaken { .. })),
        "its tombstone would count: {dead:?}"
    );
    writer.add(PassageId(40), &unit(4, 40)).unwrap();
    let state = writer.commit(2, false).unwrap();
    assert_eq!((state.segments.len(), state.live), (2, 21));
    assert!(read_is_whole(folder.path(), &state));
}

#[test]
fn a_passage_with_rows_in_two_segments_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let segment = |generation, ids: [u64; 3]| {
        let (state, settings) = (VectorState::empty(4), VectorSettings::default());
        let mut writer = VectorWriter::open(folder.path(), &state, settings).unwrap();
        ids.iter().for_each(|&id| writer.add(PassageId(id), &unit(4, id)).unwrap());
        writer.commit(generation, false).unwrap().segments.remove(0)
    };
    let [first, second, third] = [(1, [1, 3, 5]), (2, [0, 4, 9]), (3, [2, 3, 4])]
        .map(|(generation, ids)| segment(generation, ids));
    let open = |segments: &[&SegmentState]| {
        let segments: Vec<_> = segments.iter().map(|&it| it.clone()).collect();
        let live = 3 * segments.len() as u64;
        VectorIndex::open(folder.path(), &VectorState { segments, live, ..VectorState::empty(4) })
    };
    // The first two overlap, and share no id.
    let index = open(&[&first, &second]).unwrap();
    let ids: Vec<u64> = index.passages().iter().map(|id| id.0).collect();
    assert_eq!(ids, [0, 1, 3, 4, 5, 9]);
    for (segments, twice) in [([&first, &third], "passage 3"), ([&third, &second], "passage 4")] {
        let error = open(&segments).unwrap_err();
        assert!(matches!(&error, VectorError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains(twice), "{error}");
    }
    assert!(open(&[&first, &second, &third]).is_err());
}

#[test]
fn a_generation_in_use_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = VectorWriter::create(folder.path(), 4, VectorSettings::default()).unwrap();
    (0..9).for_each(|id| writer.add(PassageId(id), &unit(4, id)).unwrap());
    let state = writer.commit(7, true).unwrap();
    let before = fs::read(folder.path().join("00000007.vec")).unwrap();
    writer.add(PassageId(9), &unit(4, 9)).unwrap();
    assert!(matches!(writer.commit(7, true), Err(VectorError::InUse { .. })));
    assert_eq!(fs::read(folder.path().join("00000007.vec")).unwrap(), before);
    assert!(read_is_whole(folder.path(), &state));
}

fn read_is_whole(folder: &Path, state: &VectorState) -> bool {
    VectorIndex::open(folder, state).unwrap().check().is_empty()
}

#[test]
fn a_commit_that_never_counted_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let settings = VectorSettings { ann: Ann::Hnsw, ..VectorSettings::default() };
    let state = store(folder.path(), settings, (0..9).map(|id| (id, unit(4, id))));
    for seed in [100, 200] {
        let mut writer = VectorWriter::open(folder.path(), &state, settings).unwrap();
        writer.add(PassageId(9), &unit(4, seed)).unwrap();
        let next = writer.commit(2, true).unwrap();
        let index = VectorIndex::open(folder.path(), &next).unwrap();
        let found = search(&index, Ann::Exact, &unit(4, seed), 1, None);
        assert_eq!(found[0].id, PassageId(9), "the rows of the first attempt are gone");
    }
}

#[test]
fn a_query_that_does_not_fit_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let state = store(folder.path(), VectorSettings::default(), [(1, unit(3, 1))]);
    let index = VectorIndex::open(folder.path(), &state).unwrap();
    let retriever = index.retriever(VectorSearch::default());
    let ask = |vector: &[f32]| retriever.retrieve(query(vector), 5, None);
    assert!(matches!(ask(&[]), Err(RetrieverError::Dimension { expected: 3, got: 0 })));
    assert!(matches!(ask(&[1.0; 4]), Err(RetrieverError::Dimension { expected: 3, got: 4 })));
    assert!(matches!(ask(&[f32::NAN, 0.0, 1.0]), Err(RetrieverError::Failed { .. })));
    assert!(matches!(ask(&[0.0; 3]), Err(RetrieverError::Failed { .. })));
    let unknown = retriever.score(query(&unit(3, 2)), &[PassageId(1), PassageId(2)]);
    assert!(matches!(
        unknown,
        Err(RetrieverError::UnknownPassage { passage: PassageId(2), index: "vector" })
    ));
}

#[test]
fn a_scan_that_screens_meets_every_damage_of_rounded_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        VectorWriter::create(folder.path(), DIMENSION, VectorSettings::default()).unwrap();
    let rows = 2_000;
    (0..rows).for_each(|id| writer.add(PassageId(id), &unit(DIMENSION, id)).unwrap());
    let state = writer.commit(1, true).unwrap();
    let path = folder.path().join("00000001.vec");
    let whole = fs::read(&path).unwrap();
    let vectors_end = 64 + rows as usize * DIMENSION * 4;
    let blocks = vectors_end.next_multiple_of(64)..whole.len() - 8 * rows as usize;
    let vector = unit(DIMENSION, 77);
    let query = Query { text: "", vector: &vector };
    for at in blocks.step_by(997) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&path, &damaged).unwrap();
        let index = VectorIndex::open(folder.path(), &state).unwrap();
        let found = index.retriever(VectorSearch::default()).retrieve(query, 10, None);
        assert!(matches!(found, Err(RetrieverError::Corrupt { .. })), "byte {at}: {found:?}");
    }
}

/// Of a large segment single vectors are copied out of the file, not mapped.
#[test]
fn damage_of_a_vector_that_is_copied_out_of_a_large_segment_is_met() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        VectorWriter::create(folder.path(), DIMENSION, VectorSettings::default()).unwrap();
    (0..40_000).for_each(|id| writer.add(PassageId(id), &unit(DIMENSION, id)).unwrap());
    let state = writer.commit(1, true).unwrap();
    let path = folder.path().join("00000001.vec");
    let mut bytes = fs::read(&path).unwrap();
    bytes[64 + 4 * DIMENSION * 77] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let open = || VectorIndex::open(folder.path(), &state).unwrap();
    let asked = |id| Query { text: "", vector: &*unit(DIMENSION, id).leak() };
    let is_corrupt =
        |answer: Result<(), RetrieverError>| matches!(answer, Err(RetrieverError::Corrupt { .. }));
    let few = [PassageId(76), PassageId(77)].into_iter().collect();
    for allowed in [None, Some(&few)] {
        let (index, search) = (open(), VectorSearch::default());
        let found = index.retriever(search).retrieve(asked(77), 10, allowed);
        assert!(is_corrupt(found.map(drop)), "{allowed:?}");
    }
    let scored = |id| {
        let index = open();
        let retriever = index.retriever(VectorSearch::default());
        retriever.score(asked(1), &[PassageId(id)]).map(drop)
    };
    assert!(is_corrupt(scored(77)));
    assert!(scored(76).is_ok());
}
