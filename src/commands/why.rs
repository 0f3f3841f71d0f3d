//! `trommel why`: what became of one document in one search, gate by gate.

use clap::Args;
use trommel::SteadyClock;
use trommel::settings::WHY;

use super::{Context, cache, document_name, search};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::hints;
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
    let id = document_name::id(&args.id, &snapshot).map_err(engine)?;
    let why = pipeline.why(&id, &query, &settings, &SteadyClock::start()).map_err(engine)?;
    if let Some(failure) = why.as_ref().and_then(|why| why.rankings.failure.as_ref()) {
        terminal::warn(format!("the reranker failed: {failure}"));
    }
    let Some(why) = why else {
        return Err(document_name::unknown(&args.id, &snapshot, &context));
    };
    if args.json {
        let mut screen = Screen::open();
        trommel::json::why(&mut screen, &why, &query, &settings).map_err(CliError::stdout)?;
    } else {
        terminal::print(trommel::why_in_words(&why, &settings).trim_end())?;
    }
    Ok(Exit::Done)
}
