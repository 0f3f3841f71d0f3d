//! Fear: the same rows and query give another answer with other threads, another history, or
//! another build; or the graph finds too little.

mod common;

use std::fs;

use common::{clustered, ids, search, store, unit, walk};
use trommel_core::PassageId;
use trommel_vector::{Ann, VectorIndex, VectorSettings, VectorWriter};

const HNSW: VectorSettings =
    VectorSettings { ann: Ann::Hnsw, threshold: 0, m: 16, ef_construction: 100 };

#[test]
fn two_builds_of_a_graph_are_equal_byte_for_byte() {
    let build = || {
        let folder = tempfile::tempdir().unwrap();
        let state = store(folder.path(), HNSW, (0..600).map(|id| (id, clustered(24, 9, id))));
        fs::read(folder.path().join(&state.segments[0].graph[0])).unwrap()
    };
    assert!(build() == build());
}

#[test]
fn threads_and_history_change_no_bit() {
    let rows: Vec<_> = (0..70_000).map(|id| (id, unit(6, id))).collect();
    let (whole, pieces) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings = VectorSettings { ann: Ann::Exact, ..HNSW };
    let one = store(whole.path(), settings, rows.clone());
    let mut writer = VectorWriter::create(pieces.path(), 6, settings).unwrap();
    let mut many = None;
    for (generation, piece) in rows.chunks(20_000).enumerate() {
        piece.iter().for_each(|(id, v)| writer.add(PassageId(*id), v).unwrap());
        many = Some(writer.commit(generation as u64, false).unwrap());
    }
    let many = many.unwrap();
    assert!(many.segments.len() > 1);
    let one = VectorIndex::open(whole.path(), &one).unwrap();
    let many = VectorIndex::open(pieces.path(), &many).unwrap();
    let with_threads = |threads: usize, index: &VectorIndex| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| search(index, Ann::Exact, &unit(6, 123_456), 500, None))
    };
    let expected = with_threads(1, &one);
    assert_eq!(expected.len(), 500);
    for threads in [2, 3, 7] {
        assert_eq!(with_threads(threads, &one), expected);
        assert_eq!(with_threads(threads, &many), expected);
    }
}

#[test]
fn a_graph_finds_nearly_all_and_never_the_dead() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = VectorWriter::create(folder.path(), 32, HNSW).unwrap();
    (0..6_000).for_each(|id| writer.add(PassageId(id), &clustered(32, 60, id)).unwrap());
    writer.commit(1, true).unwrap();
    (0..6_000).step_by(5).for_each(|id| assert!(writer.delete(PassageId(id))));
    let state = writer.commit(2, true).unwrap();
    assert_eq!(state.segments.len(), 1, "a fifth of dead rows is no reason to rewrite");
    let index = VectorIndex::open(folder.path(), &state).unwrap();
    let (mut found, mut wanted) = (0, 0);
    for seed in 0..40 {
        let query = clustered(32, 60, 1_000_000 + seed);
        let exact = search(&index, Ann::Exact, &query, 100, None);
        let near = search(&index, Ann::Hnsw, &query, 100, None);
        assert!(near.iter().all(|it| it.id.0 % 5 != 0));
        // A score is the same whichever way its passage was found.
        found += near.iter().filter(|it| exact.contains(it)).count();
        wanted += exact.len();
    }
    assert!(found * 100 >= wanted * 97, "recall@100 {found} / {wanted}");
}

#[test]
fn a_crowd_of_equal_vectors_hides_no_other() {
    // 400 equal rows, then rows elsewhere: every link of the crowd may stay within it.
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..1_000).map(|id| (id, unit(16, if id < 400 { 7 } else { id })));
    let state = store(folder.path(), HNSW, rows);
    let index = VectorIndex::open(folder.path(), &state).unwrap();
    for id in 400..1_000 {
        let found = walk(&index, 40, &unit(16, id), 1);
        assert_eq!(ids(&found), [id]);
    }
    let crowd = walk(&index, 40, &unit(16, 7), 60);
    assert!(crowd.iter().all(|it| it.id.0 < 400 && (it.score - 1.0).abs() < 1e-6));
}
