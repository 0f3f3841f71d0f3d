//! Metadata by column: for each field the documents by their values, so that a filter costs what it
//! keeps and not what there is.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use trommel_core::Origin;

use super::date::Span;
use super::set::DocumentSet;
use super::{Bound, Field, Glob, Test};
use crate::EngineError;
use crate::collection::{Root, root_of};
use crate::documents::{Catalogue, Entry};

/// The columns of one generation, each made when a filter first asks for it: a search without a
/// filter pays nothing, and one with a filter pays for the fields that it names.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    made: Mutex<HashMap<Field, Arc<Column>>>,
    fields: OnceLock<BTreeSet<String>>,
}

impl Columns {
    /// Returns the column of a field.
    pub(super) fn column(
        &self,
        field: &Field,
        catalogue: &Catalogue,
        roots: &[Root],
    ) -> Result<Arc<Column>, EngineError> {
        // Whoever comes second waits rather than makes the column once more.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(column) = made.get(field) {
            return Ok(Arc::clone(column));
        }
        let mut values: HashMap<String, Vec<u32>> = HashMap::new();
        for entry in catalogue.entries() {
            let (place, entry) = entry?;
            let value = match field {
                Field::Id => Some(Cow::Borrowed(&*entry.id)),
                Field::Path => Some(path(&entry, roots)),
                Field::Metadata(name) => entry.metadata.get(name).map(|it| Cow::Borrowed(&**it)),
            };
            let Some(value) = value else { continue };
            match values.get_mut(&*value) {
                Some(places) => places.push(place as u32),
                None => drop(values.insert(value.into_owned(), vec![place as u32])),
            }
        }
        catalogue.let_go();
        let column = Arc::new(Column::of(values, matches!(field, Field::Metadata(_))));
        made.insert(field.clone(), Arc::clone(&column));
        Ok(column)
    }

    /// Returns the names of all fields that some document has.
    pub(super) fn fields(&self, catalogue: &Catalogue) -> Result<&BTreeSet<String>, EngineError> {
        if let Some(fields) = self.fields.get() {
            return Ok(fields);
        }
        let mut fields = BTreeSet::new();
        for entry in catalogue.entries() {
            fields.extend(entry?.1.metadata.into_keys());
        }
        catalogue.let_go();
        Ok(self.fields.get_or_init(|| fields))
    }
}

/// Returns a document's path as filters see it: a root that is one file has no path within itself,
/// so its name stands for it; a document within a file comes behind `!`.
pub(super) fn path<'a>(entry: &'a Entry, roots: &'a [Root]) -> Cow<'a, str> {
    let (path, member) = match entry.path.split_once(Origin::MEMBER) {
        Some((path, member)) => (path, Some(member)),
        None => (entry.path.as_str(), None),
    };
    let path = match root_of(roots, entry.root) {
        Some(root) if path.is_empty() => root.path.rsplit('/').next().unwrap_or("-"),
        _ => path,
    };
    match member {
        Some(member) => format!("{path}!{member}").into(),
        None => path.into(),
    }
}

/// The values of one field, and which documents have them.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// Every value by rising text, with the places of its documents. A document whose value is a
    /// list has the list's text and each of its members.
    values: Vec<(Box<str>, Vec<u32>)>,
    /// The values that are numbers, by rising number, as places in `values`.
    numbers: Vec<(f64, u32)>,
    /// The values that are dates, by where they begin.
    dates: Vec<(i64, u32)>,
}

impl Column {
    /// Makes a column of values and the places of the documents that have them; `lists` says whether a
    /// JSON list stands for its members.
    fn of(whole: HashMap<String, Vec<u32>>, lists: bool) -> Self {
        // Each list is parsed once, however many documents have it.
        let mut documents: HashMap<String, Vec<u32>> = HashMap::with_capacity(whole.len());
        for (value, places) in whole {
            for member in if lists { members(&value) } else { Vec::new() } {
                documents.entry(member).or_default().extend(&places);
            }
            documents.entry(value).or_default().extend(places);
        }
        let mut values: Vec<(Box<str>, Vec<u32>)> =
            documents.into_iter().map(|(value, places)| (value.into(), places)).collect();
        values.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let places = || (0..).zip(&values);
        let mut numbers: Vec<(f64, u32)> =
            places().filter_map(|(place, (value, _))| Some((number(value)?, place))).collect();
        numbers.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut dates: Vec<(i64, u32)> = places()
            .filter_map(|(place, (value, _))| Some((Span::parse(value)?.start, place)))
            .collect();
        dates.sort_unstable();
        Self { values, numbers, dates }
    }

