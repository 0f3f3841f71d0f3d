//! Fears that an evaluation blames the wrong gate for a document that was lost.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use support::{ids_of, indexed, pipeline, text};
use trommel_engine::{EarlyStop, Feedback, Loss, SearchSettings, Searcher, Stage, Why};

const DOCUMENTS: u64 = 90;

/// The narrowest that a search may be, so that every gate loses something.
fn settings(stage: Stage, k: usize) -> SearchSettings {
    SearchSettings {
        stage,
        k,
        candidates: 50,
        rerank_depth: 12,
        rerank_passages: 100,
        early_stop: EarlyStop::Off,
        // The order before the reranker is then that of fusion.
        feedback: Feedback::Off,
        ..SearchSettings::default()
    }
}

/// Returns the place of every document that a search of one stage lists, from 1.
fn places(pipeline: &Searcher, query: &str, stage: Stage, k: usize) -> BTreeMap<String, usize> {
    let answer = pipeline.search(query, &settings(stage, k), &|| Duration::ZERO).unwrap();
    ids_of(&answer).into_iter().zip(1..).collect()
}

/// What searches of every stage say of a loss, which is all that they can.
fn expected(of: impl Fn(Stage) -> Option<usize>, k: usize) -> Option<Loss> {
    if of(Stage::Reranked).is_some_and(|place| place <= k) {
        return None;
    }
    let sources = [Stage::LEXICAL, Stage::VECTORS, Stage::NEIGHBOURS];
    Some(match of(Stage::Fused) {
        None if sources.into_iter().any(|source| of(source).is_some()) => Loss::CutByFusion,
        None => Loss::NotFound,
        Some(place) if place > 12 => Loss::CutByDepth,
        Some(place) if place <= k => Loss::RankedDown,
        Some(_) => Loss::RankedLow,
    })
}

#[test]
fn the_gate_that_lost_a_document_is_the_one_that_searches_show() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..DOCUMENTS, 3);
    let pipeline = pipeline(&collection).unwrap();
    let mut seen = BTreeSet::new();
    for (seed, k) in [(1, 10), (2, 3), (3, 5), (4, 10)] {
        let query = text(seed, 3);
        let sources = [Stage::LEXICAL, Stage::VECTORS, Stage::NEIGHBOURS];
        let stages = sources.into_iter().chain([Stage::Fused, Stage::Reranked]);
        let list = |stage| (stage, places(&pipeline, &query, stage, 50));
        let lists: Vec<_> = stages.map(list).collect();
        let asked = settings(Stage::Reranked, k);
        for document in 0..DOCUMENTS {
            let id = format!("d{document}");
            let of = |stage| {
                let (_, list) = lists.iter().find(|(it, _)| *it == stage).unwrap();
                list.get(&id).copied()
            };
            let why = pipeline.why(&id, &query, &asked, &|| Duration::ZERO).unwrap().unwrap();
            let case = format!("{query}, {id}");
            assert_eq!(why.loss, expected(of, k), "{case}");
            assert_eq!(why.title, format!("T{document}"), "{case}");
            assert_eq!(why.fused.map(|it| it.rank), of(Stage::Fused), "{case}");
            assert_eq!(why.last.map(|it| it.rank), of(Stage::Reranked), "{case}");
            for (gate, stage) in why.sources.iter().zip(sources) {
                let gate = gate.unwrap();
                assert_eq!(gate.candidate, of(stage).is_some(), "{case}");
                // A place among all documents is that among the candidates, and goes on behind.
                let place = gate.rank.filter(|place| *place <= 50);
                assert_eq!(place, of(stage), "{case}");
            }
            let is_read = of(Stage::Fused).is_some_and(|place| place <= 12);
            assert_eq!(
                {
                    let said = why.reranked.iter().flatten().next();
                    (said.is_some(), said.map_or(0, |said| said.read))
                },
                (is_read, usize::from(is_read) * why.passages),
                "{case}"
            );
            seen.insert(why.loss);
        }
        assert_eq!(pipeline.exact_candidates(&query, &asked).unwrap(), None, "the scan is exact");
    }
    assert!(seen.len() >= 4, "only {seen:?}");
}

#[test]
fn a_stage_that_did_not_run_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..60, 3);
    let pipeline = pipeline(&collection).unwrap();
    let why = |id, stage| {
        let asked = settings(stage, 1);
        pipeline.why(id, "pump leak", &asked, &|| Duration::ZERO).unwrap()
    };
    assert_eq!(why("nobody", Stage::Reranked), None);
    let said = |why: &Why| why.sources.iter().map(Option::is_some).collect::<Vec<bool>>();
    let lexical = why("d1", Stage::LEXICAL).unwrap();
    assert!(said(&lexical) == [true, false, false] && lexical.fused.is_none());
    let gate = lexical.sources[0].filter(|it| it.candidate);
    assert_eq!(lexical.last.map(|it| it.rank), gate.and_then(|it| it.rank));
    let vectors = why("d1", Stage::VECTORS).unwrap();
    assert!(said(&vectors) == [false, true, false] && vectors.reranked.is_empty());
    let fused = why("d1", Stage::Fused).unwrap();
    assert!(said(&fused) == [true, true, true] && fused.reranked.is_empty());
}

#[test]
fn every_gate_has_a_name_and_a_meaning_of_its_own() {
    let of_all = |say: fn(Loss) -> String| Loss::ALL.into_iter().map(say).collect::<BTreeSet<_>>();
    assert_eq!(of_all(|loss| loss.to_string()).len(), Loss::ALL.len());
    assert_eq!(of_all(|loss| loss.meaning().to_owned()).len(), Loss::ALL.len());
    assert_eq!(serde_json::to_value(Loss::CutByFusion).unwrap(), Loss::CutByFusion.name());
}
