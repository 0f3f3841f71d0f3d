//! The models that are loaded: once, for all collections and requests.

use std::sync::Arc;

use trommel::{Encoder, Models, RerankStage, Result};

use crate::once::ReadOnce;

/// The models of the server.
#[derive(Clone)]
pub struct LoadedModels {
    encoder: Option<Arc<dyn Encoder>>,
    rerankers: Vec<RerankStage>,
    once: Vec<Arc<ReadOnce>>,
    loaded: u64,
}

impl LoadedModels {
    /// Loads the second stage of the settings and the encoder of that id. Returns them, and the models that
    /// collections are to be opened with: their rerankers read each pair of query and passage once.
    ///
    /// # Errors
    ///
    /// If a model is missing or cannot be run.
    pub fn load(models: &Models, encoder: Option<&str>, now: u64) -> Result<(Self, Models)> {
        let encoder = encoder.map(|id| models.encoder(id)).transpose()?;
        let stages = if models.has_rerankers() { models.rerankers(None)? } else { Vec::new() };
        let mut once = Vec::new();
        let mut rerankers = Vec::new();
        for stage in stages {
            let reranker = match ReadOnce::of(Arc::clone(&stage.reranker)) {
                Some(read_once) => {
                    once.push(Arc::clone(&read_once));
                    read_once
                }
                None => Arc::clone(&stage.reranker),
            };
            rerankers.push(RerankStage { reranker, ..stage });
        }
        let models = models.clone().with_rerankers(rerankers.clone());
        Ok((Self { encoder, rerankers, once, loaded: now }, models))
    }

    /// Returns the encoder, if one is loaded.
    pub(crate) fn encoder(&self) -> Option<&Arc<dyn Encoder>> {
        self.encoder.as_ref()
    }

    /// Returns the encoder's id.
    pub(crate) fn encoder_id(&self) -> Option<&str> {
        self.encoder.as_ref().map(|encoder| encoder.fingerprint().model.as_str())
    }

    /// Returns the second stage.
    pub(crate) fn rerankers(&self) -> &[RerankStage] {
        &self.rerankers
    }

    /// Returns the rerankers' ids, in the order in which they read.
    pub(crate) fn reranker_ids(&self) -> Vec<String> {
        let ids = self.rerankers.iter().map(|stage| stage.reranker.info().fingerprint.as_str());
        ids.map(|id| id.split('@').next().unwrap_or(id).to_owned()).collect()
    }

    /// Returns how many scores need not be computed again.
    pub(crate) fn known_pairs(&self) -> usize {
        self.once.iter().map(|once| once.known_pairs()).sum()
    }

    /// Returns when they were loaded, in seconds since 1970.
    pub(crate) fn loaded(&self) -> u64 {
        self.loaded
    }
}
