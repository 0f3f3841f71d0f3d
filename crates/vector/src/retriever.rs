//! Answers to queries.

use trommel_core::{PassageId, PassageSet, Query, Retriever, RetrieverError, ScoredPassage};
use trommel_kernels::Isa;

use crate::index::Part;
use crate::int8::{self, Screened};
use crate::top::Top;
use crate::{Ann, DEFAULT_THRESHOLD, VectorError, VectorIndex, VectorSearch, scan, unit};

/// Which index a [`RetrieverError`] speaks of.
const NAME: &str = "vector";
/// Rows that a scan gets through while a walk finds one of the rows it keeps, roughly (see
/// `docs/measurements.md`): a walk that takes as long as the scan is only less than exact.
const ROWS_PER_EF: usize = 250;

/// Ranks passages by the dot product of their vector and the query's: their cosine, −1 to 1.
///
/// Not every passage need have a vector: those without are never found, and to ask for their score is
/// an error, so whoever is not sure asks [`VectorIndex::has`] first.
///
/// Scores are those of this machine's instruction set; on another they may differ in the last
/// bits. Threads and the structure that found a passage do not matter.
#[derive(Debug, Clone, Copy)]
pub struct VectorRetriever<'a> {
    index: &'a VectorIndex,
    search: VectorSearch,
    isa: Isa,
}

impl<'a> VectorRetriever<'a> {
    pub(crate) fn new(index: &'a VectorIndex, search: VectorSearch) -> Self {
        Self { index, search, isa: Isa::best() }
    }

    /// Says whether a query without a filter walks a graph of any segment.
    #[must_use]
    pub fn is_approximate(&self) -> bool {
        self.index.parts().iter().any(|part| self.wants_graph(part))
    }

    fn check(&self, query: Query<'_>) -> Result<(), RetrieverError> {
        let (expected, got) = (self.index.dimension(), query.vector.len());
        if expected != got {
            return Err(RetrieverError::Dimension { expected, got });
        }
        unit::check_query(query.vector).map_err(failed)
    }

    /// Fails if a row that was read is damaged.
    fn damage(&self) -> Result<(), RetrieverError> {
        self.index.parts().iter().try_for_each(|part| part.segment.damage()).map_err(failed)
    }

    fn wants_graph(&self, part: &Part) -> bool {
        let wanted = match self.search.ann {
            Ann::Exact => false,
            Ann::Hnsw => true,
            Ann::Auto => part.segment.rows() >= DEFAULT_THRESHOLD,
        };
        wanted && part.graph.is_some()
    }

    /// Walks the graph; nothing if there is none, if the scan is no slower, or if the walk found
    /// less than was asked for and is there.
    fn walk(&self, part: &Part, query: &[f32], limit: usize) -> Option<Top> {
        let graph = part.graph.as_ref().filter(|_| self.wants_graph(part))?;
        let (rows, live) = (part.segment.rows(), part.live());
        // The farthest rows of a walk are the least certain, so it keeps twice what is asked for.
        let wide = self.search.ef.max(limit.saturating_mul(2));
        // Dead rows take up places, so there must be as many more: with a third of the rows dead,
        // 400 live ones are found among 600.
        let ef = wide.saturating_mul(rows).div_ceil(live.max(1));
        // `Hnsw` asks for the graph even where the scan is as fast, but a walk as wide as the
        // segment would visit every row and still could miss some.
        if ef.saturating_mul(ROWS_PER_EF) >= rows && self.search.ann != Ann::Hnsw || ef >= rows {
            return None;
        }
        let mut top = Top::new(limit);
        for near in graph.near(&part.segment, self.isa, query, ef) {
            let row = near.row as usize;
            if !part.dead.contains(row) {
                top.push(part.segment.id(row), near.score);
            }
        }
        (top.len() >= limit.min(live)).then_some(top)
    }
}

impl Retriever for VectorRetriever<'_> {
    fn retrieve(
        &self,
        query: Query<'_>,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> Result<Vec<ScoredPassage>, RetrieverError> {
        self.check(query)?;
        let (mut best, mut screened) = (Top::new(limit), Vec::new());
        for part @ Part { segment, dead, .. } in self.index.parts() {
            let walked = allowed.is_none().then(|| self.walk(part, query.vector, limit)).flatten();
            let found = match (walked, allowed) {
                (Some(found), _) => found,
                _ if scan::pays_to_screen(segment, limit, allowed) => {
                    screened.push(Screened { segment, dead, allowed });
                    continue;
                }
                (None, Some(allowed)) => {
                    scan::allowed(segment, dead, query.vector, limit, self.isa, allowed)
                }
                (None, None) => scan::all(segment, dead, query.vector, limit, self.isa),
            };
            best = best.merge(found);
        }
        let best = best.merge(int8::scan(&screened, query.vector, limit, self.isa));
        let best = best.into_best_first();
        // Rows are verified while they are read, so only now is it known whether these scores can
        // be trusted.
        self.damage()?;
        Ok(best)
    }

    fn score(&self, query: Query<'_>, passages: &[PassageId]) -> Result<Vec<f32>, RetrieverError> {
        self.check(query)?;
        let mut buffer = Vec::new();
        let score = |&passage: &PassageId| {
            let place = |part: &'_ Part| {
                let row = part.live_row(passage)?;
                Some(self.isa.dot(query.vector, part.segment.read(row, &mut buffer)))
            };
            self.index
                .parts()
                .iter()
                .find_map(place)
                .ok_or(RetrieverError::UnknownPassage { index: NAME, passage })
        };
        let scores = passages.iter().map(score).collect::<Result<_, _>>()?;
        self.damage()?;
        Ok(scores)
    }
}

/// Returns the score that a retriever would give to a passage of this vector.
///
/// # Panics
///
/// If the vectors differ in length.
#[must_use]
pub fn score(query: &[f32], vector: &[f32]) -> f32 {
    Isa::best().dot(query, vector)
}

fn failed(error: VectorError) -> RetrieverError {
    match error {
        VectorError::Corrupt { path, detail } => RetrieverError::Corrupt { path, detail },
        error => RetrieverError::Failed { index: NAME, source: Box::new(error) },
    }
}
