//! What all requests share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::compat;
use crate::error::{ApiError, ApiResult};
use crate::guard::Guard;
use crate::jobs::Jobs;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::models::LoadedModels;
use crate::pool::Pool;
use crate::served::Served;

/// What all requests share; a clone is the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// What there is once.
pub(crate) struct Shared {
    pub(crate) collections: Vec<Arc<Served>>,
    pub(crate) models: LoadedModels,
    pub(crate) guard: Guard,
    pub(crate) pool: Pool,
    pub(crate) jobs: Jobs,
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
    pub(crate) limits: Limits,
    /// Whether requests for models by another name than that of the loaded one are refused.
    pub(crate) strict_model: bool,
    /// Whether budgets shrink under load.
    pub(crate) shed: bool,
    /// Set once the server ends.
    pub(crate) ending: AtomicBool,
}

/// How much one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Texts to rank or to embed, or documents to add, in one request.
    pub documents: usize,
    /// Bytes of each of them.
    pub document_bytes: usize,
    /// Queries of one request.
    pub queries: usize,
    /// Bytes of a query.
    pub query_bytes: usize,
}

impl Default for Limits {
    /// Returns 32 MiB, 2,000 texts of 1 MiB, 100 queries of 64 KiB.
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            documents: 2_000,
            document_bytes: 1 << 20,
            queries: 100,
            query_bytes: 64 << 10,
        }
    }
}

impl From<Limits> for compat::Limits {
    fn from(limits: Limits) -> Self {
        let Limits { documents, document_bytes, query_bytes, .. } = limits;
        Self { documents, document_bytes, query_bytes }
    }
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Returns the collection of a name; without a name the only one.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or several and none is named.
    pub(crate) fn collection(&self, name: Option<&str>) -> ApiResult<&Arc<Served>> {
        let names: Vec<&str> = self.collections.iter().map(|it| it.name.as_str()).collect();
        let Some(name) = name else {
            return match &self.collections[..] {
                [only] => Ok(only),
                _ => Err(ApiError::invalid("expected a collection, got none")
                    .hint(format!("one of {}", names.join(", ")))),
            };
        };
        let found = self.collections.iter().find(|it| it.name == name);
        found.ok_or_else(|| {
            let message = format!("no collection is called {name:?}");
            ApiError::not_found("unknown_collection", message)
                .hint(format!("one of {}", names.join(", ")))
        })
    }

    /// Returns the collections of these names, each once; all of them without names.
    ///
    /// # Errors
    ///
    /// If there is none of a name.
    pub(crate) fn collections_of(&self, names: &[String]) -> ApiResult<Vec<Arc<Served>>> {
        if names.is_empty() {
            return Ok(self.collections.clone());
        }
        let mut found: Vec<Arc<Served>> = Vec::new();
        for name in names {
            let collection = self.collection(Some(name))?;
            if !found.iter().any(|known| known.name == collection.name) {
                found.push(Arc::clone(collection));
            }
        }
        Ok(found)
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
