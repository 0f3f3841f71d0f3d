//! Fear: after some history of adding, deleting, committing and reopening, the index answers
//! otherwise than a map of the vectors would.

mod common;

use std::collections::{BTreeSet, HashSet};

use common::{Model, ids, query, search, unit, walk};
use proptest::prelude::*;
use trommel_core::{PassageId, PassageSet, Retriever};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorState, VectorWriter};

#[derive(Debug, Clone)]
enum Step {
    /// Adds so many passages, each so far behind the one before; the first of a commit begins where
    /// this says, which may be among those of earlier commits, or behind all.
    Add {
        count: usize,
        gap: u64,
        from: Option<u64>,
    },
    /// Deletes every passage whose id leaves this remainder.
    Delete {
        modulus: u64,
        remainder: u64,
    },
    Commit {
        finish: bool,
    },
    /// Drops the writer, and with it what was not committed, and opens another.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..60_usize, 1..4_u64, prop::option::of(0..300_u64))
            .prop_map(|(count, gap, from)| Step::Add { count, gap, from }),
        2 => (1..12_u64, 0..12_u64)
            .prop_map(|(modulus, remainder)| Step::Delete { modulus, remainder }),
        3 => any::<bool>().prop_map(|finish| Step::Commit { finish }),
        1 => Just(Step::Reopen),
    ]
}

fn settings() -> impl Strategy<Value = VectorSettings> {
    prop_oneof![Just(Ann::Exact), Just(Ann::Auto), Just(Ann::Hnsw)].prop_map(|ann| VectorSettings {
        ann,
        threshold: 50,
        m: 8,
        ef_construction: 60,
    })
}

const DIMENSION: usize = 19;

/// The ids that were given, each once.
#[derive(Default)]
struct Ids {
    committed: BTreeSet<u64>,
    pending: BTreeSet<u64>,
}

impl Ids {
    /// Gives the next id of this commit.
    fn next(&mut self, gap: u64, from: Option<u64>) -> u64 {
        let begin = || from.unwrap_or_else(|| self.greatest());
        let mut id = self.pending.last().copied().unwrap_or_else(begin) + gap;
        while self.committed.contains(&id) {
            id += 1;
        }
        self.pending.insert(id);
        id
    }

    fn greatest(&self) -> u64 {
        self.committed.last().max(self.pending.last()).copied().unwrap_or(0)
    }

    fn commit(&mut self) {
        self.committed.append(&mut self.pending);
    }

    fn forget_pending(&mut self) {
        self.pending.clear();
    }
}

