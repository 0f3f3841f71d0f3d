//! `trommel status`: what the collection holds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};
use trommel_core::escape;
use trommel_engine::{Depths, PredictionQuality, Status};
use trommel_lexical::{Analyzer, Language};

use super::Context;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::{hints, terminal};

/// Show what the collection holds
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: StatusArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    let status =
        trommel_engine::status(&context.folder).map_err(|error| hints::engine(error, &context))?;
    if args.json {
        terminal::print(as_json(&status, &context))?;
    } else {
        terminal::print(in_words(&status, &context))?;
    }
    Ok(Exit::Done)
}

fn as_json(status: &Status, context: &Context) -> Value {
    let mut object = json!({ "schema": "trommel.status.v1", "collection": context.folder });
    if let (Value::Object(object), Ok(Value::Object(fields))) =
        (&mut object, serde_json::to_value(status))
    {
        object.extend(fields);
    }
    object
}

fn in_words(status: &Status, context: &Context) -> String {
    let Status { generation, documents, passages, vectors, splitting, graphs, .. } = status;
    let mut lines = vec![
        format!("collection  {}", escape(&context.folder.to_string_lossy())),
        format!("generation  {generation} (format {})", status.format),
        format!("documents   {documents}"),
        format!(
            "passages    {passages} (of {} tokens, {} shared)",
            splitting.max_tokens, splitting.overlap_tokens
        ),
        format!(
            "vectors     {vectors} ({} segments with HNSW, {} exact)",
            graphs.hnsw, graphs.exact
        ),
        format!("analyzer    {}", analyzer(&status.analyzer, context)),
        format!("encoder     {}", status.encoder),
        format!("size        {} in {} files", size(status.bytes), status.files),
    ];
    let Depths { lexical, predicted, encoded } = status.depths;
    if encoded < *passages {
        lines.push(format!(
            "depth       {encoded} encoded, {predicted} predicted, {lexical} lexical"
        ));
    }
    if let Some(PredictionQuality { error, mean_cosine }) = status.predictions {
        lines.push(format!(
            "predictions cosine {mean_cosine:.3} to the encoder's vectors, error {error:.3} of their variance (left out one by one)"
        ));
    }
    if !status.languages.is_empty() {
        lines.push(format!("languages   {}", languages(&status.languages)));
    }
    for root in &status.roots {
        lines.push(format!("indexed     {}", escape(&root.path)));
    }
    lines.join("\n")
}

/// Returns languages with the number of their passages, the most frequent first.
fn languages(counts: &BTreeMap<String, u64>) -> String {
    let mut counts: Vec<(&String, &u64)> = counts.iter().collect();
    counts.sort_by_key(|(code, count)| (Reverse(**count), *code));
    let name = |code: &str| Language::of_code(code).map_or(code.to_owned(), |it| it.name().into());
    let counts = counts.into_iter().map(|(code, count)| format!("{} {count}", name(code)));
    counts.collect::<Vec<_>>().join(", ")
}

/// Returns the name of a collection's analyzer; of an older one with what it could have.
fn analyzer(name: &str, context: &Context) -> String {
    let newest = Analyzer::NEWEST.name();
    if name == newest {
        return name.to_owned();
    }
    let newer = context.command("index --reanalyse");
    format!("{name} ({newest} reads each text by its language: {newer})")
}

/// Returns a number of bytes as people say it.
pub(super) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named_with_their_passages_the_most_frequent_first() {
        let counts = [("deu", 40), ("eng", 50), ("fra", 40), ("xxx", 1)];
        let counts = counts.map(|(code, count)| (code.to_owned(), count));
        assert_eq!(languages(&BTreeMap::from(counts)), "English 50, German 40, French 40, xxx 1");
    }
}
