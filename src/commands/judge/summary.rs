//! What the judgements so far show.

use trommel::Judgements;
use trommel_engine::{SearchSettings, Searcher, Stage};
use trommel_eval::{
    Metric, NamedQuery, Qrels, Report, Resampling, Run, StageReport, evaluate, three,
};

use super::super::eval::{self, Task};
use super::{Context, Files};
use crate::error::CliError;
use crate::signals::Cancel;
use crate::{hints, terminal};

/// Below so many queries a table shows little more than chance.
const FEW: usize = 25;
/// The metric that is shown, as eval shows it first.
const LEADING: &str = "nDCG@10";
/// The metric that says how much of that is known.
const KNOWN: &str = "Judged@10";
/// The seed that eval has where nobody gives another.
const SEED: u64 = 42;

/// Says what eval would show, and how to call it.
pub(super) fn tell(
    saved: &Judgements,
    judged: usize,
    (pipeline, settings): (&Searcher, &SearchSettings),
    (context, cancel): (&Context, &Cancel),
    files: &Files,
) -> Result<(), CliError> {
    let qrels = saved.qrels();
    if qrels.is_empty() {
        terminal::tell("nothing is judged, nothing is saved");
        return Ok(());
    }
    let judgements = qrels.iter().map(|(_, judged)| judged.len()).sum();
    let judgements = counted(judgements, "judgement", "judgements");
    let queries = counted(qrels.len(), "query", "queries");
    let folder = &files.folder;
    terminal::tell(format!("{judged} judged now; {folder} has {judgements}, for {queries}"));
    let task = task(saved);
    if !task.qrels.iter().any(|(_, judged)| judged.values().any(|grade| *grade > 0)) {
        terminal::tell("no document is relevant so far, so there is nothing to measure");
        return Ok(());
    }
    let (report, runs) = eval::table(pipeline, &task, settings, context, cancel)?;
    terminal::print(format!("\n{}\n", in_words(&report)))?;
    cautions(&report, &runs, &task.qrels)?;
    terminal::tell(format!("the whole report: {}", files.eval));
    Ok(())
}

/// Returns what eval measures where nobody says otherwise.
fn task(saved: &Judgements) -> Task {
    let mut qrels = saved.qrels().clone();
    let judged = |query: &&NamedQuery| saved.qrels().of(&query.id).is_some();
    let queries: Vec<NamedQuery> = saved.queries().iter().filter(judged).cloned().collect();
    qrels.retain(|id| queries.iter().any(|query| query.id == id));
    Task {
        name: String::new(),
        unjudged: saved.queries().len() - queries.len(),
        queries,
        qrels,
        metrics: Metric::USUAL.to_vec(),
        stages: Stage::ALL.to_vec(),
        drop_self: false,
        resampling: Resampling::seeded(SEED),
        allow_failures: false,
        known_items: None,
    }
}

fn in_words(report: &Report) -> String {
    let queries = counted(report.queries.evaluated, "judged query", "judged queries");
    let rows = report.stages.iter().map(row);
    let against = if report.stages.len() > 1 { ", and against the stage before it" } else { "" };
    let head = format!("{LEADING} of each stage over {queries}{against}");
    let advice = report.advice.iter().map(|advice| advice.words.clone());
    let advice = (!report.advice.is_empty()).then(String::new).into_iter().chain(advice);
    std::iter::once(head).chain(rows).chain(advice).collect::<Vec<String>>().join("\n")
}

fn row(row: &StageReport) -> String {
    let mean = row.metrics.get(LEADING).map_or_else(String::new, |estimate| {
        let [mean, low, high] = [estimate.mean, estimate.low, estimate.high].map(three);
        format!("{mean} [{low}, {high}]")
    });
    let change = row.change.as_ref().and_then(|change| {
        let difference = change.metrics.get(LEADING)?;
        Some(format!("  {}", difference.words))
    });
    format!("  {:<8}  {mean:<19}{}", row.stage, change.unwrap_or_default()).trim_end().to_owned()
}

/// Says what the figures do not tell.
fn cautions(report: &Report, runs: &[(String, Run)], qrels: &Qrels) -> Result<(), CliError> {
    let asked = report.queries.evaluated;
    if asked < FEW {
        let queries = counted(asked, "query", "queries");
        terminal::note(format!("{queries} can hardly tell stages apart: judge {FEW} or more"));
    }
    let known: Metric = KNOWN.parse().map_err(hints::eval)?;
    // The stage with the fewest judged results is the one that the table wrongs most.
    let share = |(_, run): &(String, Run)| evaluate(qrels, run, &[known]).mean(&known);
    let least = runs.iter().filter_map(share).fold(1.0, f64::min);
    if least < 0.995 {
        terminal::note(format!(
            "not all of the first 10 documents are judged (at worst {:.0} % of a stage's); the others \
             count as not relevant",
            100.0 * least
        ));
    }
    let none = report.queries.without_relevant;
    if none > 0 {
        let none = counted(none, "query has", "queries have");
        terminal::note(format!("{none} no relevant document and score 0"));
    }
    Ok(())
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
