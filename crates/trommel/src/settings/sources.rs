//! Where settings come from: flag, environment, what the collection was made with, the collection's
//! `config.toml`, the user's, what suits the collection's languages, default. The first that speaks
//! wins.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::setting::{Setting, find};
use super::table::SETTINGS;
use super::value::Kind;
use super::{Settings, SettingsError};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
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
    /// Nobody said anything, and it suits the languages of the collection.
    Languages,
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
            Self::Languages => f.write_str("by the collection's languages"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Names of settings with their values as text.
pub type Given = Vec<(&'static str, String)>;

/// What there is to read settings from.
pub struct Sources<'a> {
    /// The command line; of two values of one setting the later counts.
    pub flags: Given,
    /// Looks up an environment variable; an empty value says nothing.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// What the collection was made with.
    pub manifest: Given,
    /// What suits the collection's languages where nobody says anything.
    pub languages: Given,
    /// Files of settings, the strongest first; those that are not there say nothing.
    pub files: Vec<PathBuf>,
}

impl Settings {
    /// Reads all sources.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, is no TOML or has an unknown key, and if a value that counts is
    /// none of its setting, whether or not it is used later.
    pub fn read(sources: Sources<'_>) -> Result<Self, SettingsError> {
        // What is overruled is not looked at: only the last value of each setting stays.
        let mut said: BTreeMap<&'static str, (String, Origin)> = BTreeMap::new();
        let mut say = |given: Given, origin: Origin| {
            said.extend(given.into_iter().map(|(name, text)| (name, (text, origin.clone()))));
        };
        say(sources.languages, Origin::Languages);
        for path in sources.files.iter().rev() {
            say(read(path)?, Origin::File(path.clone()));
        }
        say(sources.manifest, Origin::Manifest);
        for setting in SETTINGS {
            let variable = setting.variable();
            if let Some(text) = (sources.environment)(&variable).filter(|text| !text.is_empty()) {
                say(vec![(setting.name, text)], Origin::Environment(variable));
            }
        }
        say(sources.flags, Origin::Flag);

        let mut settings = Self::default();
        for setting in SETTINGS {
            if let Some((text, origin)) = said.remove(setting.name) {
                settings.assign(setting, &beside(setting, text, &origin), origin)?;
            }
        }
        Ok(settings)
    }
}

/// Returns the value; a file that a file of settings names lies beside that.
fn beside(setting: &Setting, text: String, origin: &Origin) -> String {
    match origin {
        Origin::File(file) if setting.kind() == Kind::File && text != setting.default() => {
            let folder = file.parent().unwrap_or(Path::new(""));
            folder.join(text).to_string_lossy().into_owned()
        }
        _ => text,
    }
}

/// Returns the keys of a file with their values as text; nothing if there is no file.
fn read(path: &Path) -> Result<Given, SettingsError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        // NotADirectory: a collection that is no folder is found out elsewhere.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(Vec::new());
        }
        Err(source) => return Err(SettingsError::Io { path: path.to_owned(), source }),
    };
    let file = File { path, text: &text };
    let table = DeTable::parse(&text).map_err(|error| {
        let (line, column) = file.place(error.span().map_or(0, |span| span.start));
        file.error(format!("{line}:{column}"), error.message())
    })?;
    table.into_inner().into_iter().map(|(name, value)| file.entry(&name, &value)).collect()
}

/// A file of settings.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn entry(
        &self,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(&'static str, String), SettingsError> {
        let line = self.place(name.span().start).0.to_string();
        let name = name.get_ref().as_ref();
        let setting = find(name).map_err(|error| {
            let expected = match error {
                SettingsError::Unknown { nearest: Some(nearest), .. } => {
                    format!("the nearest is {nearest}")
                }
                _ => format!("expected one of {}", names()),
            };
            self.error(line.clone(), &format!("unknown key {name}, {expected}"))
        })?;
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(value) => value.to_string(),
            other => {
                let (expected, got) = (setting.kind().expected(), other.type_str());
                let problem = format!("{name}: expected {expected}, got {got}");
                return Err(self.error(line, &problem));
            }
        };
        Ok((setting.name, text))
    }

    /// Returns line and column, both from 1, of a byte.
    fn place(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
        (line, column)
    }

    fn error(&self, place: String, problem: &str) -> SettingsError {
        SettingsError::File { path: self.path.to_owned(), place, problem: problem.to_owned() }
    }
}

