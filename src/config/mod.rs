//! Settings and where they come from: flag, environment, what the collection was made with, the
//! collection's `config.toml`, the user's, default — the first that speaks wins.

mod file;
mod keys;
mod time;

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::CliError;
use crate::shell;

pub(crate) use keys::{
    ANN, COLOUR, FORMATS, FUSION, KEYS, Key, LLM_STRATEGY, PRECISION, RUNTIME, SETTLE, STAGE,
};
pub(crate) use time::limit;

/// The name of a file of settings.
pub(crate) const FILE: &str = "config.toml";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line.
    Flag,
    /// An environment variable, by its name.
    Environment(String),
    /// The collection was made with it.
    Manifest,
    /// A file of settings.
    File(PathBuf),
    /// It was the nearest upwards from the working folder.
    Nearest,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(variable) => write!(f, "${variable}"),
            Self::Manifest => f.write_str("fixed when the collection was made"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Nearest => f.write_str("the nearest upwards"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    /// The value as text.
    pub(crate) text: String,
    /// Who said so.
    pub(crate) origin: Origin,
}

/// What flags say: the name of a key, and a value where the flag was given.
pub(crate) type Flags = Vec<(&'static str, Option<String>)>;

/// What there is to read settings from.
pub(crate) struct Sources<'a> {
    /// The command line.
    pub(crate) flags: Flags,
    /// Looks up an environment variable.
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
    /// What the collection was made with.
    pub(crate) manifest: Flags,
    /// Files of settings, the strongest first; those that are not there say nothing.
    pub(crate) files: Vec<PathBuf>,
}

/// Every setting with its value and origin.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    values: BTreeMap<&'static str, Value>,
}

impl Config {
    /// Reads all sources; every value of every source is checked, used or not.
    pub(crate) fn read(sources: Sources<'_>) -> Result<Self, CliError> {
        let default = |key: &Key| Value { text: (key.default)(), origin: Origin::Default };
        let mut values: BTreeMap<_, _> = KEYS.iter().map(|key| (key.name, default(key))).collect();
        for path in sources.files.iter().rev() {
            for (name, text) in file::read(path)? {
                values.insert(name, Value { text, origin: Origin::File(path.clone()) });
            }
        }
        for (name, text) in sources.manifest {
            if let Some(text) = text {
                values.insert(name, Value { text, origin: Origin::Manifest });
            }
        }
        for key in KEYS {
            let variable = variable(key.name);
            if let Some(text) = (sources.environment)(&variable).filter(|text| !text.is_empty()) {
                let origin = Origin::Environment(variable);
                values.insert(key.name, Value { text, origin });
            }
        }
        for (name, text) in sources.flags {
            if let Some(text) = text {
                values.insert(name, Value { text, origin: Origin::Flag });
            }
        }
        for key in KEYS {
            check(key, &values[key.name])?;
        }
        Ok(Self { values })
    }

    /// Reads the settings that hold for a collection, or where there is none.
    pub(crate) fn load(
        collection: Option<&Path>,
        flags: Flags,
        manifest: Flags,
    ) -> Result<Self, CliError> {
        let files = collection.map(|folder| folder.join(FILE));
        let files = files.into_iter().chain(crate::folders::user_config()).collect();
        let environment =
            |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::read(Sources { flags, environment: &environment, manifest, files })
    }

    /// Returns a value with its origin.
    ///
    /// # Panics
    ///
    /// If there is no such key: keys are written in this program, never read.
    pub(crate) fn value(&self, name: &str) -> &Value {
        &self.values[name]
    }

    /// Returns a value as text.
    pub(crate) fn text(&self, name: &str) -> &str {
        &self.value(name).text
    }

    /// Returns a value read as a type.
    pub(crate) fn get<T: FromStr>(&self, name: &str) -> Result<T, CliError> {
        let value = self.value(name);
        value.text.parse().map_err(|_| misfit(name, value, "another value"))
    }

    /// Says whether a value was given for this very run: by flag or environment.
    pub(crate) fn is_explicit(&self, name: &str) -> bool {
        matches!(self.value(name).origin, Origin::Flag | Origin::Environment(_))
    }
}

/// Returns the environment variable of a key, such as `TROMMEL_DENSE_WEIGHT`.
pub(crate) fn variable(name: &str) -> String {
    format!("TROMMEL_{}", name.to_uppercase().replace('-', "_"))
}

fn check(key: &Key, value: &Value) -> Result<(), CliError> {
    match key.shape.problem(&value.text) {
        None => Ok(()),
        Some(expected) => Err(misfit(key.name, value, &expected)),
    }
}

