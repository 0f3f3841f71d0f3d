//! From runs to the rows of a report.

use std::collections::BTreeMap;

use crate::error::EvalError;
use crate::evaluation::{Evaluation, evaluate};
use crate::metric::Metric;
use crate::qrels::Qrels;
use crate::report::{Change, Difference, Estimate, StageReport};
use crate::run::Run;
use crate::significance::{Comparison, Resampling, bootstrap, holm};

/// Below which corrected p-value a difference counts as shown.
pub const ALPHA: f64 = 0.05;

/// The rows of a report, and the values behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// A row a run, in their order; each is compared with the one before.
    pub rows: Vec<StageReport>,
    /// The values of each run, in the same order.
    pub evaluations: Vec<Evaluation>,
}

impl Table {
    /// Evaluates named runs and compares each with the one before it.
    ///
    /// # Errors
    ///
    /// As for [`Table::comparing`].
    pub fn of(
        runs: &[(String, Run)],
        qrels: &Qrels,
        metrics: &[Metric],
        resampling: Resampling,
    ) -> Result<Self, EvalError> {
        let neighbours: Vec<(usize, usize)> = (1..runs.len()).map(|row| (row, row - 1)).collect();
        Self::comparing(&neighbours, runs, qrels, metrics, resampling)
    }

    /// Evaluates named runs and compares those of `pairs`, each a run and an earlier one by their
    /// places; of a run's first pair is its [`change`](StageReport::change).
    ///
    /// Every difference of the table counts in Holm's correction. What is not known of runs alone,
    /// times and reading, is missing.
    ///
    /// # Errors
    ///
    /// [`EvalError::Unpaired`] without any judged query.
    pub fn comparing(
        pairs: &[(usize, usize)],
        runs: &[(String, Run)],
        qrels: &Qrels,
        metrics: &[Metric],
        resampling: Resampling,
    ) -> Result<Self, EvalError> {
        let evaluations: Vec<Evaluation> =
            runs.iter().map(|(_, run)| evaluate(qrels, run, metrics)).collect();
        let mut comparisons = Vec::new();
        for &(new, old) in pairs {
            for metric in metrics {
                comparisons.push(compare(
                    &evaluations[new],
                    &evaluations[old],
                    metric,
                    resampling,
                )?);
            }
        }
        // Holm's correction needs the p-values of the whole table before any single difference is
        // worded.
        let p_values: Vec<f64> = comparisons.iter().map(|c| c.randomisation.p).collect();
        let mut differences =
            comparisons.iter().zip(holm(&p_values)).map(|(c, p_holm)| difference(c, p_holm));

        let mut rows: Vec<StageReport> = Vec::with_capacity(runs.len());
        for ((name, _), evaluation) in runs.iter().zip(&evaluations) {
            rows.push(StageReport {
                stage: name.clone(),
                metrics: means(evaluation, resampling)?,
                change: None,
                further_changes: Vec::new(),
                latency_ms: None,
                passages_read: None,
                without_results: evaluation.without_results().len(),
            });
        }
        for &(new, old) in pairs {
            let change = Change {
                against: runs[old].0.clone(),
                // The differences lie in the order of the loop above: pair by pair, metric by
                // metric within each. The metrics come first in the zip, so that no difference is
                // taken and lost at the end of a pair.
                metrics: metrics.iter().map(Metric::to_string).zip(&mut differences).collect(),
            };
            let row = &mut rows[new];
            match row.change {
                None => row.change = Some(change),
                Some(_) => row.further_changes.push(change),
            }
        }
        Ok(Self { rows, evaluations })
    }
}

/// Compares two evaluations of the same queries by one metric.
///
/// # Errors
///
/// [`EvalError::Unpaired`] where there is no query, or the metric is missing.
pub fn compare(
    new: &Evaluation,
    old: &Evaluation,
    metric: &Metric,
    resampling: Resampling,
) -> Result<Comparison, EvalError> {
    let [new, old] = [new, old].map(|run| run.scores(metric).unwrap_or_default());
    Comparison::of(new, old, resampling)
}

