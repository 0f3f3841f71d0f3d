//! Settings: what there is to choose, typed, with where each value comes from.
//!
//! [`SETTINGS`] is the table; whatever is said about a setting is said there. [`Settings`] holds a
//! value of each, by the types of the parts that use them. Nothing here reads the environment: who
//! wants it hands it over, in [`Sources`].
//!
//! ```
//! use std::time::Duration;
//! use trommel::settings::{Origin, Settings};
//!
//! let mut settings = Settings::default();
//! settings.set("budget", "150ms")?;
//! assert_eq!(settings.search()?.budget, Some(Duration::from_millis(150)));
//! assert_eq!(settings.origin("budget"), &Origin::Flag);
//! # Ok::<(), trommel::Error>(())
//! ```

mod error;
mod pages;
mod setting;
mod sources;
mod table;
mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

use trommel_engine::{CollectionSettings, SearchSettings, Splitting, Stage};
use trommel_inference::llm::PromptKind;
use trommel_ingest::IngestOptions;
use trommel_models::{DEFAULT_ENCODER, Isa};
use trommel_vector::VectorSettings;

use crate::{Cascade, ModelSettings};

pub use error::SettingsError;
pub use pages::{page, schema};
pub use setting::{Range, Setting, find};
pub use sources::{Given, Origin, Sources};
pub use table::{
    CONFIG, Commands, EVAL, GLOBAL, GROUPS, INDEX, JUDGE, REPAIR, RERANK, SEARCH, SETTINGS, WHY,
};
pub use value::{Colour, Format, Kind};

