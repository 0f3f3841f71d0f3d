//! Runs, relevance judgements, metrics and what their differences show.
//!
//! [`evaluate`] holds a [`Run`], what a system answered, against [`Qrels`], what people judged, by
//! [`Metric`]s that give trec_eval's values. A [`Comparison`] of two systems' values says how much
//! of their difference may be chance, and its [`verdict`](Comparison::verdict) says so in words.
//!
//! ```
//! use std::path::Path;
//! use trommel_eval::{Comparison, Metric, Qrels, Resampling, Run, evaluate};
//!
//! # fn main() -> Result<(), trommel_eval::EvalError> {
//! let qrels = "query-id\tcorpus-id\tscore\nq1\tapple\t2\nq1\tpear\t1\nq2\tplum\t1\n";
//! let qrels = Qrels::parse(qrels.as_bytes(), Path::new("test.tsv"))?;
//! let mut run = Run::default();
//! run.insert("q1", [("pear", 2.0), ("apple", 1.0)])?;
//! let ndcg: Metric = "nDCG@10".parse()?;
//! let found = evaluate(&qrels, &run, &[ndcg]);
//! assert_eq!(found.mean(&ndcg).map(trommel_eval::three).as_deref(), Some(".430"));
//! assert_eq!(found.without_results(), ["q2"]);
//!
//! run.insert("q2", [("plum", 1.0)])?;
//! let more = evaluate(&qrels, &run, &[ndcg]);
//! let (new, old) = (more.scores(&ndcg).unwrap(), found.scores(&ndcg).unwrap());
//! let comparison = Comparison::of(new, old, Resampling::seeded(1))?;
//! let verdict = comparison.verdict(comparison.randomisation.p, 0.05);
//! assert_eq!(verdict, "+.500 [.000, +1.000], not significant at .05");
//! # Ok(())
//! # }
//! ```

mod advice;
mod draws;
mod error;
mod evaluation;
mod gate;
mod known_items;
mod lines;
mod metric;
mod qrels;
mod queries;
mod report;
mod run;
mod significance;
mod table;
mod trec_id;
mod trec_run;
mod trec_score;
mod verdict;

pub use advice::{Advice, AdviceVerdict, Optional, WORTH_KNOWING, advise};
pub use error::EvalError;
pub use evaluation::{Evaluation, evaluate, mean};
pub use gate::{BadGate, Bound, Gate, regressions};
pub use known_items::{KnownItem, KnownItemKind, KnownItemPool, KnownItems};
pub use metric::{Metric, RankedQuery};
pub use qrels::{Judgements, Qrels};
pub use queries::{NamedQuery, parse_queries, read_queries};
pub use report::{
    Ceiling, Change, Difference, Estimate, Fact, FailedQuery, KnownItemFirsts, KnownItemReport,
    KnownItemsOfKind, Latency, LossCount, LossReport, Mover, Movers, QueryCounts, QueryReport,
    Report, SCHEMA, StageReport, Subject, SweepReport, Trial,
};
pub use run::{Run, ScoredDocument};
pub use significance::{
    Comparison, Interval, Randomisation, Resampling, TTest, bootstrap, holm, paired_t,
    randomisation,
};
pub use table::{ALPHA, Table, compare, difference};
pub use trec_id::{decode_id, encode_id, is_column};
pub use trec_run::{ENCODED_TAG, TAG, write_ranking};
pub use trec_score::strictly_falling;
pub use verdict::{p_value, signed, three};
