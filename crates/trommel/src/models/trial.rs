//! Models of one's own: what is put into the store must run.

use std::path::Path;
use std::sync::Arc;

use trommel_core::{BoxError, Clock, SystemClock};
use trommel_inference::llm::InProcess;
use trommel_inference::{load_encoder, load_reranker};
use trommel_models::{AddOptions, InstalledModel, Kind, Progress, Runtime};

use super::Models;
use crate::{Error, Result};

impl Models {
    /// Puts a model of one's own into the store, if it can be loaded and answers a first question as it
    /// will be asked them.
    ///
    /// # Errors
    ///
    /// As for [`Store::add_if`](trommel_models::Store::add_if).
    pub fn add(
        &self,
        folder: &Path,
        options: &AddOptions,
        progress: &dyn Progress,
    ) -> Result<InstalledModel> {
        let store = self.store("adding a model")?;
        Ok(store.add_if(folder, options, progress, |model| self.try_out(model))?)
    }

    /// Loads a model and has it read a text, or a query and a passage.
    fn try_out(&self, model: &InstalledModel) -> std::result::Result<(), BoxError> {
        const TEXT: &str = "a first text";
        let threads = self.shared.settings.threads;
        match model.spec.kind() {
            Kind::Encoder => {
                let load = |runtime: &Runtime| load_encoder(model, runtime, threads);
                self.load(model, load, Error::Encode)?.0.encode_passages(&[TEXT])?;
            }
            Kind::Reranker => {
                let load = |runtime: &Runtime| load_reranker(model, runtime, threads);
                self.load(model, load, Error::Rerank)?.0.score_all("a query", &[TEXT])?;
            }
            Kind::Language => {
                let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
                InProcess::load(model, threads, clock)?;
            }
            Kind::Runtime => {}
        }
        Ok(())
    }
}