/// A value of every setting.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The encoder's id.
    pub encoder: String,
    /// How documents are cut into passages, in a new collection.
    pub splitting: Splitting,
    /// How documents are read.
    pub ingest: IngestOptions,
    /// Whether scores of a reranker are kept for later searches, and used.
    pub cache: bool,
    /// How answers look.
    pub format: Format,
    /// When output is coloured.
    pub colour: Colour,
    /// How a search works, as it was asked for.
    search: SearchSettings,
    /// What runs the models, but for the encoder, the instruction set and the threads.
    models: ModelSettings,
    /// The name of the instruction set, or none for the best of this machine.
    isa: Option<String>,
    /// How many threads, or 0 for one for every core.
    threads: usize,
    /// Who set what; a setting that is missing here has its default.
    origins: BTreeMap<&'static str, Origin>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encoder: DEFAULT_ENCODER.to_owned(),
            splitting: Splitting::default(),
            ingest: IngestOptions::default(),
            cache: true,
            format: Format::default(),
            colour: Colour::default(),
            search: SearchSettings::default(),
            models: ModelSettings::default(),
            isa: None,
            threads: 0,
            origins: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Sets a setting by its name, as a flag does.
    ///
    /// # Errors
    ///
    /// If there is no such setting, or the text is none of its values.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), SettingsError> {
        self.assign(find(name)?, text, Origin::Flag)
    }

    /// Returns a setting's value as text that [`Settings::set`] reads; empty if there is no such
    /// setting.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        find(name).map_or_else(|_| String::new(), |setting| setting.get(self))
    }

    /// Returns where a setting's value comes from.
    #[must_use]
    pub fn origin(&self, name: &str) -> &Origin {
        self.origins.get(name).unwrap_or(&Origin::Default)
    }

    /// Says whether a value was given for this very run: by flag or environment.
    #[must_use]
    pub fn is_explicit(&self, name: &str) -> bool {
        matches!(self.origin(name), Origin::Flag | Origin::Environment(_))
    }

    /// Returns the rerankers, in the order in which they read.
    #[must_use]
    pub fn rerankers(&self) -> &Cascade {
        &self.models.rerankers
    }

    /// Returns the file of a prompt that is not the built-in one.
    #[must_use]
    pub fn prompt_file(&self, kind: PromptKind) -> Option<&Path> {
        self.models.language.prompts.get(&kind).map(PathBuf::as_path)
    }

    /// Returns which models take part and what runs them, without keys and proxy, which are no
    /// settings.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Isa`] if this machine lacks the instruction set.
    pub fn models(&self) -> Result<ModelSettings, SettingsError> {
        Ok(ModelSettings {
            encoder: Some(self.encoder.clone()),
            isa: self.isa.as_deref().map(Isa::named).transpose()?,
            threads: self.threads(),
            ..self.models.clone()
        })
    }

    /// Returns how many threads there are to use, at least 1.
    #[must_use]
    pub fn threads(&self) -> usize {
        match self.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    /// Returns how a search works, without its filter.
    ///
    /// Without a reranker, the last stage is feedback by fusion, or fusion if that is switched off. A depth that nobody asked
    /// for is at most `candidates`. Within a budget two passages a thread are read at a time.
    ///
    /// # Errors
    ///
    /// [`SettingsError::NoReranker`] if the stage `reranked` was asked for in so many words, and
    /// there is no reranker.
    pub fn search(&self) -> Result<SearchSettings, SettingsError> {
        let mut search = self.search.clone();
        if search.stage == Stage::Reranked && self.rerankers().is_none() {
            if self.is_explicit("stage") {
                return Err(SettingsError::NoReranker);
            }
            search.stage = search.without_reranker();
        }
        if !self.is_explicit("rerank-depth") {
            search.rerank_depth = search.rerank_depth.min(search.candidates);
        }
        Ok(search)
    }

    /// Returns what shapes a new collection.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Overlap`] if neighbouring passages would share all of their tokens.
    pub fn collection(&self) -> Result<CollectionSettings, SettingsError> {
        let Splitting { max_tokens: passage, overlap_tokens: overlap } = self.splitting;
        if overlap >= passage {
            return Err(SettingsError::Overlap { overlap, passage });
        }
        let insist = self.is_explicit("passage-tokens") || self.is_explicit("overlap-tokens");
        Ok(CollectionSettings { splitting: self.splitting, insist, vectors: self.vectors() })
    }

    /// Returns how vectors are written.
    #[must_use]
    pub fn vectors(&self) -> VectorSettings {
        VectorSettings { ann: self.search.ann, ..VectorSettings::default() }
    }

    /// Sets a setting and keeps who said so.
    fn assign(
        &mut self,
        setting: &'static Setting,
        text: &str,
        origin: Origin,
    ) -> Result<(), SettingsError> {
        setting.set(self, text, &origin)?;
        self.origins.insert(setting.name, origin);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_reads_as_itself() {
        let default = Settings::default();
        for setting in SETTINGS {
            let mut settings = Settings::default();
            settings.set(setting.name, &setting.default()).unwrap();
            assert_eq!(settings.text(setting.name), default.text(setting.name));
            assert_eq!(settings.origin(setting.name), &Origin::Flag);
        }
    }

    #[test]
    fn defaults_are_those_that_were_measured() {
        // From the README and docs/measurements.md, not from the code.
        let expected = [
            ("k", "10"),
            ("candidates", "100"),
            ("fusion", "minmax"),
            ("dense-weight", "0.75"),
            ("rerank-depth", "20"),
            ("blend", "0.1"),
            ("passage-tokens", "384"),
            ("overlap-tokens", "32"),
            ("encoder", "bge-small-en-v1.5"),
            ("budget", "none"),
            ("precision", "int8"),
        ];
        for (name, value) in expected {
            assert_eq!(Settings::default().text(name), value, "{name}");
        }
    }

    #[test]
    fn a_setting_that_there_is_not_names_the_nearest() {
        let error = |name: &str| Settings::default().set(name, "1").unwrap_err().to_string();
        assert_eq!(
            error("rerank_depth"),
            "unknown setting rerank_depth, the nearest is rerank-depth"
        );
        assert_eq!(error("tresholt"), "unknown setting tresholt");
        assert_eq!(error("K"), "unknown setting K");
    }

    #[test]
    fn without_a_reranker_a_search_ends_with_feedback_or_fusion() {
        let mut settings = Settings::default();
        settings.set("reranker", "none").unwrap();
        assert_eq!(settings.search().unwrap().stage, Stage::Feedback);
        settings.set("feedback", "off").unwrap();
        assert_eq!(settings.search().unwrap().stage, Stage::Fused);
        settings.set("stage", "reranked").unwrap();
        assert!(matches!(settings.search(), Err(SettingsError::NoReranker)));
    }

    #[test]
    fn a_depth_that_nobody_asked_for_follows_the_candidates() {
        let mut settings = Settings::default();
        settings.search.rerank_depth = 120;
        assert_eq!(settings.search().unwrap().rerank_depth, 100);
        settings.set("rerank-depth", "120").unwrap();
        assert_eq!(settings.search().unwrap().rerank_depth, 120);
    }
}
