//! Opening the collection and asking it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use trommel::{Filter, SearchSettings, Searcher, Stage, SteadyClock};
use trommel_vector::Ann;

use super::{Job, costs, warm};
use crate::Failure;
use crate::costs::{Costs, percentile};
use crate::encoder::WordSum;
use crate::process::{cpu_s, own_mb, resident_mb};

/// Opens in a new process what the system has in memory, and searches.
pub(super) fn search(job: &Job) -> Result<Costs, Failure> {
    warm(&job.collection_folder())?;
    let (encoder, queries) = (Arc::new(WordSum::new()), job.queries());
    let began = Instant::now();
    let searcher = job.collection(&encoder)?.searcher(Stage::Fused)?;
    let open_ms = began.elapsed().as_secs_f64() * 1e3;
    let mut measured = costs([("open_ms", open_ms), ("open_resident_mb", resident_mb())]);

    let filtered = |condition: &str| -> Result<SearchSettings, Failure> {
        Ok(SearchSettings { filter: Filter::parse([condition])?, ..up_to(Stage::Fused) })
    };
    let kinds = [
        ("bm25", up_to(Stage::LEXICAL)),
        ("dense", up_to(Stage::VECTORS)),
        ("fused", up_to(Stage::Fused)),
        ("third", filtered("group=b")?),
        ("hundredth", filtered("year=1984")?),
    ];
    let [_, _, (_, fused), (_, third), _] = &kinds;
    measured.insert("first_ms".into(), time(&searcher, &queries[0], fused)?);
    measured.insert("first_filtered_ms".into(), time(&searcher, &queries[0], third)?);

    // In turn, as users mix them.
    for query in &queries {
        kinds.iter().try_for_each(|(_, settings)| time(&searcher, query, settings).map(drop))?;
    }
    for (kind, settings) in &kinds {
        let began = cpu_s();
        let times = queries.iter().map(|query| time(&searcher, query, settings));
        let mut times = times.collect::<Result<Vec<f64>, Failure>>()?;
        let cpu = (cpu_s() - began) * 1e3 / times.len() as f64;
        measured.insert(format!("{kind}_cpu_ms"), cpu);
        for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            measured.insert(format!("{kind}_{name}_ms"), percentile(&mut times, share));
        }
    }
    measured.extend(steps(&searcher, &queries, fused)?);
    measured.extend(costs([("search_resident_mb", resident_mb()), ("search_own_mb", own_mb())]));
    Ok(measured)
}

/// Returns the median of each step of a search, in ms.
fn steps(
    searcher: &Searcher,
    queries: &[String],
    settings: &SearchSettings,
) -> Result<Costs, Failure> {
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for query in queries {
        for step in searcher.search(query, settings, &SteadyClock::start())?.trace.steps {
            times.entry(step.name).or_default().push(step.took.as_secs_f64() * 1e3);
        }
    }
    let median = |(name, mut times): (String, Vec<f64>)| {
        (format!("{}_step_{name}_p50_ms", settings.stage), percentile(&mut times, 0.5))
    };
    Ok(times.into_iter().map(median).collect())
}

/// Compares what is found with what is found where every vector is looked at.
pub(super) fn recall(job: &Job) -> Result<Costs, Failure> {
    let searcher = job.collection(&Arc::new(WordSum::new()))?.searcher(Stage::Fused)?;
    let stages = [Stage::VECTORS, Stage::Fused];
    let by_default = up_to(Stage::Fused).ann;
    let mut shares = [0.0; 2];
    let queries = job.queries();
    for query in &queries {
        let found = rankings(&searcher, query, by_default, stages)?;
        let exact = rankings(&searcher, query, Ann::Exact, stages)?;
        for (share, (found, exact)) in shares.iter_mut().zip(found.iter().zip(&exact)) {
            let hits = exact.iter().filter(|id| found.contains(id)).count();
            *share += hits as f64 / exact.len().max(1) as f64 / queries.len() as f64;
        }
    }
    Ok(costs([("dense_recall", shares[0]), ("fused_recall", shares[1])]))
}

/// Returns the ids of the documents that stages rank for a query.
fn rankings(
    searcher: &Searcher,
    query: &str,
    ann: Ann,
    stages: [Stage; 2],
) -> Result<[Vec<String>; 2], Failure> {
    let settings = SearchSettings { ann, ..up_to(Stage::Fused) };
    let rankings = searcher.rankings(query, &settings, &SteadyClock::start())?;
    Ok(stages.map(|stage| rankings.of(stage).iter().map(|document| document.id.clone()).collect()))
}

fn up_to(stage: Stage) -> SearchSettings {
    SearchSettings { stage, ..SearchSettings::default() }
}

/// Returns how long a search takes, in ms.
fn time(searcher: &Searcher, query: &str, settings: &SearchSettings) -> Result<f64, Failure> {
    let began = Instant::now();
    searcher.search(query, settings, &SteadyClock::start())?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}
