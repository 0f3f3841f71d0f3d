//! `trommel why`: what became of one document in one search, gate by gate.

use std::fmt::Write;

use clap::Args;
use serde::{Serialize, Serializer};
use trommel::SteadyClock;
use trommel::json::{JsonReranked, JsonScored};
use trommel::settings::WHY;
use trommel_core::escape;
use trommel_engine::{
    FeedbackReport, Gate, Loss, RerankResult, SearchSettings, SourceReport, Stage, Why,
};

use super::{Context, cache, document_name, search};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::hints;
use crate::output::object;
use crate::settings::Typed;
use crate::terminal::{self, Screen};

/// Tell why a document is, or is not, among the hits of a query
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The document's id, as search shows it
    #[arg(value_name = "DOC_ID")]
    id: String,
    /// The query, as plain words
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    settings: Typed<WHY>,
}

/// Runs the command.
pub(crate) fn run(args: WhyArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, args.settings.given())?;
    let engine = |error| hints::engine(error, &context);
    let settings = context.search()?;
    settings.check().map_err(engine)?;
    let cache = cache::open(&context, settings.stage)?;
    let pipeline = search::open(&context, settings.stage, cache.as_ref())?;
    let query = args.query.join(" ");
    let snapshot = pipeline.snapshot();
    let id = document_name::id(&args.id, &snapshot);
    let why = pipeline.why(id, &query, &settings, &SteadyClock::start()).map_err(engine)?;
    if let Some(failure) = why.as_ref().and_then(|why| why.rankings.failure.as_ref()) {
        terminal::warn(format!("the reranker failed: {failure}"));
    }
    let Some(why) = why else {
        return Err(document_name::unknown(&args.id, &snapshot, &context));
    };
    if args.json {
        let mut screen = Screen::open();
        object(&mut screen, &as_json(&why, &query, &settings)).map_err(CliError::stdout)?;
    } else {
        terminal::print(in_words(&why, &settings).trim_end())?;
    }
    Ok(Exit::Done)
}

fn in_words(why: &Why, settings: &SearchSettings) -> String {
    let mut text = format!("{}", escape(&why.id));
    if !why.title.is_empty() {
        text += &format!("  {}", escape(&why.title));
    }
    text += "\n\n";
    let names = why.rankings.sources.iter().map(|source| source.name.len());
    let width = names.chain([9]).max().unwrap_or(0);
    let mut line = |gate: &str, said: String| {
        let _ = writeln!(text, "{gate:<width$} {said}");
    };
    let source = |place: usize, gate: &Gate| {
        let found = match gate.rank {
            Some(rank) => {
                format!("#{rank} of all documents, score {:.4}", gate.score.unwrap_or_default())
            }
            None if Stage::Source(place).needs_lexical() => {
                "no word of the query is in it".to_owned()
            }
            None => "not found".to_owned(),
        };
        let passed = if gate.candidate { "a candidate" } else { "not a candidate" };
        format!("{found}: {passed}")
    };
    for (place, (report, gate)) in why.rankings.sources.iter().zip(&why.sources).enumerate() {
        if let Some(gate) = gate {
            line(&report.name, source(place, gate));
        }
    }
    if settings.stage >= Stage::Fused {
        let said = why.fused.map_or_else(
            || format!("not among the best {}", settings.candidates),
            |fused| format!("#{} with {:.4}", fused.rank, fused.score),
        );
        line("fused", said);
        if let Some(said) = why.rankings.feedback.as_ref() {
            line("feedback", fed_back(said, why));
        }
    }
    if settings.stage == Stage::Reranked {
        let passes = why.rankings.reranks.len();
        for turn in 0..passes {
            let name =
                if passes == 1 { "reranked".to_owned() } else { format!("pass {}", turn + 1) };
            line(&name, said(why, turn));
        }
    }
    let end = match (why.last, why.loss) {
        (Some(last), None) => format!("hit #{}, ranked by {:.4}", last.rank, last.score),
        (Some(last), Some(loss)) => format!(
            "#{} with {:.4}, not among the first {}: {}",
            last.rank,
            last.score,
            settings.k,
            loss.meaning()
        ),
        (None, loss) => format!("lost: {}", loss.map_or("", Loss::meaning)),
    };
    line("answer", end);
    let several = why.rankings.reranks.len() > 1;
    for pass in why.rankings.reranks.iter().filter(|pass| several || pass.took_part()) {
        let name = if several { format!("{}: ", escape(&pass.reranker)) } else { String::new() };
        line("", format!("({name}{})", pass.reading));
    }
    text
}

