//! Which documents may be found: conditions on metadata, paths and ids, in a small language that
//! every surface shares (`docs/filters.md`).

mod column;
mod date;
mod parse;
mod set;

use globset::GlobMatcher;
use trommel_core::{PassageSet, near};

use crate::EngineError;
use crate::collection::Root;
use crate::documents::Catalogue;
pub(crate) use column::Columns;
use date::Span;
pub use parse::FilterError;
use set::DocumentSet;

/// A restriction that holds for all stages before they rank; an empty one allows everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// All of them must hold.
    conditions: Vec<Condition>,
    /// One of them must match the path, if there are any.
    paths: Vec<Glob>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
struct Condition {
    /// The field as it was written.
    field: Name,
    test: Test,
    /// Whether the test must fail: also where a document has no such field.
    negated: bool,
}

/// A field as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// In quotes: metadata of that name.
    Quoted(String),
    /// Without quotes: metadata of that name, or if no document has any, `id` or `path`.
    Plain(String),
}

/// What a column is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Field {
    Id,
    Path,
    Metadata(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// The value, or a member of it, is one of these.
    AnyOf(Vec<String>),
    /// It is a number or a date within these ends, of which there is at least one.
    Range { from: Option<Bound>, to: Option<Bound> },
    /// It matches a glob.
    Matches(Glob),
}

/// One end of a range, as a number, a date or, for a year, both.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    number: Option<f64>,
    date: Option<Span>,
    /// Whether the bound itself is within.
    inclusive: bool,
}

impl Bound {
    fn excludes_below(&self, value: f64, number: f64) -> bool {
        value < number || (value == number && !self.inclusive)
    }

    fn excludes_above(&self, value: f64, number: f64) -> bool {
        value > number || (value == number && !self.inclusive)
    }
}

/// A glob, the same as another if it is written the same.
#[derive(Debug, Clone)]
struct Glob(GlobMatcher);

impl Glob {
    fn new(glob: &str) -> Result<Self, globset::Error> {
        globset::Glob::new(glob).map(|glob| Self(glob.compile_matcher()))
    }

    fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Returns what every text begins with that it matches.
    fn literal_prefix(&self) -> &str {
        let glob = self.0.glob().glob();
        glob.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default()
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.0.glob() == other.0.glob()
    }
}

impl Filter {
    /// Reads conditions, all of which must hold.
    ///
    /// ```
    /// # fn main() -> Result<(), trommel_engine::EngineError> {
    /// use trommel_engine::Filter;
    ///
    /// let filter = Filter::parse(["lang=en", "year >= 2020", "not tag in (draft, old)"])?;
    /// let filter = filter.with_paths(["docs", "*.md"])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`EngineError::Filter`] if a condition does not parse.
    pub fn parse<I>(conditions: I) -> Result<Self, EngineError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let conditions = conditions.into_iter().map(|text| parse::condition(text.as_ref()));
        Ok(Self { conditions: conditions.collect::<Result<_, _>>()?, paths: Vec::new() })
    }

    /// Adds globs over the path, one of which must match; the name of a folder stands for all that
    /// is in it.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] if a glob does not parse.
    pub fn with_paths<I>(mut self, globs: I) -> Result<Self, EngineError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        for glob in globs.into_iter().flat_map(|glob| with_contents(glob.as_ref())) {
            self.paths.push(Glob::new(&glob).map_err(|error| EngineError::OutOfRange {
                what: "path",
                got: format!("{glob:?}"),
                expected: format!("a glob: {}", error.kind()),
            })?);
        }
        Ok(self)
    }

    /// Returns the passages that may be found, or `None` if all may.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownField`] if a condition is about what no document has.
    pub(crate) fn allowed(
        &self,
        catalogue: &Catalogue,
        roots: &[Root],
        columns: &Columns,
    ) -> Result<Option<PassageSet>, EngineError> {
        let none = || DocumentSet::none(catalogue.places());
        // Where there is no document, no field is wrong.
        if (self.conditions.is_empty() && self.paths.is_empty()) || catalogue.places() == 0 {
            return Ok(None);
        }
        let mut allowed = none().complement();
        for Condition { field, test, negated } in &self.conditions {
            let column = columns.named(field, catalogue, roots)?;
            let mut holds = none();
            column.select(test, &mut holds);
            allowed.intersect(&if *negated { holds.complement() } else { holds });
        }
        if !self.paths.is_empty() {
            let column = columns.column(&Field::Path, catalogue, roots)?;
            let mut holds = none();
            for glob in &self.paths {
                column.select_matching(glob, &mut holds);
            }
            allowed.intersect(&holds);
        }
        let mut passages = PassageSet::new();
        for place in allowed.iter() {
            if catalogue.is_gone(place)? {
                continue;
            }
            catalogue.span(place)?.passage_ids().for_each(|id| {
                passages.insert(id);
            });
        }
        Ok(Some(passages))
    }
}

impl Columns {
    /// Finds the column that a field stands for.
    fn named(
        &self,
        name: &Name,
        catalogue: &Catalogue,
        roots: &[Root],
    ) -> Result<std::sync::Arc<column::Column>, EngineError> {
        let (Name::Quoted(text) | Name::Plain(text)) = name;
        let metadata = self.column(&Field::Metadata(text.clone()), catalogue, roots)?;
        let of_its_own = match name {
            _ if !metadata.is_empty() => return Ok(metadata),
            Name::Plain(plain) if plain == "id" => Field::Id,
            Name::Plain(plain) if plain == "path" => Field::Path,
            _ => {
                let fields = self.fields(catalogue)?;
                let near = near(text, fields.iter().map(String::as_str));
                let any = !fields.is_empty();
                return Err(EngineError::UnknownField { field: text.clone(), near, any });
            }
        };
        self.column(&of_its_own, catalogue, roots)
    }
}

/// Returns a glob over paths in a root, and the one over what a folder of that name holds.
fn with_contents(glob: &str) -> [String; 2] {
    let glob = glob.strip_prefix("./").unwrap_or(glob).trim_end_matches('/');
    [glob.to_owned(), format!("{glob}/**")]
}

#[cfg(test)]
mod tests;
