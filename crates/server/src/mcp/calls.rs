//! What is asked of a tool, once its arguments are read.

use serde_json::{Map, Value};

use super::argument_error::ArgumentError;
use super::arguments::{Argument, Arguments, Kind, lines};
use super::resource::Address;

/// How much text a tool answers with, in characters, if the call does not say.
const MAX_CHARS: u64 = 12_000;
const CHARS: Kind = Kind::Whole { least: 1_000, most: 100_000 };
/// The longest text of a document that is read as a resource, in characters.
pub(super) const RESOURCE_CHARS: usize = 1_000_000;
const A_DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The stages of a search.
const STAGES: &[&str] = &["bm25", "dense", "fused", "feedback", "reranked"];

/// The arguments of `search`.
pub(super) const SEARCH: &[Argument] = &[
    Argument::required(
        "query",
        Kind::Text,
        "What to look for: a question or a few words, in the language of the documents",
    ),
    Argument::optional("k", Kind::Whole { least: 1, most: 50 }, "How many hits").or(8),
    Argument::optional("collections", Kind::Texts, "Search only these collections; all without it"),
    Argument::optional(
        "filter",
        Kind::Texts,
        "Find only documents with this metadata, all of several: lang=en, 'year>=2020', \
         'date in 2024-01..2024-06', 'name ~ *draft*'",
    ),
    Argument::optional(
        "path",
        Kind::Texts,
        "Find only documents under these folders or globs, one of several: manuals/, **/*.md",
    ),
    Argument::optional(
        "stage",
        Kind::Word(STAGES),
        "Stop after this stage: bm25 is for exact words, dense for meaning; without it the best \
         order, reranked",
    ),
    Argument::optional(
        "budget_ms",
        Kind::Whole { least: 1, most: A_DAY_MS },
        "The most time to rerank in, in milliseconds; the order is less sure if it runs out",
    ),
    Argument::optional(
        "min_score",
        Kind::Probability,
        "Leave out hits that are less likely to be relevant than this",
    ),
    Argument::optional(
        "max_chars",
        CHARS,
        "The most text in the answer, in characters, shared by the hits",
    )
    .or(MAX_CHARS),
];

/// The arguments of `get`.
pub(super) const GET: &[Argument] = &[
    Argument::required(
        "id",
        Kind::Text,
        "The document's id as search gives it; with :10-40 behind it only these lines, with #3 only \
         this page, slide, chapter or cell, with #Name this sheet",
    ),
    Argument::optional("collection", Kind::Text, "Its collection, if several have such an id"),
    Argument::optional("lines", Kind::Lines, "Only these lines, such as 10-40"),
    Argument::optional(
        "page",
        Kind::Whole { least: 1, most: u32::MAX as u64 },
        "Only this page, slide, chapter or cell",
    ),
    Argument::optional("max_chars", CHARS, "The most text in the answer, in characters")
        .or(MAX_CHARS),
];

/// The arguments of `why`.
pub(super) const WHY: &[Argument] = &[
    Argument::required("query", Kind::Text, "The query, as it was searched"),
    Argument::required("id", Kind::Text, "The document's id, or the path of a file"),
    Argument::optional("collection", Kind::Text, "Its collection, if several have such an id"),
];

/// The arguments of `status`.
pub(super) const STATUS: &[Argument] = &[];

/// A search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchCall {
    /// What to look for.
    pub query: String,
    /// How many hits.
    pub k: usize,
    /// The collections to search; all, if there is none.
    pub collections: Vec<String>,
    /// Conditions on metadata, which must all hold.
    pub filter: Vec<String>,
    /// Folders or globs, of which one must match.
    pub path: Vec<String>,
    /// The last stage, by its name.
    pub stage: Option<String>,
    /// The most time to rerank in, in milliseconds.
    pub budget_ms: Option<u64>,
    /// The least probability of a hit.
    pub min_score: Option<f64>,
    /// The most text in the answer, in characters.
    pub max_chars: usize,
}

impl SearchCall {
    pub(super) fn read(arguments: &Map<String, Value>) -> Result<Self, Vec<ArgumentError>> {
        let arguments = Arguments::read(SEARCH, arguments)?;
        Ok(Self {
            query: arguments.text("query").unwrap_or_default(),
            k: size(&arguments, "k"),
            collections: arguments.texts("collections"),
            filter: arguments.texts("filter"),
            path: arguments.texts("path"),
            stage: arguments.text("stage"),
            budget_ms: arguments.whole("budget_ms"),
            min_score: arguments.number("min_score"),
            max_chars: size(&arguments, "max_chars"),
        })
    }
}