/// Puts a comparison into a report; `p_holm` is its p-value after Holm's correction.
#[must_use]
pub fn difference(comparison: &Comparison, p_holm: f64) -> Difference {
    let interval = comparison.difference;
    Difference {
        mean: interval.mean,
        low: interval.low,
        high: interval.high,
        p: comparison.randomisation.p,
        p_holm,
        p_t: comparison.t.map(|t| t.p),
        significant: p_holm < ALPHA,
        words: comparison.verdict(p_holm, ALPHA),
    }
}

fn means(
    evaluation: &Evaluation,
    resampling: Resampling,
) -> Result<BTreeMap<String, Estimate>, EvalError> {
    let estimate = |metric: &Metric| {
        let scores = evaluation.scores(metric).unwrap_or_default();
        let interval =
            bootstrap(scores, resampling).ok_or(EvalError::Unpaired { left: 0, right: 0 })?;
        let estimate = Estimate { mean: interval.mean, low: interval.low, high: interval.high };
        Ok((metric.to_string(), estimate))
    };
    evaluation.metrics().iter().map(estimate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten queries with one relevant document each: the first run never has it, the second always.
    #[test]
    fn a_row_is_compared_with_the_one_before() {
        let mut qrels = Qrels::default();
        let (mut worse, mut better) = (Run::default(), Run::default());
        for query in 0..10 {
            let query = format!("q{query}");
            qrels.insert(&query, "right", 1);
            worse.insert(query.clone(), [("wrong", 1.0)]).unwrap();
            better.insert(query, [("right", 1.0)]).unwrap();
        }
        let metrics = ["nDCG@10".parse().unwrap(), "R@1".parse().unwrap()];
        let runs = [("a".to_owned(), worse), ("b".to_owned(), better)];
        let table = Table::of(&runs, &qrels, &metrics, Resampling::seeded(1)).unwrap();
        assert_eq!(table.rows[0].change, None);
        assert_eq!(table.rows[1].metrics["R@1"].mean, 1.0);
        let change = table.rows[1].change.as_ref().unwrap();
        assert_eq!(change.against, "a");
        let difference = &change.metrics["nDCG@10"];
        assert_eq!((difference.mean, difference.low, difference.high), (1.0, 1.0, 1.0));
        // 2 of the 2¹⁰ sign patterns are as extreme; Holm doubles that for two tests.
        assert_eq!((difference.p, difference.p_holm), (2.0 / 1024.0, 4.0 / 1024.0));
        assert!(difference.significant);
    }

    #[test]
    fn a_row_is_compared_with_any_other_that_is_asked_for() {
        let mut qrels = Qrels::default();
        let (mut good, mut bad) = (Run::default(), Run::default());
        for query in 0..10 {
            let query = format!("q{query}");
            qrels.insert(&query, "right", 1);
            good.insert(query.clone(), [("right", 1.0)]).unwrap();
            bad.insert(query, [("wrong", 1.0)]).unwrap();
        }
        let runs = [("a".to_owned(), good), ("b".to_owned(), bad.clone()), ("c".to_owned(), bad)];
        let metrics = ["R@1".parse().unwrap()];
        let pairs = [(1, 0), (2, 1), (2, 0)];
        let table =
            Table::comparing(&pairs, &runs, &qrels, &metrics, Resampling::seeded(1)).unwrap();
        let mean = |change: &Change| (change.against.clone(), change.metrics["R@1"].mean);
        let first = |row: usize| table.rows[row].change.as_ref().map(mean);
        assert_eq!(first(1), Some(("a".to_owned(), -1.0)));
        assert_eq!(first(2), Some(("b".to_owned(), 0.0)));
        let further: Vec<_> = table.rows[2].further_changes.iter().map(mean).collect();
        assert_eq!(further, [("a".to_owned(), -1.0)]);
        // Two of three tests find something: Holm triples the smallest p, then doubles.
        let p = &table.rows[1].change.as_ref().unwrap().metrics["R@1"];
        assert_eq!(p.p_holm, 3.0 * 2.0 / 1024.0);
    }

    #[test]
    fn no_queries_are_an_error() {
        let runs = [("a".to_owned(), Run::default())];
        let metrics = ["P@1".parse().unwrap()];
        assert!(Table::of(&runs, &Qrels::default(), &metrics, Resampling::seeded(1)).is_err());
    }
}
