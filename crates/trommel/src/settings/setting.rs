//! A setting: what is known of it, and how it reaches its value.

use std::ops::RangeInclusive;

use super::table::{Commands, REPAIR, SETTINGS};
use super::value::{Kind, Value};
use super::{Origin, Settings, SettingsError};

/// Between which numbers a value must be, both of them allowed.
#[derive(Debug, Clone, PartialEq)]
pub enum Range {
    /// Any value that can be read.
    Any,
    /// A whole number.
    Whole(RangeInclusive<usize>),
    /// A number.
    Number(RangeInclusive<f32>),
    /// From 1 to the value of `candidates`; a search checks it.
    ToCandidates,
}

/// How a setting reaches its field of [`Settings`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// What its values look like.
    pub(super) kind: fn() -> Kind,
    /// Reads a text into the field; says whether it could.
    pub(super) set: fn(&mut Settings, &str) -> bool,
    /// Writes the field as text.
    pub(super) get: fn(&Settings) -> String,
}

/// Names a field of [`Settings`]; with `or`, one that may be missing, and the word for that; with a
/// key, an entry of a map that may be missing.
macro_rules! field {
    ($($name:ident).+) => {
        Field {
            kind: || kind(|settings| Some(&settings.$($name).+)),
            set: |settings, text| {
                Value::parse(text).map(|value| settings.$($name).+ = value).is_some()
            },
            get: |settings| settings.$($name).+.text(),
        }
    };
    ($($name:ident).+ or $missing:literal) => {
        Field {
            kind: || kind(|settings| settings.$($name).+.as_ref()),
            set: |settings, text| {
                settings.$($name).+ = Value::parse(text).filter(|_| text != $missing);
                text == $missing || settings.$($name).+.is_some()
            },
            get: |settings| {
                settings.$($name).+.as_ref().map_or_else(|| $missing.to_owned(), Value::text)
            },
        }
    };
    ($($name:ident).+ [$key:expr] or $missing:literal) => {
        Field {
            kind: || kind(|settings| settings.$($name).+.get(&$key)),
            set: |settings, text| {
                settings.$($name).+.remove(&$key);
                let value = Value::parse(text).filter(|_| text != $missing);
                settings.$($name).+.extend(value.map(|value| ($key, value)));
                text == $missing || settings.$($name).+.contains_key(&$key)
            },
            get: |settings| {
                settings.$($name).+.get(&$key).map_or_else(|| $missing.to_owned(), Value::text)
            },
        }
    };
}

pub(super) use field;

/// Returns what the values of a field look like.
pub(super) fn kind<T: Value>(_: fn(&Settings) -> Option<&T>) -> Kind {
    T::KIND
}

/// A setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its name: that of the flag and of the key in `config.toml`.
    pub name: &'static str,
    /// What it says, as the lines of its doc comment have it.
    pub(super) doc: &'static str,
    /// What it is about: one of [`GROUPS`](super::GROUPS).
    pub group: &'static str,
    /// Which values it may have, where not all of its kind are good.
    pub range: Range,
    /// What it counts, such as `bytes`.
    pub unit: Option<&'static str>,
    /// The commands that take it, as a flag or by `--set`.
    pub commands: Commands,
    /// Those of them that have a flag of its name.
    pub flags: Commands,
    /// Those whose short help shows the flag.
    pub shown: Commands,
    /// The flag without its dashes: the name, but for a switch that is on by default.
    pub flag: &'static str,
    /// What stands for the value in help, where it does not follow from the kind.
    pub(super) value_name: Option<&'static str>,
    /// How it reaches its value.
    pub(super) field: Field,
}

impl Setting {
    /// A row of the table: a flag of all the commands that take it but `repair`, hidden in their
    /// short help.
    pub(super) const fn row(
        name: &'static str,
        field: Field,
        group: &'static str,
        commands: Commands,
        doc: &'static str,
    ) -> Self {
        let (range, unit, value_name) = (Range::Any, None, None);
        let flags = commands & !REPAIR;
        Self {
            name,
            doc,
            group,
            range,
            unit,
            commands,
            flags,
            shown: 0,
            flag: name,
            value_name,
            field,
        }
    }

    /// Returns what it says, in one sentence without a full stop.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        self.doc.trim()
    }

    /// Returns its default as text.
    #[must_use]
    pub fn default(&self) -> String {
        self.get(&Settings::default())
    }

    /// Returns what its values look like.
    #[must_use]
    pub fn kind(&self) -> Kind {
        (self.field.kind)()
    }

    /// Returns the environment variable that sets it, such as `TROMMEL_DENSE_WEIGHT`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("TROMMEL_{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// Returns what stands for its value in help.
    #[must_use]
    pub fn value_name(&self) -> &'static str {
        self.value_name.unwrap_or(match self.kind() {
            Kind::Whole => "N",
            Kind::Number => "W",
            Kind::Time => "TIME",
            Kind::File => "FILE",
            Kind::Text => "NAME",
            Kind::Rerankers => "ID,…",
            Kind::Switch | Kind::OneOf(_) => "WHICH",
        })
    }

    /// Returns its flag as it is typed: `-k`, `--budget`, `--no-cache`.
    #[must_use]
    pub fn typed(&self) -> String {
        let dashes = if self.flag.len() == 1 { "-" } else { "--" };
        format!("{dashes}{}", self.flag)
    }

    /// Returns which values it may have, in words; nothing if all of its kind are good.
    #[must_use]
    pub fn range(&self) -> Option<String> {
        match &self.range {
            Range::Any => None,
            Range::ToCandidates => Some("1 to candidates".to_owned()),
            Range::Whole(range) if *range.end() == usize::MAX => {
                Some(format!("at least {}", range.start()))
            }
            Range::Whole(range) => Some(format!("{} to {}", range.start(), range.end())),
            Range::Number(range) => Some(format!("{} to {}", range.start(), range.end())),
        }
    }

    /// Returns its value in these settings, as text that [`Settings::set`] reads.
    pub(super) fn get(&self, settings: &Settings) -> String {
        (self.field.get)(settings)
    }

    /// Reads a value into these settings, which stay as they are if it is none or out of range.
    pub(super) fn set(
        &self,
        settings: &mut Settings,
        text: &str,
        origin: &Origin,
    ) -> Result<(), SettingsError> {
        let (name, origin, before) = (self.name, origin.clone(), self.get(settings));
        if !(self.field.set)(settings, text) {
            (self.field.set)(settings, &before);
            let (expected, got) = (self.kind().expected(), text.to_owned());
            return Err(SettingsError::Misfit { name, origin, expected, got });
        }
        let got = self.get(settings);
        let is_within = match &self.range {
            Range::Any | Range::ToCandidates => true,
            Range::Whole(range) => got.parse().is_ok_and(|value| range.contains(&value)),
            Range::Number(range) => got.parse().is_ok_and(|value| range.contains(&value)),
        };
        if !is_within {
            (self.field.set)(settings, &before);
            let expected = self.range().unwrap_or_default();
            return Err(SettingsError::OutOfRange { name, origin, expected, got });
        }
        Ok(())
    }
}

/// Returns the setting of a name.
///
/// # Errors
///
/// [`SettingsError::Unknown`], with the name that looks most like it.
pub fn find(name: &str) -> Result<&'static Setting, SettingsError> {
    let unknown = || SettingsError::Unknown { name: name.to_owned(), nearest: nearest(name) };
    SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(unknown)
}

/// Returns the name that looks most like `name`, if one does.
fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |setting: &Setting| strsim::jaro_winkler(setting.name, name);
    let best = SETTINGS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.7).then_some(best.name)
}
