//! How an index is built and searched.

/// Which structure finds the nearest vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ann {
    /// By size: a graph for segments of at least the threshold, else the scan.
    #[default]
    Auto,
    /// The exact scan of every vector.
    Exact,
    /// An HNSW graph wherever there is or can be one.
    Hnsw,
}

/// The number of rows from which [`Ann::Auto`] prefers a graph to the scan.
///
/// `docs/measurements.md` has the figures, of up to a million rows: their scan is exact and takes some 20 ms,
/// and a graph of a fifth of them takes a quarter of an hour to build.
pub const DEFAULT_THRESHOLD: usize = 2_000_000;

/// The most rows of a segment that was made of several, as long as no graph is wanted: what a commit may have
/// to write because of one row more. Larger indexes have more segments, not larger ones; a graph is the
/// better the larger it is.
pub(crate) const MOST_MERGED: usize = 1 << 17;

/// How segments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VectorSettings {
    /// `Exact`: no graphs; `Auto`: for segments of `threshold` rows; `Hnsw`: for all.
    pub ann: Ann,
    /// The rows from which a segment gets a graph under [`Ann::Auto`].
    pub threshold: usize,
    /// M of Malkov & Yashunin 2018: links of a row in the upper layers, twice as many in the
    /// lowest. Read as at least 4 and at most 64.
    pub m: usize,
    /// efConstruction of the same paper: the width of the search that finds a new row's links.
    /// Read as at least `m` and at most 4096.
    pub ef_construction: usize,
}

impl Default for VectorSettings {
    fn default() -> Self {
        Self { ann: Ann::Auto, threshold: DEFAULT_THRESHOLD, m: 16, ef_construction: 200 }
    }
}

impl VectorSettings {
    /// Returns the rows from which a segment gets a graph.
    pub(crate) fn graph_from(&self) -> usize {
        match self.ann {
            Ann::Exact => usize::MAX,
            Ann::Auto => self.threshold.max(2),
            Ann::Hnsw => 2,
        }
    }
}

/// How a query is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VectorSearch {
    /// `Exact`: scan everything; `Hnsw`: use every graph there is; `Auto`: use the graphs of
    /// segments of at least [`DEFAULT_THRESHOLD`] rows.
    ///
    /// A filtered query always scans the passages that its filter allows.
    pub ann: Ann,
    /// ef of Malkov & Yashunin 2018, the width of the search: more finds more and takes longer.
    /// At least twice the number of passages asked for is used.
    pub ef: usize,
}

impl Default for VectorSearch {
    fn default() -> Self {
        Self { ann: Ann::Auto, ef: 400 }
    }
}
