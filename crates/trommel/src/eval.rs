//! Measuring whether a change helps: runs, judgements, metrics, significance.

pub use trommel_eval::{
    Comparison, EvalError, Evaluation, Metric, NamedQuery, Qrels, Resampling, Run, compare,
    evaluate, read_queries,
};
