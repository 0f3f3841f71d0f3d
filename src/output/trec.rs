//! TREC run files: `query Q0 document rank score tag`, one hit a line.

use std::io::{self, Write};

use trommel_eval::write_ranking;

use super::Asked;

/// The id of a query that was asked alone.
const ONLY_QUERY: &str = "1";

/// Writes an answer's lines.
pub(super) fn run(out: &mut impl Write, asked: Asked<'_>) -> io::Result<()> {
    let hits = asked.answer.hits.iter().map(|hit| (hit.id.as_str(), hit.candidate.score));
    write_ranking(out, asked.id.unwrap_or(ONLY_QUERY), hits)
}
