//! The shape of a notebook, read as leniently as it goes: what has another shape than it should is
//! left out, and what is not needed, such as pictures, is never kept.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use trommel_core::Metadata;

use crate::ExtractError;

/// How many items of a list are kept at most; no list of a real notebook is longer.
const MOST: usize = 100_000;

/// A notebook.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Contents {
    cells: List<Object<Cell>>,
    /// In format 3 the cells stand in these.
    worksheets: List<Object<Worksheet>>,
    metadata: Object<About>,
}

impl Contents {
    /// Returns the cells in their order.
    pub(super) fn all_cells(&self, most: u32) -> Result<Vec<&Cell>, ExtractError> {
        let sheets = self.worksheets.0.iter().flat_map(|sheet| &sheet.0.cells.0);
        let cells: Vec<&Cell> = self.cells.0.iter().chain(sheets).map(|cell| &cell.0).collect();
        match cells.len() as u64 > u64::from(most) {
            true => Err(ExtractError::too_much("cells", most.into())),
            false => Ok(cells),
        }
    }

    /// Returns the title that the notebook's metadata say; empty if they say none.
    pub(super) fn title(&self) -> &str {
        &self.metadata.0.title.0
    }

    /// Returns the language of its code, such as `python`; empty if it is not said.
    pub(super) fn language(&self) -> &str {
        let about = &self.metadata.0;
        let known = [&about.language_info.0.name.0, &about.kernelspec.0.language.0];
        known.into_iter().find(|name| is_language(name)).map_or("", String::as_str)
    }

    /// Returns what else is known of it.
    pub(super) fn metadata(&self) -> Metadata {
        let about = &self.metadata.0;
        let authors: Vec<&str> = about
            .authors
            .0
            .iter()
            .map(|author| author.0.trim())
            .filter(|it| !it.is_empty())
            .collect();
        [
            ("author", authors.join(", ")),
            ("kernel", about.kernelspec.0.display_name.0.trim().to_owned()),
            ("language", self.language().to_owned()),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Worksheet {
    cells: List<Object<Cell>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct About {
    title: Text,
    authors: List<Author>,
    kernelspec: Object<Kernel>,
    language_info: Object<Named>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Kernel {
    display_name: Text,
    language: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    name: Text,
}

/// A cell.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Cell {
    cell_type: Text,
    source: Text,
    /// The source of code in format 3.
    input: Text,
    level: Text,
    language: Text,
    outputs: List<Object<Output>>,
}

impl Cell {
    /// Returns what kind it is, such as `markdown`.
    pub(super) fn kind(&self) -> &str {
        &self.cell_type.0
    }

    /// Returns what was written in it.
    pub(super) fn source(&self) -> &str {
        self.source.or(&self.input)
    }

    /// Returns the level of a heading, 1 to 6.
    pub(super) fn level(&self) -> usize {
        self.level.0.parse().unwrap_or(1).clamp(1, 6)
    }

    /// Returns the language of its code, if it says one itself.
    pub(super) fn language(&self) -> Option<&str> {
        is_language(&self.language.0).then_some(&self.language.0)
    }

    /// Returns what its code put out.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &Output> {
        self.outputs.0.iter().map(|output| &output.0)
    }
}

/// Says whether a word may stand behind a fence.
fn is_language(word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "+-#._".contains(c);
    !word.is_empty() && word.len() <= 40 && word.chars().all(is_part)
}

/// Something that code put out.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Output {
    /// Of a stream, and of all in format 3.
    text: Text,
    /// In format 3.
    html: Text,
    data: Object<Data>,
    ename: Text,
    evalue: Text,
}

impl Output {
    /// Returns its forms: plain text, Markdown and HTML.
    pub(super) fn forms(&self) -> [&str; 3] {
        let data = &self.data.0;
        [self.text.or(&data.plain), &data.markdown.0, self.html.or(&data.html)]
    }

    /// Returns the name of the error that it tells of, and what that says.
    pub(super) fn error(&self) -> [&str; 2] {
        [&self.ename.0, &self.evalue.0]
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data {
    #[serde(rename = "text/plain")]
    plain: Text,
    #[serde(rename = "text/markdown")]
    markdown: Text,
    #[serde(rename = "text/html")]
    html: Text,
}

/// Text, in one piece or in lines.
#[derive(Default)]
struct Text(String);

impl Text {
    fn or<'a>(&'a self, other: &'a Self) -> &'a str {
        if self.0.is_empty() { &other.0 } else { &self.0 }
    }
}

/// An object; nothing said, if it is none.
#[derive(Default)]
struct Object<T>(T);

/// A person, by name or in an object with a name.
#[derive(Default)]
struct Author(String);

/// A list; empty, if it is none.
struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    /// Returns the empty list.
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Takes any value without an error. What makes it up is all that differs.
struct Anything<T>(PhantomData<T>);

trait FromAnything: Default {
    fn from_str(_text: &str) -> Self {
        Self::default()
    }

    fn from_seq<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn from_map<'de, A: MapAccess<'de>>(mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl<'de, T: FromAnything> Visitor<'de> for Anything<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _value: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, value: i64) -> Result<T, E> {
        Ok(T::from_str(&value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<T, E> {
        Ok(T::from_str(&value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<T, E> {
        Ok(T::from_str(&value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, value: &str) -> Result<T, E> {
        Ok(T::from_str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<T, A::Error> {
        T::from_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::from_map(fields)
    }
}

impl FromAnything for Text {
    fn from_str(text: &str) -> Self {
        Self(text.to_owned())
    }

    fn from_seq<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        let mut text = String::new();
        while let Some(Self(line)) = items.next_element()? {
            text.push_str(&line);
        }
        Ok(Self(text))
    }
}

impl<T: Default + for<'any> Deserialize<'any>> FromAnything for Object<T> {
    fn from_map<'de, A: MapAccess<'de>>(fields: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Self)
    }
}

impl FromAnything for Author {
    fn from_str(text: &str) -> Self {
        Self(text.to_owned())
    }

    fn from_map<'de, A: MapAccess<'de>>(fields: A) -> Result<Self, A::Error> {
        Object::<Named>::from_map(fields).map(|named| Self(named.0.name.0))
    }
}

impl<T: for<'any> Deserialize<'any>> FromAnything for List<T> {
    fn from_seq<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() > MOST {
                return Err(A::Error::custom("too many items in a list"));
            }
            list.push(item);
        }
        Ok(Self(list))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything(PhantomData))
    }
}

impl<'de, T: Default + for<'any> Deserialize<'any>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Author {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything(PhantomData))
    }
}

impl<'de, T: for<'any> Deserialize<'any>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything(PhantomData))
    }
}
