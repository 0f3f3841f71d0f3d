//! Several rerankings of one first stage, each a row of the same report.

use trommel_engine::{RerankStage, SearchSettings, Searcher, Stage};
use trommel_eval::Subject;

use super::measure::{Measured, measure};
use super::{Context, Task, subject};
use crate::error::CliError;
use crate::signals::Cancel;
use crate::{commands::search, hints};
use trommel::{Cascade, EXPECTED};

/// Reads what `--reranker` was given, each once; none if there is nothing to compare.
pub(super) fn compared(given: &[String]) -> Result<Vec<Cascade>, CliError> {
    let mut compared: Vec<Cascade> = Vec::new();
    for text in given {
        let cascade: Cascade = text.parse().map_err(|_| {
            let message = format!("--reranker: expected {}, got {text:?}", EXPECTED);
            CliError::usage(message).hint("trommel eval --help")
        })?;
        // `none` is no row of its own: the stage of feedback shows it (see `EvalArgs::stages`).
        if !cascade.is_none() && !compared.contains(&cascade) {
            compared.push(cascade);
        }
    }
    Ok(if given.len() > 1 { compared } else { Vec::new() })
}

/// Asks all queries by each of the rerankings, the first of which the pipeline has; without any, as
/// the pipeline is. Returns what each ranked, and the pipeline with the last of them.
pub(super) fn measure_all(
    mut pipeline: Searcher,
    compared: &[Cascade],
    task: &Task,
    settings: &SearchSettings,
    (context, subject): (&Context, &mut Subject),
    cancel: &Cancel,
) -> Result<(Vec<Measured>, Searcher), CliError> {
    let reranked = settings.stage == Stage::Reranked;
    let names = if reranked { compared } else { &[] };
    // What cannot be loaded is said before an hour is spent on the others.
    let others = names.iter().skip(1).map(|cascade| loaded(cascade, settings, context));
    let others = others.collect::<Result<Vec<_>, _>>()?;
    let mut all = vec![measure(&pipeline, task, settings, context, cancel)?];
    for stages in others {
        pipeline = pipeline.with_rerank_stages(stages);
        subject::add_rerankers(subject, &pipeline);
        all.push(measure(&pipeline, task, settings, context, cancel)?);
    }
    let names: Vec<String> = names.iter().map(Cascade::to_string).collect();
    if !names.is_empty() {
        subject.settings.insert("reranker".to_owned(), names.join("; "));
    }
    for (measured, name) in all.iter_mut().zip(names) {
        measured.name = name;
    }
    Ok((all, pipeline))
}

fn loaded(
    cascade: &Cascade,
    settings: &SearchSettings,
    context: &Context,
) -> Result<Vec<RerankStage>, CliError> {
    let stages = search::passes(context, cascade)?;
    RerankStage::check(&stages, settings).map_err(|error| hints::engine(error, context))?;
    Ok(stages)
}
