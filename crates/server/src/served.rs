//! One collection that is served, with the settings that hold for it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use trommel::settings::Settings;
use trommel::{Collection, Filter, IngestOptions, SearchSettings, Searcher, Stage};

use crate::error::{ApiError, ApiResult};
use crate::helps::Helps;

/// A collection under a name.
pub struct Served {
    /// What requests call it.
    pub name: String,
    /// The collection, with the models.
    pub collection: Collection,
    /// The settings of its searches.
    pub settings: Settings,
    /// How its roots are read.
    pub ingest: IngestOptions,
    /// The folder of its judgements.
    pub judgements: PathBuf,
    /// Held by whoever changes the judgements.
    pub(crate) judging: Mutex<()>,
    /// What was measured last.
    pub(crate) helps: Mutex<Option<Arc<Helps>>>,
}

impl Served {
    /// Returns a collection under a name.
    #[must_use]
    pub fn new(
        name: String,
        collection: Collection,
        settings: Settings,
        ingest: IngestOptions,
        judgements: PathBuf,
    ) -> Self {
        let (judging, helps) = Default::default();
        Self { name, collection, settings, ingest, judgements, judging, helps }
    }

    /// Returns how a search works that says `said` of it: settings by their names.
    ///
    /// # Errors
    ///
    /// If a setting is unknown, or its value none of its range.
    pub(crate) fn search_settings(
        &self,
        said: &[(&str, String)],
        filter: &[String],
        paths: &[String],
    ) -> ApiResult<SearchSettings> {
        let mut settings = self.settings.clone();
        for (name, value) in said {
            settings.set(name, value).map_err(trommel::Error::from)?;
        }
        let mut search = settings.search().map_err(trommel::Error::from)?;
        if search.stage == Stage::Reranked && !self.collection.models().has_rerankers() {
            search.stage = search.without_reranker();
        }
        let filter = Filter::parse(filter).and_then(|it| it.with_paths(paths.iter().cloned()));
        search.filter = filter.map_err(trommel::Error::from)?;
        search.check().map_err(trommel::Error::from)?;
        Ok(search)
    }

    /// Returns what searches the collection up to a stage.
    ///
    /// # Errors
    ///
    /// If a model is missing or a file is damaged.
    pub(crate) fn searcher(&self, stage: Stage) -> ApiResult<Arc<Searcher>> {
        Ok(self.collection.searcher(stage)?)
    }

    /// Returns that it has no document of that id.
    pub(crate) fn no_document(&self, id: &str) -> ApiError {
        ApiError::not_found("unknown_document", format!("no document {id:?} in {}", self.name))
            .hint("POST /v1/search: every hit has its id")
    }
}