/// Returns what moved the query, and what that did to the document.
fn fed_back(report: &FeedbackReport, why: &Why) -> String {
    let place = match (why.fused, why.feedback) {
        (_, None) => "not a candidate after it".to_owned(),
        (None, Some(scored)) => format!("found by it: #{} with {:.4}", scored.rank, scored.score),
        (Some(_), Some(scored)) => format!("#{} with {:.4}", scored.rank, scored.score),
    };
    let documents: Vec<String> = report.documents.iter().map(|id| escape(id).to_string()).collect();
    format!("{place} ({} moved the query, picked by {})", documents.join(" and "), report.by.name())
}

/// Returns what a pass of the second stage said of the document.
fn said(why: &Why, turn: usize) -> String {
    let Some(result) = why.reranked.get(turn).copied().flatten() else {
        return "not read".to_owned();
    };
    let RerankResult { rank, logit, probability, truncated, read, .. } = result;
    let last = why.reranked.iter().rposition(Option::is_some) == Some(turn);
    let passages = match last {
        true => format!(", {read} of {} passages read", why.passages),
        false => String::new(),
    };
    let cut = if truncated { ", the best one in part" } else { "" };
    format!("#{rank} by probability {probability:.4} (logit {logit:.2}){passages}{cut}")
}

/// The schema; a change that a reader must know of changes it.
const SCHEMA: &str = "trommel.why.v1";

#[derive(Serialize)]
struct JsonWhy<'a> {
    schema: &'static str,
    query: &'a str,
    id: &'a str,
    title: &'a str,
    passages: usize,
    k: usize,
    stage: &'a str,
    #[serde(flatten)]
    sources: JsonGates<'a>,
    fused: Option<JsonScored>,
    feedback: Option<JsonScored>,
    read: usize,
    reranked: Option<JsonReranked>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passes: Vec<Option<JsonReranked>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    answer: Option<JsonScored>,
    loss: Option<Loss>,
    meaning: Option<&'static str>,
}

/// A field for each source, by its name.
struct JsonGates<'a>(&'a [SourceReport], &'a [Option<Gate>]);

#[derive(Serialize)]
struct JsonGate {
    rank: Option<usize>,
    score: Option<f32>,
    candidate: bool,
}

impl Serialize for JsonGates<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let gate = |Gate { rank, score, candidate }: Gate| JsonGate { rank, score, candidate };
        let gates = self.0.iter().zip(self.1);
        serializer.collect_map(gates.map(|(source, said)| (&source.name, said.map(gate))))
    }
}

fn as_json<'a>(why: &'a Why, query: &'a str, settings: &SearchSettings) -> JsonWhy<'a> {
    let several = if why.reranked.len() > 1 { &why.reranked[..] } else { &[] };
    let last = why.reranked.iter().rev().flatten().next();
    let sources = &why.rankings.sources;
    JsonWhy {
        schema: SCHEMA,
        query,
        id: &why.id,
        title: &why.title,
        passages: why.passages,
        k: settings.k,
        stage: settings.stage.name_among(sources.iter().map(|source| source.name.as_str())),
        sources: JsonGates(sources, &why.sources),
        feedback: why.feedback.map(JsonScored::from),
        fused: why.fused.map(JsonScored::from),
        read: last.map_or(0, |result| result.read),
        reranked: last.copied().map(JsonReranked::from),
        passes: several.iter().map(|said| said.map(JsonReranked::from)).collect(),
        failure: why.rankings.failure.as_deref(),
        answer: why.last.map(JsonScored::from),
        loss: why.loss,
        meaning: why.loss.map(Loss::meaning),
    }
}
