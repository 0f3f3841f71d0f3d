//! Relevance judgements: which document answers which query, and how well.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Write};
use std::path::Path;

use crate::error::EvalError;
use crate::lines::{self, Line};

/// What the last column of a BEIR header is called.
const HEADERS: [&str; 5] = ["score", "relevance", "rel", "grade", "label"];

/// The judged documents of one query and their grades, by id.
///
/// 1 and above is relevant, by degrees; 0 and below is not.
pub type Judgements = BTreeMap<String, i32>;

/// Relevance judgements, by query id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Qrels {
    queries: BTreeMap<String, Judgements>,
}

impl Qrels {
    /// Reads a file: BEIR's `query`, `document`, `grade` between tabs, with or without a header, or
    /// TREC's `query iteration document grade` between white space.
    ///
    /// The first line decides which: two tabs are BEIR's, whose ids may hold spaces. A judgement
    /// that is repeated with the same grade does no harm.
    ///
    /// # Errors
    ///
    /// [`EvalError::Io`]; [`EvalError::Line`] for a line with other columns, a grade that is no
    /// whole number of 32 bits, an empty id, or a judgement that contradicts an earlier one;
    /// [`EvalError::Empty`] without any judgement.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        Self::parse(lines::open(path)?, path)
    }

    /// Reads judgements as [`Qrels::read`] does; `name` is what errors call the file.
    ///
    /// # Errors
    ///
    /// As for [`Qrels::read`].
    pub fn parse(reader: impl BufRead, name: &Path) -> Result<Self, EvalError> {
        let mut qrels = Self::default();
        let mut seen = Seen::default();
        let mut form = None;
        lines::for_each(reader, name, |line| {
            // The form is settled by the first line alone: a later line that looks like the other
            // form is an error, and not silently read in another way.
            let form = match form {
                Some(form) => form,
                None => {
                    let found = Form::of(line)?;
                    form = Some(found);
                    // Only the first line can be a header, and only BEIR's files have one.
                    if found == Form::Beir && is_header(line.text) {
                        return Ok(());
                    }
                    found
                }
            };
            let judgement = form.judgement(line)?;
            seen.check(line, &judgement, qrels.grade(judgement.query, judgement.document))?;
            qrels.insert(judgement.query, judgement.document, judgement.grade);
            Ok(())
        })?;
        if qrels.is_empty() {
            return Err(EvalError::Empty { path: name.into(), expected: "judgement" });
        }
        Ok(qrels)
    }

    /// Judges a document; returns the grade that it had before.
    pub fn insert(&mut self, query: &str, document: &str, grade: i32) -> Option<i32> {
        if let Some(judgements) = self.queries.get_mut(query) {
            return judgements.insert(document.to_owned(), grade);
        }
        let judgements = Judgements::from([(document.to_owned(), grade)]);
        self.queries.insert(query.to_owned(), judgements);
        None
    }

    /// Takes a judgement back; returns the grade that it gave.
    pub fn remove(&mut self, query: &str, document: &str) -> Option<i32> {
        let judgements = self.queries.get_mut(query)?;
        let grade = judgements.remove(document);
        // A query without any judgement would still count as judged, and score 0.
        if judgements.is_empty() {
            self.queries.remove(query);
        }
        grade
    }

    /// Returns the grade of a document, if it was judged.
    #[must_use]
    pub fn grade(&self, query: &str, document: &str) -> Option<i32> {
        self.queries.get(query)?.get(document).copied()
    }

    /// Returns what was judged for a query.
    #[must_use]
    pub fn of(&self, query: &str) -> Option<&Judgements> {
        self.queries.get(query)
    }

    /// Returns the queries and what was judged for each, by rising id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Judgements)> {
        self.queries.iter().map(|(query, judgements)| (query.as_str(), judgements))
    }

    /// Returns the number of queries with a judgement.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Returns whether nothing was judged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// Keeps the queries that `keep` names.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.queries.retain(|query, _| keep(query));
    }

    /// Writes all judgements as BEIR's file, with its header, by rising ids.
    ///
    /// # Errors
    ///
    /// The writer's own; `InvalidData` for an id with a tab or an end of line, which such a file
    /// cannot hold.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "query-id\tcorpus-id\tscore")?;
        for (query, judgements) in &self.queries {
            for (document, grade) in judgements {
                for id in [query, document] {
                    // Written all the same, such an id would be read back as other columns or
                    // lines.
                    if id.contains(['\t', '\n', '\r']) {
                        let problem = format!("an id with a tab or an end of line: {id:?}");
                        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
                    }
                }
                writeln!(out, "{query}\t{document}\t{grade}")?;
            }
        }
        Ok(())
    }
}

/// The two forms of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Beir,
    Trec,
}

/// One line.
struct Judgement<'a> {
    query: &'a str,
    document: &'a str,
    grade: i32,
}

fn counted(columns: usize) -> String {
    format!("{columns} column{}", if columns == 1 { "" } else { "s" })
}

impl Form {
    fn of(line: Line<'_>) -> Result<Self, EvalError> {
        if line.text.bytes().filter(|&byte| byte == b'\t').count() == 2 {
            return Ok(Self::Beir);
        }
        match line.text.split_ascii_whitespace().count() {
            4 => Ok(Self::Trec),
            columns => Err(line.wrong(
                "query, document and grade between two tabs, or query, iteration, document and \
                 grade between spaces",
                counted(columns),
            )),
        }
    }

    fn judgement(self, line: Line<'_>) -> Result<Judgement<'_>, EvalError> {
        let (query, document, grade) = match self {
            Self::Beir => {
                let columns: Vec<&str> = line.text.split('\t').collect();
                let [query, document, grade] = columns[..] else {
                    let got = counted(columns.len());
                    return Err(line.wrong("query, document and grade between two tabs", got));
                };
                (query, document, grade)
            }
            Self::Trec => {
                let columns: Vec<&str> = line.text.split_ascii_whitespace().collect();
                let [query, _, document, grade] = columns[..] else {
                    let got = counted(columns.len());
                    return Err(line.wrong("query, iteration, document and grade", got));
                };
                (query, document, grade)
            }
        };
        for (id, what) in [(query, "query"), (document, "document")] {
            if id.is_empty() {
                return Err(line.expected(format!("the id of a {what}"), id));
            }
        }
        let grade = grade.trim_ascii();
        let grade = grade
            .parse()
            .map_err(|_| line.expected("a whole number of 32 bits as the grade", grade))?;
        Ok(Judgement { query, document, grade })
    }
}

fn is_header(text: &str) -> bool {
    let last = text.rsplit('\t').next().unwrap_or_default().trim_ascii();
    HEADERS.iter().any(|header| last.eq_ignore_ascii_case(header))
}

/// Where each judgement was read.
#[derive(Default)]
struct Seen {
    lines: HashMap<String, HashMap<String, u64>>,
}

impl Seen {
    fn check(
        &mut self,
        line: Line<'_>,
        judgement: &Judgement<'_>,
        before: Option<i32>,
    ) -> Result<(), EvalError> {
        let Judgement { query, document, grade } = *judgement;
        let lines = self.lines.entry(query.to_owned()).or_default();
        let first = *lines.entry(document.to_owned()).or_insert(line.number);
        match before {
            Some(before) if before != grade => Err(line.wrong(
                format!(
                    "grade {before} for document {document:?} of query {query:?}, as in line {first}"
                ),
                grade.to_string(),
            )),
            _ => Ok(()),
        }
    }
}