    /// Says whether no document has the field.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Adds the documents for which a test holds.
    pub(super) fn select(&self, test: &Test, into: &mut DocumentSet) {
        match test {
            Test::AnyOf(values) => {
                for value in values {
                    let found = self.values.binary_search_by(|(it, _)| (**it).cmp(value));
                    if let Ok(place) = found {
                        into.extend(&self.values[place].1);
                    }
                }
            }
            Test::Range { from, to } => self.select_range(from.as_ref(), to.as_ref(), into),
            Test::Matches(glob) => self.select_matching(glob, into),
        }
    }

    fn select_range(&self, from: Option<&Bound>, to: Option<&Bound>, into: &mut DocumentSet) {
        // Each end either has no say, or cuts the sorted values; one that is no number keeps none.
        let cut = |bound: Option<&Bound>, open: usize, cut: &dyn Fn(&Bound) -> Option<usize>| {
            bound.map_or(Some(open), cut)
        };
        let first = cut(from, 0, &|bound| {
            let number = bound.number?;
            Some(self.numbers.partition_point(|(it, _)| bound.excludes_below(*it, number)))
        });
        let end = cut(to, self.numbers.len(), &|bound| {
            let number = bound.number?;
            Some(self.numbers.partition_point(|(it, _)| !bound.excludes_above(*it, number)))
        });
        if let (Some(first), Some(end)) = (first, end) {
            self.extend(self.numbers.get(first..end), into);
        }
        // A date as a bound stands for all of its day: what is at most a day ends with it.
        let first = cut(from, 0, &|bound| {
            let Span { start, end } = bound.date?;
            let first = if bound.inclusive { start } else { end };
            Some(self.dates.partition_point(|(it, _)| *it < first))
        });
        let end = cut(to, self.dates.len(), &|bound| {
            let Span { start, end } = bound.date?;
            let end = if bound.inclusive { end } else { start };
            Some(self.dates.partition_point(|(it, _)| *it < end))
        });
        if let (Some(first), Some(end)) = (first, end) {
            self.extend(self.dates.get(first..end), into);
        }
    }

    /// Adds the documents of values; no range where the lower end is above the upper one.
    fn extend<T>(&self, values: Option<&[(T, u32)]>, into: &mut DocumentSet) {
        for (_, place) in values.unwrap_or_default() {
            into.extend(&self.values[*place as usize].1);
        }
    }

    /// Only values that begin as the glob does are compared with it.
    pub(super) fn select_matching(&self, glob: &Glob, into: &mut DocumentSet) {
        let prefix = glob.literal_prefix();
        let first = self.values.partition_point(|(value, _)| **value < *prefix);
        let begin_so = self.values[first..].iter().take_while(|(it, _)| it.starts_with(prefix));
        for (_, documents) in begin_so.filter(|(value, _)| glob.is_match(value)) {
            into.extend(documents);
        }
    }
}

/// Returns the members of a value that is a JSON list, as text: those that are no text as JSON.
pub(super) fn members(value: &str) -> Vec<String> {
    if !value.starts_with('[') {
        return Vec::new();
    }
    let text = |member: serde_json::Value| match member {
        serde_json::Value::String(text) => text,
        member => member.to_string(),
    };
    let members: Vec<serde_json::Value> = serde_json::from_str(value).unwrap_or_default();
    members.into_iter().map(text).collect()
}

/// Returns the number that a text is, if it is a finite one in digits.
pub(super) fn number(text: &str) -> Option<f64> {
    let begins_so = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    text.parse().ok().filter(|number: &f64| begins_so && number.is_finite())
}
