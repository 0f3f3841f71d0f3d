//! Fears about another engine's run beside the two indexes: a score that is made up and not said to
//! be, a document that is dropped without a word, a fused score that is not the mean it should be.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use support::{ids_of, indexed, pipeline, text};
use trommel_core::{DocumentRetriever, RetrieverError};
use trommel_engine::fusion::Method;
use trommel_engine::{Answer, Feedback, Filter, SearchSettings, Searcher, Source, Stage};

/// The query that the run is for.
const QUERY: &str = "pump seal valve";

/// What another engine ranked for it, in TREC's six columns. The collection has no `ghost`.
const RUN: &str = "q1 Q0 d3 1 9.0 other\n\
                   q1 Q0 d7 2 7.0 other\n\
                   q1 Q0 ghost 3 6.0 other\n\
                   q1 Q0 d11 4 5.0 other\n\
                   q2 Q0 d1 1 3.5 other\n";

/// A run file as a source.
struct RunFile {
    /// The queries' texts with their ids.
    queries: BTreeMap<&'static str, &'static str>,
    run: &'static str,
}

impl DocumentRetriever for RunFile {
    fn retrieve(&self, query: &str, limit: usize) -> Result<Vec<(String, f32)>, RetrieverError> {
        let Some(id) = self.queries.get(query) else { return Ok(Vec::new()) };
        let lines = self.run.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let own = lines.filter(|columns| columns[0] == *id).take(limit);
        Ok(own.map(|columns| (columns[2].to_owned(), columns[4].parse().unwrap())).collect())
    }
}

const WEIGHT: f32 = 0.5;

fn with_run(pipeline: Searcher) -> Searcher {
    let queries = BTreeMap::from([(QUERY, "q1"), ("another", "q2")]);
    let retriever = Arc::new(RunFile { queries, run: RUN });
    pipeline.with_source(Source { name: "other".into(), weight: WEIGHT, retriever })
}

fn settings(stage: Stage) -> SearchSettings {
    SearchSettings {
        stage,
        k: 50,
        candidates: 50,
        // Two indexes and nothing else, so that the scores can be worked out by hand.
        neighbours: 0.0,
        exact: 0.0,
        feedback: Feedback::Off,
        ..SearchSettings::default()
    }
}

fn ask(pipeline: &Searcher, settings: &SearchSettings) -> Answer {
    pipeline.search(QUERY, settings, &|| Duration::ZERO).unwrap()
}

/// The scores of one source alone, by document.
fn alone(pipeline: &Searcher, place: usize) -> BTreeMap<String, f32> {
    let answer = ask(pipeline, &settings(Stage::Source(place)));
    let score = |candidate: &trommel_engine::Candidate| candidate.sources[place].unwrap().score;
    answer.hits.iter().map(|hit| (hit.id.clone(), score(&hit.candidate))).collect()
}

/// Scaled between the lowest and the highest, computed in 64 bits.
fn scaled(scores: &[f64]) -> Vec<f64> {
    let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter().map(|score| (score - low) / (high - low)).collect()
}

#[test]
fn a_run_file_is_fused_with_the_two_indexes_as_computed_apart() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..40, 3);
    let two = pipeline(&collection).unwrap();
    // Of 40 documents the vectors find all; what the words do not find has no word of the query.
    let (words, meanings) = (alone(&two, 0), alone(&two, 1));
    assert_eq!(meanings.len(), 40);
    let ids: Vec<&String> = meanings.keys().collect();
    let of = |scores: &BTreeMap<String, f32>| -> Vec<f64> {
        ids.iter().map(|id| f64::from(scores.get(*id).copied().unwrap_or(0.0))).collect()
    };
    let (words, meanings) = (scaled(&of(&words)), scaled(&of(&meanings)));
    // By hand: of 9, 7 and 5 the run gives 1, one half and 0, and 0 to all that it lacks.
    let other = |id: &str| match id {
        "d3" => 1.0,
        "d7" => 0.5,
        _ => 0.0,
    };
    let third = f64::from(WEIGHT);
    let expected: BTreeMap<&String, f64> = (0..40)
        .map(|at| {
            let sum = 0.25 * words[at] + 0.75 * meanings[at] + third * other(ids[at]);
            (ids[at], sum / (1.0 + third))
        })
        .collect();

    let answer = ask(&with_run(two), &settings(Stage::Fused));
    assert_eq!(answer.hits.len(), 40);
    assert!(answer.hits.is_sorted_by(|a, b| a.candidate.score >= b.candidate.score));
    for hit in &answer.hits {
        let expected = expected[&hit.id];
        assert!((f64::from(hit.candidate.score) - expected).abs() < 1e-6, "{}: {expected}", hit.id);
        let said = hit.candidate.sources[3].unwrap();
        let own = match hit.id.as_str() {
            "d3" => (Some(1), 9.0, false),
            "d7" => (Some(2), 7.0, false),
            "d11" => (Some(3), 5.0, false),
            // The lowest that the run gives stands in, and it is said.
            _ => (None, 5.0, true),
        };
        assert_eq!((said.rank, said.score, said.imputed), own, "{}", hit.id);
        assert!(hit.candidate.sources[..2].iter().all(|said| !said.unwrap().imputed));
    }
    let other = &answer.sources[3];
    assert_eq!((other.name.as_str(), other.found, other.unknown), ("other", Some(3), 1));
    let step = answer.trace.steps.iter().find(|step| step.name == "other").unwrap();
    assert_eq!(step.counts, [(3, "documents"), (1, "unknown documents")]);
}

