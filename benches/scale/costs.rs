//! What is measured: one row a cost.

use std::collections::BTreeMap;

/// What a phase measured, by the name of the cost.
pub(crate) type Costs = BTreeMap<String, f64>;

/// A cost that is measured at every size.
pub(crate) struct Cost {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// What it is, for people.
    pub(crate) what: &'static str,
    /// What it should be at a million passages; empty where nothing was said.
    pub(crate) bound: &'static str,
    /// Whether it has a line in the drawing of its unit.
    pub(crate) drawn: bool,
}

const fn cost(name: &'static str, unit: &'static str, what: &'static str) -> Cost {
    Cost { name, unit, what, bound: "", drawn: false }
}

impl Cost {
    const fn bound(self, bound: &'static str) -> Self {
        Self { bound, ..self }
    }

    const fn drawn(self) -> Self {
        Self { drawn: true, ..self }
    }
}

/// All costs, in the order in which they are told.
pub(crate) const COSTS: &[Cost] = &[
    cost("lexical_s", "s", "index by words alone").drawn(),
    cost("lexical_cpu_s", "s", "– processor"),
    cost("lexical_peak_mb", "MB", "– peak memory"),
    cost("lexical_own_mb", "MB", "– of it no mapped file"),
    cost("lexical_disk_mb", "MB", "– on disk"),
    cost("index_s", "s", "index, encoding left out").bound("< 900").drawn(),
    cost("index_words_s", "s", "– until found by words"),
    cost("index_predict_s", "s", "– predicting vectors"),
    cost("index_store_s", "s", "– storing the encoder's"),
    cost("index_finish_s", "s", "– neighbours and graphs"),
    cost("index_rate", "1/s", "– passages a second"),
    cost("index_encoding_s", "s", "– encoding, left out"),
    cost("index_cpu_s", "s", "– processor, encoding as well"),
    cost("index_peak_mb", "MB", "indexing, peak memory").bound("< 1500").drawn(),
    cost("index_own_mb", "MB", "– of it no mapped file"),
    cost("index_written_mb", "MB", "– written"),
    cost("disk_mb", "MB", "collection on disk").drawn(),
    cost("open_ms", "ms", "open").bound("< 100").drawn(),
    cost("open_resident_mb", "MB", "– resident"),
    cost("first_ms", "ms", "first search, fused"),
    cost("first_filtered_ms", "ms", "first search with a filter"),
    cost("bm25_p50_ms", "ms", "bm25, median").drawn(),
    cost("bm25_p95_ms", "ms", "– 95th percentile"),
    cost("bm25_p99_ms", "ms", "– 99th percentile"),
    cost("bm25_cpu_ms", "ms", "– processor, mean"),
    cost("dense_p50_ms", "ms", "dense, median").drawn(),
    cost("dense_p95_ms", "ms", "– 95th percentile"),
    cost("dense_p99_ms", "ms", "– 99th percentile"),
    cost("dense_cpu_ms", "ms", "– processor, mean"),
    cost("fused_p50_ms", "ms", "fused, median").bound("< 25").drawn(),
    cost("fused_p95_ms", "ms", "– 95th percentile"),
    cost("fused_p99_ms", "ms", "fused, 99th percentile").bound("< 60").drawn(),
    cost("fused_cpu_ms", "ms", "– processor, mean"),
    cost("third_p50_ms", "ms", "fused among 33 %, median"),
    cost("third_p95_ms", "ms", "– 95th percentile"),
    cost("third_p99_ms", "ms", "– 99th percentile"),
    cost("third_cpu_ms", "ms", "– processor, mean"),
    cost("hundredth_p50_ms", "ms", "fused among 1 %, median"),
    cost("hundredth_p95_ms", "ms", "– 95th percentile"),
    cost("hundredth_p99_ms", "ms", "– 99th percentile"),
    cost("hundredth_cpu_ms", "ms", "– processor, mean"),
    cost("search_resident_mb", "MB", "resident after searches").bound("< 700").drawn(),
    cost("search_own_mb", "MB", "– of it no mapped file"),
    cost("dense_recall", "", "dense, recall@100 of exact"),
    cost("fused_recall", "", "fused, recall@100 of exact").bound("≥ .98"),
    cost("add_s", "s", "add one document").bound("< 1").drawn(),
    cost("add_cpu_s", "s", "– processor"),
    cost("add_written_mb", "MB", "– written"),
    cost("add_peak_mb", "MB", "– peak memory"),
    cost("remove_s", "s", "remove one document").bound("< 1").drawn(),
    cost("remove_cpu_s", "s", "– processor"),
    cost("remove_written_mb", "MB", "– written"),
    cost("remove_peak_mb", "MB", "– peak memory"),
    cost("hnsw_build_s", "s", "HNSW alone: build").drawn(),
    cost("hnsw_cpu_s", "s", "– processor"),
    cost("hnsw_peak_mb", "MB", "– peak memory"),
    cost("hnsw_disk_mb", "MB", "– on disk beside the rows"),
    cost("hnsw_p50_ms", "ms", "HNSW alone: 100 nearest, median").drawn(),
    cost("hnsw_recall", "", "– recall@100 of exact"),
    cost("scan_p50_ms", "ms", "– the exact scan, median"),
];

/// Returns the middle of some times, or what another share of them is below.
pub(crate) fn percentile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let last = times.len().saturating_sub(1);
    times.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}
