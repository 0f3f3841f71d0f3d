//! TREC run files: `query Q0 document rank score tag`, one result a line.
//!
//! Ids are taken and written as they stand, but for those that cannot stand in a column: a line with one
//! has a tag of its own, which says that its ids are percent-encoded ([`encode_id`]).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::Path;

use crate::error::EvalError;
use crate::lines::{self, Line};
use crate::run::{Run, ScoredDocument};
use crate::trec_id::{decode_id, encode_id, is_column};
use crate::trec_score::strictly_falling;

/// The last column of runs that are written here.
pub const TAG: &str = "trommel";
/// The last column of lines whose ids are percent-encoded.
pub const ENCODED_TAG: &str = "trommel-encoded";

impl Run {
    /// Reads a run file. Ranks and the second column are not looked at, as trec_eval does not.
    ///
    /// Where the tag is [`ENCODED_TAG`], ids are decoded.
    ///
    /// # Errors
    ///
    /// [`EvalError::Io`]; [`EvalError::Line`] for a line of other than six columns, a score that is
    /// no finite number of 32 bits, a second result for the same document of a query, or a broken
    /// escape under that tag; [`EvalError::Empty`] without any result.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        Self::parse(lines::open(path)?, path)
    }

    /// Reads a run as [`Run::read`] does; `name` is what errors call the file.
    ///
    /// # Errors
    ///
    /// As for [`Run::read`].
    pub fn parse(reader: impl BufRead, name: &Path) -> Result<Self, EvalError> {
        let mut queries: BTreeMap<String, Vec<Numbered>> = BTreeMap::new();
        lines::for_each(reader, name, |line| {
            let (query, result) = parse_line(line)?;
            let numbered = Numbered { result, line: line.number };
            match queries.get_mut(&*query) {
                Some(results) => results.push(numbered),
                None => {
                    queries.insert(query.into_owned(), vec![numbered]);
                }
            }
            Ok(())
        })?;
        if queries.is_empty() {
            return Err(EvalError::Empty { path: name.into(), expected: "result" });
        }
        // Sorted by id, the repeated ones are neighbours; by line within an id, the later one is at
        // fault.
        for results in queries.values_mut() {
            results.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        }
        if let Some(repeated) = first_repeated(&queries, name) {
            return Err(repeated);
        }
        let mut run = Self::default();
        for (query, results) in queries {
            run.insert_checked(query, results.into_iter().map(|result| result.result).collect());
        }
        Ok(run)
    }

    /// Writes a run file that [`Run::read`] reads as this very run; queries by rising id.
    ///
    /// # Errors
    ///
    /// The writer's own.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for (query, results) in self.iter() {
            write_lines(out, query, results.iter().map(|result| (&*result.id, result.score)))?;
        }
        Ok(())
    }
}

/// Writes the lines of one query's results, best first, whose ids are not empty.
///
/// Scores that do not fall are lowered until they do ([`strictly_falling`]), so that trec_eval
/// keeps the order.
///
/// # Errors
///
/// The writer's own.
pub fn write_ranking<'a>(
    out: &mut impl Write,
    query: &str,
    ranking: impl Iterator<Item = (&'a str, f32)> + Clone,
) -> io::Result<()> {
    let scores = strictly_falling(ranking.clone().map(|(_, score)| score));
    write_lines(out, query, ranking.zip(scores).map(|((id, _), score)| (id, score)))
}

fn write_lines<'a>(
    out: &mut impl Write,
    query: &str,
    ranking: impl Iterator<Item = (&'a str, f32)>,
) -> io::Result<()> {
    for (rank, (id, score)) in (1..).zip(ranking) {
        if is_column(query) && is_column(id) {
            writeln!(out, "{query} Q0 {id} {rank} {score} {TAG}")?;
        } else {
            let (query, id) = (encode_id(query), encode_id(id));
            writeln!(out, "{query} Q0 {id} {rank} {score} {ENCODED_TAG}")?;
        }
    }
    Ok(())
}

/// A result and the line that it was read from.
struct Numbered {
    result: ScoredDocument,
    line: u64,
}

impl Numbered {
    fn key(&self) -> (&str, u64) {
        (&self.result.id, self.line)
    }
}

fn parse_line(line: Line<'_>) -> Result<(Cow<'_, str>, ScoredDocument), EvalError> {
    let mut columns = line.text.split_ascii_whitespace();
    let mut six = [""; 6];
    // The array comes first in the zip: when it is full, no column is taken and lost, and the rest
    // can be counted for the message.
    let filled = six.iter_mut().zip(columns.by_ref()).map(|(six, text)| *six = text).count();
    let count = filled + columns.count();
    if count != six.len() {
        let got = format!("{count} columns");
        return Err(line.wrong("six columns: query Q0 document rank score tag", got));
    }
    let [query, _, document, _, text, tag] = six;
    let score = text
        .parse::<f64>()
        // As C does it: trec_eval keeps 32 bits of every score.
        .map(|score| score as f32)
        .ok()
        .filter(|score| score.is_finite())
        .ok_or_else(|| line.expected("a finite number of 32 bits as the score", text))?;
    let id = |text| -> Result<_, EvalError> {
        // A `%` in any other id is just a percent sign.
        if tag != ENCODED_TAG {
            return Ok(Cow::Borrowed(text));
        }
        decode_id(text).ok_or_else(|| line.expected("an id with two hex digits after a %", text))
    };
    let result = ScoredDocument { id: id(document)?.into_owned(), score };
    Ok((id(query)?, result))
}

/// Returns the error of the first line whose document the query has already; the results of each
/// query stand by rising id and line.
fn first_repeated(queries: &BTreeMap<String, Vec<Numbered>>, name: &Path) -> Option<EvalError> {
    let (query, [before, repeated]) = queries
        .iter()
        .flat_map(|(query, results)| results.array_windows().map(move |pair| (query, pair)))
        .filter(|(_, [before, repeated])| before.result.id == repeated.result.id)
        .min_by_key(|(_, [_, repeated])| repeated.line)?;
    Some(EvalError::Line {
        path: name.into(),
        line: repeated.line,
        column: 1,
        expected: format!("a new document for query {query:?}"),
        got: format!("{:?} of line {}", before.result.id, before.line),
    })
}