#[test]
fn by_ranks_a_run_gives_nothing_to_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..40, 3);
    let two = pipeline(&collection).unwrap();
    let by_rank = |stage| SearchSettings { fusion: Method::RRF, ..settings(stage) };
    let scores = |answer: &Answer| -> BTreeMap<String, f64> {
        answer.hits.iter().map(|hit| (hit.id.clone(), f64::from(hit.candidate.score))).collect()
    };
    let before = scores(&ask(&two, &by_rank(Stage::Fused)));
    let after = scores(&ask(&with_run(two), &by_rank(Stage::Fused)));
    let third = f64::from(WEIGHT);
    for (id, score) in after {
        // Ranks in the run are those among its documents that there are: 1, 2 and 3.
        let rank = ["d3", "d7", "d11"].iter().position(|it| *it == id);
        let share = rank.map_or(0.0, |place| 61.0 / (61.0 + place as f64));
        let expected = (before[&id] + third * share) / (1.0 + third);
        assert!((score - expected).abs() < 1e-6, "{id}: {score}, {expected}");
    }
}

#[test]
fn a_document_that_only_the_run_names_is_a_candidate_with_true_scores_of_both_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..300, 3);
    let two = pipeline(&collection).unwrap();
    let found: Vec<String> =
        [0, 1].iter().flat_map(|place| alone(&two, *place).into_keys()).collect();
    let id = (0..300).map(|id| format!("d{id}")).find(|id| !found.contains(id)).unwrap();
    // Of one document alone a run would have no say by minmax.
    let run = format!("q1 Q0 {id} 1 2.0 other\nq1 Q0 {} 2 1.0 other\n", found[0]);
    let run: &'static str = run.leak();
    let queries = BTreeMap::from([(QUERY, "q1")]);
    let retriever = Arc::new(RunFile { queries, run });
    // With so much weight the run's first is the first of all.
    let three = two.with_source(Source { name: "other".into(), weight: 100.0, retriever });
    let answer = ask(&three, &settings(Stage::Reranked));
    let hit = answer.hits.iter().find(|hit| hit.id == id).unwrap();
    assert_eq!(hit.candidate.fused.map(|fused| fused.rank), Some(1));
    let [words, meanings] = [0, 1].map(|place| hit.candidate.sources[place].unwrap());
    assert_eq!(
        (words.rank, words.imputed, meanings.rank, meanings.imputed),
        (None, false, None, false)
    );
    assert!(meanings.score != 0.0 && hit.candidate.last_reranked().is_some());

    let why = three.why(&id, QUERY, &settings(Stage::Fused), &|| Duration::ZERO).unwrap().unwrap();
    let gates = why.sources.iter().flatten().map(|gate| gate.candidate);
    let gates: Vec<bool> = gates.collect();
    assert_eq!((gates, why.loss), (vec![false, false, true], None));
    assert_eq!(why.sources[3].and_then(|gate| gate.score), Some(2.0));
}

#[test]
fn a_run_alone_is_its_own_order_and_a_filter_holds_for_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..40, 3);
    let three = with_run(pipeline(&collection).unwrap());
    let answer = ask(&three, &settings(Stage::Source(3)));
    assert_eq!(ids_of(&answer), ["d3", "d7", "d11"]);
    let scores: Vec<f32> = answer.hits.iter().map(|hit| hit.candidate.score).collect();
    assert_eq!((scores, answer.stage_name()), (vec![1.0, 0.5, 0.0], "other"));
    assert_eq!(answer.sources[0].found, None);

    let nothing = Filter::default().with_paths(["nowhere"]).unwrap();
    let filtered = SearchSettings { filter: nothing, ..settings(Stage::Fused) };
    let answer = ask(&three, &filtered);
    assert!(answer.hits.is_empty() && answer.sources[3].found == Some(0));

    // A query that the run does not have is fused from the two.
    let two = pipeline(&collection).unwrap();
    let ask = |pipeline: &Searcher| {
        let answer = pipeline.search(&text(5, 3), &settings(Stage::Fused), &|| Duration::ZERO);
        support::outcome(&answer.unwrap())
    };
    assert_eq!(ask(&three), ask(&two));
}
