//! TREC run files: `query Q0 document rank score tag`, one hit a line.

use std::io::{self, Write};
use std::sync::Once;

use trommel_eval::{ENCODED_TAG, encode_id, is_column, write_ranking};

use super::Asked;
use crate::terminal;

/// The id of a query that was asked alone.
const ONLY_QUERY: &str = "1";

/// Says once that ids are written in another way than they are, if some have to be.
pub(crate) fn tell_if_encoded<'a>(mut ids: impl Iterator<Item = &'a str>) {
    static TOLD: Once = Once::new();
    if TOLD.is_completed() {
        return;
    }
    if let Some(id) = ids.find(|id| !is_column(id)) {
        TOLD.call_once(|| {
            terminal::note(format!(
                "an id with white space cannot stand in a TREC run: {id:?} is written as {}, and its \
                 lines are tagged {ENCODED_TAG}",
                encode_id(id)
            ));
        });
    }
}

/// Writes an answer's lines.
pub(super) fn run(out: &mut impl Write, asked: Asked<'_>) -> io::Result<()> {
    let ids = asked.answer.hits.iter().map(|hit| hit.id.as_str());
    tell_if_encoded(ids.chain(asked.id));
    let hits = asked.answer.hits.iter().map(|hit| (hit.id.as_str(), hit.candidate.score));
    write_ranking(out, asked.id.unwrap_or(ONLY_QUERY), hits)
}
