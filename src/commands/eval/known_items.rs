//! Queries that are drawn from the collection itself.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use serde_json::json;
use trommel_engine::Snapshot;
use trommel_eval::{KnownItemPool, KnownItems, Metric, NamedQuery};

use super::task::{Task, new_task};
use super::{Context, EvalArgs, cannot_write};
use crate::error::CliError;
use crate::hints;
use crate::signals::Cancel;

/// Reads how many queries are drawn.
pub(super) fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("expected a whole number from 1, got {text:?}"))
}

/// Refuses queries and judgements beside those that are drawn.
pub(super) fn check(args: &EvalArgs) -> Result<(), CliError> {
    let given = [("--queries", &args.queries), ("--qrels", &args.qrels)];
    let given = given.into_iter().find_map(|(flag, file)| Some((flag, file.as_ref()?)));
    match (args.known_items, given) {
        (Some(_), Some((flag, file))) => {
            let message = format!(
                "--known-items draws its own queries, each with its own answer: expected no {flag}, \
                 got {}",
                file.display()
            );
            Err(CliError::usage(message).hint("trommel eval --known-items"))
        }
        _ => Ok(()),
    }
}

/// Returns the task of finding documents again by what they alone have.
pub(super) fn task(
    args: &EvalArgs,
    metrics: Vec<Metric>,
    (name, asked): (String, NonZeroUsize),
    (context, snapshot): (&Context, &Snapshot),
    cancel: &Cancel,
) -> Result<Task, CliError> {
    let known = draw(asked, args.seed, context, snapshot, cancel)?;
    let (queries, qrels) = (known.queries(), known.qrels());
    Ok(Task { known_items: Some(known), ..new_task(args, metrics, name, queries, qrels) })
}

fn draw(
    asked: NonZeroUsize,
    seed: u64,
    context: &Context,
    snapshot: &Snapshot,
    cancel: &Cancel,
) -> Result<KnownItems, CliError> {
    let mut ids = snapshot.ids().map_err(|error| hints::engine(error, context))?;
    ids.sort_unstable();
    let mut pool = KnownItemPool::default();
    for id in ids {
        cancel.check()?;
        let stored = snapshot.document(id).map_err(|error| hints::engine(error, context))?;
        if let Some(stored) = stored {
            pool.add(id, &stored.document.title, &stored.document.text);
        }
    }
    let folder = context.folder.display();
    let index = context.command("index FOLDER");
    if pool.is_empty() {
        let message =
            format!("{folder} is empty: expected documents to draw queries from, got none");
        return Err(CliError::usage(message).hint(index));
    }
    let known = pool.draw(asked, seed);
    if known.items().is_empty() {
        let message = format!(
            "{folder}: expected a word of 4 letters or a title that one document alone has, got none"
        );
        return Err(CliError::usage(message).hint(index));
    }
    Ok(known)
}

/// Writes the queries and their answers in BEIR's layout, so that others can be asked the same.
pub(super) fn save(folder: &Path, known: &KnownItems) -> Result<(), CliError> {
    let line = |query: NamedQuery| format!("{}\n", json!({ "_id": query.id, "text": query.text }));
    let queries: String = known.queries().into_iter().map(line).collect();
    let mut qrels = Vec::new();
    let path = folder.join("qrels.tsv");
    known.qrels().write(&mut qrels).map_err(|error| cannot_write(&path, &error))?;
    for (path, bytes) in [(folder.join("queries.jsonl"), queries.into_bytes()), (path, qrels)] {
        fs::write(&path, bytes).map_err(|error| cannot_write(&path, &error))?;
    }
    Ok(())
}
