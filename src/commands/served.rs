//! The collections that `serve` and `mcp` open, with their models.

use std::time::{SystemTime, UNIX_EPOCH};

use trommel::settings::Given;
use trommel::{Collection, IngestOptions};
use trommel_engine::Manifest;
use trommel_server::{LoadedModels, Served};

use super::named;
use crate::cli::Global;
use crate::error::{CliError, Kind};
use crate::own_extractors::own_extractors;
use crate::{hints, models, reader};

/// The name of the folder that judgements are kept in, beside the collection.
const JUDGEMENTS: &str = "judgements";

/// Opens all collections that were named, with models that all of them share.
pub(super) fn open(
    global: &Global,
    given: &Given,
) -> Result<(Vec<Served>, LoadedModels), CliError> {
    let contexts = named::contexts(global, given)?;
    for (_, context) in &contexts {
        Manifest::read(&context.folder).map_err(|error| hints::engine(error, context))?;
    }
    let Some((_, first)) = contexts.first() else {
        return Err(CliError::new(Kind::Usage, "expected a collection, got none")
            .hint("trommel serve -c DIR"));
    };
    let models = models::models(&first.settings)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let loaded = LoadedModels::load(&models, Some(&first.settings.encoder), now);
    let (loaded, shared) = loaded.map_err(hints::library)?;
    models::tell(&models);
    let mut served = Vec::new();
    for (name, context) in contexts {
        let collection = Collection::open(&context.folder, &shared)
            .map_err(|error| hints::collection(error, &context))?
            .with_settings(context.shape()?);
        let stage = context.search()?.stage;
        // Everything that a search needs is opened now, and not by the first who asks.
        collection.searcher(stage).map_err(|error| hints::collection(error, &context))?;
        let ingest = IngestOptions {
            exclude: vec![context.store()?.home().to_owned()],
            runner: reader::runner(),
            own_extractors: own_extractors(&[])?,
            ..context.settings.ingest.clone()
        };
        let judgements = context.folder.with_file_name(JUDGEMENTS);
        served.push(Served::new(name, collection, context.settings, ingest, judgements));
    }
    Ok((served, loaded))
}