/// The reading of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetCall {
    /// Its id, perhaps with a part behind it; see [`readings`](Self::readings).
    pub id: String,
    /// Its collection, if the call says it.
    pub collection: Option<String>,
    /// The part that is asked for in an argument of its own.
    pub part: Option<Part>,
    /// The most text in the answer, in characters.
    pub max_chars: usize,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Lines of its text, from 1: the first and the last.
    Lines(u64, u64),
    /// Pages, slides, chapters or cells, by number: the first and the last.
    Pages(u64, u64),
    /// A sheet, or a page by what is printed on it.
    Named(String),
}

impl GetCall {
    pub(super) fn read(arguments: &Map<String, Value>) -> Result<Self, Vec<ArgumentError>> {
        let arguments = Arguments::read(GET, arguments)?;
        let part = match (arguments.lines("lines"), arguments.whole("page")) {
            (Some(_), Some(_)) => {
                return Err(vec![ArgumentError::Both { first: "lines", second: "page" }]);
            }
            (Some((first, last)), None) => Some(Part::Lines(first, last)),
            (None, page) => page.map(|page| Part::Pages(page, page)),
        };
        Ok(Self {
            id: arguments.text("id").unwrap_or_default(),
            collection: arguments.text("collection"),
            part,
            max_chars: size(&arguments, "max_chars"),
        })
    }

    /// Returns what the id may mean: an id, and which part of its document. The first that is there is
    /// meant. Ids may have `:` and `#` in them, so that the whole is an id first.
    #[must_use]
    pub fn readings(&self) -> Vec<(&str, Option<Part>)> {
        let whole = (self.id.as_str(), self.part.clone());
        if self.part.is_some() {
            return vec![whole];
        }
        let split = |at| {
            let (id, part) = self.id.rsplit_once(at)?;
            Some((id, Some(Part::read(at, part)?)))
        };
        [Some(whole), split('#'), split(':')].into_iter().flatten().collect()
    }
}

impl Part {
    /// Reads what stands behind `:` or `#`.
    fn read(at: char, text: &str) -> Option<Self> {
        match (at, lines(text)) {
            (':', Some((first, last))) => Some(Self::Lines(first, last)),
            ('#', Some((first, last))) => Some(Self::Pages(first, last)),
            ('#', None) if !text.is_empty() => Some(Self::Named(text.to_owned())),
            _ => None,
        }
    }
}

impl From<&Address> for GetCall {
    fn from(address: &Address) -> Self {
        Self {
            id: address.id.clone(),
            collection: Some(address.collection.clone()),
            part: None,
            max_chars: RESOURCE_CHARS,
        }
    }
}

/// The question why a document is where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyCall {
    /// The query.
    pub query: String,
    /// The document's id, or the path of a file.
    pub id: String,
    /// Its collection, if the call says it.
    pub collection: Option<String>,
}

impl WhyCall {
    pub(super) fn read(arguments: &Map<String, Value>) -> Result<Self, Vec<ArgumentError>> {
        let arguments = Arguments::read(WHY, arguments)?;
        Ok(Self {
            query: arguments.text("query").unwrap_or_default(),
            id: arguments.text("id").unwrap_or_default(),
            collection: arguments.text("collection"),
        })
    }
}

fn size(arguments: &Arguments<'_>, name: &str) -> usize {
    arguments.whole(name).and_then(|number| number.try_into().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn get(arguments: &Value) -> Result<GetCall, Vec<ArgumentError>> {
        GetCall::read(arguments.as_object().unwrap())
    }

    #[test]
    fn an_id_is_a_whole_id_first_and_then_one_with_a_part() {
        let readings = |id: &str| {
            let call = get(&json!({ "id": id })).unwrap();
            let said = call.readings().into_iter().map(|(id, part)| (id.to_owned(), part));
            said.collect::<Vec<_>>()
        };
        let (id, lines) = ("a/b.md".to_owned(), Part::Lines(10, 40));
        assert_eq!(
            readings("a/b.md:10-40"),
            [("a/b.md:10-40".to_owned(), None), (id.clone(), Some(lines))]
        );
        assert_eq!(readings("a/b.md#3")[1], (id.clone(), Some(Part::Pages(3, 3))));
        assert_eq!(readings("a/b.md#Sheet2")[1], (id, Some(Part::Named("Sheet2".to_owned()))));
        assert_eq!(readings("https://a.example/b").len(), 1);
    }

    #[test]
    fn a_part_in_an_argument_leaves_the_id_alone() {
        let call = get(&json!({ "id": "a:1", "page": 3 })).unwrap();
        assert_eq!(call.readings(), [("a:1", Some(Part::Pages(3, 3)))]);
        let errors = get(&json!({ "id": "a", "page": 3, "lines": "1-2" })).unwrap_err();
        assert_eq!(errors[0].to_string(), "lines and page: expected one of them, got both");
    }

    #[test]
    fn a_search_without_more_than_a_query_has_8_hits_in_12000_characters() {
        let call = SearchCall::read(json!({ "query": "a" }).as_object().unwrap()).unwrap();
        assert_eq!((call.k, call.max_chars, call.stage), (8, 12_000, None));
    }
}