fn misfit(name: &str, value: &Value, expected: &str) -> CliError {
    let Value { text, origin } = value;
    let (place, hint) = match origin {
        Origin::Flag => (format!("--{name}"), "trommel --help".to_owned()),
        Origin::Environment(variable) => (format!("${variable}"), format!("unset {variable}")),
        Origin::File(path) => (
            format!("{}: {name}", path.display()),
            format!("${{EDITOR:-vi}} {}", shell::path(path)),
        ),
        Origin::Manifest | Origin::Nearest | Origin::Default => {
            (name.to_owned(), "trommel config show".to_owned())
        }
    };
    CliError::usage(format!("{place}: expected {expected}, got {text:?}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Case {
        folder: tempfile::TempDir,
        flags: Flags,
        environment: Vec<(&'static str, &'static str)>,
        manifest: Flags,
    }

    impl Case {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self { folder, flags: vec![], environment: vec![], manifest: vec![] }
        }

        fn file(self, name: &str, text: &str) -> Self {
            fs::write(self.folder.path().join(name), text).unwrap();
            self
        }

        fn read(&self) -> Result<Config, CliError> {
            let environment = |name: &str| {
                let found = self.environment.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Config::read(Sources {
                flags: self.flags.clone(),
                environment: &environment,
                manifest: self.manifest.clone(),
                files: ["collection.toml", "user.toml"].map(|f| self.folder.path().join(f)).into(),
            })
        }

        fn error(&self) -> String {
            self.read().unwrap_err().to_string()
        }
    }

    #[test]
    fn flag_beats_environment_beats_collection_beats_user_beats_default() {
        let mut case = Case::new();
        let default = trommel_engine::SearchSettings::default().k.to_string();
        let found = |case: &Case| {
            let config = case.read().unwrap();
            (config.text("k").to_owned(), config.value("k").origin.clone())
        };
        assert_eq!(found(&case), (default, Origin::Default));
        case = case.file("user.toml", "k = 21");
        let path = |name: &str| case.folder.path().join(name);
        let (user, collection) = (path("user.toml"), path("collection.toml"));
        assert_eq!(found(&case), ("21".into(), Origin::File(user)));
        case = case.file("collection.toml", "k = 22");
        assert_eq!(found(&case), ("22".into(), Origin::File(collection)));
        case.environment.push(("TROMMEL_K", "23"));
        assert_eq!(found(&case), ("23".into(), Origin::Environment("TROMMEL_K".into())));
        case.flags.push(("k", None));
        assert_eq!(found(&case).0, "23");
        case.flags.push(("k", Some("24".into())));
        assert_eq!(found(&case), ("24".into(), Origin::Flag));
    }

    #[test]
    fn what_a_collection_was_made_with_beats_files_but_not_what_was_asked_for() {
        let mut case = Case::new().file("user.toml", "encoder = \"other\"");
        case.manifest.push(("encoder", Some("made-with".into())));
        assert_eq!(case.read().unwrap().value("encoder").origin, Origin::Manifest);
        case.flags.push(("encoder", Some("asked".into())));
        assert_eq!(case.read().unwrap().text("encoder"), "asked");
        assert!(case.read().unwrap().is_explicit("encoder"));
    }

    #[test]
    fn an_unknown_key_names_its_file_and_the_nearest_key() {
        let error = Case::new().file("user.toml", "dense_weigth = 0.4").error();
        assert!(error.contains("user.toml:1: unknown key dense_weigth"), "{error}");
        assert!(error.contains("nearest is dense-weight"), "{error}");
    }

    #[test]
    fn a_bad_value_names_its_place_and_what_was_expected() {
        let error = Case::new().file("collection.toml", "k = 3\nstage = \"bm26\"").error();
        assert!(error.contains("collection.toml: stage: expected one of bm25"), "{error}");
        let error = Case::new().file("collection.toml", "k = \"many\"").error();
        assert!(error.contains("expected a whole number, got \"many\""), "{error}");
        let error = Case::new().file("user.toml", "k = [1]").error();
        assert!(error.contains("user.toml:1: k: expected a whole number, got array"), "{error}");
        let error = Case::new().file("user.toml", "\n\nk = = 1").error();
        assert!(error.contains("user.toml:3:5: "), "{error}");
        let mut case = Case::new();
        case.environment.push(("TROMMEL_BLEND", "lots"));
        assert!(case.error().starts_with("$TROMMEL_BLEND: expected a number, got \"lots\""));
        assert!(case.error().ends_with("hint: unset TROMMEL_BLEND"));
    }

    #[test]
    fn every_default_is_a_value_that_its_key_takes() {
        Case::new().read().unwrap();
    }
}
