//! The order of documents: best first, equals by rising id.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::EngineError;
use crate::documents::Catalogue;

/// Sorts by falling score, and equals by the ids of their documents. Ids lie all over the catalogue, and equals are few:
/// only theirs are read.
pub(super) fn sort_best_first<T>(
    items: &mut [T],
    catalogue: &Catalogue,
    says: impl Fn(&T) -> (f32, usize),
) -> Result<(), EngineError> {
    let by_score = |a: &T, b: &T| says(b).0.total_cmp(&says(a).0);
    items.sort_by(by_score);
    let runs = items.chunk_by_mut(|a, b| by_score(a, b) == Ordering::Equal);
    for run in runs.filter(|run| run.len() > 1) {
        let named = run.iter().map(|item| Ok((says(item).1, catalogue.id(says(item).1)?)));
        let ids: HashMap<usize, &str> = named.collect::<Result<_, EngineError>>()?;
        run.sort_by_key(|item| ids[&says(item).1]);
    }
    Ok(())
}