fn compare(folder: &std::path::Path, state: &VectorState, model: &Model) {
    let index = VectorIndex::open(folder, state).unwrap();
    assert!(index.check().is_empty(), "{:?}", index.check());
    let expected: PassageSet = model.0.keys().copied().map(PassageId).collect();
    // Equal sets may have been given their words differently, so ids are compared.
    assert!(index.passages().iter().eq(expected.iter()));
    assert_eq!(index.live(), model.0.len() as u64);
    assert!((0..8_000).all(|id| index.has(PassageId(id)) == model.0.contains_key(&id)));
    for seed in 0..3 {
        let vector = unit(DIMENSION, 1_000_000 + seed);
        let ranking = model.ranking(&vector);
        for limit in [0, 1, 7, 1000] {
            let found = search(&index, Ann::Exact, &vector, limit, None);
            assert_eq!(found.len(), limit.min(ranking.len()));
            for (found, expected) in found.iter().zip(&ranking) {
                assert_eq!(found.id.0, expected.0);
                assert!((f64::from(found.score) - expected.1).abs() < 1e-6);
            }
            let near = walk(&index, 10, &vector, limit);
            assert_eq!(near.len(), found.len(), "fewer than asked for and there");
            for found in &near {
                let exact = ranking.iter().find(|it| it.0 == found.id.0).unwrap().1;
                assert!((f64::from(found.score) - exact).abs() < 1e-6);
            }
        }
        let allowed: PassageSet = (0..500).filter(|id| id % 3 == 1).map(PassageId).collect();
        let expected: Vec<u64> =
            ranking.iter().map(|it| it.0).filter(|&id| allowed.contains(PassageId(id))).collect();
        for ann in [Ann::Exact, Ann::Hnsw, Ann::Auto] {
            assert_eq!(ids(&search(&index, ann, &vector, 1000, Some(&allowed))), expected);
        }
        let everything = search(&index, Ann::Exact, &vector, 1000, None);
        let passages: Vec<PassageId> = everything.iter().map(|it| it.id).collect();
        let retriever = index.retriever(VectorSearch::default());
        let scores = retriever.score(query(&vector), &passages).unwrap();
        for (found, score) in everything.iter().zip(scores) {
            assert_eq!(found.score.to_bits(), score.to_bits());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_like_a_map(
        settings in settings(),
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mut writer = VectorWriter::create(folder, DIMENSION, settings).unwrap();
        let mut state = writer.commit(0, false).unwrap();
        let (mut now, mut committed) = (Model::default(), Model::default());
        let (mut ids, mut generation) = (Ids::default(), 0);
        for step in steps {
            match step {
                Step::Add { count, gap, from } => {
                    for _ in 0..count {
                        let id = ids.next(gap, from);
                        let vector = unit(DIMENSION, id);
                        writer.add(PassageId(id), &vector).unwrap();
                        now.0.insert(id, vector);
                    }
                }
                Step::Delete { modulus, remainder } => {
                    for id in (0..=ids.greatest() + 1).filter(|id| id % modulus == remainder) {
                        let there = now.0.remove(&id).is_some();
                        prop_assert_eq!(writer.delete(PassageId(id)), there);
                    }
                }
                Step::Commit { finish } => {
                    generation += 1;
                    ids.commit();
                    state = writer.commit(generation, finish).unwrap();
                    committed = Model(now.0.clone());
                    compare(folder, &state, &committed);
                    compacted(&state);
                    if finish {
                        graphs_are_where_asked(&state, settings);
                    }
                }
                Step::Reopen => {
                    writer = VectorWriter::open(folder, &state, settings).unwrap();
                    now = Model(committed.0.clone());
                    ids.forget_pending();
                }
            }
            prop_assert_eq!(writer.live(), now.0.len() as u64);
        }
        drop(writer);
        compare(folder, &state, &committed);
        let left: HashSet<_> = std::fs::read_dir(folder).unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".tmp"))
            .collect();
        prop_assert!(left.is_empty(), "{:?}", left);
    }
}

fn compacted(state: &VectorState) {
    let rows: u64 = state.segments.iter().map(|it| it.rows).sum();
    let dead = rows - state.live;
    assert!(dead == 0 || dead * 4 < rows, "{dead} of {rows} rows are dead");
    assert_eq!(dead > 0, state.tombstones.is_some());
}

fn graphs_are_where_asked(state: &VectorState, settings: VectorSettings) {
    for segment in &state.segments {
        let wanted = match settings.ann {
            Ann::Exact => false,
            Ann::Auto => segment.rows >= 50,
            Ann::Hnsw => segment.rows >= 2,
        };
        assert_eq!(!segment.graph.is_empty(), wanted, "{segment:?}");
    }
}

#[test]
fn many_small_commits_leave_few_segments() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = VectorWriter::create(folder.path(), 4, VectorSettings::default()).unwrap();
    let mut written = 0;
    for generation in 1..=512 {
        writer.add(PassageId(generation), &unit(4, generation)).unwrap();
        let state = writer.commit(generation, false).unwrap();
        // Sizes at least halve from one segment to the next.
        let sizes: Vec<u64> = state.segments.iter().map(|it| it.rows).collect();
        assert!(sizes.windows(2).all(|pair| pair[0] > 2 * pair[1]), "{sizes:?}");
        written += sizes.last().unwrap();
    }
    // 512 rows in at most log2(512) = 9 sizes: none is written more often than that, and once.
    assert!(written <= 512 * 10, "{written} rows written for 512");
}
