//! What is asked of which collection.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use trommel_engine::Stage;
use trommel_eval::{KnownItems, Metric, NamedQuery, Qrels, Resampling};

use super::super::batch;
use super::beir::Beir;
use super::{Context, EvalArgs};
use crate::cli::Global;
use crate::error::CliError;
use crate::signals::Cancel;
use crate::{hints, terminal};

/// What is asked of a collection.
pub(in crate::commands) struct Task {
    /// The name of what is evaluated.
    pub(in crate::commands) name: String,
    pub(in crate::commands) queries: Vec<NamedQuery>,
    pub(in crate::commands) qrels: Qrels,
    /// How many queries have no judgement and are not asked.
    pub(in crate::commands) unjudged: usize,
    pub(in crate::commands) metrics: Vec<Metric>,
    pub(in crate::commands) stages: Vec<Stage>,
    pub(in crate::commands) drop_self: bool,
    pub(in crate::commands) resampling: Resampling,
    /// Whether a reranker may fail for a query.
    pub(in crate::commands) allow_failures: bool,
    /// What the queries and judgements are, if they were drawn from the collection.
    pub(in crate::commands) known_items: Option<KnownItems>,
}

/// What was asked for, before the collection is open.
pub(super) enum Asked {
    /// Queries with judgements.
    Judged(Task),
    /// So many queries, drawn from the collection of this name.
    KnownItems(String, NonZeroUsize),
}

/// Finds out what is asked of which collection; a BEIR folder is indexed.
pub(super) fn asked(
    args: &EvalArgs,
    global: &Global,
    metrics: &[Metric],
    cancel: &Cancel,
) -> Result<(Context, Asked), CliError> {
    let judged = |name, queries, qrels| judged_task(args, metrics.to_vec(), name, queries, qrels);
    Ok(match (args.known_items, &args.folder, &args.queries, &args.qrels) {
        (Some(count), Some(folder), ..) => {
            let beir = Beir::open(folder, None)?;
            let context = beir.index(global, args.given(), cancel)?;
            (context, Asked::KnownItems(beir.name(), count))
        }
        (Some(count), None, ..) => {
            let context = Context::new(global, args.given())?;
            let name = context.folder.display().to_string();
            (context, Asked::KnownItems(name, count))
        }
        (None, Some(folder), ..) => {
            let beir = Beir::open(folder, Some(&args.split))?;
            let task = judged(beir.name(), beir.queries()?, beir.qrels()?)?;
            (beir.index(global, args.given(), cancel)?, Asked::Judged(task))
        }
        (None, None, Some(queries), Some(qrels)) => {
            let context = Context::new(global, args.given())?;
            let name = context.folder.display().to_string();
            let queries = batch::read(queries)?;
            let qrels = Qrels::read(qrels).map_err(hints::eval)?;
            (context, Asked::Judged(judged(name, queries, qrels)?))
        }
        _ => {
            let message = "expected a BEIR folder, or --queries and --qrels, or --run and --qrels, \
                           or --known-items";
            return Err(CliError::usage(message)
                .hint("trommel eval --queries queries.jsonl --qrels qrels.tsv")
                .hint("trommel eval --known-items   # without judgements"));
        }
    })
}

/// Keeps the queries with judgements and the judgements with queries, the first `--limit` of them.
fn judged_task(
    args: &EvalArgs,
    metrics: Vec<Metric>,
    name: String,
    queries: Vec<NamedQuery>,
    mut qrels: Qrels,
) -> Result<Task, CliError> {
    let asked = queries.len();
    let mut queries: Vec<NamedQuery> =
        queries.into_iter().filter(|query| qrels.of(&query.id).is_some()).collect();
    let unjudged = asked - queries.len();
    if queries.is_empty() {
        let message = "the judgements are of other queries: expected one query with judgements, \
                       got none";
        return Err(CliError::usage(message).hint("trommel eval --help"));
    }
    queries.truncate(args.limit.unwrap_or(usize::MAX).max(1));
    let judged = qrels.len();
    let unknown = judged - queries.len();
    if args.limit.is_none() && unknown > 0 {
        terminal::note(format!(
            "{unknown} of {judged} judged queries are not among the queries; they do not count"
        ));
    }
    let kept: HashSet<&str> = queries.iter().map(|q| q.id.as_str()).collect();
    qrels.retain(|query| kept.contains(query));
    Ok(Task { unjudged, ..new_task(args, metrics, name, queries, qrels) })
}

/// Returns the task of queries that all have judgements.
pub(super) fn new_task(
    args: &EvalArgs,
    metrics: Vec<Metric>,
    name: String,
    queries: Vec<NamedQuery>,
    qrels: Qrels,
) -> Task {
    Task {
        name,
        queries,
        qrels,
        unjudged: 0,
        metrics,
        stages: args.stages(),
        drop_self: args.drop_self,
        resampling: Resampling::seeded(args.seed),
        allow_failures: args.allow_failures,
        known_items: None,
    }
}