fn names() -> String {
    SETTINGS.iter().map(|setting| setting.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use trommel_inference::llm::PromptKind;

    use super::*;

    struct Case {
        folder: tempfile::TempDir,
        flags: Given,
        environment: Vec<(&'static str, &'static str)>,
        manifest: Given,
        languages: Given,
    }

    impl Case {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (flags, environment) = (vec![], vec![]);
            Self { folder, flags, environment, manifest: vec![], languages: vec![] }
        }

        fn file(self, name: &str, text: &str) -> Self {
            fs::write(self.folder.path().join(name), text).unwrap();
            self
        }

        fn read(&self) -> Result<Settings, SettingsError> {
            let environment = |name: &str| {
                let found = self.environment.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Settings::read(Sources {
                flags: self.flags.clone(),
                environment: &environment,
                manifest: self.manifest.clone(),
                languages: self.languages.clone(),
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
        let found = |case: &Case| {
            let settings = case.read().unwrap();
            assert_eq!(settings.search.k.to_string(), settings.text("k"));
            (settings.text("k"), settings.origin("k").clone())
        };
        assert_eq!(found(&case), ("10".into(), Origin::Default));
        case.languages.push(("k", "20".into()));
        assert_eq!(found(&case), ("20".into(), Origin::Languages));
        case = case.file("user.toml", "k = 21");
        let path = |name: &str| case.folder.path().join(name);
        let (user, collection) = (path("user.toml"), path("collection.toml"));
        assert_eq!(found(&case), ("21".into(), Origin::File(user)));
        case = case.file("collection.toml", "k = 22");
        assert_eq!(found(&case), ("22".into(), Origin::File(collection)));
        case.environment.push(("TROMMEL_K", "23"));
        assert_eq!(found(&case), ("23".into(), Origin::Environment("TROMMEL_K".into())));
        case.flags.push(("k", "24".into()));
        assert_eq!(found(&case), ("24".into(), Origin::Flag));
        case.flags.push(("k", "25".into()));
        assert_eq!(found(&case), ("25".into(), Origin::Flag));
    }

    #[test]
    fn what_a_collection_was_made_with_beats_files_but_not_what_was_asked_for() {
        let mut case = Case::new().file("user.toml", "encoder = \"other\"");
        case.manifest.push(("encoder", "made-with".into()));
        assert_eq!(case.read().unwrap().origin("encoder"), &Origin::Manifest);
        case.flags.push(("encoder", "asked".into()));
        assert_eq!(case.read().unwrap().encoder, "asked");
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
        assert_eq!(case.error(), "$TROMMEL_BLEND: expected a number, got \"lots\"");
    }

    #[test]
    fn what_is_out_of_range_names_its_place_if_it_was_not_typed() {
        let mut case = Case::new().file("user.toml", "candidates = 49");
        let error = case.error();
        assert!(error.starts_with("candidates is 49, expected 50 to 200, in /"), "{error}");
        assert!(error.ends_with("/user.toml"), "{error}");
        case.environment.push(("TROMMEL_CANDIDATES", "201"));
        assert_eq!(case.error(), "candidates is 201, expected 50 to 200, in $TROMMEL_CANDIDATES");
        case.flags = vec![("candidates", "200".into()), ("blend", "1.50".into())];
        assert_eq!(case.error(), "blend is 1.5, expected 0 to 1");
        case.flags = vec![("candidates", "200".into()), ("passage-tokens", "0".into())];
        assert_eq!(case.error(), "passage-tokens is 0, expected at least 1");
        case.flags = vec![("candidates", "200".into()), ("dense-weight", "nan".into())];
        assert_eq!(case.error(), "dense-weight is NaN, expected 0 to 1");
    }

    #[test]
    fn a_prompt_lies_beside_the_file_that_names_it() {
        let file = |case: &Case| {
            let settings = case.read().unwrap();
            settings.prompt_file(PromptKind::Listwise).map(Path::to_owned)
        };
        let case = Case::new().file("user.toml", "prompt-listwise = \"own.txt\"");
        let own = case.folder.path().join("own.txt");
        assert_eq!(file(&case), Some(own));
        let mut case = case.file("collection.toml", "prompt-listwise = \"built-in\"");
        assert_eq!(file(&case), None);
        case.flags.push(("prompt-listwise", "here.txt".into()));
        assert_eq!(file(&case), Some("here.txt".into()));
    }
}
