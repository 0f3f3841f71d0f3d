//! `trommel why`: what became of one document in one search, gate by gate.

use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use trommel::SteadyClock;
use trommel::json::{JsonReread, JsonScored};
use trommel::settings::WHY;
use trommel_core::escape;
use trommel_engine::{Gate, Loss, Reread, SearchSettings, Stage, Why};

use super::{Context, search};
use crate::cli::Global;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::object;
use crate::settings::Typed;
use crate::terminal::{self, Screen};
use crate::{cache, hints};

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
    let why = pipeline.why(&args.id, &query, &settings, &SteadyClock::start()).map_err(engine)?;
    if let Some(failure) = why.as_ref().and_then(|why| why.rankings.failure.as_ref()) {
        terminal::warn(format!("the reranker failed: {failure}"));
    }
    let Some(why) = why else {
        let message = format!("no document {:?}: expected an id of the collection", args.id);
        return Err(CliError::new(Kind::Nothing, message)
            .hint(context.command("search --format json QUERY   # every hit has its id")));
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
    let mut line = |gate: &str, said: String| {
        let _ = writeln!(text, "{gate:<9} {said}");
    };
    let retriever = |gate: &Gate| {
        let place = match gate.rank {
            Some(rank) => format!("#{rank} of all documents, score {:.4}", gate.score),
            None => "no word of the query is in it".to_owned(),
        };
        let passed = if gate.candidate { "a candidate" } else { "not a candidate" };
        format!("{place}: {passed}")
    };
    for (name, gate) in [("bm25", &why.bm25), ("dense", &why.dense)] {
        if let Some(gate) = gate {
            line(name, retriever(gate));
        }
    }
    if settings.stage >= Stage::Fused {
        let said = why.fused.map_or_else(
            || format!("not among the best {}", settings.candidates),
            |fused| format!("#{} with {:.4}", fused.rank.unwrap_or_default(), fused.score),
        );
        line("fused", said);
    }
    if settings.stage == Stage::Reranked {
        let passes = why.rankings.passes.len();
        for turn in 0..passes {
            let name =
                if passes == 1 { "reranked".to_owned() } else { format!("pass {}", turn + 1) };
            line(&name, said(why, turn));
        }
    }
    let end = match (why.last, why.loss) {
        (Some(last), None) => format!("hit #{}, score {:.4}", last.rank.unwrap_or(0), last.score),
        (Some(last), Some(loss)) => format!(
            "#{} with {:.4}, not among the first {}: {}",
            last.rank.unwrap_or(0),
            last.score,
            settings.k,
            loss.meaning()
        ),
        (None, loss) => format!("lost: {}", loss.map_or("", Loss::meaning)),
    };
    line("answer", end);
    let several = why.rankings.passes.len() > 1;
    for pass in why.rankings.passes.iter().filter(|pass| several || pass.took_part()) {
        let name = if several { format!("{}: ", escape(&pass.reranker)) } else { String::new() };
        line("", format!("({name}{})", pass.reading));
    }
    text
}

/// Returns what a pass of the second stage said of the document.
fn said(why: &Why, turn: usize) -> String {
    let Some(reread) = why.rereads.get(turn).copied().flatten() else {
        return "not read".to_owned();
    };
    let last = why.rereads.iter().rposition(Option::is_some) == Some(turn);
    let passages = match last {
        true => format!(", {} of {} passages read", why.read, why.passages),
        false => String::new(),
    };
    let Reread { rank, logit, probability, truncated } = reread;
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
    stage: Stage,
    bm25: Option<JsonGate>,
    dense: Option<JsonGate>,
    fused: Option<JsonScored>,
    read: usize,
    reranked: Option<JsonReread>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passes: Vec<Option<JsonReread>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    answer: Option<JsonScored>,
    loss: Option<Loss>,
    meaning: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonGate {
    rank: Option<usize>,
    score: f32,
    candidate: bool,
}

fn as_json<'a>(why: &'a Why, query: &'a str, settings: &SearchSettings) -> JsonWhy<'a> {
    let gate = |Gate { rank, score, candidate }: Gate| JsonGate { rank, score, candidate };
    let several = if why.rereads.len() > 1 { &why.rereads[..] } else { &[] };
    JsonWhy {
        schema: SCHEMA,
        query,
        id: &why.id,
        title: &why.title,
        passages: why.passages,
        k: settings.k,
        stage: settings.stage,
        bm25: why.bm25.map(gate),
        dense: why.dense.map(gate),
        fused: why.fused.map(JsonScored::from),
        read: why.read,
        reranked: why.reread.map(JsonReread::from),
        passes: several.iter().map(|said| said.map(JsonReread::from)).collect(),
        failure: why.rankings.failure.as_deref(),
        answer: why.last.map(JsonScored::from),
        loss: why.loss,
        meaning: why.loss.map(Loss::meaning),
    }
}
