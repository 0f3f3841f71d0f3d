//! Where terms were found lately.
//!
//! One search looks the same terms up again and again: to rank, to score what other sources found, to see what has the
//! very words, to choose what is shown. An index never changes while it is open, so what was found stays true.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tantivy::postings::TermInfo;
use tantivy::schema::Field;

/// How many terms are kept, of half a KB each in an index of ten segments: those of some hundred queries.
const KEPT: usize = 1_024;

/// Where a term stands in a field.
#[derive(Debug)]
pub(crate) struct Found {
    /// For each segment where those of the term's texts stand that it has.
    pub(crate) segments: Vec<Vec<TermInfo>>,
    /// How many passages have it, once that was asked.
    pub(crate) holding: OnceLock<u64>,
}

/// What was found, by field and the texts of a term.
type Kept = HashMap<(Field, Vec<String>), Arc<Found>>;

/// The terms that were looked up lately.
#[derive(Default)]
pub(crate) struct Lookups {
    found: Mutex<Kept>,
}

impl Lookups {
    /// Returns where the texts of a term stand in a field, looking them up in all segments if nobody did before.
    pub(crate) fn find(
        &self,
        field: Field,
        texts: &[String],
        look_up: impl FnOnce() -> tantivy::Result<Vec<Vec<TermInfo>>>,
    ) -> tantivy::Result<Arc<Found>> {
        let key = (field, texts.to_vec());
        if let Some(known) = self.kept().get(&key) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(Found { segments: look_up()?, holding: OnceLock::new() });
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&found));
        Ok(found)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
