//! Fear: screening by rounded rows loses a passage that the plain scan finds, or changes a score.

mod common;

use common::{clustered, query, search, unit};
use trommel_core::{PassageId, PassageSet, Retriever, ScoredPassage};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorWriter};

const EXACT: VectorSettings =
    VectorSettings { ann: Ann::Exact, threshold: 0, m: 16, ef_construction: 100 };

/// Ranks by [`Retriever::score`], which reads the vectors one by one and rounds nothing.
fn ranked(
    index: &VectorIndex,
    vector: &[f32],
    limit: usize,
    keep: impl Fn(u64) -> bool,
) -> Vec<ScoredPassage> {
    let ids: Vec<PassageId> = index.passages().iter().filter(|id| keep(id.0)).collect();
    let retriever = index.retriever(VectorSearch::default());
    let scores = retriever.score(query(vector), &ids).unwrap();
    let mut all: Vec<_> =
        ids.into_iter().zip(scores).map(|(id, score)| ScoredPassage { id, score }).collect();
    all.sort_by(ScoredPassage::best_first);
    all.truncate(limit);
    all
}

fn same(found: &[ScoredPassage], expected: &[ScoredPassage], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.id, expected.id, "{what}, place {place}");
        assert_eq!(found.score.to_bits(), expected.score.to_bits(), "{what}, place {place}");
    }
}

fn compare(dimension: usize, rows: u64, row: impl Fn(u64) -> Vec<f32>, what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = VectorWriter::create(folder.path(), dimension, EXACT).unwrap();
    (0..rows).for_each(|id| writer.add(PassageId(id), &row(id)).unwrap());
    writer.commit(1, false).unwrap();
    (0..rows).step_by(7).for_each(|id| assert!(writer.delete(PassageId(id))));
    let state = writer.commit(2, false).unwrap();
    let index = VectorIndex::open(folder.path(), &state).unwrap();
    assert!(index.check().is_empty());
    let half: PassageSet = (0..rows).filter(|id| id % 2 == 1).map(PassageId).collect();
    for seed in [rows + 1, rows + 2, 3] {
        let vector = row(seed);
        for limit in [1, 10, 150] {
            let what = format!("{what}, limit {limit}");
            let found = search(&index, Ann::Exact, &vector, limit, None);
            same(&found, &ranked(&index, &vector, limit, |_| true), &what);
            let found = search(&index, Ann::Exact, &vector, limit, Some(&half));
            same(&found, &ranked(&index, &vector, limit, |id| id % 2 == 1), &what);
        }
    }
}

#[test]
fn the_answer_is_the_plain_scans_to_the_last_bit() {
    for dimension in [1, 2, 6, 33, 384] {
        compare(dimension, 3_001, |id| unit(dimension, id), &format!("spread, {dimension}"));
    }
    compare(130, 20_000, |id| clustered(130, 40, id), "clustered, on several threads");
}

#[test]
fn rows_that_round_badly_are_ranked_as_well_as_others() {
    // One number takes nearly all of the length and with it the scale; what tells the rows apart
    // is a fraction of a step.
    let spiked = |id| {
        let mut row: Vec<f32> = unit(64, id).iter().map(|x| x * 0.02).collect();
        row[5] = (1.0 - 0.02_f32 * 0.02).sqrt();
        row
    };
    compare(64, 2_500, spiked, "spiked");
    // Only every hundredth row has the spike, so bounds of all widths meet.
    compare(64, 2_500, |id| if id % 100 == 3 { spiked(id) } else { unit(64, id) }, "mixed");
    // The same forty vectors again and again: the cut falls within equal scores.
    compare(48, 3_000, |id| unit(48, id % 40), "equal");
}
